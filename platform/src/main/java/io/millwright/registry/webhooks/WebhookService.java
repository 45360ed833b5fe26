package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Ids;
import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.search.PageToken;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Webhooks: made, found, changed, tried out, deleted; and what became of what they were told. For who may manage the
/// workspace, because a webhook carries what happens there to another machine.
public final class WebhookService {
    static final int LARGEST_PAGE = 1000;
    static final int LARGEST_DELIVERY_PAGE = 100;

    private static final int MOST_WEBHOOKS = 1000;
    private static final int LONGEST_DESCRIPTION = 1000;
    private static final int LONGEST_SECRET = 1000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final Targets targets;
    private final SecretBox secrets;
    private final WebhookSender sender;
    private final int tries;
    private final WebhookStore webhooks = new WebhookStore();
    private final DeliveryStore deliveries = new DeliveryStore();

    WebhookService(
            Db db,
            Ledger ledger,
            Clock clock,
            Ids ids,
            Targets targets,
            SecretBox secrets,
            WebhookSender sender,
            int tries) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.targets = targets;
        this.secrets = secrets;
        this.sender = sender;
        this.tries = tries;
    }

    /// @param given with a name, a URL and events
    public Webhook create(WebhookChange given) {
        requireManager();
        String name = checkName(given.name() == null ? "" : given.name());
        String url = given.url() == null ? "" : given.url();
        targets.check(url);
        List<WebhookEvent> events = checkEvents(given.events() == null ? List.of() : given.events());
        checkTexts(given);
        String id = uuid(ids);
        String secret = given.secret() == null ? "" : given.secret();
        byte @Nullable [] sealed = secret.isEmpty() ? null : secrets.seal(id, secret);
        Instant now = now();
        Webhook webhook = new Webhook(
                id,
                workspace(),
                name,
                given.description() == null ? "" : given.description(),
                url,
                events,
                given.status() == null ? WebhookStatus.ACTIVE : given.status(),
                sealed != null,
                now,
                now);
        return db.tx(sql -> {
            requireRoom(sql, webhooks);
            webhooks.insert(sql, webhook, sealed);
            ledger.append(sql, "webhook.created", webhook.urn(), told(webhook));
            return webhook;
        });
    }

    public Webhook get(String id) {
        requireManager();
        return db.read(sql -> require(sql, id));
    }

    /// The newest first.
    public Page<Webhook> list(int maxResults, Optional<String> pageToken) {
        requireManager();
        int most = maxResults == 0 ? 100 : maxResults;
        if (most < 1 || most > LARGEST_PAGE) {
            throw INVALID_ARGUMENT.because("max_results must be between 1 and " + LARGEST_PAGE + ".");
        }
        List<Object> place = pageToken
                .map(token -> PageToken.decode(token, Long.class, String.class))
                .orElse(List.of(Long.MAX_VALUE, ""));
        List<Webhook> found =
                db.read(sql -> webhooks.page(sql, workspace(), most + 1, (Long) place.get(0), (String) place.get(1)));
        if (found.size() <= most) return Page.last(found);
        Webhook last = found.get(most - 1);
        String next = PageToken.encode(List.of(last.createdAt().toEpochMilli(), last.id()));
        return new Page<>(found.subList(0, most), Optional.of(next));
    }

    /// What is disabled gets nothing of what waits for it.
    ///
    /// @param given an empty name or URL and no events change nothing, as in MLflow
    public Webhook update(String id, WebhookChange given) {
        requireManager();
        db.read(sql -> require(sql, id)); // Before any other complaint, as in MLflow.
        String name = given.name() == null || given.name().isEmpty() ? null : checkName(given.name());
        String url = given.url() == null || given.url().isEmpty() ? null : given.url();
        if (url != null) targets.check(url); // Outside the transaction: names may take long.
        List<WebhookEvent> events =
                given.events() == null || given.events().isEmpty() ? null : checkEvents(given.events());
        checkTexts(given);
        String secret = given.secret();
        byte @Nullable [] sealed = secret == null || secret.isEmpty() ? null : secrets.seal(id, secret);
        return db.tx(sql -> {
            webhooks.claim(sql, workspace(), id);
            Webhook old = require(sql, id);
            Webhook changed = new Webhook(
                    id,
                    old.workspace(),
                    name == null ? old.name() : name,
                    given.description() == null ? old.description() : given.description(),
                    url == null ? old.url() : url,
                    events == null ? old.events() : events,
                    given.status() == null ? old.status() : given.status(),
                    secret == null ? old.signed() : sealed != null,
                    old.createdAt(),
                    now());
            webhooks.update(sql, changed);
            if (secret != null) webhooks.setSecret(sql, id, sealed);
            if (!changed.isActive()) deliveries.cancel(sql, id, now().toEpochMilli());
            Map<String, Object> what = told(changed);
            if (secret != null) what.put("secret_changed", true);
            ledger.append(sql, "webhook.updated", changed.urn(), what);
            return changed;
        });
    }

    /// With its deliveries, for good.
    public void delete(String id) {
        requireManager();
        db.tx(sql -> {
            webhooks.claim(sql, workspace(), id);
            Webhook webhook = require(sql, id);
            webhooks.delete(sql, id);
            ledger.append(sql, "webhook.deleted", webhook.urn(), Map.of("name", webhook.name()));
            return 0;
        });
    }

    /// What a sample came to.
    ///
    /// @param status of the answer; null when there was none
    /// @param error why there was no answer; empty when there was one
    public record TestResult(boolean success, @Nullable Integer status, String answer, String error) {}

    /// Sends a made-up event now, once, also when the webhook is disabled.
    ///
    /// @param event null for the first that the webhook wants
    public TestResult test(String id, @Nullable WebhookEvent event) {
        requireManager();
        Webhook webhook = get(id);
        byte @Nullable [] secret = webhook.signed()
                ? db.read(sql -> Optional.ofNullable(webhooks.secret(sql, id))).orElse(null)
                : null;
        Notice sample = Notice.sample(event == null ? webhook.events().getFirst() : event);
        WebhookSender.Result result = sender.send(webhook, secret, uuid(ids), sample.body(clock.instant()));
        Integer status = result.status();
        return new TestResult(
                status != null && status < 400, status, result.answer(), status == null ? result.error() : "");
    }

    /// What became of what it was told, the newest first.
    public Page<Delivery> deliveries(String id, int maxResults, Optional<String> pageToken) {
        requireManager();
        if (maxResults < 1 || maxResults > LARGEST_DELIVERY_PAGE) {
            throw INVALID_ARGUMENT.because("'max_results' is %d, expected 1 to %d.", maxResults, LARGEST_DELIVERY_PAGE);
        }
        long before = pageToken
                .map(token -> (Long) PageToken.decode(token, Long.class).getFirst())
                .orElse(Long.MAX_VALUE);
        List<Delivery> found = db.read(sql -> {
            require(sql, id);
            return deliveries.page(sql, id, before, maxResults + 1);
        });
        if (found.size() <= maxResults) return Page.last(found);
        List<Delivery> page = found.subList(0, maxResults);
        return new Page<>(
                page, Optional.of(PageToken.encode(List.of(page.getLast().seq()))));
    }

    /// A delivery with the body as it is sent.
    public record Sent(Delivery delivery, String body) {}

    public Sent delivery(String id, String delivery) {
        requireManager();
        return db.read(sql -> {
            require(sql, id);
            Delivery found = requireDelivery(sql, id, delivery);
            return new Sent(found, deliveries.body(sql, found.seq()));
        });
    }

    /// A webhook and how it is doing.
    ///
    /// @param waiting deliveries that are still to be sent
    /// @param last the newest delivery, without its attempts; null when there is none
    public record Watched(
            Webhook webhook, long waiting, @Nullable Delivery last) {}

    /// All webhooks of the workspace, the newest first, with how they are doing.
    public Page<Watched> watch(int maxResults, Optional<String> pageToken) {
        Page<Webhook> page = list(maxResults, pageToken);
        List<String> ids = page.items().stream().map(Webhook::id).toList();
        Map<String, Long> waiting = db.read(sql -> deliveries.waitingOf(sql, ids));
        Map<String, Delivery> last = db.read(sql -> deliveries.lastOf(sql, ids));
        return new Page<>(
                page.items().stream()
                        .map(one -> new Watched(one, waiting.getOrDefault(one.id(), 0L), last.get(one.id())))
                        .toList(),
                page.nextToken());
    }

    /// Sends a delivery that ended once more, before what waits.
    public Delivery redeliver(String id, String delivery) {
        requireManager();
        return db.tx(sql -> {
            webhooks.claim(sql, workspace(), id);
            Webhook webhook = require(sql, id);
            Delivery found = requireDelivery(sql, id, delivery);
            if (!webhook.isActive()) {
                throw WRONG_STATE.because("The webhook is disabled. Set its status to ACTIVE first.");
            }
            if (found.state() == Delivery.State.PENDING) {
                throw WRONG_STATE.because("The delivery '%s' waits to be sent already.", delivery);
            }
            deliveries.redeliver(sql, id, found.seq(), tries);
            ledger.append(sql, "webhook.redelivered", webhook.urn(), Map.of("delivery", delivery));
            return requireDelivery(sql, id, delivery);
        });
    }

    private Webhook require(Sql sql, String id) {
        return webhooks.find(sql, workspace(), id)
                .orElseThrow(() -> NOT_FOUND.because("Webhook with ID " + id + " not found."));
    }

    private Delivery requireDelivery(Sql sql, String webhook, String id) {
        return deliveries
                .find(sql, webhook, id)
                .orElseThrow(() -> NOT_FOUND.because("The webhook has no delivery '" + id
                        + "'. What ended long ago is removed (webhooks.keep-deliveries)."));
    }

    static void requireRoom(Sql sql, WebhookStore webhooks) {
        if (webhooks.count(sql, workspace()) >= MOST_WEBHOOKS) {
            throw WRONG_STATE.because(
                    "This workspace has %d webhooks, as many as one may have. Delete some first.", MOST_WEBHOOKS);
        }
    }

    /// For the ledger: no URL, whose path may be a secret.
    static Map<String, Object> told(Webhook webhook) {
        Map<String, Object> what = new LinkedHashMap<>();
        what.put("name", webhook.name());
        what.put("host", WebhookUrl.parse(webhook.url(), true).host());
        what.put("events", webhook.events().stream().map(WebhookEvent::word).toList());
        what.put("status", webhook.status().name());
        return what;
    }

    static String checkName(String name) {
        if (NAME.matcher(name).matches()) return name;
        throw INVALID_ARGUMENT.because("Webhook name " + Names.quote(name) + " is invalid. It must start and end with a"
                + " letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.),"
                + " underscores (_), and hyphens (-).");
    }

    static List<WebhookEvent> checkEvents(List<WebhookEvent> events) {
        if (events.isEmpty()) {
            throw INVALID_ARGUMENT.because("Webhook events must be a non-empty list of WebhookEvent objects: [].");
        }
        var seen = new HashSet<WebhookEvent>();
        for (WebhookEvent event : events) {
            if (!seen.add(event)) throw MALFORMED_REQUEST.because("The event %s is given twice.", event.word());
        }
        return events.stream().sorted(WebhookEvent.ORDER).toList();
    }

    static String checkDescription(String description) {
        return Names.limited("description", LONGEST_DESCRIPTION, description);
    }

    private static void checkTexts(WebhookChange given) {
        if (given.description() != null) checkDescription(given.description());
        if (given.secret() != null) Names.limited("secret", LONGEST_SECRET, given.secret());
    }

    private static void requireManager() {
        RequestContext.current().require(Right.MANAGE, "workspace:" + workspace());
    }

    /// Random, in the form of a UUID of version 4.
    static String uuid(Ids ids) {
        String hex = ids.hex32();
        return hex.substring(0, 8) + "-" + hex.substring(8, 12) + "-4" + hex.substring(13, 16) + "-"
                + "89ab".charAt(ids.below(4)) + hex.substring(17, 20) + "-" + hex.substring(20);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
