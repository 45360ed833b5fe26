package io.millwright.lake.profiles;

import io.millwright.lake.duck.Duck;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// How a column's values are looked at.
enum ColumnKind {
    NUMBER,
    /// 0 and 1.
    BOOLEAN,
    /// Days since 1970.
    DATE,
    /// Microseconds since 1970.
    TIMESTAMP,
    /// Microseconds since midnight.
    TIME,
    TEXT,
    /// Only whether there is one.
    OTHER;

    static ColumnKind of(Type type) {
        return switch (type.typeId()) {
            case BOOLEAN -> BOOLEAN;
            case INTEGER, LONG, FLOAT, DOUBLE, DECIMAL -> NUMBER;
            case DATE -> DATE;
            case TIMESTAMP -> TIMESTAMP;
            case TIME -> TIME;
            case STRING, UUID -> TEXT;
            default -> OTHER;
        };
    }

    boolean isNumeric() {
        return this != TEXT && this != OTHER;
    }

    /// The value as DuckDB hands it out: a double, a text, or for [#OTHER] whether there is one.
    String value(Types.NestedField field) {
        String name = Duck.quoted(field.name());
        return switch (this) {
            case NUMBER -> "cast(" + name + " as double)";
            case BOOLEAN -> "cast(cast(" + name + " as int) as double)";
            case DATE -> "case when isfinite(" + name + ") then cast(" + name + " - date '1970-01-01' as double) end";
            case TIMESTAMP -> "case when isfinite(" + name + ") then cast(epoch_us(" + name + ") as double) end";
            case TIME -> "cast(epoch_us(" + name + ") as double)";
            case TEXT -> "cast(" + name + " as varchar)";
            case OTHER -> "case when " + name + " is not null then cast(1 as double) end";
        };
    }

    /// A value as people read it.
    Object shown(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) return Double.toString(value);
        return switch (this) {
            case BOOLEAN -> value != 0;
            case DATE -> LocalDate.ofEpochDay(Math.round(value)).toString();
            case TIMESTAMP ->
                Instant.EPOCH
                        .plus(Math.round(value), ChronoUnit.MICROS)
                        .atOffset(ZoneOffset.UTC)
                        .toLocalDateTime()
                        .toString();
            case TIME ->
                LocalTime.ofNanoOfDay(Math.floorMod(Math.round(value) * 1000, 86_400_000_000_000L))
                        .toString();
            default -> value == Math.rint(value) && Math.abs(value) < 1e15 ? (Object) (long) value : (Object) value;
        };
    }
}
