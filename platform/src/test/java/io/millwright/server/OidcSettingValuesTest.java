package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.governance.oidc.OidcSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OidcSettingValuesTest {
    private static final Map<String, String> WHOLE = Map.of(
            "server.authentication", "on", "oidc.issuer", "https://id.example.org/realms/a", "oidc.client-id", "mw");

    @Test
    void there_is_no_provider_unless_one_is_set() {
        assertThat(read(Map.of()).isOn()).isFalse();

        OidcSettings settings = read(WHOLE);

        assertThat(settings.isOn()).isTrue();
        assertThat(settings.scopes()).containsExactly("openid", "profile", "email");
        assertThat(settings.usernameClaim()).isEqualTo("preferred_username");
        assertThat(settings.groupsClaim()).isEmpty();
        assertThat(settings.session()).isEqualTo(Duration.ofHours(12));
    }

    @Test
    void the_clients_secret_is_not_shown() {
        Map<String, String> flags = new HashMap<>(WHOLE);
        SettingValues values = SettingValues.of(flags, Map.of("MILLWRIGHT_OIDC_CLIENT_SECRET", "a secret"), null);

        Settings settings = Settings.read(values);

        assertThat(settings.oidc().clientSecret()).isEqualTo("a secret");
        assertThat(settings.toString()).doesNotContain("a secret");
        assertThat(values.effective())
                .contains(new SettingValues.Effective(
                        "oidc.client-secret",
                        "****",
                        SettingValues.Source.ENVIRONMENT,
                        "environment MILLWRIGHT_OIDC_CLIENT_SECRET",
                        true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"oidc.client-id", "oidc.client-secret", "oidc.redirect-url", "oidc.groups-claim"})
    void without_an_issuer_the_rest_says_what_is_missing(String key) {
        assertThatThrownBy(() -> read(Map.of(key, "https://mw.example.org/auth/oidc/callback")))
                .hasMessageContaining(key + " is set, but not oidc.issuer");
    }

    @Test
    void an_issuer_needs_a_client_and_a_server_that_asks_who_somebody_is() {
        assertThatThrownBy(() -> read(Map.of("server.authentication", "on", "oidc.issuer", "https://id.example.org")))
                .hasMessageContaining("not oidc.client-id");
        assertThatThrownBy(() -> read(Map.of("oidc.issuer", "https://id.example.org", "oidc.client-id", "mw")))
                .hasMessageContaining("server.authentication=on");
    }

    @ParameterizedTest
    @CsvSource({
        "oidc.issuer, id.example.org, https URL",
        "oidc.issuer, http://id.example.org, https URL",
        "oidc.issuer, https://id.example.org?x=1, without a query",
        "oidc.issuer, https://id.example.org#x, https URL",
        "oidc.issuer, https:// id, https URL",
        "oidc.issuer, ftp://id.example.org, https URL",
        "oidc.redirect-url, https://mw.example.org/, /auth/oidc/callback",
        "oidc.redirect-url, mw.example.org/auth/oidc/callback, https://mlops.example.org",
        "oidc.scopes, profile email, openid",
        "oidc.session, 12, 5m",
    })
    void a_wrong_value_stops_the_start_and_says_what_was_expected(String key, String value, String expected) {
        Map<String, String> flags = new HashMap<>(WHOLE);
        flags.put(key, value);

        assertThatThrownBy(() -> read(flags))
                .isInstanceOf(SettingValues.WrongSetting.class)
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(expected);
    }

    @Test
    void the_password_of_a_url_is_not_told() {
        Map<String, String> flags = new HashMap<>(WHOLE);
        flags.put("oidc.issuer", "https://me:secret@id.example.org");

        assertThatThrownBy(() -> read(flags)).hasMessageContaining("****").hasMessageNotContaining("secret@");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:9000/a",
                "http://localhost:9000",
                "http://[::1]:9000",
                "https://id.example.org/"
            })
    void a_provider_on_this_machine_needs_no_https(String issuer) {
        Map<String, String> flags = new HashMap<>(WHOLE);
        flags.put("oidc.issuer", issuer);

        assertThat(read(flags).issuer()).isEqualTo(issuer);
    }

    @Test
    void scopes_are_separated_by_blanks_or_commas() {
        Map<String, String> flags = new HashMap<>(WHOLE);
        flags.put("oidc.scopes", "openid, groups  email");

        assertThat(read(flags).scopes()).containsExactly("openid", "groups", "email");
    }

    private static OidcSettings read(Map<String, String> flags) {
        return Settings.read(SettingValues.of(flags, Map.of(), null)).oidc();
    }
}
