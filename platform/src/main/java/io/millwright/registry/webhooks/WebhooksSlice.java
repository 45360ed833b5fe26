package io.millwright.registry.webhooks;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Subscription;
import java.time.Clock;
import java.util.List;

/// Webhooks, wired. The ids must come from a secure random source.
public final class WebhooksSlice implements AutoCloseable {
    /// Behind the ledger's and the registry's own.
    public static final List<Migration> MIGRATIONS = List.of(new Migration("registry", "V002__create_webhooks"));

    private final WebhookService service;
    private final Subscription feed;
    private final DeliveryWorker worker;
    private final SystemResolver names;

    private WebhooksSlice(WebhookService service, Subscription feed, DeliveryWorker worker, SystemResolver names) {
        this.service = service;
        this.feed = feed;
        this.worker = worker;
        this.names = names;
    }

    public static WebhooksSlice wire(
            Db db, Ledger ledger, Clock clock, Ids ids, WebhookSettings settings, HttpPost http) {
        SystemResolver names = new SystemResolver();
        return wire(db, ledger, clock, ids, settings, http, names, names);
    }

    /// @param resolver for tests, which own the answers
    static WebhooksSlice wire(
            Db db,
            Ledger ledger,
            Clock clock,
            Ids ids,
            WebhookSettings settings,
            HttpPost http,
            Resolver resolver,
            SystemResolver names) {
        Targets targets = new Targets(settings, resolver);
        SecretBox secrets = new SecretBox(settings);
        WebhookSender sender = new WebhookSender(targets, secrets, http, settings.timeout(), clock);
        DeliveryWorker worker = new DeliveryWorker(db, clock, ids, sender, settings);
        WebhookFeed feed = new WebhookFeed(db, clock, ids, settings.maxAttempts(), worker::wake);
        return new WebhooksSlice(
                new WebhookService(db, ledger, clock, ids, targets, secrets, sender, settings.maxAttempts()),
                ledger.subscribe(WebhookFeed.SUBSCRIBER, feed::accept),
                worker,
                names);
    }

    public WebhookService service() {
        return service;
    }

    public void addRoutes(Routes routes) {
        new MlflowWebhookApi(service).addRoutes(routes);
        new WebhookDeliveryApi(service).addRoutes(routes);
    }

    /// Begins to follow the ledger and to send.
    public WebhooksSlice start() {
        worker.start();
        feed.start();
        return this;
    }

    @Override
    public void close() {
        feed.close();
        worker.close();
        names.close();
    }
}
