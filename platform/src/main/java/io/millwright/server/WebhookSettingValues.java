package io.millwright.server;

import io.millwright.registry.webhooks.IpRange;
import io.millwright.registry.webhooks.WebhookSettings;
import java.nio.file.Path;

/// Reads what is set about webhooks.
final class WebhookSettingValues {
    private static final int SHORTEST_KEY = 16;

    private WebhookSettingValues() {}

    static WebhookSettings read(SettingValues values, Path home) {
        return new WebhookSettings(
                values.flag("webhooks.allow-http", false),
                values.list("webhooks.allowed-ranges", "").stream()
                        .map(WebhookSettingValues::range)
                        .toList(),
                values.duration("webhooks.timeout", "30s"),
                (int) values.number("webhooks.max-attempts", 8, 1, 100),
                values.duration("webhooks.keep-deliveries", "30d"),
                key(values.hidden("webhooks.secret-key")),
                home.resolve("webhook-secret.key"));
    }

    private static IpRange range(String text) {
        try {
            return IpRange.parse(text);
        } catch (IllegalArgumentException e) {
            throw new SettingValues.WrongSetting(
                    "webhooks.allowed-ranges has '" + text + "', expected ranges such as 10.1.0.0/16, fd00::/8.");
        }
    }

    private static String key(String text) {
        if (text.isEmpty() || text.length() >= SHORTEST_KEY) return text;
        throw new SettingValues.WrongSetting("webhooks.secret-key has " + text.length()
                + " characters, expected at least " + SHORTEST_KEY + " random ones, as `openssl rand -hex 32` gives.");
    }
}
