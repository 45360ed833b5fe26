package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Names;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportNotes;
import io.millwright.tracking.imports.SourceRegistry;
import io.millwright.tracking.imports.SourceWebhook;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Takes webhooks from an MLflow installation, with their ids, after its registered models.
///
/// Their secrets stay behind, so what has or may have one comes disabled: its receiver would refuse what is not signed.
/// It may be repeated: a webhook that is here stays as it is, and one that was deleted here is not brought back.
public final class WebhookImport {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final WebhookSettings settings;
    private final WebhookStore webhooks = new WebhookStore();
    private final ImportCounts counts;
    private final ImportNotes notes;

    public WebhookImport(
            Db db, Ledger ledger, Clock clock, WebhookSettings settings, ImportCounts counts, ImportNotes notes) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.settings = settings;
        this.counts = counts;
        this.notes = notes;
    }

    /// @param from for the ledger: the source, without passwords
    /// @throws IOException when the source stopped answering; what is here by then is whole
    public void run(String from, SourceRegistry source) throws IOException {
        try (SystemResolver names = new SystemResolver()) {
            run(from, source, names);
        }
    }

    /// @param resolver for tests, which own the answers
    void run(String from, SourceRegistry source, Resolver resolver) throws IOException {
        Targets targets = new Targets(settings, resolver);
        source.webhooks(found -> write(from, found, targets));
    }

    private void write(String from, SourceWebhook found, Targets targets) {
        try {
            if (isOrWasHere(found.id())) {
                counts.add(Of.WEBHOOKS_KNOWN, 1);
                return;
            }
            targets.check(found.url());
            insert(from, here(found));
            counts.add(Of.WEBHOOKS_NEW, 1);
            if (found.maySign()) {
                notes.changed(
                        "webhooks without their secret, which are disabled",
                        "webhook %s came without its secret: set one and enable it".formatted(found.name()));
            }
        } catch (Failure e) {
            counts.add(Of.WEBHOOKS_FAILED, 1);
            notes.failed("webhook that could not be imported", found.name() + ": " + e.getMessage());
        }
    }

    private boolean isOrWasHere(String id) {
        if (!ID.matcher(id).matches()) {
            throw INVALID_ARGUMENT.because("Its id is %s, expected a UUID in lower case.", Names.quote(id));
        }
        return db.read(sql -> webhooks.find(sql, id)).isPresent()
                || ledger.eventsAbout(Webhook.urn(id)).stream()
                        .anyMatch(event -> event.type().equals("webhook.deleted"));
    }

    private Webhook here(SourceWebhook found) {
        List<WebhookEvent> events =
                found.events().stream().map(WebhookImport::event).toList();
        Instant created = known(found.createdAt(), clock.instant().truncatedTo(ChronoUnit.MILLIS));
        return new Webhook(
                found.id(),
                RequestContext.current().workspace(),
                WebhookService.checkName(found.name()),
                WebhookService.checkDescription(found.description()),
                found.url(),
                WebhookService.checkEvents(events),
                found.active() && !found.maySign() ? WebhookStatus.ACTIVE : WebhookStatus.DISABLED,
                false,
                created,
                known(found.updatedAt(), created));
    }

    private static WebhookEvent event(String word) {
        try {
            return WebhookEvent.ofWord(word);
        } catch (IllegalArgumentException e) {
            throw INVALID_ARGUMENT.because("It asks for %s, which does not happen here.", Names.quote(word));
        }
    }

    private static Instant known(Instant time, Instant otherwise) {
        return time.equals(Instant.EPOCH) ? otherwise : time;
    }

    private void insert(String from, Webhook webhook) {
        db.tx(sql -> {
            WebhookService.requireRoom(sql, webhooks);
            webhooks.insert(sql, webhook, null);
            // Not `webhook.imported`: the feed listens for it from its creation on.
            Map<String, Object> told = WebhookService.told(webhook);
            told.put("from", from);
            ledger.append(sql, "webhook.created", webhook.urn(), told);
            return 0;
        });
    }
}
