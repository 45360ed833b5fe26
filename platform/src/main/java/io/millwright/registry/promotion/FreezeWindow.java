package io.millwright.registry.promotion;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Optional;

/// A time in which nothing is promoted, in the policy's time zone: from its beginning up to but without its end.
sealed interface FreezeWindow {
    int MINUTES_OF_DAY = 24 * 60;
    int MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY;

    String name();

    /// None for every stage.
    List<String> stages();

    /// When it ends, if it is open now.
    Optional<Instant> frozenUntil(ZonedDateTime now);

    boolean overlaps(FreezeWindow other);

    default boolean concerns(String stage) {
        return stages().isEmpty() || stages().contains(stage);
    }

    default boolean sharesStageWith(FreezeWindow other) {
        return stages().isEmpty()
                || other.stages().isEmpty()
                || stages().stream().anyMatch(other.stages()::contains);
    }

    /// Between two local times, once.
    record Once(String name, List<String> stages, LocalDateTime from, LocalDateTime to) implements FreezeWindow {
        public Once {
            stages = List.copyOf(stages);
        }

        @Override
        public Optional<Instant> frozenUntil(ZonedDateTime now) {
            boolean open = !now.isBefore(from.atZone(now.getZone())) && now.isBefore(to.atZone(now.getZone()));
            return open ? Optional.of(to.atZone(now.getZone()).toInstant()) : Optional.empty();
        }

        @Override
        public boolean overlaps(FreezeWindow other) {
            return other instanceof Once(var _, var _, var otherFrom, var otherTo)
                    && sharesStageWith(other)
                    && from.isBefore(otherTo)
                    && otherFrom.isBefore(to);
        }
    }

    /// A moment of every week.
    record WeekTime(DayOfWeek day, LocalTime time) {
        int minute() {
            return (day.getValue() - 1) * MINUTES_OF_DAY + time.getHour() * 60 + time.getMinute();
        }
    }

    /// Between two moments of every week; it may go over a week's end.
    record Weekly(String name, List<String> stages, WeekTime from, WeekTime to) implements FreezeWindow {
        public Weekly {
            stages = List.copyOf(stages);
        }

        @Override
        public Optional<Instant> frozenUntil(ZonedDateTime now) {
            int minute = new WeekTime(now.getDayOfWeek(), now.toLocalTime()).minute();
            if (!holds(minute)) return Optional.empty();
            LocalDateTime end = now.toLocalDate()
                    .with(TemporalAdjusters.nextOrSame(to.day()))
                    .atTime(to.time());
            if (!end.isAfter(now.toLocalDateTime())) end = end.plusWeeks(1);
            return Optional.of(end.atZone(now.getZone()).toInstant());
        }

        private boolean holds(int minute) {
            return Math.floorMod(minute - from.minute(), MINUTES_OF_WEEK) < length();
        }

        private int length() {
            return Math.floorMod(to.minute() - from.minute(), MINUTES_OF_WEEK);
        }

        @Override
        public boolean overlaps(FreezeWindow other) {
            return other instanceof Weekly weekly
                    && sharesStageWith(other)
                    && (holds(weekly.from.minute()) || weekly.holds(from.minute()));
        }
    }
}
