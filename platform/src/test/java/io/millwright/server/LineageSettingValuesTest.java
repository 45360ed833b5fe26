package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineageSettingValuesTest {
    @Test
    void by_default_nobody_is_told() {
        assertThat(read(Map.of()).lineage().url()).isEmpty();
    }

    @Test
    void a_collector_may_be_on_this_machine_and_its_usual_path_may_be_left_out() {
        assertThat(read(Map.of("lineage.collector", "http://127.0.0.1:5000"))
                        .lineage()
                        .url())
                .contains(URI.create("http://127.0.0.1:5000/api/v1/lineage"));
        assertThat(read(Map.of("lineage.collector", "https://c.example/ol?x=1"))
                        .lineage()
                        .url())
                .contains(URI.create("https://c.example/ol?x=1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"marquez:5000", "ftp://marquez", "http://user:secret@marquez", "http://", "http://a b"})
    void a_wrong_address_stops_the_start(String wrong) {
        assertThatThrownBy(() -> read(Map.of("lineage.collector", wrong)))
                .hasMessageContaining("lineage.collector is")
                .hasMessageNotContaining("secret");
    }

    @Test
    void its_key_is_not_shown() {
        SettingValues values = SettingValues.of(Map.of("lineage.collector-key", "0123456789"), Map.of(), null);
        Settings settings = Settings.read(values);

        assertThat(settings.lineage().key()).isEqualTo("0123456789");
        assertThat(settings.toString() + values.effective()).doesNotContain("0123456789");
    }

    private static Settings read(Map<String, String> values) {
        return Settings.read(SettingValues.of(values, Map.of(), null));
    }
}
