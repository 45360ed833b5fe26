package io.millwright.tracking;

import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactService;
import io.millwright.lake.SpaceReport;
import io.millwright.lake.Sweep;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Deletion that works: what lies in the trash, what taking it away would free, and taking it away, rows and artifacts.
/// Of each thing a tombstone stays in the ledger.
public final class TrashService {
    private static final int PAGE = 500;
    private static final int POINTS_AT_ONCE = 20_000;

    /// What to take away.
    ///
    /// @param workspace null for all
    /// @param olderThan how long a thing must have been in the trash
    /// @param keepArtifacts take the rows only
    /// @param dryRun only say what would go
    public record Request(@Nullable String workspace, Duration olderThan, boolean keepArtifacts, boolean dryRun) {}

    /// One thing that went, or would go.
    ///
    /// @param bytes of its artifacts; what is shared with others is freed with the last of them
    public record Purged(
            String kind,
            String workspace,
            String id,
            String name,
            long files,
            long bytes,
            boolean artifactsElsewhere) {}

    /// What a collection did, or would do.
    public record Report(List<Purged> purged, Optional<Sweep> sweep) {
        public long bytes() {
            return purged.stream().mapToLong(Purged::bytes).sum();
        }
    }

    /// What one experiment keeps.
    public record Usage(
            long experiment,
            String workspace,
            String name,
            boolean deleted,
            long runs,
            long deletedRuns,
            long metrics,
            long files,
            long bytes) {}

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final ArtifactService artifacts;
    private final TrashStore trash = new TrashStore();

    TrashService(Db db, Ledger ledger, Clock clock, ArtifactService artifacts) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.artifacts = artifacts;
    }

    /// Takes away what has been in the trash long enough: runs and logged models first, then experiments with all that
    /// is in them. May be stopped at any point and run again.
    ///
    /// @param progress told of each thing as it goes
    public Report collect(Request request, Consumer<Purged> progress) {
        long before = clock.millis() - request.olderThan().toMillis();
        List<Purged> purged = new ArrayList<>();
        Consumer<Purged> note = one -> {
            purged.add(one);
            progress.accept(one);
        };
        if (request.dryRun()) {
            list(request.workspace(), before).forEach(item -> note.accept(measure(item, request)));
            return new Report(purged, request.keepArtifacts() ? Optional.empty() : Optional.of(artifacts.sweep(true)));
        }
        drain(
                () -> db.read(sql -> trash.runs(sql, request.workspace(), before, PAGE)),
                item -> purge(item, request, note));
        drain(
                () -> db.read(sql -> trash.loggedModels(sql, request.workspace(), before, PAGE)),
                item -> purge(item, request, note));
        drain(() -> db.read(sql -> trash.experiments(sql, request.workspace(), before, PAGE)), item -> {
            drain(
                    () -> {
                        db.tx(sql -> {
                            if (trash.isDeletedExperiment(sql, item.experiment()))
                                trash.trashContents(sql, item.experiment(), clock.millis());
                            return 0;
                        });
                        return db.read(sql -> trash.contentsOf(sql, item.experiment(), PAGE));
                    },
                    inside -> purge(inside, request, note));
            purge(item, request, note);
        });
        return new Report(purged, request.keepArtifacts() ? Optional.empty() : Optional.of(artifacts.sweep(false)));
    }

    /// All that lies in the trash, oldest first; things inside a deleted experiment stand by themselves.
    private List<TrashStore.Item> list(@Nullable String workspace, long before) {
        return db.read(sql -> {
            List<TrashStore.Item> all = new ArrayList<>(trash.runs(sql, workspace, before, 100_000));
            all.addAll(trash.loggedModels(sql, workspace, before, 100_000));
            all.addAll(trash.experiments(sql, workspace, before, 100_000));
            return all;
        });
    }

    /// Page by page until nothing is left or nothing goes any more.
    private static void drain(
            java.util.function.Supplier<List<TrashStore.Item>> page, Consumer<TrashStore.Item> purge) {
        List<TrashStore.Item> last = List.of();
        for (List<TrashStore.Item> items = page.get(); !items.isEmpty() && !items.equals(last); items = page.get()) {
            items.forEach(purge);
            last = items;
        }
    }

    private Purged measure(TrashStore.Item item, Request request) {
        Optional<String> path = ArtifactLocations.ownPath(item.artifactUri());
        // An experiment's own folder is counted with the runs and models in it.
        boolean counts =
                path.isPresent() && !request.keepArtifacts() && !item.kind().equals("experiment");
        SpaceReport space = counts
                ? inWorkspace(item.workspace(), () -> artifacts.spaceUnder(path.get()))
                : new SpaceReport(0, 0, 0);
        return new Purged(
                item.kind(), item.workspace(), item.id(), item.name(), space.files(), space.bytes(), path.isEmpty());
    }

    private void purge(TrashStore.Item item, Request request, Consumer<Purged> note) {
        Purged purged = measure(item, request);
        boolean gone = switch (item.kind()) {
            case "run" -> purgeRun(item, purged, request);
            case "logged-model" ->
                purgeRows(
                        item,
                        request,
                        () -> db.tx(sql -> {
                            if (!trash.deleteLoggedModel(sql, item.id())) return false;
                            tombstone(sql, item, purged, request);
                            return true;
                        }));
            default ->
                purgeRows(
                        item,
                        request,
                        () -> db.tx(sql -> {
                            if (!trash.isDeletedExperiment(sql, item.experiment())) return false;
                            trash.deleteExperiment(sql, item.experiment());
                            tombstone(sql, item, purged, request);
                            return true;
                        }));
        };
        if (gone) note.accept(purged);
    }

    /// A long history goes in pieces, so that nobody waits behind it; the run is out of sight from the first piece on.
    private boolean purgeRun(TrashStore.Item item, Purged purged, Request request) {
        Optional<Long> run = db.tx(sql -> trash.beginPurge(sql, item.id()));
        if (run.isEmpty()) return false;
        while (db.tx(sql -> trash.deletePoints(sql, run.get(), POINTS_AT_ONCE)) > 0) {
            // Each piece is its own transaction.
        }
        return purgeRows(
                item,
                request,
                () -> db.tx(sql -> {
                    trash.deleteRun(sql, run.get());
                    tombstone(sql, item, purged, request);
                    return true;
                }));
    }

    /// Artifacts go before the rows that lead to them: after a crash in between, the next collection finds them again.
    private boolean purgeRows(TrashStore.Item item, Request request, java.util.function.BooleanSupplier rows) {
        Optional<String> path = ArtifactLocations.ownPath(item.artifactUri());
        boolean ownFolder = !item.kind().equals("experiment");
        if (path.isPresent() && ownFolder && !request.keepArtifacts()) {
            inWorkspace(item.workspace(), () -> artifacts.deleteTree(path.get()));
        }
        return rows.getAsBoolean();
    }

    private void tombstone(io.millwright.ledger.Sql sql, TrashStore.Item item, Purged purged, Request request) {
        ledger.append(
                sql,
                item.kind() + ".purged",
                item.kind() + ":" + item.id(),
                Map.of(
                        "name",
                        item.name(),
                        "experiment",
                        item.experiment(),
                        "files",
                        purged.files(),
                        "bytes",
                        purged.bytes(),
                        "artifacts_kept",
                        request.keepArtifacts() || purged.artifactsElsewhere()));
    }

    /// What each experiment keeps, by id.
    ///
    /// @param after the last id of the page before, -1 for the first
    public List<Usage> usage(@Nullable String workspace, long after, int limit) {
        return db.read(sql -> trash.usage(sql, workspace, after, limit)).stream()
                .map(u -> {
                    SpaceReport space = ArtifactLocations.ownPath(u.artifactLocation())
                            .map(path -> inWorkspace(u.workspace(), () -> artifacts.spaceUnder(path)))
                            .orElse(new SpaceReport(0, 0, 0));
                    return new Usage(
                            u.experiment(),
                            u.workspace(),
                            u.name(),
                            u.deleted(),
                            u.runs(),
                            u.deletedRuns(),
                            u.metricSeries(),
                            space.files(),
                            space.bytes());
                })
                .toList();
    }

    private static <T> T inWorkspace(String workspace, ScopedValue.CallableOp<T, RuntimeException> body) {
        RequestContext context = RequestContext.current();
        return new RequestContext(context.requestId(), context.principal(), workspace).call(body);
    }
}
