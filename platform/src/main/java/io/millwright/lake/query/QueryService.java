package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

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
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
import org.apache.iceberg.Metrics;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private final QueryRunner runner;
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
        this.runner = new QueryRunner(tables, settings, watch);
    }

    /// @param plan DuckDB's, as text
    record Explanation(Prepared query, String plan) {}

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

    private Prepared prepare(String text, String id) {
        Parsed parsed = runner.parse(text);
        parsed.shortenColumns();
        record Table(DatasetName dataset, At at) {}
        Map<Table, List<Parsed.Reference>> references = new LinkedHashMap<>();
        for (Parsed.Reference reference : parsed.references()) {
            references
                    .computeIfAbsent(new Table(reference.dataset(), reference.at()), table -> new ArrayList<>())
                    .add(reference);
        }
        if (references.size() > MOST_DATASETS) {
            throw INVALID_ARGUMENT.because("The query reads more than %d datasets.", MOST_DATASETS);
        }
        List<TableScan> scans = new ArrayList<>();
        references.forEach((table, places) -> {
            String read = Sandbox.name(scans.size());
            scans.add(tables.scan(
                    table.dataset(),
                    table.at(),
                    schema -> places.stream()
                            .map(place -> FileFilter.of(parsed.tree(), place, schema))
                            .reduce(Expressions.alwaysFalse(), Expressions::or)));
            places.forEach(place -> place.readFrom(Sandbox.SCHEMA, read));
        });
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
    void run(Prepared query, QueryRunner.Wanted wanted, OutputStream out) {
        recorded(query, (runs, mine) -> {
            QueryRunner.Done done = runs.run(query, mine, wanted, out);
            return new Ended<>(done, done.rows(), done.bytes());
        });
    }

    /// Work that is a query's.
    @FunctionalInterface
    interface Work<T> {
        Ended<T> with(QueryRunner runner, Running mine);
    }

    /// What came of it.
    record Ended<T>(T result, long rows, long bytes) {
        Ended(T result, long rows) {
            this(result, rows, 0);
        }
    }

    /// Does the work in the query's turn, and records how it went.
    <T> T recorded(Prepared query, Work<T> work) {
        Running mine = begin(query);
        try {
            Ended<T> ended = work.with(runner, mine);
            end(mine, PastQuery.State.DONE, ended.rows(), ended.bytes(), "");
            return ended.result();
        } catch (Failure e) {
            boolean stopped = mine.stopped().isPresent();
            end(mine, stopped ? PastQuery.State.CANCELLED : PastQuery.State.FAILED, 0, mine.sent(), e.message());
            throw e;
        } catch (RuntimeException | Error e) {
            end(mine, PastQuery.State.FAILED, 0, mine.sent(), "The client went away, or an internal error.");
            throw e;
        }
    }

    private Running begin(Prepared query) {
        RequestContext context = RequestContext.current();
        PastQuery begun = begun(query);
        Running mine = new Running(begun);
        takeTurn(begun.actor());
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
            payload.put(
                    "versions",
                    ended.read().stream().map(PastQuery.Version::told).toList());
            ledger.append(sql, "query.ended", "query:" + ended.id(), payload);
            return 0;
        });
    }

    /// How a query would run, and how much it would read.
    Explanation explain(String text) {
        Prepared query = prepare(text, Optional.empty(), Optional.empty());
        Running mine = new Running(begun(query));
        takeTurn(mine.begun().actor());
        running.put(query.id(), mine);
        try {
            return new Explanation(query, runner.plan(query, mine));
        } finally {
            running.remove(query.id(), mine);
            turns.release();
        }
    }

    /// How many rows of a version an expression over its columns is not true for.
    ///
    /// @param scan perhaps of a version that will never be one
    public long countWhereNot(TableScan scan, String expression) {
        return count(scan, "not coalesce((" + expression + "\n), false)", expression);
    }

    /// How many rows of some files an expression over their columns is true for.
    public long countWhere(TableScan scan, String expression) {
        return count(scan, "coalesce((" + expression + "\n), false)", expression);
    }

    private long count(TableScan scan, String where, String expression) {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        unrecorded(scan, "select count(*) from this.rows where " + where, expression, (query, mine) -> {
            runner.run(query, mine, new QueryRunner.Wanted(ResultFormat.CSV, Optional.of(1L)), told);
            return 0;
        });
        return Long.parseLong(told.toString(StandardCharsets.UTF_8)
                .lines()
                .skip(1)
                .findFirst()
                .orElse("0"));
    }

    /// Writes the rows that an expression is not true for into a Parquet file.
    ///
    /// @param file new
    public Metrics writeWhereNot(TableScan scan, String expression, Path file) {
        String rest = "select * from this.rows where not coalesce((" + expression + "\n), false)";
        List<QueryRunner.Column> columns = scan.schema().columns().stream()
                .map(field -> new QueryRunner.Column(field.name(), field.type()))
                .toList();
        return unrecorded(
                scan, rest, expression, (query, mine) -> runner.store(query, mine, columns, scan.schema(), file));
    }

    /// Our own question with somebody's expression in it.
    @FunctionalInterface
    private interface Question<T> {
        T ask(Prepared query, Running mine);
    }

    private <T> T unrecorded(TableScan scan, String text, String expression, Question<T> question) {
        Parsed parsed = runner.parse(text);
        if (parsed.references().size() != 1) {
            throw INVALID_ARGUMENT.because(
                    "The expression reads other datasets, expected one over the columns of a row.");
        }
        parsed.references().getFirst().readFrom(Sandbox.SCHEMA, Sandbox.name(0));
        Prepared query = new Prepared(ids.hex32(), expression, parsed.tree(), List.of(scan), List.of());
        Running mine = new Running(begun(query));
        takeTurn(mine.begun().actor());
        running.put(query.id(), mine);
        try {
            return question.ask(query, mine);
        } finally {
            running.remove(query.id(), mine);
            turns.release();
        }
    }

    private PastQuery begun(Prepared query) {
        return new PastQuery(
                query.id(),
                RequestContext.current().principal().name(),
                query.text(),
                PastQuery.State.RUNNING,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                0,
                0,
                0,
                "",
                query.read());
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

    QueryRunner runner() {
        return runner;
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
        runner.close();
    }
}
