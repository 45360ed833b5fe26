package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.http.Json;
import io.millwright.server.SettingValues.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class SettingsTest {
    @TempDir
    Path folder;

    @Test
    void with_no_configuration_everything_has_a_default() {
        Settings settings = Settings.read(SettingValues.of(Map.of(), Map.of("PATH", "/bin"), null));

        assertThat(settings.home()).isAbsolute().hasFileName("millwright-home");
        assertThat(settings.server().host()).isEqualTo("127.0.0.1");
        assertThat(settings.server().port()).isEqualTo(8484);
        assertThat(settings.server().maxBodySizeBytes()).isEqualTo(20_000_000);
        assertThat(settings.server().requestTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.artifactsUri()).hasScheme("file");
    }

    @Test
    void flags_win_over_the_environment_and_the_environment_over_the_file() throws IOException {
        Path file = file("server:\n  port: 1\n  host: 127.0.0.2\nlog.level: warn\n");

        SettingValues values = SettingValues.of(
                Map.of("server.port", "3"),
                Map.of("MILLWRIGHT_SERVER_PORT", "2", "MILLWRIGHT_SERVER_HOST", "127.0.0.3"),
                file);
        Settings settings = Settings.read(values);

        assertThat(settings.server().port()).isEqualTo(3);
        assertThat(settings.server().host()).isEqualTo("127.0.0.3");
        assertThat(settings.log().level()).isEqualTo("warn");
        assertThat(values.effective())
                .contains(
                        new SettingValues.Effective("server.port", "3", Source.FLAG, "command line", false),
                        new SettingValues.Effective(
                                "server.host",
                                "127.0.0.3",
                                Source.ENVIRONMENT,
                                "environment MILLWRIGHT_SERVER_HOST",
                                false),
                        new SettingValues.Effective("log.level", "warn", Source.FILE, file.toString(), false),
                        new SettingValues.Effective("server.max-body-size", "20MB", Source.DEFAULT, "default", false));
    }

    @Test
    void every_setting_and_no_other_is_described() {
        SettingValues values = SettingValues.of(Map.of(), Map.of(), null);
        Settings.read(values);

        assertThat(values.effective())
                .allMatch(one -> !SettingWords.of(one.key()).isBlank());
        assertThat(values.effective()).extracting(SettingValues.Effective::key).hasSize(SettingWords.count());
    }

    @Test
    void the_command_says_what_each_setting_is_for() {
        assertThat(CommandOutcome.run("config", "--explain").out()).contains(SettingWords.of("webhooks.timeout"));
        assertThat(CommandOutcome.run("config").out())
                .contains("webhooks.timeout")
                .doesNotContain(SettingWords.of("webhooks.timeout"));
    }

    @Test
    void the_api_tells_what_the_command_prints_and_no_secret() throws Exception {
        Map<String, String> flags = Map.of("webhooks.secret-key", "0123456789abcdef0", "webhooks.max-attempts", "5");
        try (TestServer server = TestServer.start(flags);
                RawHttp raw = new RawHttp(server.uri())) {
            String answer = raw.send("GET /api/millwright/v1/settings HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer()
                    .text();
            JsonNode told = Json.MAPPER.readTree(answer);

            assertThat(answer).doesNotContain("0123456789abcdef0");
            assertThat(told.path("home").asString()).isEqualTo(server.home().toString());
            JsonNode key = setting(told, "webhooks.secret-key");
            assertThat(key.path("value").asString()).isEqualTo("****");
            assertThat(key.path("hidden").asBoolean()).isTrue();
            JsonNode attempts = setting(told, "webhooks.max-attempts");
            assertThat(attempts.path("value").asString()).isEqualTo("5");
            assertThat(attempts.path("source").asString()).isEqualTo("flag");
            assertThat(setting(told, "webhooks.timeout").path("source").asString())
                    .isEqualTo("default");
        }
    }

    private static JsonNode setting(JsonNode told, String key) {
        return told.path("settings")
                .valueStream()
                .filter(one -> one.path("key").asString().equals(key))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "server.prot, server.port",
        "server.max-bodysize, server.max-body-size",
        "hom, home",
        "log.lvl, log.level",
    })
    void an_unknown_key_stops_the_start_and_names_the_nearest(String wrong, String right) {
        assertThatThrownBy(() -> Settings.read(SettingValues.of(Map.of(wrong, "1"), Map.of(), null)))
                .hasMessageContaining("no setting '" + wrong + "'")
                .hasMessageContaining("'" + right + "'");
        assertThatThrownBy(() -> Settings.read(SettingValues.of(Map.of(), Map.of(), file(wrong + ": 1\n"))))
                .hasMessageContaining("'" + right + "'");
    }

    @Test
    void an_unknown_environment_variable_stops_the_start_but_not_the_launchers_own() {
        assertThatThrownBy(() -> Settings.read(SettingValues.of(Map.of(), Map.of("MILLWRIGHT_HOEM", "x"), null)))
                .hasMessageContaining("MILLWRIGHT_HOME");
        Settings.read(SettingValues.of(
                Map.of(),
                Map.of("MILLWRIGHT_JAVA_OPTS", "x", "MILLWRIGHT_PEERS_PYTHON", "x", "MILLWRIGHT_PORT_8484_TCP", "x"),
                null));
    }

    @ParameterizedTest
    @CsvSource({
        "server.port, 65536, 0 to 65535",
        "server.port, eighty, 0 to 65535",
        "server.max-body-size, big, 20MB",
        "server.max-body-size, -1, 20MB",
        "server.request-timeout, 60, 60s",
        "server.request-timeout, 0s, 60s",
        "server.trust-network, yes, true",
        "log.format, xml, json",
    })
    void a_wrong_value_stops_the_start_and_says_what_was_expected(String key, String value, String expected) {
        assertThatThrownBy(() -> Settings.read(SettingValues.of(Map.of(key, value), Map.of(), null)))
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource({"20MB, 20000000", "64KB, 64000", "1.5GB, 1500000000", "100 mb, 100000000", "4096, 4096", "5000B, 5000"})
    void sizes_have_units(String text, long bytes) {
        SettingValues values = SettingValues.of(Map.of("size", text), Map.of(), null);

        assertThat(values.size("size", "1KB", 1, Long.MAX_VALUE)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- a\n- b\n",
                "just text\n",
                "a: [\n",
                "a: 1\na: 2\n",
                "!!java.net.URL [x]\n",
                "home: !!java.io.File [x]\n"
            })
    void a_file_that_is_not_a_map_of_settings_is_refused(String yaml) {
        assertThatThrownBy(() -> Settings.read(SettingValues.of(Map.of(), Map.of(), file(yaml))))
                .isInstanceOf(SettingValues.WrongSetting.class)
                .hasMessageContaining("settings file");
    }

    @Test
    void what_kubernetes_sets_is_no_setting_and_what_only_looks_like_it_is_told() {
        Settings settings = read(Map.of(
                "MILLWRIGHT_SERVICE_HOST", "10.0.0.1",
                "MILLWRIGHT_SERVICE_PORT", "8484",
                "MILLWRIGHT_SERVICE_PORT_HTTP", "8484",
                "MILLWRIGHT_PORT", "tcp://10.0.0.1:8484",
                "MILLWRIGHT_PORT_8484_TCP", "tcp://10.0.0.1:8484",
                "MILLWRIGHT_PORT_8484_TCP_ADDR", "10.0.0.1",
                "MILLWRIGHT_SERVER_PORT", "tcp://10.0.0.2:8484",
                "MILLWRIGHT_POSTGRES_SERVICE_HOST", "10.0.0.3",
                "MILLWRIGHT_POSTGRES_PORT", "tcp://10.0.0.3:5432"));

        assertThat(settings.server().port()).isEqualTo(8484);
        assertThatThrownBy(() -> read(Map.of("MILLWRIGHT_PORT", "9000")))
                .isInstanceOf(SettingValues.WrongSetting.class)
                .hasMessageContaining("MILLWRIGHT_PORT")
                .hasMessageContaining("Did you mean 'MILLWRIGHT_SERVER_PORT'");
    }

    private static Settings read(Map<String, String> environment) {
        return Settings.read(SettingValues.of(Map.of(), environment, null));
    }

    @Test
    void a_file_that_was_named_must_exist() {
        assertThatThrownBy(() -> SettingValues.of(Map.of(), Map.of(), folder.resolve("nowhere.yaml")))
                .hasMessageContaining("nowhere.yaml");
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://me:secret@host:5432/db, postgresql://me:****@host:5432/db",
        "postgresql://me@host/db, postgresql://me@host/db",
        "postgresql://host:5432/db?user=me&password=secret&ssl=true, postgresql://host:5432/db?user=me&password=****&ssl=true",
        "'', ''",
    })
    void passwords_are_masked(String url, String shown) {
        SettingValues values = SettingValues.of(Map.of("db", url), Map.of(), null);

        Settings.read(values);

        assertThat(values.effective())
                .anyMatch(e -> e.key().equals("db") && e.value().equals(shown));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, true",
        "192.168.1.5, true",
        "example.org, true",
        "'::', true",
        "127.0.0.1, false",
        "localhost, false",
        "'::1', false"
    })
    void only_a_loopback_address_needs_no_authentication(String host, boolean authenticates) {
        ServerSettings settings = server(Map.of("server.host", host));

        ServerCommand.requireAuthenticationBeyondLoopback(settings);
        assertThat(settings.authentication()).isEqualTo(authenticates);

        ServerSettings off = server(Map.of("server.host", host, "server.authentication", "off"));
        if (authenticates) {
            assertThatThrownBy(() -> ServerCommand.requireAuthenticationBeyondLoopback(off))
                    .hasMessageContaining("server.authentication is off")
                    .hasMessageContaining("server.trust-network=true");
        } else {
            ServerCommand.requireAuthenticationBeyondLoopback(off);
        }
        assertThat(server(Map.of("server.host", host, "server.authentication", "on"))
                        .authentication())
                .isTrue();
    }

    @Test
    void authentication_may_be_switched_in_yaml_where_on_is_a_boolean() throws IOException {
        for (String on : new String[] {"on", "true", "'on'"}) {
            Settings settings =
                    Settings.read(SettingValues.of(Map.of(), Map.of(), file("server.authentication: " + on)));

            assertThat(settings.server().authentication()).as(on).isTrue();
        }
    }

    private static ServerSettings server(Map<String, String> flags) {
        return Settings.read(SettingValues.of(flags, Map.of(), null)).server();
    }

    @Test
    void a_trusted_network_may_be_opened_to() {
        ServerSettings settings = server(Map.of("server.host", "0.0.0.0", "server.trust-network", "true"));

        assertThat(settings.authentication()).isFalse();
        ServerCommand.requireAuthenticationBeyondLoopback(settings);
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("millwright.yaml"), yaml);
    }
}
