package io.millwright.tracking;

import static io.millwright.tracking.TrashService.inWorkspace;

import io.millwright.lake.ArtifactService;
import io.millwright.lake.FreedSpace;
import io.millwright.lake.SpaceReport;
import io.millwright.lake.Sweep;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.tracking.TrashService.Kind;
import io.millwright.tracking.TrashService.Purged;
import io.millwright.tracking.TrashService.Report;
import io.millwright.tracking.TrashService.Request;
import io.millwright.tracking.TrashStore.Item;
import io.millwright.tracking.TrashStore.Part;
import io.millwright.tracking.TrashStore.Position;
import io.millwright.tracking.TrashStore.Scope;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/// One collection of the trash in hand.
///
/// Each thing goes in three steps: one transaction puts it beyond restoring, then its artifacts go, then its
/// rows. Until the first has committed nothing is lost by it; after a crash behind it the next collection
/// finds it and goes on.
final class TrashCollection {
    private static final int PAGE = 500;
    private static final int POINTS_AT_ONCE = 20_000;

    private final Db db;
    private final Ledger ledger;
    private final ArtifactService artifacts;
    private final Request request;
    private final Consumer<Purged> progress;
    private final Scope scope;
    private final TrashStore trash = new TrashStore();
    private final TrashArtifactStore places = new TrashArtifactStore();

    /// Experiments that went, with which goes what is in them.
    private final Set<Long> goneExperiments = new HashSet<>();
    /// Of those asked for by name, which did not go.
    private final Set<String> left;

    private long things;
    private long files;
    private long bytes;
    private long freedBytes;

    TrashCollection(
            Db db, Ledger ledger, Clock clock, ArtifactService artifacts, Request request, Consumer<Purged> progress) {
        this.db = db;
        this.ledger = ledger;
        this.artifacts = artifacts;
        this.request = request;
        this.progress = progress;
        this.left = new TreeSet<>(request.only());
        this.scope = new Scope(
                request.workspace() == null ? "" : request.workspace(),
                clock.millis() - request.olderThan().toMillis());
    }

    Report run() {
        if (request.dryRun()) return preview();
        walk(Part.EXPERIMENTS, this::purgeExperiment);
        walk(Part.RUNS, this::purgeRun);
        walk(Part.LOGGED_MODELS, this::purgeLoggedModel);
        if (request.keepArtifacts()) return report(0, Optional.empty());
        if (takesEverything()) walkLate(this::purgeLate);
        Sweep sweep = artifacts.sweep(false);
        // What went above lay in the store until now.
        return report(sweep.bytes(), Optional.of(sweep));
    }

    private Report preview() {
        FreedSpace freed = artifacts.freedSpace();
        for (Part part : Part.values()) {
            walk(part, item -> note(purged(item, request.keepArtifacts(), freed::without)));
        }
        if (request.keepArtifacts()) return report(0, Optional.empty());
        if (takesEverything()) {
            walkLate(place -> {
                if (mayTakeLate(place))
                    note(late(place, inWorkspace(place.workspace(), () -> freed.without(place.path()))));
            });
        }
        Sweep sweep = artifacts.sweep(true);
        return report(freedBytes + sweep.bytes(), Optional.of(sweep));
    }

    private Report report(long freed, Optional<Sweep> sweep) {
        return new Report(things, files, bytes, freed, sweep, List.copyOf(left));
    }

    private boolean takesEverything() {
        return request.only().isEmpty();
    }

    /// What is in an experiment goes with it, but not before it: until then somebody may restore it.
    private boolean isAskedFor(Part part, Item item) {
        if (takesEverything() || goneExperiments.contains(item.experiment())) return true;
        if (isOfLostExperiment(item)) return true;
        return part != Part.MODELS_OF_EXPERIMENTS && request.only().contains(item.urn());
    }

    /// Whether an experiment that is asked for by name went before, and its collection was cut off before this went.
    private boolean isOfLostExperiment(Item item) {
        return item.deletedAt() == 0
                && item.experimentName().isEmpty()
                && request.only().contains(item.experimentUrn());
    }

    private void note(Purged one) {
        things++;
        files += one.files();
        bytes += one.bytes();
        freedBytes += one.freedBytes();
        if (one.kind() == Kind.EXPERIMENT) goneExperiments.add(Long.parseLong(one.id()));
        left.remove(one.kind().word() + ":" + one.id());
        progress.accept(one);
    }

    private void walk(Part part, Consumer<Item> each) {
        Position after = Position.START;
        List<Item> page;
        do {
            Position from = after;
            page = db.read(sql -> trash.page(sql, part, scope, from, PAGE));
            for (Item item : page) {
                if (!isAskedFor(part, item)) continue;
                if (isOfLostExperiment(item)) left.remove(item.experimentUrn());
                each.accept(item);
            }
            if (!page.isEmpty()) after = page.getLast().position();
        } while (page.size() == PAGE);
    }

    /// What an item is and holds.
    ///
    /// @param space what lies under a path of the item's workspace
    static Purged purged(Item item, boolean keepsArtifacts, Function<String, SpaceReport> space) {
        Optional<String> path = ArtifactLocations.ownPath(item.artifactUri());
        boolean counts = !keepsArtifacts && item.kind() != Kind.EXPERIMENT;
        SpaceReport holds = path.filter(own -> counts)
                .map(own -> inWorkspace(item.workspace(), () -> space.apply(own)))
                .orElse(SpaceReport.NOTHING);
        return new Purged(
                item.kind(),
                item.workspace(),
                item.id(),
                item.name(),
                holds.files(),
                holds.bytes(),
                holds.ownBytes(),
                path.isEmpty());
    }

    private void purgeExperiment(Item item) {
        Purged purged = purged(item, request.keepArtifacts(), artifacts::spaceUnder);
        finish(
                item,
                purged,
                request.keepArtifacts(),
                sql -> trash.purgeExperiment(sql, item.experiment(), scope.before(), request.keepArtifacts()));
    }

    private void purgeRun(Item item) {
        db.tx(sql -> trash.beginRun(sql, item.id(), scope.before(), request.keepArtifacts()))
                .ifPresent(begun -> {
                    Purged purged = takeArtifacts(item, begun.keepsArtifacts());
                    // A long history goes in pieces, each its own transaction, so that nobody waits behind it.
                    while (db.tx(sql -> trash.deletePoints(sql, item.id(), POINTS_AT_ONCE)) > 0) {}
                    finish(item, purged, begun.keepsArtifacts(), sql -> trash.deleteRun(sql, item.id()));
                });
    }

    private void purgeLoggedModel(Item item) {
        db.tx(sql -> trash.beginLoggedModel(sql, item.id(), scope.before(), request.keepArtifacts()))
                .ifPresent(begun -> finish(
                        item,
                        takeArtifacts(item, begun.keepsArtifacts()),
                        begun.keepsArtifacts(),
                        sql -> trash.deleteLoggedModel(sql, item.id())));
    }

    private Purged takeArtifacts(Item item, boolean keepsArtifacts) {
        Purged purged = purged(item, keepsArtifacts, artifacts::spaceUnder);
        if (!keepsArtifacts) {
            ArtifactLocations.ownPath(item.artifactUri())
                    .ifPresent(path -> inWorkspace(item.workspace(), () -> artifacts.deleteTree(path)));
        }
        return purged;
    }

    /// Takes the rows away and leaves the tombstone, unless somebody else did.
    private void finish(Item item, Purged purged, boolean keepsArtifacts, Function<Sql, Boolean> rows) {
        boolean gone = inWorkspace(
                item.workspace(),
                () -> db.tx(sql -> {
                    if (!rows.apply(sql)) return false;
                    ArtifactLocations.ownPath(item.artifactUri())
                            .filter(path -> !path.isEmpty())
                            .ifPresent(path -> places.remember(sql, item.workspace(), path, keepsArtifacts));
                    tombstone(sql, item, purged, keepsArtifacts);
                    return true;
                }));
        if (gone) note(purged);
    }

    private void tombstone(Sql sql, Item item, Purged purged, boolean keepsArtifacts) {
        String kind = item.kind().word();
        ledger.append(
                sql,
                kind + ".purged",
                kind + ":" + item.id(),
                Map.of(
                        "name", item.name(),
                        "experiment", item.experiment(),
                        "files", purged.files(),
                        "bytes", purged.bytes(),
                        "artifacts_kept", keepsArtifacts || purged.artifactsElsewhere()));
    }

    private void walkLate(Consumer<TrashArtifactStore.Place> each) {
        TrashArtifactStore.Place after = TrashArtifactStore.Place.START;
        List<TrashArtifactStore.Place> page;
        do {
            TrashArtifactStore.Place from = after;
            page = db.read(sql -> places.page(sql, scope.workspace(), from, PAGE));
            for (TrashArtifactStore.Place place : page) {
                boolean occupied = inWorkspace(
                        place.workspace(), () -> artifacts.find(place.path()).isPresent());
                if (occupied) each.accept(place);
            }
            if (!page.isEmpty()) after = page.getLast();
        } while (page.size() == PAGE);
    }

    private boolean mayTakeLate(TrashArtifactStore.Place place) {
        return db.read(sql -> places.isAbandoned(sql, place));
    }

    private void purgeLate(TrashArtifactStore.Place place) {
        inWorkspace(place.workspace(), () -> {
            SpaceReport holds = artifacts.spaceUnder(place.path());
            int taken = artifacts.deleteTreeIf(place.path(), sql -> {
                places.lock(sql, place);
                return places.isAbandoned(sql, place);
            });
            if (taken > 0) note(late(place, holds));
            return taken;
        });
    }

    private static Purged late(TrashArtifactStore.Place place, SpaceReport holds) {
        return new Purged(
                Kind.LATE_ARTIFACTS,
                place.workspace(),
                place.path(),
                "",
                holds.files(),
                holds.bytes(),
                holds.ownBytes(),
                false);
    }
}
