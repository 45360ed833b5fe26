package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AtTest {
    @Test
    void a_number_is_a_version_until_it_is_too_large_for_one() {
        assertThat(At.version("3")).isEqualTo(new At.Version(3));
        assertThat(At.version("8714000000000000000")).isEqualTo(new At.Snapshot(8714000000000000000L));
        assertThat(At.version("validated/2015")).isEqualTo(new At.Ref("validated/2015"));
        assertThatThrownBy(() -> At.version("9999999999999999999")).isInstanceOf(Failure.class);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-05-03, 2026-05-03T00:00:00Z",
        "2026-05-03 12:00, 2026-05-03T12:00:00Z",
        "2026-05-03 12:00:01.5, 2026-05-03T12:00:01.500Z",
        "2026-05-03T12:00:00Z, 2026-05-03T12:00:00Z",
        "2026-05-03 12:00:00+02, 2026-05-03T10:00:00Z",
        "2026-05-03T12:00:00-05:30, 2026-05-03T17:30:00Z"
    })
    void a_time_is_as_iso_has_it_and_without_a_zone_utc(String text, Instant at) {
        assertThat(At.time(text)).isEqualTo(new At.Time(at));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yesterday", "2026-13-01", "2026-05-03T", "12:00"})
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> At.time(text)).isInstanceOf(Failure.class).hasMessageContaining("is no time");
    }
}
