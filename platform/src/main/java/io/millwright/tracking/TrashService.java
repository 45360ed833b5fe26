package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;

import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.ArtifactService;
import io.millwright.lake.SpaceReport;
import io.millwright.lake.Sweep;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.search.PageToken;
import io.millwright.tracking.TrashStore.Item;
import io.millwright.tracking.TrashStore.Part;
import io.millwright.tracking.TrashStore.Position;
import io.millwright.tracking.TrashStore.Scope;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Deletion that works: what lies in the trash, what taking it away would free, and taking it away, rows and
/// artifacts. Of each thing a tombstone stays in the ledger.
public final class TrashService {
    static final int LARGEST_PAGE = 1000;

    private static final Set<String> DELETIONS = Set.of("experiment.deleted", "run.deleted", "logged-model.deleted");
    /// An event and the row that it tells of have their time from the same clock, one after the other.
    private static final Duration SAME_CHANGE = Duration.ofSeconds(10);
    private static final Pattern EXPERIMENT_ID = Pattern.compile("\\d{0,18}");

    /// What to take away.
    ///
    /// @param workspace null for all
    /// @param olderThan how long a thing must have been in the trash
    /// @param keepArtifacts take the rows only
    /// @param dryRun only say what would go
    /// @param only URNs of what to take away, experiments with all that is in them; empty for everything
    public record Request(
            @Nullable String workspace, Duration olderThan, boolean keepArtifacts, boolean dryRun, Set<String> only) {
        public Request {
            only = Set.copyOf(only);
        }

        /// Everything that has been there long enough.
        public Request(@Nullable String workspace, Duration olderThan, boolean keepArtifacts, boolean dryRun) {
            this(workspace, olderThan, keepArtifacts, dryRun, Set.of());
        }
    }

    /// What can be taken away.
    public enum Kind {
        EXPERIMENT("experiment"),
        RUN("run"),
        LOGGED_MODEL("logged-model"),
        /// Files that a late client stored under something that was taken away before; its id is their path.
        LATE_ARTIFACTS("late-artifacts");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /// One thing that went, or would go. The artifacts of an experiment stand with its runs and logged models.
    ///
    /// @param bytes the sizes of its files
    /// @param freedBytes what the store holds less without them: content that others refer to stays
    /// @param artifactsElsewhere they lie outside of this server's store, where it takes nothing away
    public record Purged(
            Kind kind,
            String workspace,
            String id,
            String name,
            long files,
            long bytes,
            long freedBytes,
            boolean artifactsElsewhere) {}

    /// One thing that lies in the trash.
    ///
    /// @param what it is, and what taking it away would free
    /// @param experiment in which it is, or which it is
    /// @param experimentName empty when that is gone already
    /// @param withExperiment whether that lies in the trash as well
    /// @param deletedAt empty when it is on its way out and cannot be restored
    /// @param deletedBy as the ledger has it; empty when it does not any more
    public record InTrash(
            Purged what,
            long experiment,
            String experimentName,
            boolean withExperiment,
            Optional<Instant> deletedAt,
            Optional<String> deletedBy) {}

    /// What a collection did, or would do.
    ///
    /// @param bytes the sizes of the files that went
    /// @param freedBytes what the store holds less, contents that nobody referred to before included
    /// @param sweep empty when artifacts were to be kept
    /// @param left of those asked for by name, which were not in the trash, or not with all that is in them
    public record Report(
            long things, long files, long bytes, long freedBytes, Optional<Sweep> sweep, List<String> left) {}

    /// What one experiment keeps.
    ///
    /// @param bytes the sizes of its files
    /// @param ownBytes what only they hold: content is stored once, however many files have it
    public record Usage(
            long experiment,
            String workspace,
            String name,
            boolean deleted,
            long runs,
            long deletedRuns,
            long metrics,
            long files,
            long bytes,
            long ownBytes) {}

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final ArtifactService artifacts;
    private final TrashStore trash = new TrashStore();
    private final ExperimentStore experiments = new ExperimentStore();

    TrashService(Db db, Ledger ledger, Clock clock, ArtifactService artifacts) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.artifacts = artifacts;
    }

    /// Takes away what has been in the trash long enough: experiments with all that is in them, runs, logged
    /// models, and what was stored under them since. May be stopped at any point and run again, also several at
    /// once; what somebody restores before its turn stays whole, and what has had its turn cannot be restored.
    ///
    /// @param progress told of each thing when it is gone; may throw to stop
    public Report collect(Request request, Consumer<Purged> progress) {
        requireAll(request.workspace());
        return new TrashCollection(db, ledger, clock, artifacts, request, progress).run();
    }

    /// A page of what lies in the trash: experiments, runs, logged models, each the oldest first.
    ///
    /// @param workspace null for all
    /// @param kind empty for all
    public Page<InTrash> list(
            @Nullable String workspace,
            Optional<Kind> kind,
            Duration olderThan,
            int maxResults,
            Optional<String> pageToken) {
        if (maxResults < 1 || maxResults > LARGEST_PAGE) {
            throw INVALID_ARGUMENT.because("'max_results' is %d, expected 1 to %d.", maxResults, LARGEST_PAGE);
        }
        requireAll(workspace);
        Place place = pageToken
                .map(Place::parse)
                .orElseGet(() -> new Place(Part.EXPERIMENTS, Position.START, clock.millis() - olderThan.toMillis()));
        List<Item> items = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        db.read(sql -> {
            Position after = place.after();
            for (int i = place.part().ordinal(); i < Part.values().length && items.size() <= maxResults; i++) {
                Part part = Part.values()[i];
                if (kind.isPresent() && part.kind() != kind.get()) continue;
                Scope scope = new Scope(workspace == null ? "" : workspace, place.before());
                List<Item> more = trash.page(sql, part, scope, after, maxResults + 1 - items.size());
                items.addAll(more);
                more.forEach(item -> parts.add(part));
                after = Position.START;
            }
            return 0;
        });
        int size = Math.min(maxResults, items.size());
        Optional<String> next = items.size() > maxResults
                ? Optional.of(new Place(parts.get(size - 1), items.get(size - 1).position(), place.before()).token())
                : Optional.empty();
        List<Item> page = items.subList(0, size);
        Map<String, List<Event>> deletions = deletions(page);
        return new Page<>(page.stream().map(item -> inTrash(item, deletions)).toList(), next);
    }

    /// What the ledger says of who put these there, or the experiments they are in, by URN.
    private Map<String, List<Event>> deletions(List<Item> items) {
        Set<String> entities = new HashSet<>();
        for (Item item : items) {
            entities.add(item.urn());
            entities.add(item.experimentUrn());
        }
        return ledger.eventsAbout(entities, DELETIONS).stream().collect(Collectors.groupingBy(Event::entity));
    }

    private InTrash inTrash(Item item, Map<String, List<Event>> deletions) {
        Optional<Instant> deletedAt =
                item.deletedAt() > 0 ? Optional.of(Instant.ofEpochMilli(item.deletedAt())) : Optional.empty();
        // A thing may have gone to the trash several times, and by itself or with its experiment.
        Optional<String> deletedBy = Stream.of(item.urn(), item.experimentUrn())
                .flatMap(urn -> deletions.getOrDefault(urn, List.of()).stream())
                .filter(event -> apart(event, item) < SAME_CHANGE.toMillis())
                .min(Comparator.comparingLong(event -> apart(event, item)))
                .map(Event::actor);
        return new InTrash(
                TrashCollection.purged(item, false, path -> artifacts.spaceUnder(path)),
                item.experiment(),
                item.experimentName(),
                item.experimentDeleted(),
                deletedAt,
                deletedBy);
    }

    private static long apart(Event event, Item item) {
        return Math.abs(event.at().toEpochMilli() - item.deletedAt());
    }

    /// Where a page begins: after this item of this part, of what was deleted before this.
    private record Place(Part part, Position after, long before) {
        String token() {
            return PageToken.encode(List.of((long) part.ordinal(), after.at(), after.id(), before));
        }

        static Place parse(String token) {
            List<Object> key = PageToken.decode(token, Long.class, Long.class, String.class, Long.class);
            long part = (Long) key.get(0);
            String id = (String) key.get(2);
            boolean possible = part >= 0
                    && part < Part.values().length
                    && (part != Part.EXPERIMENTS.ordinal()
                            || EXPERIMENT_ID.matcher(id).matches());
            if (!possible) throw INVALID_ARGUMENT.because("'page_token' is none that this list has given out.");
            return new Place(Part.values()[(int) part], new Position((Long) key.get(1), id), (Long) key.get(3));
        }
    }

    /// The trash is looked at and emptied as a whole, by whoever nothing in it is hidden from.
    ///
    /// @param workspace null for all
    private static void requireAll(@Nullable String workspace) {
        RequestContext context = RequestContext.current();
        if (workspace == null) {
            context.require(Right.ADMIN, "workspace:*");
            return;
        }
        RequestContext there = context.in(workspace);
        there.requireOnWorkspace(Right.MANAGE);
        for (String kind : List.of("experiment", "run", "logged-model")) {
            if (there.access().visible(Right.MANAGE, workspace, kind).isEverything()) continue;
            throw PERMISSION_DENIED.because(
                    "Permission denied: the trash of workspace '%s' may hold things that '%s' is denied. Ask an"
                            + " administrator to empty it.",
                    workspace, context.principal().name());
        }
    }

    /// What each experiment keeps, by id.
    ///
    /// @param workspace null for all
    public Page<Usage> usage(@Nullable String workspace, int maxResults, Optional<String> pageToken) {
        if (maxResults < 1 || maxResults > LARGEST_PAGE) {
            throw INVALID_ARGUMENT.because("'max_results' is %d, expected 1 to %d.", maxResults, LARGEST_PAGE);
        }
        requireAll(workspace);
        long after = pageToken
                .map(token -> (Long) PageToken.decode(token, Long.class).getFirst())
                .orElse(-1L);
        List<ExperimentStore.Counts> counts =
                db.read(sql -> experiments.counts(sql, workspace == null ? "" : workspace, after, maxResults + 1));
        List<Usage> page = counts.stream().limit(maxResults).map(this::usage).toList();
        Optional<String> next = counts.size() > maxResults
                ? Optional.of(PageToken.encode(List.of(page.getLast().experiment())))
                : Optional.empty();
        return new Page<>(page, next);
    }

    private Usage usage(ExperimentStore.Counts of) {
        SpaceReport space = ArtifactLocations.ownPath(of.artifactLocation())
                .map(path -> inWorkspace(of.workspace(), () -> artifacts.spaceUnder(path)))
                .orElse(SpaceReport.NOTHING);
        return new Usage(
                of.experiment(),
                of.workspace(),
                of.name(),
                of.deleted(),
                of.runs(),
                of.deletedRuns(),
                of.metricSeries(),
                space.files(),
                space.bytes(),
                space.ownBytes());
    }

    static <T> T inWorkspace(String workspace, ScopedValue.CallableOp<T, RuntimeException> body) {
        return RequestContext.current().in(workspace).call(body);
    }
}
