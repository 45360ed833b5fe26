package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Names;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a webhook leads, taken apart.
///
/// @param host a name or an address, without brackets
/// @param target path and query, as they are sent
record WebhookUrl(boolean tls, String host, int port, String target) {
    static final int LONGEST = 2_000;

    /// Also names with an underscore, as containers have them; `URI` itself takes those for no host.
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]+))(?::(\\d{1,5}))?");

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT, in MLflow's words where it has some
    static WebhookUrl parse(String url, boolean allowHttp) {
        if (url.isBlank()) {
            throw INVALID_ARGUMENT.because("Webhook URL cannot be empty or just whitespace: " + Names.quote(url));
        }
        Names.limited("url", LONGEST, url);
        URI uri = uri(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !(allowHttp && scheme.equals("http"))) {
            throw INVALID_ARGUMENT.because("Invalid webhook URL scheme: " + Names.quote(scheme)
                    + ". Allowed schemes are: " + (allowHttp ? "https, http." : "https."));
        }
        Matcher authority = AUTHORITY.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        if (!authority.matches()) throw noHost(url, uri.getRawAuthority());
        boolean tls = scheme.equals("https");
        String host = authority.group(1) != null ? authority.group(1) : authority.group(2);
        String given = authority.group(3);
        int usual = tls ? 443 : 80;
        int port = given == null ? usual : Integer.parseInt(given);
        if (port < 1 || port > 65_535) {
            throw INVALID_ARGUMENT.because("Invalid webhook URL " + Names.quote(url) + ": there is no port " + port);
        }
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new WebhookUrl(tls, host, port, uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
    }

    private static URI uri(String url) {
        try {
            return new URI(url.endsWith("://") ? url + "/" : url); // No host is told below, as any other.
        } catch (URISyntaxException e) {
            throw INVALID_ARGUMENT.because(
                    "Invalid webhook URL " + Names.quote(url) + ": " + e.getReason() + " at position " + e.getIndex());
        }
    }

    private static RuntimeException noHost(String url, @Nullable String authority) {
        if (authority == null || authority.isEmpty()) {
            return INVALID_ARGUMENT.because("Webhook URL must include a hostname: " + Names.quote(url));
        }
        return INVALID_ARGUMENT.because("Invalid webhook URL: expected https://host:port/path with a host of ASCII"
                + " letters, digits, dots, hyphens and underscores, and no user name or password before it.");
    }
}
