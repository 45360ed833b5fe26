package io.millwright.lake.duck;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// DuckDB's types as Iceberg's, and back.
public final class ColumnTypes {
    private static final Pattern DECIMAL = Pattern.compile("decimal\\(\\s*(\\d{1,2})\\s*,\\s*(\\d{1,2})\\s*\\)");

    private ColumnTypes() {}

    /// A type as people write it: `long`, `decimal(9, 2)`, `struct<x: int>`. Without field ids, so
    /// that equal texts
    /// are equal types.
    public static String text(Type type) {
        return switch (type) {
            case Types.StructType struct ->
                struct.fields().stream()
                        .map(field -> field.name() + ": " + text(field.type()))
                        .collect(Collectors.joining(", ", "struct<", ">"));
            case Types.ListType list -> "list<" + text(list.elementType()) + ">";
            case Types.MapType map -> "map<" + text(map.keyType()) + ", " + text(map.valueType()) + ">";
            default -> type.toString();
        };
    }

    /// The reverse of [#text] for what is not nested.
    public static Type parse(String text) {
        String named = text.strip().toLowerCase(Locale.ROOT);
        Matcher decimal = DECIMAL.matcher(named);
        if (decimal.matches()) {
            int precision = Integer.parseInt(decimal.group(1));
            int scale = Integer.parseInt(decimal.group(2));
            if (precision >= 1 && precision <= 38 && scale <= precision) return Types.DecimalType.of(precision, scale);
        }
        return switch (named) {
            case "boolean" -> Types.BooleanType.get();
            case "int", "integer" -> Types.IntegerType.get();
            case "long", "bigint" -> Types.LongType.get();
            case "float" -> Types.FloatType.get();
            case "double" -> Types.DoubleType.get();
            case "date" -> Types.DateType.get();
            case "time" -> Types.TimeType.get();
            case "timestamp" -> Types.TimestampType.withoutZone();
            case "timestamptz" -> Types.TimestampType.withZone();
            case "string", "text" -> Types.StringType.get();
            case "uuid" -> Types.UUIDType.get();
            case "binary" -> Types.BinaryType.get();
            default ->
                throw INVALID_ARGUMENT.because(
                        "'%s' is no type of a column, expected boolean, int, long, float, double, decimal(9,2), date,"
                                + " time, timestamp, timestamptz, string, uuid or binary.",
                        text);
        };
    }

    /// As DuckDB calls it.
    public static String duck(Type type) {
        return switch (type) {
            case Types.StructType struct ->
                struct.fields().stream()
                        .map(field -> Duck.quoted(field.name()) + " " + duck(field.type()))
                        .collect(Collectors.joining(", ", "STRUCT(", ")"));
            case Types.ListType list -> duck(list.elementType()) + "[]";
            case Types.MapType map -> "MAP(" + duck(map.keyType()) + ", " + duck(map.valueType()) + ")";
            case Types.DecimalType decimal -> "DECIMAL(" + decimal.precision() + "," + decimal.scale() + ")";
            case Types.TimestampType timestamp -> timestamp.shouldAdjustToUTC() ? "TIMESTAMPTZ" : "TIMESTAMP";
            default ->
                switch (type.typeId()) {
                    case BOOLEAN -> "BOOLEAN";
                    case INTEGER -> "INTEGER";
                    case LONG -> "BIGINT";
                    case FLOAT -> "FLOAT";
                    case DOUBLE -> "DOUBLE";
                    case DATE -> "DATE";
                    case TIME -> "TIME";
                    case STRING -> "VARCHAR";
                    case UUID -> "UUID";
                    case BINARY -> "BLOB";
                    default ->
                        throw UNSUPPORTED.because(
                                "Columns of type %s are not written by Millwright. Use Spark or pyiceberg for this dataset.",
                                type);
                };
        };
    }

    /// @param duck as DESCRIBE tells it
    public static Type iceberg(String duck) {
        return new Reader(duck).whole();
    }

    /// Reads the text of a type. Ids are given in the order of reading and are replaced later.
    private static final class Reader {
        private final String text;
        private int at;
        private int ids;

        Reader(String text) {
            this.text = text;
        }

        Type whole() {
            Type type = type();
            if (at != text.length()) throw unknown();
            return type;
        }

        private Type type() {
            Type type = one();
            while (at < text.length() && text.charAt(at) == '[') {
                at = text.indexOf(']', at) + 1;
                type = Types.ListType.ofOptional(++ids, type);
            }
            return type;
        }

        private Type one() {
            if (take("STRUCT(")) return struct();
            if (take("MAP(")) {
                Type key = type();
                expect(", ");
                Type value = type();
                expect(")");
                ids += 2;
                return Types.MapType.ofOptional(ids - 1, ids, key, value);
            }
            if (take("DECIMAL(")) {
                int comma = text.indexOf(',', at);
                int close = text.indexOf(')', at);
                int precision = Integer.parseInt(text.substring(at, comma));
                int scale = Integer.parseInt(text.substring(comma + 1, close).strip());
                at = close + 1;
                return Types.DecimalType.of(precision, scale);
            }
            if (take("ENUM(") || take("UNION(")) return skipped();
            int end = at;
            while (end < text.length() && ",)[".indexOf(text.charAt(end)) < 0) end++;
            String word = text.substring(at, end);
            at = end;
            return plain(word);
        }

        private Type struct() {
            List<Types.NestedField> fields = new ArrayList<>();
            while (!take(")")) {
                take(", ");
                String name = name();
                expect(" ");
                fields.add(Types.NestedField.optional(++ids, name, type()));
            }
            return Types.StructType.of(fields);
        }

        private String name() {
            if (text.charAt(at) != '"') {
                int end = text.indexOf(' ', at);
                String name = text.substring(at, end);
                at = end;
                return name;
            }
            StringBuilder name = new StringBuilder();
            for (at++; at < text.length(); at++) {
                if (text.charAt(at) != '"') name.append(text.charAt(at));
                else if (at + 1 < text.length() && text.charAt(at + 1) == '"') name.append(text.charAt(++at));
                else break;
            }
            at++;
            return name.toString();
        }

        /// What has no counterpart is kept as its text.
        private Type skipped() {
            boolean quoted = false;
            for (int depth = 1; at < text.length() && depth > 0; at++) {
                char c = text.charAt(at);
                if (c == '\'' || c == '"') quoted = !quoted;
                else if (!quoted && c == '(') depth++;
                else if (!quoted && c == ')') depth--;
            }
            return Types.StringType.get();
        }

        private Type plain(String word) {
            return switch (word) {
                case "BOOLEAN" -> Types.BooleanType.get();
                case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT" -> Types.IntegerType.get();
                case "BIGINT", "UINTEGER" -> Types.LongType.get();
                case "UBIGINT" -> Types.DecimalType.of(20, 0);
                case "HUGEINT", "UHUGEINT", "BIGNUM" -> Types.DecimalType.of(38, 0);
                case "FLOAT" -> Types.FloatType.get();
                case "DOUBLE" -> Types.DoubleType.get();
                case "DATE" -> Types.DateType.get();
                case "TIME", "TIME_NS" -> Types.TimeType.get();
                case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" -> Types.TimestampType.withoutZone();
                case "TIMESTAMP WITH TIME ZONE" -> Types.TimestampType.withZone();
                case "UUID" -> Types.UUIDType.get();
                case "BLOB" -> Types.BinaryType.get();
                case "VARCHAR", "JSON", "INTERVAL", "BIT", "TIME WITH TIME ZONE", "\"NULL\"", "NULL" ->
                    Types.StringType.get();
                default -> throw unknown();
            };
        }

        private boolean take(String word) {
            if (!text.startsWith(word, at)) return false;
            at += word.length();
            return true;
        }

        private void expect(String word) {
            if (!take(word)) throw unknown();
        }

        private RuntimeException unknown() {
            return UNSUPPORTED.because("A column of the file has the type %s, which datasets cannot hold.", text);
        }
    }
}
