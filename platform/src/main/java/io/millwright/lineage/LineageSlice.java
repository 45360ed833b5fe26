package io.millwright.lineage;

import io.millwright.http.Routes;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Subscription;
import io.millwright.tracking.TrackingSlice;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Lineage, wired.
public final class LineageSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("lineage", "V001__create_lineage"));

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private final LineageService service;
    private final OpenLineageService openLineage;
    private final Subscription feed;
    private final Optional<Outward> outward;

    private LineageSlice(
            LineageService service, OpenLineageService openLineage, Subscription feed, Optional<Outward> outward) {
        this.service = service;
        this.openLineage = openLineage;
        this.feed = feed;
        this.outward = outward;
    }

    private record Outward(CollectorFeed feed, Subscription subscription) {}

    public static LineageSlice wire(
            Db db,
            Ledger ledger,
            Clock clock,
            TableService tables,
            TrackingSlice tracking,
            CollectorSettings collector,
            CollectorPost post) {
        LineageFeed feed = new LineageFeed(db, new LedgerFacts(tables, tracking.runs(), tracking.loggedModels()));
        Optional<Outward> outward = collector.url().map(url -> {
            var texts = new CollectorEvents(collector.namespace(), tables, tracking.runs(), tracking.experiments());
            CollectorFeed out = new CollectorFeed(collector, texts, post, FIRST_PAUSE);
            return new Outward(out, ledger.subscribe(CollectorFeed.SUBSCRIBER, out::accept));
        });
        return new LineageSlice(
                new LineageService(db),
                new OpenLineageService(db, ledger, clock, tables),
                ledger.subscribe(LineageFeed.SUBSCRIBER, feed::accept),
                outward);
    }

    public LineageService service() {
        return service;
    }

    public void addRoutes(Routes routes) {
        new LineageApi(service).addRoutes(routes);
        new OpenLineageApi(openLineage).addRoutes(routes);
    }

    /// Begins to follow the ledger.
    public LineageSlice start() {
        feed.start();
        outward.ifPresent(out -> out.subscription().start());
        return this;
    }

    @Override
    public void close() {
        outward.ifPresent(out -> out.feed().close());
        outward.ifPresent(out -> out.subscription().close());
        feed.close();
    }
}
