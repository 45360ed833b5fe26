package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Ids;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The event ledger: each change of state appends one event in the transaction that makes it, and a sealer closes
/// events into hash-chained blocks within a second.
///
/// Writers never wait for the chain: an event is written with its own digest only.
public final class Ledger implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("ledger", "V001__create_ledger"),
            new Migration("ledger", "V002__index_sealed_events"),
            new Migration("ledger", "V003__index_requests"));

    /// The type of the event that accounts for events removed by retention.
    static final String PRUNED = "ledger.pruned";
    static final String ENTITY = "ledger:events";

    private static final Logger log = LoggerFactory.getLogger(Ledger.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Pattern PLACE = Pattern.compile("(\\d{1,18})-(\\d{1,18})");
    private static final Duration SEAL_EVERY = Duration.ofMillis(500);

    private final Db db;
    private final LedgerStore store = new LedgerStore();
    private final Clock clock;
    private final Ids ids;
    private final Map<String, BiConsumer<Sql, Event>> beside = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread sealer = Thread.ofVirtual().name("ledger-sealer").unstarted(this::sealLoop);
    private volatile Instant lastSealed;

    public Ledger(Db db, Clock clock, Ids ids) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
        this.lastSealed = clock.instant();
    }

    /// Frees what a killed process still seems to read, on a database that only this process has open. On PostgreSQL
    /// leases run out by themselves.
    public Ledger takeOver() {
        db.tx(sql -> {
            if (!sql.isPostgres()) new CursorStore().releaseAll(sql);
            return 0;
        });
        return this;
    }

    /// Starts sealing in the background.
    public Ledger start() {
        sealer.start();
        return this;
    }

    /// Appends one event to the transaction in hand, under the current request.
    ///
    /// @param payload what changed; written as JSON
    public void append(Sql sql, String type, String entity, Map<String, ?> payload) {
        RequestContext context = RequestContext.current();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Event event = new Event(
                ids.hex32(),
                now,
                context.principal().name(),
                context.requestId(),
                context.workspace(),
                type,
                entity,
                JSON.writeValueAsString(payload));
        store.insert(sql, event);
        BiConsumer<Sql, Event> more = beside.get(type);
        if (more != null) more.accept(sql, event);
    }

    /// Has something written in the transaction of each event of a type: what must never be true without it,
    /// such as the rights of whoever made a thing. All else follows the ledger by a [#subscribe].
    public void beside(String type, BiConsumer<Sql, Event> body) {
        if (beside.putIfAbsent(type, body) != null) throw new IllegalStateException("already beside " + type);
    }

    /// Closes what is waiting into blocks; returns how many events it closed. Any number of processes may seal:
    /// one does, the others find nothing to do.
    public int seal() {
        int sealed = 0;
        int now;
        do {
            now = db.tx(sql -> store.sealOneBlock(sql, clock.millis()));
            sealed += now;
        } while (now == LedgerStore.LARGEST_BLOCK);
        return sealed;
    }

    /// Removes the events of blocks sealed before the instant, oldest first. The blocks with the hashes of their
    /// events stay, and each removal is itself an event, so the chain still verifies. A subscriber that has not
    /// come so far does not see them any more.
    ///
    /// @return how many events were removed
    public int prune(Instant before) {
        int events = 0;
        LedgerStore.Pruned pruned;
        do {
            pruned = db.tx(sql -> pruneSome(sql, before));
            events += pruned.events();
        } while (pruned.blocks() > 0);
        return events;
    }

    /// What [#prune] would remove now.
    public Prunable prunable(Instant before) {
        return db.read(sql -> store.prunable(sql, before.toEpochMilli()));
    }

    /// Blocks that still have their events and are old enough to lose them.
    ///
    /// @param lastBlock 0 when there are none
    public record Prunable(long blocks, long lastBlock, long events) {}

    private LedgerStore.Pruned pruneSome(Sql sql, Instant before) {
        LedgerStore.Pruned pruned = store.prune(sql, before.toEpochMilli(), clock.millis());
        if (pruned.blocks() > 0) {
            append(
                    sql,
                    PRUNED,
                    ENTITY,
                    Map.of(
                            "blocks", pruned.blocks(),
                            "last_block", pruned.lastBlock(),
                            "events", pruned.events(),
                            "before", before.toString()));
        }
        return pruned;
    }

    /// From the payload of a [#PRUNED] event; 0 when somebody changed it beyond recognition.
    static long lastBlockOf(String payload) {
        try {
            return JSON.readTree(payload).path("last_block").asLong(0);
        } catch (JacksonException e) {
            return 0;
        }
    }

    /// Events about one entity, oldest first.
    public List<Event> eventsAbout(String entity) {
        return db.read(sql -> store.eventsAbout(sql, entity));
    }

    /// Events of some types about some entities, in no particular order.
    ///
    /// @param entities at most a few thousand
    public List<Event> eventsAbout(Set<String> entities, Set<String> types) {
        if (entities.isEmpty() || types.isEmpty()) return List.of();
        return db.read(sql -> store.eventsAbout(sql, entities, types));
    }

    /// The event of a type about an entity that was written last, whatever the clock said.
    public Optional<Event> latestAbout(String entity, String type) {
        return db.read(sql -> store.latestAbout(sql, entity, type));
    }

    /// Where the chain stands.
    ///
    /// @param lastBlock 0 before the first
    /// @param head the last block's hash, in hex
    /// @param sealedAt of the last block
    /// @param prunedBlocks how many of the oldest blocks have lost their events to retention
    /// @param unsealedEvents written since
    public record Chain(
            long lastBlock, String head, Optional<Instant> sealedAt, long prunedBlocks, long unsealedEvents) {}

    /// Where the chain stands, without checking it: a few rows are read.
    public Chain chain() {
        return db.read(store::chain);
    }

    public LedgerVerifier verifier() {
        return new LedgerVerifier(db, store);
    }

    /// Whether the database has a ledger: a fresh one has none until its migrations ran.
    public boolean isThere() {
        return db.read(store::isThere);
    }

    /// Writes the sealed events from a block on as lines of JSON, each with what proves its place in the
    /// chain; see [LedgerExport]. The stream stays open.
    ///
    /// @param firstBlock 1 for everything
    public LedgerExport.Written export(OutputStream out, long firstBlock) throws IOException {
        return new LedgerExport(db, store).write(out, firstBlock);
    }

    /// Writes the sealed events that fulfil the filter, each with what proves its place in the chain; see
    /// [LedgerExport#checkExcerpt].
    public LedgerExport.Written export(LedgerExport.Lines lines, EventFilter filter) throws IOException {
        long first = db.read(sql -> store.firstBlockWith(sql, filter));
        return new LedgerExport(db, store).write(lines, first, filter);
    }

    /// Sealed events that fulfil the filter, newest first.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when the token is none of this search
    public Page<RecordedEvent> search(EventFilter filter, int size, Optional<String> token) {
        Optional<LedgerStore.Place> after = token.map(Ledger::place);
        List<RecordedEvent> found = db.read(sql -> store.search(sql, filter, after, size + 1));
        if (found.size() <= size) return Page.last(found);
        RecordedEvent last = found.get(size - 1);
        return new Page<>(found.subList(0, size), Optional.of(last.event().at().toEpochMilli() + "-" + last.seq()));
    }

    private static LedgerStore.Place place(String token) {
        Matcher parts = PLACE.matcher(token);
        if (!parts.matches()) {
            throw INVALID_ARGUMENT.because(
                    "The page token is none of this list. Send the next_page_token of the page before, unchanged.");
        }
        return new LedgerStore.Place(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)));
    }

    /// A reader of sealed events with a durable cursor of its own; see [Subscription].
    public Subscription subscribe(String subscriber, Subscription.Reaction reaction) {
        return new Subscription(db, store, clock, ids.hex32(), subscriber, reaction);
    }

    /// A reader of the events that are sealed from now on; see [Follower].
    public Follower follow(Consumer<List<Event>> reaction) {
        return new Follower(db, store, reaction);
    }

    /// When sealing last went through; before the first time, when this was made. What was written since may be
    /// unsealed, so an instant long gone means that sealing fails.
    public Instant lastSealed() {
        return lastSealed;
    }

    private void sealLoop() {
        try {
            while (!closing.await(SEAL_EVERY.toMillis(), TimeUnit.MILLISECONDS)) sealOrWarn("trying again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Errors as well: memory that ran out once must not end sealing for good.
    private void sealOrWarn(String next) {
        try {
            seal();
            lastSealed = clock.instant();
        } catch (RuntimeException | Error e) {
            log.warn("sealing failed, {}: {}", next, e.toString());
        }
    }

    /// Stops sealing, after the last events.
    @Override
    public void close() {
        if (sealer.getState() == Thread.State.NEW) return;
        closing.countDown();
        try {
            sealer.join();
            sealOrWarn("the last events stay unsealed until the next start");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
