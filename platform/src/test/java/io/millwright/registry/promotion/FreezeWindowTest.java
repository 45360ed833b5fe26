package io.millwright.registry.promotion;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.registry.promotion.FreezeWindow.Once;
import io.millwright.registry.promotion.FreezeWindow.WeekTime;
import io.millwright.registry.promotion.FreezeWindow.Weekly;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FreezeWindowTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private final FreezeWindow weekend = new Weekly(
            "weekend",
            List.of(),
            new WeekTime(DayOfWeek.FRIDAY, LocalTime.of(16, 0)),
            new WeekTime(DayOfWeek.MONDAY, LocalTime.of(8, 0)));

    @Test
    void a_week_s_window_goes_over_the_week_s_end() {
        assertThat(until(weekend, "2026-07-03T15:59")).isEmpty(); // a Friday
        assertThat(until(weekend, "2026-07-03T16:00")).hasValue(Instant.parse("2026-07-06T06:00:00Z"));
        assertThat(until(weekend, "2026-07-05T23:59")).hasValue(Instant.parse("2026-07-06T06:00:00Z"));
        assertThat(until(weekend, "2026-07-06T07:59")).hasValue(Instant.parse("2026-07-06T06:00:00Z"));
        assertThat(until(weekend, "2026-07-06T08:00")).isEmpty();
    }

    @Test
    void it_ends_at_the_local_time_when_the_clocks_are_changed_in_it() {
        assertThat(until(weekend, "2026-03-28T12:00")).hasValue(Instant.parse("2026-03-30T06:00:00Z"));
        assertThat(until(weekend, "2026-10-24T12:00")).hasValue(Instant.parse("2026-10-26T07:00:00Z"));
    }

    @Test
    void a_window_that_ends_before_it_begins_in_the_week_is_open_in_between() {
        FreezeWindow sameDay = new Weekly(
                "all but an hour",
                List.of(),
                new WeekTime(DayOfWeek.MONDAY, LocalTime.of(9, 0)),
                new WeekTime(DayOfWeek.MONDAY, LocalTime.of(8, 0)));

        assertThat(until(sameDay, "2026-07-06T08:30")).isEmpty();
        assertThat(until(sameDay, "2026-07-06T09:30")).hasValue(Instant.parse("2026-07-13T06:00:00Z"));
    }

    @Test
    void a_single_window_is_open_from_its_beginning_up_to_its_end() {
        FreezeWindow summer = new Once(
                "summer",
                List.of("production"),
                LocalDateTime.parse("2026-07-01T00:00"),
                LocalDateTime.parse("2026-08-01T00:00"));

        assertThat(until(summer, "2026-06-30T23:59")).isEmpty();
        assertThat(until(summer, "2026-07-01T00:00")).hasValue(Instant.parse("2026-07-31T22:00:00Z"));
        assertThat(until(summer, "2026-08-01T00:00")).isEmpty();
        assertThat(summer.concerns("staging")).isFalse();
    }

    private static Optional<Instant> until(FreezeWindow window, String local) {
        return window.frozenUntil(ZonedDateTime.of(LocalDateTime.parse(local), BERLIN));
    }
}
