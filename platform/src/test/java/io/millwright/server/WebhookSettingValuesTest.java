package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.registry.webhooks.WebhookSettings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WebhookSettingValuesTest {
    @Test
    void by_default_only_https_to_public_addresses_is_taken() {
        WebhookSettings webhooks = read(Map.of());

        assertThat(webhooks.allowHttp()).isFalse();
        assertThat(webhooks.allowedRanges()).isEmpty();
        assertThat(webhooks.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(webhooks.maxAttempts()).isEqualTo(8);
        assertThat(webhooks.keepDeliveries()).isEqualTo(Duration.ofDays(30));
    }

    @Test
    void ranges_are_listed_with_commas_and_a_wrong_one_is_named() {
        assertThat(read(Map.of("webhooks.allowed-ranges", "10.1.0.0/16, fd00::/8"))
                        .allowedRanges()
                        .toString())
                .isEqualTo("[10.1.0.0/16, fd00:0:0:0:0:0:0:0/8]");
        assertThatThrownBy(() -> read(Map.of("webhooks.allowed-ranges", "10.1.0.0/16,intranet")))
                .hasMessageContaining("'intranet'");
    }

    @Test
    void the_key_of_secrets_is_not_shown_and_has_a_length() {
        SettingValues values =
                SettingValues.of(Map.of("webhooks.secret-key", "0123456789abcdef0123456789abcdef"), Map.of(), null);

        Settings settings = Settings.read(values);

        assertThat(values.effective())
                .contains(new SettingValues.Effective(
                        "webhooks.secret-key", "****", SettingValues.Source.FLAG, "command line", true));
        assertThat(settings.toString()).doesNotContain("0123456789abcdef");
        assertThatThrownBy(() -> read(Map.of("webhooks.secret-key", "too short")))
                .hasMessageContaining("at least 16")
                .hasMessageNotContaining("too short");
    }

    private static WebhookSettings read(Map<String, String> flags) {
        return Settings.read(SettingValues.of(flags, Map.of(), null)).webhooks();
    }
}
