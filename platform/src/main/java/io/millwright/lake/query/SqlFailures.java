package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What DuckDB says of a query, told to whoever wrote it, and nothing of this machine.
final class SqlFailures {
    private static final Logger log = LoggerFactory.getLogger(SqlFailures.class);

    private SqlFailures() {}

    static Failure told(SQLException e, long memoryBytes) {
        String message = firstLine(e);
        String kind = message.contains(" Error: ") ? message.substring(0, message.indexOf(" Error: ")) : "";
        return switch (kind) {
            case "Out of Memory" ->
                TOO_LARGE.because(
                        "The query needs more than the %d MiB a query may have. Read less: name the columns, filter before"
                                + " joining, group by fewer values.",
                        memoryBytes >> 20);
            case "Permission" ->
                PERMISSION_DENIED.because("Queries reach datasets only: no file, network, extension or setting.");
            case "IO", "HTTP" -> {
                log.warn("a query could not read: {}", e.getMessage());
                yield UNAVAILABLE.because(
                        "A file of the datasets could not be read, or is no Parquet file any more. The server's log names it.");
            }
            case "INTERNAL", "FATAL", "Serialization" -> {
                log.warn("DuckDB failed on a query: {}", e.getMessage());
                yield INVALID_ARGUMENT.because("DuckDB could not run this query. Write it in another way.");
            }
            default -> INVALID_ARGUMENT.because("The query cannot run: " + message);
        };
    }

    /// Without the text that was run, which is ours by then, and without names of files.
    static String firstLine(SQLException e) {
        String message = String.valueOf(e.getMessage()).strip();
        int line = message.indexOf("\n\nLINE ");
        if (line < 0) line = message.indexOf("\nLINE ");
        if (line >= 0) message = message.substring(0, line);
        message = message.replaceFirst("^(java\\.sql\\.SQLException: )", "")
                .replaceAll("\\s*\\n\\s*", " ")
                .replaceAll("(\"|')?(file:|s3:)?/[^\\s\"']{2,}/[^\\s\"']+(\"|')?", "a file")
                .replaceAll("\"?v\"?\\.\"?t\\d+\"?", "the dataset");
        return message.length() > 600 ? message.substring(0, 600) + "…" : message;
    }
}
