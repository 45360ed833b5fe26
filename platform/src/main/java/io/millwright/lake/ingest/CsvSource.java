package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.iceberg.types.Type;

/// Text with a delimiter. Everything about its dialect is found once and said in full at each
/// reading, so that two
/// readings never disagree.
///
/// @param dialect the part of `read_csv(…)` that says it
/// @param readings how often it was read; each has a table of its own for what it rejects
record CsvSource(List<Column> columns, String dialect, AtomicInteger readings) implements Source {
    /// What DuckDB's sniffer shows for no character.
    private static final String NONE = "(empty)";

    CsvSource {
        columns = List.copyOf(columns);
    }

    private record Sniffed(
            String delimiter,
            String quote,
            String escape,
            boolean header,
            List<Type> types,
            String date,
            String timestamp) {}

    static CsvSource open(Duck duck, Path file, FileOptions options) throws IOException, SQLException {
        String path = Duck.literal(file.toString());
        boolean gzip = FileKind.isGzip(file);
        String said = said(options, gzip);
        // Lines are never skipped in silence: not at the beginning, not as comments.
        Sniffed sniffed = duck.query(
                        "select Delimiter, Quote, Escape, HasHeader, [c.type for c in Columns], DateFormat,"
                                + " TimestampFormat from sniff_csv(" + path + ", ignore_errors=true, skip=0,"
                                + " comment=''" + said + sniffing(options) + ")",
                        row -> new Sniffed(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getBoolean(4),
                                types(row.getArray(5)),
                                Optional.ofNullable(row.getString(6)).orElse(""),
                                Optional.ofNullable(row.getString(7)).orElse("")))
                .getFirst();
        String delimiter = options.delimiter().orElse(sniffed.delimiter);
        // None in the first lines does not mean that none comes later.
        String quote = options.quote().orElse(sniffed.quote.equals(NONE) ? "\"" : sniffed.quote);
        String escape = sniffed.escape.equals(NONE) ? quote : sniffed.escape;
        boolean header = options.header().orElse(sniffed.header);
        List<String> names = names(file, gzip, options, header, delimiter, quote, sniffed.types.size());
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) columns.add(new Column(names.get(i), sniffed.types.get(i)));
        String dialect = path + ", auto_detect=false, comment='', delim=" + Duck.literal(delimiter) + ", quote="
                + Duck.literal(quote) + ", escape=" + Duck.literal(quote.isEmpty() ? "" : escape) + ", header=" + header
                + format("dateformat", options.dateFormat().orElse(sniffed.date))
                + format("timestampformat", options.timestampFormat().orElse(sniffed.timestamp)) + said;
        return new CsvSource(columns, dialect, new AtomicInteger());
    }

    private static List<Type> types(java.sql.Array array) throws SQLException {
        List<Type> types = new ArrayList<>();
        for (Object type : (Object[]) array.getArray()) types.add(ColumnTypes.iceberg(String.valueOf(type)));
        return types;
    }

    private static String format(String name, String format) {
        return format.isEmpty() ? "" : ", " + name + "=" + Duck.literal(format);
    }

    /// What holds for sniffing and reading alike.
    private static String said(FileOptions options, boolean gzip) {
        StringBuilder text = new StringBuilder(", compression='" + (gzip ? "gzip" : "none") + "'");
        options.encoding().ifPresent(encoding -> text.append(", encoding=").append(Duck.literal(encoding)));
        if (options.decimalComma()) text.append(", decimal_separator=','");
        text.append(", nullstr=['");
        for (String other : options.nulls())
            text.append("', ").append(Duck.literal(other)).append(", '");
        // The empty text stands first and, after others, last: both mean the same.
        return text.append("']").toString();
    }

    private static String sniffing(FileOptions options) {
        StringBuilder text = new StringBuilder();
        options.delimiter().ifPresent(delimiter -> text.append(", delim=").append(Duck.literal(delimiter)));
        options.quote().ifPresent(quote -> text.append(", quote=").append(Duck.literal(quote)));
        options.header().ifPresent(header -> text.append(", header=").append(header));
        options.dateFormat().ifPresent(date -> text.append(format("dateformat", date)));
        options.timestampFormat().ifPresent(timestamp -> text.append(format("timestampformat", timestamp)));
        return text.toString();
    }

    /// As the header has them: DuckDB would make other names of those that are empty or come twice.
    private static List<String> names(
            Path file, boolean gzip, FileOptions options, boolean header, String delimiter, String quote, int columns)
            throws IOException {
        List<String> names = new ArrayList<>();
        if (!header) {
            for (int i = 1; i <= columns; i++) names.add("column" + i);
            return names;
        }
        names.addAll(HeaderLine.read(file, gzip, options.encoding().orElse("utf-8"), delimiter, quote));
        if (names.size() == columns) return names;
        throw INVALID_ARGUMENT.because(
                "line 1: the header names %d columns, and the lines below it have %d values. Give each column a name, or"
                        + " say the delimiter.",
                names.size(), columns);
    }

    @Override
    public FileKind kind() {
        return FileKind.CSV;
    }

    @Override
    public Read read(Map<Integer, Type> as) {
        StringBuilder text = new StringBuilder("read_csv(").append(dialect).append(", columns={");
        for (int i = 0; i < columns.size(); i++) {
            Type type = as.get(i);
            text.append(i == 0 ? "'" : ", '")
                    .append(column(i))
                    .append("': '")
                    .append(type == null ? "VARCHAR" : ColumnTypes.duck(type))
                    .append("'");
        }
        int reading = readings.incrementAndGet();
        text.append("}, store_rejects=true, rejects_table='rejects_" + reading + "', rejects_scan='scans_" + reading
                + "', rejects_limit=" + Problem.MOST + ")");
        return new Read(text.toString(), "rejects_" + reading);
    }

    @Override
    public String value(int position, Type as) {
        return column(position);
    }

    /// What [#read] calls a column, whatever the header calls it.
    static String column(int position) {
        return "c" + (position + 1);
    }
}
