package io.millwright.lineage;

import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns sealed events of the ledger into edges. Seeing the same events again adds nothing.
final class LineageFeed {
    static final String SUBSCRIBER = "lineage";

    private static final Logger log = LoggerFactory.getLogger(LineageFeed.class);

    private final Db db;
    private final LedgerFacts ledgerFacts;
    private final LineageStore store = new LineageStore();
    private final LineageWriter writer = new LineageWriter(store);

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
        if (reads.isEmpty()) return;
        db.tx(sql -> {
            for (Read read : reads) {
                if (!store.wasRead(sql, read.event())) writer.write(sql, read.report());
            }
            store.setRead(sql, reads.stream().map(Read::event).toList());
            return 0;
        });
    }

    /// An event whose words make no sense, as one of a much older release may be, must not hold up
    /// those behind it.
    private Report report(Event event) {
        try {
            return ledgerFacts.read(event);
        } catch (IllegalArgumentException | tools.jackson.core.JacksonException e) {
            log.warn(
                    "event {} of {} says nothing that lineage understands: {}", event.type(), event.id(), e.toString());
            return new Report(event.workspace(), event.requestId(), event.actor(), event.type(), event.at(), List.of());
        }
    }
}
