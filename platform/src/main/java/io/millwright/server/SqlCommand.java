package io.millwright.server;

import io.millwright.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(name = "sql", mixinStandardHelpOptions = true, description = "Asks the datasets of a running server.")
@SuppressWarnings("NullAway.Init") // Picocli sets the fields.
final class SqlCommand implements Callable<Integer> {
    private static final int WIDEST = 60;
    private static final int SHOWN_ROWS = 1000;

    @Mixin
    RemoteOptions remote;

    @Parameters(index = "0", paramLabel = "QUERY", description = "As \"select * from census.people limit 10\".")
    String query;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "table (the default), json, jsonl, csv, arrow or parquet.")
    String format = "table";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where the rows go instead of the screen.")
    @Nullable
    Path output;

    @Option(
            names = "--into",
            paramLabel = "DATASET",
            description = "Makes the result a dataset, or with --append or --overwrite a version of one.")
    String into = "";

    @Option(names = "--append", description = "To the dataset of --into.")
    boolean append;

    @Option(names = "--overwrite", description = "The rows of the dataset of --into.")
    boolean overwrite;

    @Option(names = "--explain", description = "Tells what would be read, and how, and reads nothing.")
    boolean explain;

    @Option(
            names = "--max-bytes",
            paramLabel = "N",
            description = "Refuses the query if it would read more of the datasets' files.")
    long maxBytes;

    @Override
    public Integer call() throws InterruptedException {
        return remote.run(server -> {
            if (explain) explain(server);
            else if (!into.isEmpty()) store(server);
            else if (format.equals("table")) table(server);
            else stream(server);
        });
    }

    private Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("sql", query);
        if (maxBytes > 0) body.put("max_bytes", maxBytes);
        return body;
    }

    private void explain(RemoteServer server) throws IOException, InterruptedException {
        JsonNode told = server.post("/sql/explain", Map.of("sql", query));
        System.out.println(told.path("plan").asString(""));
        System.out.printf(
                "At most %d rows in %d of %d files, %s with all columns.%n",
                told.at("/estimate/rows").asLong(),
                told.at("/estimate/files").asLong(),
                told.at("/estimate/files_in_all").asLong(),
                size(told.at("/estimate/bytes").asLong()));
    }

    private void store(RemoteServer server) throws IOException, InterruptedException {
        String mode = append ? "append" : overwrite ? "overwrite" : "create";
        Map<String, Object> body = Map.of("sql", query, "dataset", into, "mode", mode);
        try (InputStream answer = server.stream("/sql/store", body)) {
            JsonNode made = Json.MAPPER.readTree(answer.readAllBytes());
            System.out.printf(
                    "%s version %d: %d rows added, %d in all.%n",
                    into,
                    made.path("number").asLong(),
                    made.path("added_rows").asLong(),
                    made.path("rows").asLong());
        }
    }

    private static String size(long bytes) {
        if (bytes < 1_000_000) return "%.1f kB".formatted(bytes / 1e3);
        if (bytes < 1_000_000_000) return "%.1f MB".formatted(bytes / 1e6);
        return "%.2f GB".formatted(bytes / 1e9);
    }

    private void table(RemoteServer server) throws IOException, InterruptedException {
        Map<String, Object> body = body();
        body.put("max_rows", SHOWN_ROWS);
        JsonNode result = server.post("/sql", body);
        if (output == null) {
            print(result, System.out);
            return;
        }
        try (PrintStream file = new PrintStream(Files.newOutputStream(output))) {
            print(result, file);
        }
    }

    static void print(JsonNode result, PrintStream to) {
        List<String> head = new ArrayList<>();
        List<Boolean> right = new ArrayList<>();
        for (JsonNode column : result.path("columns")) {
            head.add(column.path("name").asString(""));
            right.add(column.path("type").asString("").matches(".*INT.*|DOUBLE|FLOAT|DECIMAL.*"));
        }
        TextTable table = new TextTable(head, right);
        for (JsonNode row : result.path("rows")) {
            table.add(row.valueStream().map(SqlCommand::cell).toList());
        }
        table.print(to, true);
        long rows = result.path("row_count").asLong();
        to.printf(
                "%d %s%s in %d ms%n",
                rows,
                rows == 1 ? "row" : "rows",
                result.path("truncated").asBoolean() ? ", and there are more" : "",
                result.path("elapsed_ms").asLong());
    }

    private static String cell(JsonNode cell) {
        String text = cell.isString() ? cell.stringValue() : cell.isNull() ? "" : cell.toString();
        String line = text.replaceAll("\\s+", " ");
        return line.length() > WIDEST ? line.substring(0, WIDEST - 1) + "…" : line;
    }

    private void stream(RemoteServer server) throws IOException, InterruptedException {
        Map<String, Object> body = body();
        body.put("format", format);
        try (InputStream rows = server.stream("/sql", body)) {
            if (output == null) {
                rows.transferTo(System.out);
                System.out.flush();
                return;
            }
            Path part = output.resolveSibling(output.getFileName() + ".part");
            try (OutputStream file = Files.newOutputStream(part)) {
                rows.transferTo(file);
            } catch (IOException e) {
                Files.deleteIfExists(part); // A part must not be taken for the whole.
                throw e;
            }
            Files.move(part, output, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
