package io.millwright.ledger;

import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The event ledger: each change of state appends one event in the transaction that makes it, and a sealer closes
/// events into hash-chained blocks within a second.
///
/// Writers never wait for the chain: an event is written with its own digest only.
public final class Ledger implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("ledger", "V001__create_ledger"));

    /// The type of the event that accounts for events removed by retention.
    static final String PRUNED = "ledger.pruned";
    static final String ENTITY = "ledger:events";

    private static final Logger log = LoggerFactory.getLogger(Ledger.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration SEAL_EVERY = Duration.ofMillis(500);

    private final Db db;
    private final LedgerStore store = new LedgerStore();
    private final Clock clock;
    private final Ids ids;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread sealer = Thread.ofVirtual().name("ledger-sealer").unstarted(this::sealLoop);

    public Ledger(Db db, Clock clock, Ids ids) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
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
        store.insert(
                sql,
                new Event(
                        ids.hex32(),
                        now,
                        context.principal().name(),
                        context.requestId(),
                        context.workspace(),
                        type,
                        entity,
                        JSON.writeValueAsString(payload)));
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

    public LedgerVerifier verifier() {
        return new LedgerVerifier(db, store);
    }

    /// Writes all sealed events as lines of JSON, each with what proves its place in the chain; see
    /// [LedgerExport]. The stream stays open.
    ///
    /// @return the head it goes up to, in hex, to be given to whoever checks the export
    public String export(OutputStream out) throws IOException {
        return new LedgerExport(db, store).write(out);
    }

    /// A reader of sealed events with a durable cursor of its own; see [Subscription].
    public Subscription subscribe(String subscriber, Subscription.Reaction reaction) {
        return new Subscription(db, store, clock, ids.hex32(), subscriber, reaction);
    }

    private void sealLoop() {
        try {
            while (!closing.await(SEAL_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    seal();
                } catch (RuntimeException e) {
                    log.warn("sealing failed, trying again: {}", e.toString());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Stops sealing, after the last events.
    @Override
    public void close() {
        if (sealer.getState() == Thread.State.NEW) return;
        closing.countDown();
        try {
            sealer.join();
            seal();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("the last events stay unsealed until the next start: {}", e.toString());
        }
    }
}
