package io.millwright.registry.webhooks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Where webhooks may lead and how patiently they are told.
///
/// @param allowHttp whether `http:` is taken beside `https:`
/// @param allowedRanges addresses that may be reached although they are not public
/// @param timeout of one attempt, from looking up the name to the end of the answer
/// @param maxAttempts how often a delivery is tried
/// @param keepDeliveries how long what became of a delivery is kept
/// @param secretKey what secrets are encrypted with; empty to use the key file
/// @param keyFile made when it is first needed
public record WebhookSettings(
        boolean allowHttp,
        List<IpRange> allowedRanges,
        Duration timeout,
        int maxAttempts,
        Duration keepDeliveries,
        String secretKey,
        Path keyFile) {
    public WebhookSettings {
        allowedRanges = List.copyOf(allowedRanges);
    }

    /// Without the key.
    @Override
    public String toString() {
        return "WebhookSettings[allowHttp=" + allowHttp + ", allowedRanges=" + allowedRanges + ", timeout=" + timeout
                + ", maxAttempts=" + maxAttempts + ", keepDeliveries=" + keepDeliveries + ", keyFile=" + keyFile + "]";
    }
}
