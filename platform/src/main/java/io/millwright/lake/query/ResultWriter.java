package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.http.Json;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.duckdb.DuckDBResultSet;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Sends the rows of a result as they come.
final class ResultWriter {
    private static final long LARGEST_EXACT = 1L << 53;
    /// All numbers of so many characters are exact as doubles.
    private static final int EXACT_DIGITS = 15;
    private static final int BATCH = 65_536;

    private final Counted out;
    private final long maxRows;
    private final boolean cut;
    private long rows;
    private boolean more;

    /// @param maxRows how many are sent
    /// @param cut whether further ones are left out; otherwise there must be none
    ResultWriter(OutputStream out, long maxRows, long maxBytes, boolean cut) {
        this.out = new Counted(out, maxBytes);
        this.maxRows = maxRows;
        this.cut = cut;
    }

    long rows() {
        return rows;
    }

    long bytes() {
        return out.bytes;
    }

    /// One object with columns and rows.
    ///
    /// @param told further fields of it
    void json(Sandbox sandbox, JsonNode told) throws SQLException, IOException {
        long begin = System.nanoTime();
        sandbox.read(true, maxRows + 1, (columns, result) -> {
            JsonGenerator json = Json.MAPPER.createGenerator(out);
            json.writeStartObject();
            told.properties().forEach(field -> json.writePOJOProperty(field.getKey(), field.getValue()));
            json.writeName("columns").writeStartArray();
            for (Sandbox.Column column : columns) {
                json.writeStartObject()
                        .writeStringProperty("name", column.name())
                        .writeStringProperty("type", column.type())
                        .writeEndObject();
            }
            json.writeEndArray().writeName("rows").writeStartArray();
            while (next(result)) {
                json.writeStartArray();
                for (int i = 0; i < columns.size(); i++) value(json, columns.get(i), result, i + 1);
                json.writeEndArray();
            }
            json.writeEndArray()
                    .writeBooleanProperty("truncated", more)
                    .writeNumberProperty("row_count", rows)
                    .writeNumberProperty("elapsed_ms", (System.nanoTime() - begin) / 1_000_000)
                    .writeEndObject();
            json.close(); // Only when all went well.
            return rows;
        });
    }

    /// An object with the columns' names in each line.
    void jsonLines(Sandbox sandbox) throws SQLException, IOException {
        sandbox.read(true, maxRows + 1, (columns, result) -> {
            JsonGenerator json = Json.MAPPER.createGenerator(out);
            while (next(result)) {
                json.writeStartObject();
                for (int i = 0; i < columns.size(); i++) {
                    json.writeName(columns.get(i).name());
                    value(json, columns.get(i), result, i + 1);
                }
                json.writeEndObject().writeRaw('\n');
            }
            json.close();
            return rows;
        });
    }

    /// As RFC 4180 has it, with a header; an empty text is `""`, no value is nothing.
    void csv(Sandbox sandbox) throws SQLException, IOException {
        sandbox.read(true, maxRows + 1, (columns, result) -> {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns.size(); i++) {
                if (i > 0) line.append(',');
                cell(line, columns.get(i).name());
            }
            out.write(line.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            while (next(result)) {
                line.setLength(0);
                for (int i = 0; i < columns.size(); i++) {
                    if (i > 0) line.append(',');
                    String text = text(columns.get(i), result, i + 1);
                    if (!result.wasNull()) cell(line, text);
                }
                out.write(line.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            }
            return rows;
        });
    }

    private static void cell(StringBuilder line, String text) {
        boolean plain = !text.isEmpty() && text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        if (plain) line.append(text);
        else line.append('"').append(text.replace("\"", "\"\"")).append('"');
    }

    /// Arrow's IPC stream.
    void arrow(Sandbox sandbox) throws SQLException, IOException {
        sandbox.read(false, cut ? maxRows : maxRows + 1, (columns, result) -> {
            try (BufferAllocator memory = new RootAllocator(sandbox.memoryBytes());
                    ArrowReader reader =
                            (ArrowReader) result.unwrap(DuckDBResultSet.class).arrowExportStream(memory, BATCH)) {
                VectorSchemaRoot batch = reader.getVectorSchemaRoot();
                try (ArrowStreamWriter writer = new ArrowStreamWriter(batch, null, Channels.newChannel(out))) {
                    writer.start();
                    while (reader.loadNextBatch()) {
                        rows += batch.getRowCount();
                        if (rows > maxRows) throw tooMany();
                        writer.writeBatch();
                    }
                    writer.end();
                }
            }
            return rows;
        });
    }

    /// A Parquet file; it is on this machine's disk first.
    void parquet(Sandbox sandbox) throws SQLException, IOException {
        rows = sandbox.write(cut ? maxRows : maxRows + 1, "");
        if (rows > maxRows) throw tooMany();
        Files.copy(sandbox.result(), out);
    }

    private boolean next(ResultSet result) throws SQLException {
        if (!result.next()) return false;
        if (rows == maxRows) {
            if (!cut) throw tooMany();
            more = true;
            return false;
        }
        rows++;
        return true;
    }

    private RuntimeException tooMany() {
        return TOO_LARGE.because(
                "The result has more than the %d rows a result may have. Filter it, or write it into a dataset.",
                maxRows);
    }

    private static void value(JsonGenerator json, Sandbox.Column column, ResultSet row, int i) throws SQLException {
        switch (column.type()) {
            case "BOOLEAN" -> {
                boolean value = row.getBoolean(i);
                if (row.wasNull()) json.writeNull();
                else json.writeBoolean(value);
            }
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" -> {
                long value = row.getLong(i);
                if (row.wasNull()) json.writeNull();
                // Larger ones lose digits in readers that know only doubles.
                else if (Math.abs(value) <= LARGEST_EXACT) json.writeNumber(value);
                else json.writeString(Long.toString(value));
            }
            case "FLOAT", "DOUBLE" -> {
                double value = row.getDouble(i);
                if (row.wasNull()) json.writeNull();
                else if (Double.isNaN(value)) json.writeString("NaN");
                else if (Double.isInfinite(value)) json.writeString(value > 0 ? "Infinity" : "-Infinity");
                else if (column.type().equals("FLOAT")) json.writeNumber((float) value);
                else json.writeNumber(value);
            }
            default -> {
                String text = text(column, row, i);
                if (row.wasNull()) json.writeNull();
                else if (column.isNested()) json.writeRawValue(text);
                else if (column.isExact() && text.length() <= EXACT_DIGITS) json.writeNumber(new BigDecimal(text));
                else json.writeString(text);
            }
        }
    }

    /// As text; times as ISO 8601 has them, bytes in Base64.
    private static String text(Sandbox.Column column, ResultSet row, int i) throws SQLException {
        if (column.type().equals("BLOB")) {
            byte[] bytes = row.getBytes(i);
            return bytes == null ? "" : Base64.getEncoder().encodeToString(bytes);
        }
        String text = row.getString(i);
        if (text == null) return "";
        if (column.type().equals("TIMESTAMP WITH TIME ZONE"))
            return iso(text.replaceFirst("([+-]00(:00)?|Z)$", "")) + "Z";
        return column.type().startsWith("TIMESTAMP") ? iso(text) : text;
    }

    private static String iso(String text) {
        String iso = text.replace(' ', 'T');
        return iso.endsWith(".0") ? iso.substring(0, iso.length() - 2) : iso;
    }

    /// Counts what is sent, up to a cap.
    private static final class Counted extends FilterOutputStream {
        private final long most;
        private long bytes;

        Counted(OutputStream out, long most) {
            super(out);
            this.most = most;
        }

        @Override
        public void write(int b) throws IOException {
            count(1);
            out.write(b);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            count(length);
            out.write(source, offset, length);
        }

        private void count(int more) {
            bytes += more;
            if (bytes > most) {
                throw TOO_LARGE.because(
                        "The result has more than the %d MB a result may have. Filter it, or write it into a dataset.",
                        most / 1_000_000);
            }
        }

        /// The answer is closed by whoever opened it.
        @Override
        public void close() throws IOException {
            out.flush();
        }
    }
}
