package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/// Which version of a dataset is meant.
public sealed interface At {
    /// The latest of the branch `main`.
    record Latest() implements At {}

    /// By its number.
    record Version(int number) implements At {}

    /// By Iceberg's id.
    record Snapshot(long id) implements At {}

    /// A tag's, or the latest of a branch.
    record Ref(String name) implements At {}

    /// What `main` was then.
    record Time(Instant at) implements At {}

    /// Iceberg's ids are random and have nearly always 19 digits.
    long LARGEST_NUMBER = Integer.MAX_VALUE;

    /// A number is a version or, when it is too large for one, a snapshot's id; anything else is a tag or a
    /// branch.
    static At version(String text) {
        if (!text.matches("\\d{1,19}")) return new Ref(text);
        try {
            long number = Long.parseLong(text);
            return number <= LARGEST_NUMBER ? new Version((int) number) : new Snapshot(number);
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'%s' is no version: expected a number such as 3, or a tag.", text);
        }
    }

    /// @param text as ISO 8601 has it, `2026-05-03T12:00:00Z` or less; without a zone it is UTC
    static Time time(String text) {
        String iso = text.strip().replaceFirst("^(\\d{4}-\\d{2}-\\d{2}) (?=\\d)", "$1T");
        if (iso.matches(".*T.*[+-]\\d{2}")) iso += ":00";
        try {
            if (iso.length() == 10)
                return new Time(
                        LocalDate.parse(iso).atStartOfDay(ZoneOffset.UTC).toInstant());
            if (iso.matches(".*(Z|[+-]\\d{2}:\\d{2})"))
                return new Time(OffsetDateTime.parse(iso).toInstant());
            return new Time(LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException e) {
            throw INVALID_ARGUMENT.because("'%s' is no time, expected one such as 2026-05-03T12:00:00Z.", text);
        }
    }

    /// As in "there is no …".
    default String describe() {
        return switch (this) {
            case Latest() -> "version";
            case Version(int number) -> "version " + number;
            case Snapshot(long id) -> "snapshot " + id;
            case Ref(String name) -> "tag or branch '" + name + "'";
            case Time(Instant at) -> "version as old as " + at;
        };
    }
}
