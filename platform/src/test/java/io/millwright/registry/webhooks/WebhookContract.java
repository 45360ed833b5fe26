package io.millwright.registry.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.http.Json;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Page;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.registry.NewModelVersion;
import io.millwright.registry.RegistrySlice;
import io.millwright.tracking.TrackingSlice;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What webhooks promise on every database.
abstract class WebhookContract {
    private static final String URL = "https://receiver.example/hook";
    private static final int TRIES = 3;

    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private final Ids ids = new Ids(new Random(7));
    final ScriptedPost receiver = new ScriptedPost();
    private final List<AutoCloseable> open = new ArrayList<>();
    Db db;
    private Ledger ledger;
    private RegistrySlice registry;
    private WebhookService webhooks;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(
                                Ledger.MIGRATIONS,
                                ArtifactsSlice.MIGRATIONS,
                                TrackingSlice.MIGRATIONS,
                                RegistrySlice.MIGRATIONS,
                                WebhooksSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, ids).start();
        ArtifactsSlice artifacts =
                ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        registry =
                RegistrySlice.wire(db, ledger, clock, TrackingSlice.wire(db, ledger, clock, ids, artifacts.service()));
        open.add(artifacts);
        webhooks = process(receiver).service();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) one.close();
        ledger.close();
        db.close();
    }

    /// One of the processes on this database, wired and not started.
    private WebhooksSlice process(HttpPost http) {
        var settings = new WebhookSettings(
                true, List.of(), Duration.ofSeconds(5), TRIES, Duration.ofDays(30), "", home.resolve("key"));
        var names = new SystemResolver();
        WebhooksSlice slice = WebhooksSlice.wire(
                db, ledger, clock, ids, settings, http, host -> List.of(InetAddress.ofLiteral("93.184.215.14")), names);
        open.add(slice);
        return slice;
    }

    private void start() {
        process(receiver).start();
    }

    private Webhook webhook(String... events) {
        return webhooks.create(new WebhookChange(
                "hook", URL, Arrays.stream(events).map(WebhookEvent::ofWord).toList(), null, "secret", null));
    }

    private void model(String name) {
        registry.registry().create(name, "", Map.of());
    }

    private void version(String model, Map<String, String> tags, String description) {
        String source = tags.containsKey("mlflow.prompt.is_prompt") ? "dummy-source" : "s3://bucket/m";
        registry.versions().create(new NewModelVersion(model, source, null, null, "", description, tags));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) throw new AssertionError("waited in vain until " + what);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private void awaitPosts(int count) {
        await(count + " posts came", () -> receiver.requests.size() >= count);
    }

    private List<Delivery> log(Webhook webhook) {
        return webhooks.deliveries(webhook.id(), 100, Optional.empty()).items();
    }

    private void awaitState(Webhook webhook, Delivery.State state) {
        await(
                "the newest is " + state,
                () -> !log(webhook).isEmpty() && log(webhook).getFirst().state() == state);
    }

    @Test
    void an_event_arrives_signed_under_the_headers_of_mlflow() throws Exception {
        webhook("registered_model.created");
        start();
        registry.registry().create("churn", "who leaves", Map.of("team", "risk"));

        awaitPosts(1);

        HttpPost.Request sent = receiver.requests.getFirst();
        assertThat(Json.MAPPER.readTree(sent.body()))
                .isEqualTo(Json.MAPPER.readTree("{\"entity\":\"registered_model\",\"action\":\"created\","
                        + "\"timestamp\":\"2026-01-01T00:00:00.000000+00:00\",\"data\":{\"name\":\"churn\","
                        + "\"tags\":{\"team\":\"risk\"},\"description\":\"who leaves\"}}"));
        String id = sent.headers().get("X-MLflow-Delivery-Id");
        String at = sent.headers().get("X-MLflow-Timestamp");
        assertThat(at).isEqualTo(String.valueOf(clock.instant().getEpochSecond()));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update((id + "." + at + ".").getBytes(StandardCharsets.UTF_8));
        assertThat(sent.headers())
                .containsEntry(
                        "X-MLflow-Signature", "v1," + Base64.getEncoder().encodeToString(mac.doFinal(sent.body())))
                .containsEntry("Content-Type", "application/json");
    }

    @Test
    void each_event_of_models_and_prompts_is_told_in_the_words_of_mlflow() {
        String[] all = Arrays.stream(WebhookEntity.values())
                .flatMap(entity -> entity.actions().stream().map(action -> new WebhookEvent(entity, action).word()))
                .toArray(String[]::new);
        webhook(all);
        start();
        var models = registry.registry();
        var versions = registry.versions();
        Map<String, String> prompt = Map.of("mlflow.prompt.is_prompt", "true");
        model("m");
        version("m", Map.of("k", "v"), "d");
        models.setTag("m", "k", "not told");
        versions.setTag("m", "1", "a", "b");
        versions.deleteTag("m", "1", "a");
        versions.deleteTag("m", "1", "absent");
        models.setAlias("m", "champion", "1");
        models.deleteAlias("m", "champion");
        models.create("p", "", prompt);
        version("p", Map.of("mlflow.prompt.is_prompt", "true", "mlflow.prompt.text", "Hi {{who}}", "x", "y"), "");
        models.setTag("p", "lang", "en");
        models.deleteTag("p", "lang");
        versions.setTag("p", "1", "a", "b");
        versions.deleteTag("p", "1", "a");
        models.setAlias("p", "live", "1");
        models.deleteAlias("p", "live");

        awaitPosts(14);

        assertThat(receiver.bodies().stream().map(WebhookContract::brief))
                .containsExactly(
                        "registered_model.created {\"name\":\"m\",\"tags\":{},\"description\":\"\"}",
                        "model_version.created {\"name\":\"m\",\"version\":\"1\",\"source\":\"s3://bucket/m\","
                                + "\"run_id\":null,\"tags\":{\"k\":\"v\"},\"description\":\"d\"}",
                        "model_version_tag.set {\"name\":\"m\",\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}",
                        "model_version_tag.deleted {\"name\":\"m\",\"version\":\"1\",\"key\":\"a\"}",
                        "model_version_alias.created {\"name\":\"m\",\"alias\":\"champion\",\"version\":\"1\"}",
                        "model_version_alias.deleted {\"name\":\"m\",\"alias\":\"champion\"}",
                        "prompt.created {\"name\":\"p\",\"tags\":{},\"description\":\"\"}",
                        "prompt_version.created {\"name\":\"p\",\"version\":\"1\",\"template\":\"Hi {{who}}\","
                                + "\"tags\":{\"x\":\"y\"},\"description\":null}",
                        "prompt_tag.set {\"name\":\"p\",\"key\":\"lang\",\"value\":\"en\"}",
                        "prompt_tag.deleted {\"name\":\"p\",\"key\":\"lang\"}",
                        "prompt_version_tag.set {\"name\":\"p\",\"version\":\"1\",\"key\":\"a\",\"value\":\"b\"}",
                        "prompt_version_tag.deleted {\"name\":\"p\",\"version\":\"1\",\"key\":\"a\"}",
                        "prompt_alias.created {\"name\":\"p\",\"alias\":\"live\",\"version\":\"1\"}",
                        "prompt_alias.deleted {\"name\":\"p\",\"alias\":\"live\"}");
    }

    @Test
    void the_list_says_how_each_webhook_is_doing_and_a_delivery_what_is_sent() {
        Webhook hook = webhook("registered_model.created");
        Webhook idle = webhook("prompt.created");
        start();
        model("m");
        awaitState(hook, Delivery.State.DELIVERED);

        List<WebhookService.Watched> list = webhooks.watch(10, Optional.empty()).items();

        assertThat(list).extracting(one -> one.webhook().id()).containsExactlyInAnyOrder(hook.id(), idle.id());
        for (WebhookService.Watched one : list) {
            assertThat(one.waiting()).isZero();
            if (one.webhook().id().equals(idle.id())) assertThat(one.last()).isNull();
            else assertThat(one.last()).matches(last -> last.state() == Delivery.State.DELIVERED);
        }
        Delivery told = log(hook).getFirst();
        WebhookService.Sent sent = webhooks.delivery(hook.id(), told.id());
        assertThat(sent.delivery()).isEqualTo(told);
        assertThat(sent.body()).isEqualTo(receiver.bodies().getFirst());
        assertThatThrownBy(() -> webhooks.delivery(idle.id(), told.id())).hasMessageContaining("has no delivery");
        assertThat(webhooks.watch(1, Optional.empty()).nextToken()).isPresent();
    }

    private static String brief(String body) {
        var json = Json.MAPPER.readTree(body);
        return json.path("entity").asString() + "." + json.path("action").asString() + " " + json.path("data");
    }

    @Test
    void a_webhook_hears_only_what_it_wants_and_only_what_came_after_it() {
        model("before");
        ledger.seal();
        clock.move(Duration.ofHours(-1)); // Its order is the ledger's, whatever the clock says.
        webhook("registered_model.created");
        model("after");
        version("after", Map.of(), "");
        model("last");
        start();

        awaitPosts(2);

        assertThat(names()).containsExactly("after", "last");
    }

    private List<String> names() {
        return receiver.bodies().stream()
                .map(body -> Json.MAPPER.readTree(body).at("/data/name").asString())
                .toList();
    }

    @Test
    void events_seen_again_are_not_told_again() {
        Webhook webhook = webhook("registered_model.created");
        model("one");
        model("two");
        ledger.seal();
        List<Event> seen = Stream.of(webhook.urn(), "model:one", "model:two")
                .flatMap(urn -> ledger.eventsAbout(urn).stream())
                .toList();
        var feed = new WebhookFeed(db, clock, ids, TRIES, () -> {});

        feed.accept(seen);
        feed.accept(seen);
        feed.accept(seen.subList(1, 3));

        assertThat(log(webhook)).hasSize(2);
    }

    @Test
    void what_is_tried_again_holds_back_what_comes_after_it() {
        Webhook webhook = webhook("registered_model.created");
        receiver.answer(503).answer(500);
        start();
        model("one");
        model("two");

        awaitPosts(1);
        await("the attempt is noted", () -> log(webhook).stream().anyMatch(one -> one.attemptCount() == 1));
        clock.move(Duration.ofSeconds(3));
        awaitPosts(2);
        await("the attempt is noted", () -> log(webhook).stream().anyMatch(one -> one.attemptCount() == 2));
        clock.move(Duration.ofSeconds(4));
        awaitPosts(4);

        assertThat(names()).containsExactly("one", "one", "one", "two");
        assertThat(receiver.requests.stream()
                        .limit(3)
                        .map(sent -> sent.headers().get("X-MLflow-Delivery-Id"))
                        .distinct())
                .hasSize(1);
        awaitState(webhook, Delivery.State.DELIVERED);
        Delivery first = log(webhook).getLast();
        assertThat(first.attempts()).extracting(Delivery.Attempt::status).containsExactly(503, 500, 200);
        assertThat(first.attempts()).extracting(Delivery.Attempt::number).containsExactly(1, 2, 3);
        assertThat(first.attempts().getFirst().answer()).isEqualTo("answer 503");
        assertThat(first.attempts().getFirst().error()).isEqualTo("status 503");
    }

    @Test
    void retry_after_is_honoured_in_seconds_and_as_a_date() {
        Webhook webhook = webhook("registered_model.created");
        receiver.answer(429, "600").answer(503, "Thu, 01 Jan 2026 01:00:00 GMT");
        start();
        model("one");

        await(
                "the attempt is noted",
                () -> log(webhook).size() == 1 && log(webhook).getFirst().attemptCount() == 1);
        assertThat(log(webhook).getFirst().nextAt()).isEqualTo(clock.instant().plusSeconds(600));
        clock.move(Duration.ofSeconds(601));
        await("the attempt is noted", () -> log(webhook).getFirst().attemptCount() == 2);

        assertThat(log(webhook).getFirst().nextAt()).isEqualTo("2026-01-01T01:00:00Z");
    }

    @Test
    void other_refusals_and_redirects_are_final() {
        Webhook webhook = webhook("registered_model.created");
        receiver.answer(404).answer(302).answer(200);
        start();
        for (String name : List.of("one", "two", "three")) model(name);

        awaitPosts(3);

        awaitState(webhook, Delivery.State.DELIVERED);
        assertThat(log(webhook))
                .extracting(Delivery::state)
                .containsExactly(Delivery.State.DELIVERED, Delivery.State.FAILED, Delivery.State.FAILED);
        assertThat(names()).containsExactly("one", "two", "three");
    }

    @Test
    void what_failed_for_good_is_sent_again_when_somebody_asks() {
        Webhook webhook = webhook("registered_model.created");
        for (int i = 0; i < TRIES; i++) receiver.answer(503, "0");
        start();
        model("one");
        awaitState(webhook, Delivery.State.FAILED);
        Delivery failed = log(webhook).getFirst();
        assertThat(failed.attemptCount()).isEqualTo(TRIES);

        webhooks.redeliver(webhook.id(), failed.id());
        awaitState(webhook, Delivery.State.DELIVERED);

        assertThat(log(webhook).getFirst().attemptCount()).isEqualTo(TRIES + 1);
        assertThatThrownBy(() -> webhooks.redeliver(webhook.id(), "none"))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    @Test
    void what_waits_is_sent_by_the_next_process() {
        Webhook webhook = webhook("registered_model.created");
        model("one");
        ledger.seal();
        // The first process noted the delivery, began to send it and was killed.
        new WebhookFeed(db, clock, ids, TRIES, () -> {})
                .accept(Stream.of(webhook.urn(), "model:one")
                        .flatMap(urn -> ledger.eventsAbout(urn).stream())
                        .toList());
        long until = clock.millis() + 35_000;
        db.tx(sql -> new DeliveryStore().hold(sql, webhook.id(), "dead", clock.millis(), until + 1, until));

        start();
        clock.move(Duration.ofSeconds(36)); // On PostgreSQL its lease has to run out.

        awaitPosts(1);
        awaitState(webhook, Delivery.State.DELIVERED);
        assertThat(names()).containsExactly("one");
    }

    @Test
    void a_webhook_that_is_disabled_or_deleted_gets_nothing_more() {
        Webhook webhook = webhook("registered_model.created");
        receiver.answer(503, "600");
        start();
        model("one");
        await(
                "the attempt is noted",
                () -> log(webhook).size() == 1 && log(webhook).getFirst().attemptCount() == 1);

        webhooks.update(webhook.id(), new WebhookChange(null, null, null, null, null, WebhookStatus.DISABLED));
        assertThat(log(webhook).getFirst().state()).isEqualTo(Delivery.State.CANCELLED);
        assertThatThrownBy(() ->
                        webhooks.redeliver(webhook.id(), log(webhook).getFirst().id()))
                .hasMessageContaining("disabled");

        webhooks.delete(webhook.id());
        for (String table : List.of("webhooks", "webhook_deliveries", "webhook_attempts")) {
            assertThat(count(table)).as(table).isZero();
        }
    }

    private int count(String table) {
        return db.read(sql -> sql.query("select 1 from " + table, row -> 1).size());
    }

    @Test
    void what_ended_long_ago_is_removed() {
        Webhook webhook = webhook("registered_model.created");
        WebhooksSlice first = process(receiver).start();
        model("one");
        awaitState(webhook, Delivery.State.DELIVERED);
        first.close();

        clock.move(Duration.ofDays(31));
        start();

        await("it is gone", () -> log(webhook).isEmpty());
        assertThat(count("webhook_attempts")).isZero();
    }

    @Test
    void pages_go_from_the_newest_to_the_oldest_and_end() {
        for (int i = 0; i < 5; i++) webhook("registered_model.created");
        List<String> seen = new ArrayList<>();
        Page<Webhook> page = webhooks.list(2, Optional.empty());
        while (true) {
            page.items().forEach(one -> seen.add(one.id()));
            if (page.nextToken().isEmpty()) break;
            page = webhooks.list(2, page.nextToken());
        }
        assertThat(seen).hasSize(5).doesNotHaveDuplicates();

        Webhook webhook = webhooks.list(1, Optional.empty()).items().getFirst();
        start();
        for (int i = 0; i < 5; i++) model("m" + i);
        await("all were told", () -> log(webhook).size() == 5);
        Page<Delivery> deliveries = webhooks.deliveries(webhook.id(), 3, Optional.empty());
        assertThat(deliveries.items()).hasSize(3);
        assertThat(webhooks.deliveries(webhook.id(), 3, deliveries.nextToken()).items())
                .hasSize(2);
    }

    @Test
    void neither_secret_nor_url_is_in_the_ledger_and_the_secret_is_not_in_the_database() {
        Webhook webhook = webhooks.create(new WebhookChange(
                "hook",
                "https://receiver.example/services/T0/very-secret-path",
                List.of(WebhookEvent.ofWord("prompt.created")),
                null,
                "hush-hush",
                null));
        webhooks.update(webhook.id(), new WebhookChange(null, null, null, "d", "hush-again", null));

        String told = ledger.eventsAbout(webhook.urn()).toString();
        assertThat(told)
                .contains("receiver.example", "webhook.created", "webhook.updated")
                .doesNotContain("hush", "very-secret-path");
        byte[] stored = db.read(sql -> new WebhookStore().secret(sql, webhook.id()));
        assertThat(stored).isNotNull();
        assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain("hush");
    }

    /// As many processes as may be on PostgreSQL; on SQLite they stand for threads.
    void eachIsSentOnceInOrderBy(int processes) {
        Webhook webhook = webhook("registered_model.created");
        for (int i = 0; i < processes; i++) start();
        for (int i = 0; i < 60; i++) model("m" + i);

        await(
                "all were told",
                () -> log(webhook).stream()
                                .filter(one -> one.state() == Delivery.State.DELIVERED)
                                .count()
                        == 60);

        assertThat(names())
                .isEqualTo(IntStream.range(0, 60).mapToObj(i -> "m" + i).toList());
    }

    @Test
    void one_process_sends_each_once_in_order() {
        eachIsSentOnceInOrderBy(1);
    }
}
