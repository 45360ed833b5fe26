package io.millwright.lineage;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// Turns sealed events of the ledger into edges. Seeing the same events again adds nothing.
final class LineageFeed {
    static final String SUBSCRIBER = "lineage";

    private static final Logger log = LoggerFactory.getLogger(LineageFeed.class);

    /// Facts of one transaction: others wait for it.
    private static final int AT_ONCE = 2_000;
    /// Once a second; a warehouse that was away comes back within that, a file that is gone does not.
    private static final int MOST_TRIES = 120;

    private final Db db;
    private final LedgerFacts ledgerFacts;
    private final LineageStore store = new LineageStore();
    private final LineageWriter writer = new LineageWriter(store);
    /// The event that could not be read, and how often; only the subscriber's thread sees them.
    private String stuck = "";
    private int tries;

    LineageFeed(Db db, LedgerFacts ledgerFacts) {
        this.db = db;
        this.ledgerFacts = ledgerFacts;
    }

    private record Read(String event, Report report) {}

    void accept(List<Event> events) {
        List<Read> reads = events.stream()
                .map(event -> new Read(event.id(), report(event)))
                .filter(read -> !read.report().facts().isEmpty())
                .toList();
        int begin = 0;
        int facts = 0;
        for (int i = 0; i < reads.size(); i++) {
            facts += reads.get(i).report().facts().size();
            if (facts < AT_ONCE && i < reads.size() - 1) continue;
            write(reads, begin, i + 1);
            begin = i + 1;
            facts = 0;
        }
    }

    /// Those before them were written; all of them are remembered until the next batch begins.
    private void write(List<Read> reads, int begin, int end) {
        db.tx(sql -> {
            for (Read read : reads.subList(begin, end)) {
                if (!store.wasRead(sql, read.event())) writer.write(sql, read.report());
            }
            store.setRead(sql, reads.stream().map(Read::event).toList().subList(0, end));
            return 0;
        });
    }

    /// An event whose words make no sense, as one of a much older release may be, must not hold up
    /// those behind it for good, nor one about a table whose files are gone.
    private Report report(Event event) {
        try {
            return ledgerFacts.read(event);
        } catch (IllegalArgumentException | JacksonException e) {
            return nothing(event, e);
        } catch (Failure e) {
            if (e.code() == ErrorCode.INVALID_ARGUMENT) return nothing(event, e);
            tries = event.id().equals(stuck) ? tries + 1 : 1;
            stuck = event.id();
            if (tries < MOST_TRIES) throw e;
            return nothing(event, e);
        }
    }

    private static Report nothing(Event event, Exception why) {
        log.warn("lineage leaves out event {} of {}: {}", event.type(), event.entity(), why.toString());
        return new Report(event.workspace(), event.requestId(), event.actor(), event.type(), event.at(), List.of());
    }
}
