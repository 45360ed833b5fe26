package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.types.Types;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Runs what people ask of the datasets that they may read.
public final class QueryService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QueryService.class);
    private static final long CHECKED_EVERY_MILLIS = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_DATASETS = 50;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final TableService tables;
    private final QuerySettings settings;
    private final Gate gate = new Gate();
    private final Workers workers;
    private final QueryStore store = new QueryStore();
    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final Semaphore turns;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sql-watch").factory());

    QueryService(Db db, Ledger ledger, Clock clock, Ids ids, TableService tables, QuerySettings settings) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.tables = tables;
        this.settings = settings;
        this.turns = new Semaphore(settings.atOnce(), true);
        Folders.remove(settings.folder()); // What a process before left.
        this.workers = new Workers(settings.folder(), watch);
    }

    /// A query that may run.
    ///
    /// @param tree what is run: the datasets have become tables of the sandbox
    /// @param scans what they stand for, in the same order
    record Prepared(String id, String text, JsonNode tree, List<TableScan> scans, List<PastQuery.Version> read) {
        long rows() {
            return scans.stream().mapToLong(TableScan::rows).sum();
        }

        long bytes() {
            return scans.stream().mapToLong(TableScan::bytes).sum();
        }

        long files() {
            return scans.stream().mapToLong(scan -> scan.files().size()).sum();
        }
    }

    /// @param plan DuckDB's, as text
    record Explanation(Prepared query, String plan) {}

    /// What is wanted of a query.
    ///
    /// @param maxRows absent for as many as a result may have; more are an error then, and left out otherwise
    record Wanted(ResultFormat format, Optional<Long> maxRows) {}

    /// Looks at a text, and at the datasets that it names.
    ///
    /// @param id 32 hex digits of the client's own, by which it can cancel; empty for one of ours
    /// @param maxBytes of files to read; more is refused
    Prepared prepare(String text, Optional<String> id, Optional<Long> maxBytes) {
        Prepared prepared = prepare(text, id.orElseGet(ids::hex32));
        if (maxBytes.isPresent() && prepared.bytes() > maxBytes.get()) {
            throw TOO_LARGE.because(
                    "The query would read %d bytes in %d files, and 'max_bytes' allows %d. Nothing was read.",
                    prepared.bytes(), prepared.files(), maxBytes.get());
        }
        return prepared;
    }

    private Parsed parse(String text) {
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

    private Prepared prepare(String text, String id) {
        Parsed parsed = parse(text);
        parsed.shortenColumns();
        record Table(DatasetName dataset, At at) {}
        Map<Table, Integer> places = new LinkedHashMap<>();
        List<TableScan> scans = new ArrayList<>();
        for (Parsed.Reference reference : parsed.references()) {
            Table table = new Table(reference.dataset(), reference.at());
            Integer place = places.get(table);
            if (place == null) {
                if (places.size() == MOST_DATASETS) {
                    throw INVALID_ARGUMENT.because("The query reads more than %d datasets.", MOST_DATASETS);
                }
                place = places.size();
                places.put(table, place);
                scans.add(tables.scan(table.dataset(), table.at()));
            }
            reference.readFrom(Sandbox.SCHEMA, Sandbox.name(place));
        }
        List<PastQuery.Version> read =
                scans.stream().map(scan -> read(scan, parsed)).toList();
        return new Prepared(id, text, parsed.tree(), scans, read);
    }

    private static PastQuery.Version read(TableScan scan, Parsed parsed) {
        boolean all = parsed.columns().contains(Parsed.ALL_COLUMNS);
        List<String> columns = scan.schema().columns().stream()
                .map(Types.NestedField::name)
                .filter(name -> all || parsed.columns().stream().anyMatch(name::equalsIgnoreCase))
                .toList();
        return new PastQuery.Version(
                scan.dataset().toString(),
                scan.version().map(DatasetVersion::number).orElse(0),
                scan.version().map(DatasetVersion::snapshotId).orElse(0L),
                columns);
    }

    /// Runs a query and sends its result.
    ///
    /// @throws io.millwright.kernel.Failure when it cannot run, or was stopped
    void run(Prepared query, Wanted wanted, OutputStream out) {
        Running mine = begin(query);
        Sent sent = new Sent(out);
        try {
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
            end(mine, PastQuery.State.DONE, done.path("rows").asLong(), sent.bytes, "");
        } catch (Failure e) {
            boolean stopped = mine.stopped().isPresent();
            end(mine, stopped ? PastQuery.State.CANCELLED : PastQuery.State.FAILED, 0, sent.bytes, e.message());
            throw e;
        } catch (RuntimeException | Error e) {
            end(mine, PastQuery.State.FAILED, 0, sent.bytes, "The client went away, or an internal error.");
            throw e;
        }
    }

    /// Counts what goes to the client, whose failures are not the worker's.
    private static final class Sent extends OutputStream {
        private final OutputStream out;
        private long bytes;

        Sent(OutputStream out) {
            this.out = out;
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
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private JsonNode asked(Prepared query, Running mine, ObjectNode request, OutputStream out) {
        List<TableView> views = new ArrayList<>();
        Path folder = settings.folder().resolve("query-" + query.id());
        try {
            Files.createDirectories(folder);
            for (TableScan scan : query.scans()) {
                mine.throwIfStopped();
                views.add(TableView.open(tables, scan));
            }
            request.put("tree", query.tree().toString())
                    .put("memory", settings.memoryBytes())
                    .put("threads", settings.threads())
                    .put("folder", folder.toString())
                    .put("spill", settings.spillBytes());
            ArrayNode sql = request.putArray("views");
            ArrayNode files = request.putArray("files");
            for (TableView view : views) {
                sql.add(view.sql());
                view.paths().forEach(path -> files.add(path.toString()));
            }
            return asked(mine, request, out);
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

    private Running begin(Prepared query) {
        RequestContext context = RequestContext.current();
        String actor = context.principal().name();
        PastQuery begun = new PastQuery(
                query.id(),
                actor,
                query.text(),
                PastQuery.State.RUNNING,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                0,
                0,
                0,
                "",
                query.read());
        Running mine = new Running(begun);
        takeTurn(actor);
        try {
            if (running.putIfAbsent(query.id(), mine) != null) throw taken(query.id());
            db.tx(sql -> {
                if (store.exists(sql, query.id())) throw taken(query.id());
                store.forget(sql, begun.at().minus(settings.keep()));
                store.insert(sql, context.workspace(), begun);
                return 0;
            });
            return mine;
        } catch (RuntimeException | Error e) {
            running.remove(query.id(), mine);
            turns.release();
            throw e;
        }
    }

    private static Failure taken(String id) {
        return NAME_TAKEN.because("There is a query %s already. Send another id, or none.", id);
    }

    private void takeTurn(String actor) {
        long same = running.values().stream()
                .filter(one -> one.begun().actor().equals(actor))
                .count();
        if (same >= settings.atOncePerPerson()) {
            throw BUSY.because(
                    "You have %d queries running, which is the most at once. Wait for one, or cancel it.", same);
        }
        try {
            if (turns.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw BUSY.because("%d queries are running, which is the most at once. Try again later.", settings.atOnce());
    }

    private void end(Running mine, PastQuery.State how, long rows, long bytes, String error) {
        PastQuery ended = mine.begun().ended(how, mine.age(clock.instant()).toMillis(), rows, bytes, error);
        running.remove(ended.id(), mine);
        turns.release();
        try {
            record(ended);
        } catch (RuntimeException e) {
            log.error("the end of query {} could not be recorded", ended.id(), e);
        }
    }

    private void record(PastQuery ended) {
        db.tx(sql -> {
            store.end(sql, ended);
            Map<String, Object> payload = new LinkedHashMap<>();
            payload.put("state", ended.state().word());
            payload.put("rows", ended.rows());
            payload.put("elapsed_ms", ended.elapsedMillis());
            payload.put("versions", Json.MAPPER.readTree(QueryStore.versions(ended.read())));
            ledger.append(sql, "query.ended", "query:" + ended.id(), payload);
            return 0;
        });
    }

    /// How a query would run, and how much it would read.
    Explanation explain(String text) {
        Prepared query = prepare(text, Optional.empty(), Optional.empty());
        Running mine = new Running(new PastQuery(
                query.id(),
                RequestContext.current().principal().name(),
                text,
                PastQuery.State.RUNNING,
                clock.instant(),
                0,
                0,
                0,
                "",
                query.read()));
        takeTurn(mine.begun().actor());
        running.put(query.id(), mine);
        try {
            ObjectNode request = Json.MAPPER.createObjectNode().put("op", "plan");
            JsonNode answer = asked(query, mine, request, OutputStream.nullOutputStream());
            return new Explanation(query, answer.path("plan").asString(""));
        } finally {
            running.remove(query.id(), mine);
            turns.release();
        }
    }

    /// Stops a query of one's own, or of anybody's in a workspace one manages.
    ///
    /// @throws io.millwright.kernel.Failure NOT_FOUND, or WRONG_STATE when it has ended
    void cancel(String id) {
        PastQuery query = find(id);
        Running mine = running.get(id);
        RequestContext context = RequestContext.current();
        if (!query.actor().equals(context.principal().name())) context.requireOnWorkspace(Right.MANAGE);
        if (mine == null) {
            throw WRONG_STATE.because(
                    query.state() == PastQuery.State.RUNNING
                            ? "The query does not run in this process."
                            : "The query has ended: it is " + query.state().word() + ".");
        }
        mine.cancel("'" + context.principal().name() + "'");
    }

    /// Nobody waits for it any more.
    void left(String id) {
        Running mine = running.get(id);
        if (mine != null) mine.cancel("its client, who left");
    }

    /// One's own, or anybody's in a workspace one manages.
    PastQuery find(String id) {
        RequestContext context = RequestContext.current();
        return db.read(sql -> store.find(sql, context.workspace(), id))
                .filter(query -> query.actor().equals(context.principal().name())
                        || context.allows(Right.MANAGE, "workspace:" + context.workspace()))
                .orElseThrow(() -> NOT_FOUND.because("There is no query '%s' that you may see.", id));
    }

    /// Latest first; those of others only for who manages the workspace.
    ///
    /// @param after the id of the last one of the page before; empty for the first
    List<PastQuery> history(boolean everybodys, String search, String after, int most) {
        RequestContext context = RequestContext.current();
        if (everybodys) context.requireOnWorkspace(Right.MANAGE);
        Optional<String> actor =
                everybodys ? Optional.empty() : Optional.of(context.principal().name());
        Instant before = after.isEmpty()
                ? Instant.ofEpochMilli(Long.MAX_VALUE)
                : find(after).at();
        return db.read(sql -> store.page(sql, context.workspace(), actor, search, before, after, most));
    }

    List<SavedQuery> saved(String after, int most) {
        return db.read(sql -> store.saved(sql, RequestContext.current().workspace(), after, most));
    }

    SavedQuery saved(String name) {
        return db.read(sql -> store.saved(sql, RequestContext.current().workspace(), name))
                .orElseThrow(() -> noSaved(name));
    }

    private static Failure noSaved(String name) {
        return NOT_FOUND.because("There is no saved query '%s'.", name);
    }

    /// @param edition the one that is changed; empty to take whatever there is
    SavedQuery save(String name, String text, String description, Optional<Integer> edition) {
        parse(text);
        RequestContext context = RequestContext.current();
        return db.tx(sql -> {
            Optional<SavedQuery> before = store.saved(sql, context.workspace(), name);
            before.ifPresent(old -> requireOwn(context, old));
            int was = before.map(SavedQuery::edition).orElse(0);
            if (edition.isPresent() && edition.get() != was) {
                throw io.millwright.kernel.ErrorCode.PRECONDITION_FAILED.because(
                        "The query '%s' was changed meanwhile: it is at edition %d, and If-Match says %d.",
                        name, was, edition.get());
            }
            SavedQuery query = new SavedQuery(
                    name,
                    text,
                    description,
                    before.map(SavedQuery::owner).orElse(context.principal().name()),
                    was + 1,
                    clock.instant().truncatedTo(ChronoUnit.MILLIS));
            store.save(sql, context.workspace(), query);
            ledger.append(sql, "saved-query.changed", "saved-query:" + name, Map.of("edition", query.edition()));
            return query;
        });
    }

    void removeSaved(String name) {
        RequestContext context = RequestContext.current();
        db.tx(sql -> {
            SavedQuery query = store.saved(sql, context.workspace(), name).orElseThrow(() -> noSaved(name));
            requireOwn(context, query);
            store.remove(sql, context.workspace(), name);
            ledger.append(sql, "saved-query.removed", "saved-query:" + name, Map.of());
            return 0;
        });
    }

    private static void requireOwn(RequestContext context, SavedQuery query) {
        if (query.owner().equals(context.principal().name())) return;
        if (context.allows(Right.MANAGE, "workspace:" + context.workspace())) return;
        throw PERMISSION_DENIED.because(
                "The query '%s' is %s's. Save yours under another name.", query.name(), query.owner());
    }

    /// Ends what a process before left behind.
    QueryService start() {
        db.tx(sql -> {
            store.endLost(sql, clock.instant().minus(settings.timeout()));
            return 0;
        });
        var _ = watch.scheduleWithFixedDelay(
                this::check, CHECKED_EVERY_MILLIS, CHECKED_EVERY_MILLIS, TimeUnit.MILLISECONDS);
        return this;
    }

    private void check() {
        Instant now = clock.instant();
        for (Running one : running.values()) one.check(now, settings.timeout(), settings.processBytes());
    }

    /// Stops what runs.
    @Override
    public void close() {
        running.values().forEach(one -> one.cancel("the server, which stops"));
        watch.shutdownNow();
        workers.close();
        Folders.remove(settings.folder());
    }
}
