package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Json;
import io.millwright.lake.Folders;
import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.FileMetrics;
import io.millwright.lake.duck.ParquetCopy;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Has queries read and run by the processes that are there for it.
final class QueryRunner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QueryRunner.class);

    /// Processes beside those that run queries, for texts that are only read.
    private static final int READERS = 2;

    private final TableService tables;
    private final QuerySettings settings;
    private final Gate gate = new Gate();
    private final Workers workers;

    QueryRunner(TableService tables, QuerySettings settings, ScheduledExecutorService watch) {
        this.tables = tables;
        this.settings = settings;
        Folders.remove(settings.folder()); // What a process before left.
        this.workers = new Workers(settings, settings.atOnce() + READERS, watch);
    }

    /// What is wanted of a query.
    ///
    /// @param maxRows absent for as many as a result may have; more are an error then, and left out otherwise
    record Wanted(ResultFormat format, Optional<Long> maxRows) {}

    /// What was sent.
    record Done(long rows, long bytes) {}

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is no query, or one that may not run
    Parsed parse(String text) {
        ObjectNode request = Json.MAPPER.createObjectNode().put("op", "parse").put("sql", SqlText.checked(text));
        Worker worker = workers.take();
        boolean well = false;
        try {
            JsonNode answer = worker.ask(request, OutputStream.nullOutputStream());
            well = true;
            return gate.pass(Json.MAPPER.readTree(answer.path("tree").asString("")));
        } catch (SQLException e) {
            throw SqlFailures.told(e, settings.memoryBytes());
        } catch (IOException e) {
            log.warn("a text ended the parser: {}", e.getMessage());
            throw INVALID_ARGUMENT.because(
                    "The query cannot be read: DuckDB's parser ended on it. Write it in another way.");
        } finally {
            workers.give(worker, well);
        }
    }

    /// Runs a query and sends its result.
    Done run(Prepared query, Running mine, Wanted wanted, OutputStream out) {
        Sent sent = new Sent(out, mine);
        ObjectNode request = Json.MAPPER
                .createObjectNode()
                .put("op", "run")
                .put("format", wanted.format().word())
                .put("max_rows", Math.min(wanted.maxRows().orElse(settings.maxRows()), settings.maxRows()))
                .put("max_bytes", settings.maxBytes())
                .put("cut", wanted.maxRows().isPresent());
        request.putObject("told")
                .put("query_id", query.id())
                .set("snapshots", Json.MAPPER.readTree(QueryStore.versions(query.read())));
        JsonNode done = asked(query, mine, request, sent);
        return new Done(done.path("rows").asLong(), sent.bytes);
    }

    /// A column of a result.
    record Column(String name, Type type) {}

    /// The columns that a query's result would have, as datasets have them.
    List<Column> columns(Prepared query, Running mine) {
        ObjectNode request = Json.MAPPER.createObjectNode().put("op", "columns");
        List<Column> columns = new ArrayList<>();
        for (JsonNode column :
                asked(query, mine, request, OutputStream.nullOutputStream()).path("columns")) {
            columns.add(new Column(
                    column.path("name").asString(""),
                    ColumnTypes.iceberg(column.path("type").asString(""))));
        }
        return columns;
    }

    /// Writes a query's result into a Parquet file of a schema that has its columns, by name.
    ///
    /// @param file new
    Metrics store(Prepared query, Running mine, List<Column> columns, Schema schema, Path file) {
        ObjectNode request =
                Json.MAPPER.createObjectNode().put("op", "store").put("field_ids", ParquetCopy.fieldIds(schema));
        ArrayNode names = request.putArray("names");
        ArrayNode casts = request.putArray("casts");
        for (Column column : columns) {
            names.add(column.name());
            casts.add(ColumnTypes.duck(schema.findField(column.name()).type()));
        }
        JsonNode[] done = new JsonNode[1];
        asked(query, mine, request, OutputStream.nullOutputStream(), (answer, folder) -> {
            done[0] = answer;
            Files.copy(folder.resolve("result.parquet"), file);
        });
        Map<String, Map<String, String>> statistics = new HashMap<>();
        done[0].path("statistics").properties().forEach(column -> {
            Map<String, String> told = new HashMap<>();
            column.getValue()
                    .properties()
                    .forEach(one -> told.put(one.getKey(), one.getValue().asString("")));
            statistics.put(column.getKey(), told);
        });
        return FileMetrics.of(schema, done[0].path("rows").asLong(), statistics);
    }

    /// DuckDB's, as text.
    String plan(Prepared query, Running mine) {
        ObjectNode request = Json.MAPPER.createObjectNode().put("op", "plan");
        return asked(query, mine, request, OutputStream.nullOutputStream())
                .path("plan")
                .asString("");
    }

    /// Counts what goes to the client, whose failures are not the worker's.
    private static final class Sent extends OutputStream {
        private final OutputStream out;
        private final Running mine;
        private long bytes;

        Sent(OutputStream out, Running mine) {
            this.out = out;
            this.mine = mine;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            try {
                out.write(source, offset, length);
                bytes += length;
                mine.sent(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private JsonNode asked(Prepared query, Running mine, ObjectNode request, OutputStream out) {
        return asked(query, mine, request, out, (answer, folder) -> {});
    }

    /// Takes what was answered, and the folder of the query before it goes.
    @FunctionalInterface
    private interface Afterwards {
        void take(JsonNode answer, Path folder) throws IOException;
    }

    private JsonNode asked(Prepared query, Running mine, ObjectNode request, OutputStream out, Afterwards afterwards) {
        List<TableView> views = new ArrayList<>();
        Path folder = settings.folder().resolve("query-" + query.id());
        try {
            Files.createDirectories(folder);
            for (TableScan scan : query.scans()) {
                mine.throwIfStopped();
                views.add(TableView.open(tables, scan));
            }
            request.put("tree", query.tree().toString())
                    .put("folder", folder.toString())
                    .put("spill", settings.spillBytes());
            ArrayNode sql = request.putArray("views");
            ArrayNode files = request.putArray("files");
            for (TableView view : views) {
                sql.add(view.sql());
                view.paths().forEach(path -> files.add(path.toString()));
            }
            JsonNode answer = asked(mine, request, out);
            afterwards.take(answer, folder);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            views.forEach(TableView::close);
            Folders.remove(folder);
        }
    }

    private JsonNode asked(Running mine, ObjectNode request, OutputStream out) throws IOException {
        Worker worker = workers.take();
        boolean well = false;
        try {
            mine.runsIn(worker);
            JsonNode answer = worker.ask(request, out);
            well = true;
            return answer;
        } catch (SQLException e) {
            well = true;
            throw mine.stopped().orElseGet(() -> SqlFailures.told(e, settings.memoryBytes()));
        } catch (Worker.Gone e) {
            throw mine.stopped().orElseGet(() -> {
                log.warn("query {} ended its process: {}", mine.begun().id(), e.getMessage());
                return INVALID_ARGUMENT.because(
                        "DuckDB ended on this query, or it needed too much memory. Nothing else was touched; write it in"
                                + " another way.");
            });
        } finally {
            mine.left();
            workers.give(worker, well && mine.stopped().isEmpty());
        }
    }

    @Override
    public void close() {
        workers.close();
        Folders.remove(settings.folder());
    }
}
