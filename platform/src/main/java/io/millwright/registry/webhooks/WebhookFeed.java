package io.millwright.registry.webhooks;

import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Turns sealed events of the ledger into deliveries that wait. Seeing the same events again adds nothing.
///
/// A webhook is told what stands in the ledger after its own creation, whatever any clock says.
final class WebhookFeed {
    static final String SUBSCRIBER = "webhooks";
    private static final String CREATED = "webhook.created";

    private final Db db;
    private final Clock clock;
    private final Ids ids;
    private final int tries;
    private final Runnable wakeSender;
    private final WebhookStore webhooks = new WebhookStore();
    private final DeliveryStore deliveries = new DeliveryStore();

    WebhookFeed(Db db, Clock clock, Ids ids, int tries, Runnable wakeSender) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
        this.tries = tries;
        this.wakeSender = wakeSender;
    }

    private record Told(Event event, Notice notice, int place) {}

    void accept(List<Event> events) {
        Map<String, Integer> created = new HashMap<>();
        Map<String, List<Told>> byWorkspace = new HashMap<>();
        for (int place = 0; place < events.size(); place++) {
            Event event = events.get(place);
            if (event.type().equals(CREATED)) created.put(event.entity(), place);
            Optional<Notice> notice = Notice.of(event);
            if (notice.isPresent()) {
                byWorkspace
                        .computeIfAbsent(event.workspace(), workspace -> new ArrayList<>())
                        .add(new Told(event, notice.get(), place));
            }
        }
        if (created.isEmpty() && byWorkspace.isEmpty()) return;
        boolean added = db.tx(sql -> {
            Set<String> woken = new HashSet<>();
            created.keySet()
                    .forEach(urn ->
                            webhooks.start(sql, urn.substring(Webhook.urn("").length())));
            byWorkspace.forEach((workspace, told) -> {
                for (Webhook webhook : webhooks.listening(sql, workspace)) {
                    int since = created.getOrDefault(webhook.urn(), -1);
                    for (Told one : told) {
                        if (one.place() > since && tell(sql, webhook, one)) woken.add(webhook.id());
                    }
                }
            });
            woken.stream().sorted().forEach(webhook -> deliveries.wake(sql, webhook));
            return !woken.isEmpty();
        });
        if (added) wakeSender.run();
    }

    private boolean tell(Sql sql, Webhook webhook, Told told) {
        if (!webhook.events().contains(told.notice().event())) return false;
        Delivery delivery = new Delivery(
                0,
                WebhookService.uuid(ids),
                told.event().id(),
                told.notice().event().word(),
                Delivery.State.PENDING,
                0,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                null,
                null,
                List.of());
        return deliveries.insert(
                sql, delivery, webhook.id(), told.notice().body(told.event().at()), tries);
    }
}
