package io.millwright.lake.duck;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.BinaryUtil;
import org.apache.iceberg.util.UnicodeUtil;

/// What DuckDB tells of the columns of a Parquet file it wrote, as Iceberg keeps it in manifests:
/// other engines leave
/// files out by it, so a bound must never be too tight.
public final class FileMetrics {
    /// As Iceberg's own default: `truncate(16)`, and bounds for the first hundred columns.
    private static final int LENGTH = 16;

    private static final int MOST_COLUMNS = 100;

    private final Map<Integer, Long> sizes = new HashMap<>();
    private final Map<Integer, Long> values = new HashMap<>();
    private final Map<Integer, Long> nulls = new HashMap<>();
    private final Map<Integer, Long> nans = new HashMap<>();
    private final Map<Integer, ByteBuffer> lower = new HashMap<>();
    private final Map<Integer, ByteBuffer> upper = new HashMap<>();

    private FileMetrics() {}

    /// @param statistics by the path of the column in quoted names, as `COPY … (RETURN_STATS)`
    ///     returns them
    public static Metrics of(Schema schema, long rows, Map<String, Map<String, String>> statistics) {
        FileMetrics all = new FileMetrics();
        int columns = 0;
        for (Types.NestedField field : schema.columns()) {
            if (columns++ < MOST_COLUMNS) all.add(field, quoted(field.name()), true, statistics);
        }
        return new Metrics(rows, all.sizes, all.values, all.nulls, all.nans, all.lower, all.upper);
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /// Values inside lists and maps are counted in another way than Iceberg does, so nothing is
    /// told of them; of
    /// fields of structs only the sizes.
    private void add(Types.NestedField field, String path, boolean top, Map<String, Map<String, String>> statistics) {
        if (field.type() instanceof Types.StructType struct) {
            struct.fields().forEach(inner -> add(inner, path + "." + quoted(inner.name()), false, statistics));
            return;
        }
        Map<String, String> told = statistics.get(path);
        if (told == null || !field.type().isPrimitiveType()) return;
        int id = field.fieldId();
        number(told, "column_size_bytes").ifPresent(size -> sizes.put(id, size));
        if (!top) return;
        number(told, "num_values").ifPresent(count -> values.put(id, count));
        number(told, "null_count").ifPresent(count -> nulls.put(id, count));
        number(told, "nan_count").ifPresent(count -> nans.put(id, count));
        String low = told.get("min");
        String high = told.get("max");
        if (low == null || high == null) return;
        lower(field.type(), low).ifPresent(bound -> lower.put(id, bound));
        // A maximum that was cut is below the true one.
        if (told.getOrDefault("max_is_exact", "true").equals("true")) {
            upper(field.type(), high).ifPresent(bound -> upper.put(id, bound));
        }
    }

    private static Optional<Long> number(Map<String, String> told, String name) {
        return Optional.ofNullable(told.get(name)).map(Long::parseLong);
    }

    private static Optional<ByteBuffer> lower(Type type, String text) {
        return switch (type.typeId()) {
            case STRING -> Optional.of(bytes(type, UnicodeUtil.truncateStringMin(text, LENGTH)));
            case BINARY -> Optional.of(BinaryUtil.truncateBinaryMin(binary(text), LENGTH));
            // Of the two zeros DuckDB may tell either; the bound must hold for both.
            case FLOAT -> Optional.of(bytes(type, real(text) == 0 ? -0.0f : (float) real(text)));
            case DOUBLE -> Optional.of(bytes(type, real(text) == 0 ? -0.0 : real(text)));
            default -> plain(type, text);
        };
    }

    private static Optional<ByteBuffer> upper(Type type, String text) {
        return switch (type.typeId()) {
            case STRING ->
                Optional.ofNullable(UnicodeUtil.truncateStringMax(text, LENGTH)).map(max -> bytes(type, max));
            case BINARY -> Optional.ofNullable(BinaryUtil.truncateBinaryMax(binary(text), LENGTH));
            case FLOAT -> Optional.of(bytes(type, real(text) == 0 ? 0.0f : (float) real(text)));
            case DOUBLE -> Optional.of(bytes(type, real(text) == 0 ? 0.0 : real(text)));
            default -> plain(type, text);
        };
    }

    private static Optional<ByteBuffer> plain(Type type, String text) {
        return switch (type.typeId()) {
            case BOOLEAN -> Optional.of(bytes(type, text.equals("1") || text.equals("true")));
            case INTEGER -> Optional.of(bytes(type, Integer.parseInt(text)));
            case LONG -> Optional.of(bytes(type, Long.parseLong(text)));
            case DECIMAL -> Optional.of(bytes(type, new BigDecimal(text).setScale(((Types.DecimalType) type).scale())));
            case UUID -> Optional.of(bytes(type, UUID.fromString(text)));
            case DATE ->
                isUsual(text)
                        ? Optional.of(bytes(type, (int) LocalDate.parse(text).toEpochDay()))
                        : Optional.empty();
            case TIME -> Optional.of(bytes(type, LocalTime.parse(text).toNanoOfDay() / 1000));
            case TIMESTAMP -> isUsual(text) ? Optional.of(bytes(type, micros(text))) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /// Neither infinite nor outside of the years 0 to 9999.
    private static boolean isUsual(String text) {
        return text.matches("\\d{4}-.*") && !text.contains("BC");
    }

    private static long micros(String text) {
        String iso = text.replace(' ', 'T');
        if (iso.matches(".*[+-]\\d{2}$")) iso += ":00";
        var at = iso.matches(".*[+-]\\d{2}:\\d{2}$")
                ? OffsetDateTime.parse(iso).toInstant()
                : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
        return ChronoUnit.MICROS.between(java.time.Instant.EPOCH, at);
    }

    private static double real(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    private static ByteBuffer binary(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    private static ByteBuffer bytes(Type type, Object value) {
        return Conversions.toByteBuffer(type, value);
    }
}
