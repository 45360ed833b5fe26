package io.millwright.lineage;

import io.millwright.http.Routes;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Subscription;
import io.millwright.tracking.TrackingSlice;
import java.util.List;

/// Lineage, wired.
public final class LineageSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("lineage", "V001__create_lineage"));

    private final LineageService service;
    private final Subscription feed;

    private LineageSlice(LineageService service, Subscription feed) {
        this.service = service;
        this.feed = feed;
    }

    public static LineageSlice wire(Db db, Ledger ledger, TableService tables, TrackingSlice tracking) {
        LineageFeed feed = new LineageFeed(db, new LedgerFacts(tables, tracking.runs(), tracking.loggedModels()));
        return new LineageSlice(new LineageService(db), ledger.subscribe(LineageFeed.SUBSCRIBER, feed::accept));
    }

    public LineageService service() {
        return service;
    }

    public void addRoutes(Routes routes) {
        new LineageApi(service).addRoutes(routes);
    }

    /// Begins to follow the ledger.
    public LineageSlice start() {
        feed.start();
        return this;
    }

    @Override
    public void close() {
        feed.close();
    }
}
