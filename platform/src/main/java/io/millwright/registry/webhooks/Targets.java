package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Names;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where webhooks may lead. Asked when a webhook is saved, and again for each attempt: the addresses it gives are the
/// only ones that are opened, so a name that changes its mind in between gains nothing.
final class Targets {
    private final boolean allowHttp;
    private final AddressRules rules;
    private final Resolver resolver;

    Targets(WebhookSettings settings, Resolver resolver) {
        this.allowHttp = settings.allowHttp();
        this.rules = new AddressRules(settings.allowedRanges());
        this.resolver = resolver;
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT, in MLflow's words
    void check(String url) {
        WebhookUrl parsed = parse(url);
        try {
            addresses(parsed);
        } catch (UnknownHostException e) {
            throw INVALID_ARGUMENT.because(
                    "Cannot resolve Webhook URL hostname " + Names.quote(parsed.host()) + ": " + e.getMessage());
        }
    }

    WebhookUrl parse(String url) {
        return WebhookUrl.parse(url, allowHttp);
    }

    /// All addresses of the host, each of which may be opened.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when one may not
    List<InetAddress> addresses(WebhookUrl url) throws UnknownHostException {
        List<InetAddress> addresses = resolver.resolve(url.host());
        for (InetAddress address : addresses) {
            if (!rules.permits(address)) {
                throw INVALID_ARGUMENT.because("Webhook URL must not resolve to a non-public IP address. "
                        + Names.quote(url.host()) + " resolves to " + text(address) + ".");
            }
        }
        return addresses;
    }

    /// As Python writes it: the longest run of zeros of an IPv6 address left out.
    private static String text(InetAddress address) {
        String whole = address.getHostAddress();
        for (int zeros = 8; zeros >= 2; zeros--) {
            Matcher run =
                    Pattern.compile("(^|:)0(:0){" + (zeros - 1) + "}(:|$)").matcher(whole);
            if (run.find()) return whole.substring(0, run.start()) + "::" + whole.substring(run.end());
        }
        return whole;
    }
}
