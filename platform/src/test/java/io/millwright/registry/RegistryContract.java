package io.millwright.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Access;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Page;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.tracking.TrackingSlice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the registry promises on every database. What MLflow answers stands in the golden files.
abstract class RegistryContract {
    private static final int WRITERS = 8;

    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private final Ids ids = new Ids(new Random(7));
    private Db db;
    private Ledger ledger;
    private ArtifactsSlice artifacts;
    private RegistryService registry;
    private VersionService versions;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(
                                Ledger.MIGRATIONS,
                                ArtifactsSlice.MIGRATIONS,
                                TrackingSlice.MIGRATIONS,
                                RegistrySlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, ids);
        artifacts = ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        RegistrySlice slice =
                RegistrySlice.wire(db, ledger, clock, TrackingSlice.wire(db, ledger, clock, ids, artifacts.service()));
        registry = slice.registry();
        versions = slice.versions();
    }

    @AfterEach
    void close() {
        artifacts.close();
        ledger.close();
        db.close();
    }

    @Test
    void racing_writers_number_their_versions_without_gaps() throws Exception {
        registry.create("churn", "", Map.of());

        List<List<Long>> numbers = together(writer -> () -> LongStream.range(0, 10)
                .map(i -> newVersion("churn").number())
                .boxed()
                .toList());

        assertThat(numbers.stream().flatMap(List::stream).sorted().toList())
                .isEqualTo(LongStream.rangeClosed(1, WRITERS * 10).boxed().toList());
    }

    @Test
    void a_refused_version_leaves_no_gap_and_a_deleted_one_is_not_numbered_again() {
        registry.create("churn", "", Map.of());
        newVersion("churn");

        assertThatThrownBy(() -> versions.create(version("churn", "/etc/passwd", Map.of())))
                .isInstanceOf(Failure.class);
        newVersion("churn");
        versions.delete("churn", "2");

        assertThat(newVersion("churn").number()).isEqualTo(3);
    }

    @Test
    void of_clients_that_move_one_alias_one_wins_and_the_ledger_shows_all() throws Exception {
        registry.create("churn", "", Map.of());
        for (int i = 0; i < WRITERS; i++) newVersion("churn");

        together(writer -> () -> {
            registry.setAlias("churn", "champion", String.valueOf(writer + 1));
            return 0;
        });

        long winner = versions.byAlias("churn", "champion").number();
        List<Event> moves = IntStream.rangeClosed(1, WRITERS)
                .mapToObj(number -> ledger.eventsAbout("model-version:churn/" + number))
                .flatMap(List::stream)
                .filter(event -> event.type().equals("model-version.alias-set"))
                .toList();
        // Each move but the last is where another one started from.
        assertThat(moves).hasSize(WRITERS);
        assertThat(moves.stream().filter(event -> !event.payload().contains("\"from\"")))
                .hasSize(1);
        assertThat(LongStream.rangeClosed(1, WRITERS)
                        .filter(number -> moves.stream()
                                .noneMatch(event -> event.payload().matches(".*\"from\":" + number + "[,}].*")))
                        .boxed())
                .containsExactly(winner);
    }

    @Test
    void an_alias_never_stands_for_a_version_that_is_gone() throws Exception {
        for (int round = 0; round < 10; round++) {
            String model = "churn-" + round;
            registry.create(model, "", Map.of());
            newVersion(model);

            together(writer -> () -> {
                try {
                    if (writer % 2 == 0) registry.setAlias(model, "champion", "1");
                    else versions.delete(model, "1");
                    return "done";
                } catch (Failure failure) {
                    return failure.code().name();
                }
            });

            assertThat(registry.get(model).aliases()).isEmpty();
        }
    }

    @Test
    void deleting_a_model_takes_everything_along() {
        registry.create("churn", "", Map.of("team", "risk"));
        versions.create(version("churn", "s3://bucket/a", Map.of("auc", "0.9")));
        registry.setAlias("churn", "champion", "1");

        registry.delete("churn");
        registry.create("churn", "", Map.of());
        ModelVersion first = newVersion("churn");

        assertThat(registry.get("churn").tags()).isEmpty();
        assertThat(registry.get("churn").aliases()).isEmpty();
        assertThat(first.number()).isEqualTo(1);
        assertThat(versions.get("churn", "1").tags()).isEmpty();
    }

    @Test
    void a_renamed_model_keeps_everything() {
        registry.create("churn", "who leaves", Map.of("team", "risk"));
        versions.create(version("churn", "s3://bucket/a", Map.of("auc", "0.9")));
        registry.setAlias("churn", "champion", "1");
        clock.move(Duration.ofSeconds(1));

        registry.rename("churn", "attrition");

        assertThatThrownBy(() -> registry.get("churn")).hasMessage("Registered Model with name=churn not found");
        assertThat(registry.get("attrition").tags()).containsEntry("team", "risk");
        ModelVersion champion = versions.byAlias("attrition", "champion");
        assertThat(champion.tags()).containsEntry("auc", "0.9");
        assertThat(champion.aliases()).containsExactly("champion");
        assertThat(newVersion("attrition").number()).isEqualTo(2);
    }

    @Test
    void of_racers_for_one_name_one_gets_it() throws Exception {
        List<String> outcomes = together(writer -> () -> {
            try {
                registry.create("churn", "", Map.of());
                return "created";
            } catch (Failure failure) {
                return failure.code().name();
            }
        });

        assertThat(outcomes).containsOnlyOnce("created");
        assertThat(outcomes.stream().filter(o -> !o.equals("created"))).containsOnly("NAME_TAKEN");
    }

    @Test
    void pages_hold_every_version_once_in_one_order_whatever_their_size() {
        Random random = new Random(3);
        for (String model : List.of("a", "b", "c")) {
            registry.create(model, "", Map.of());
            for (int i = 0; i < 7; i++) {
                if (random.nextBoolean()) clock.move(Duration.ofMillis(1));
                newVersion(model);
            }
        }
        for (List<String> order : List.of(
                List.<String>of(),
                List.of("name DESC"),
                List.of("version_number"),
                List.of("creation_timestamp DESC", "version_number ASC"))) {
            List<String> whole = versions.search("", order, 100, Optional.empty()).items().stream()
                    .map(ModelVersion::urn)
                    .toList();
            assertThat(whole).hasSize(21).doesNotHaveDuplicates();
            for (int size : new int[] {1, 2, 5, 21})
                assertThat(pages(order, size)).isEqualTo(whole);
        }
    }

    private List<String> pages(List<String> order, int size) {
        List<String> found = new ArrayList<>();
        Optional<String> token = Optional.empty();
        do {
            Page<ModelVersion> page = versions.search("", order, size, token);
            page.items().forEach(version -> found.add(version.urn()));
            token = page.nextToken();
        } while (token.isPresent());
        return found;
    }

    @Test
    void tags_of_many_versions_are_each_on_their_own() {
        registry.create("churn", "", Map.of());
        for (int i = 1; i <= 250; i++) {
            versions.create(version("churn", "s3://bucket/a", i % 3 == 0 ? Map.of() : Map.of("n", String.valueOf(i))));
        }

        List<ModelVersion> found = versions.search("name = 'churn'", List.of("version_number"), 1000, Optional.empty())
                .items();

        assertThat(found).hasSize(250).allSatisfy(version -> {
            if (version.number() % 3 == 0) assertThat(version.tags()).isEmpty();
            else assertThat(version.tags()).isEqualTo(Map.of("n", String.valueOf(version.number())));
        });
    }

    @Test
    void a_tag_finds_the_versions_that_have_it_however_long_it_is() {
        String hundred = "x".repeat(100);
        List<String> values = List.of("a", "ab", hundred.substring(1), hundred, hundred + "a", hundred + "b");
        for (String model : List.of("churn", "fraud")) {
            registry.create(model, "", Map.of());
            for (int i = 0; i < 2 * values.size(); i++) {
                clock.move(Duration.ofMillis(1));
                Map<String, String> tags = Map.of("v", values.get(i % values.size()), "half", i % 2 == 0 ? "a" : "b");
                versions.create(version(model, "s3://bucket/a", tags));
            }
        }
        List<ModelVersion> all =
                versions.search("", List.of(), 100, Optional.empty()).items();
        for (String value : values) {
            List<String> expected = all.stream()
                    .filter(version -> value.equals(version.tags().get("v")))
                    .map(ModelVersion::urn)
                    .toList();

            String filter = "tags.v = '" + value + "'";
            assertThat(expected).hasSize(4);
            assertThat(urns(filter, 100)).isEqualTo(expected);
            assertThat(urns(filter, 3)).isEqualTo(expected.subList(0, 3));
            assertThat(urns(filter + " and tags.half = 'a' and tags.half = 'b'", 100))
                    .isEmpty();
        }
        assertThat(urns("tags.half = 'a' and tags.v = 'a' and name = 'fraud'", 100))
                .hasSize(2);
    }

    private List<String> urns(String filter, int size) {
        return versions.search(filter, List.of(), size, Optional.empty()).items().stream()
                .map(ModelVersion::urn)
                .toList();
    }

    @Test
    void the_longest_names_in_the_widest_characters_fit_and_one_character_more_is_refused() {
        String name = "\ud835\udcb3".repeat(256);
        String key = "\ud835\udcb3".repeat(250);
        registry.create(name, "", Map.of(key, "true"));
        versions.create(new NewModelVersion(name, "s3://bucket/a", name, null, "", "", Map.of(key, "true")));
        registry.setAlias(name, "\ud835\udcb3".repeat(255), "1");

        assertThat(versions.search("run_id = '" + name + "'", List.of(), 10, Optional.empty())
                        .items())
                .hasSize(1);
        assertThatThrownBy(() -> registry.create(name + "x", "", Map.of()))
                .hasMessage("'name' exceeds the maximum length of 256 characters");
        assertThatThrownBy(() ->
                        versions.create(new NewModelVersion(name, "s3://bucket/a", name + "x", null, "", "", Map.of())))
                .hasMessage("'run_id' exceeds the maximum length of 256 characters");
    }

    @Test
    void a_workspace_sees_nothing_of_another() {
        registry.create("churn", "", Map.of("team", "risk"));
        newVersion("churn");
        registry.setAlias("churn", "champion", "1");

        new RequestContext("test", Principal.LOCAL, "other").call(() -> {
            assertThatThrownBy(() -> registry.get("churn")).isInstanceOf(Failure.class);
            assertThatThrownBy(() -> versions.get("churn", "1")).isInstanceOf(Failure.class);
            assertThatThrownBy(() -> versions.byAlias("churn", "champion")).isInstanceOf(Failure.class);
            assertThat(registry.search("", List.of(), 10, Optional.empty()).items())
                    .isEmpty();
            assertThat(versions.search("", List.of(), 10, Optional.empty()).items())
                    .isEmpty();
            registry.create("churn", "", Map.of());
            assertThat(newVersion("churn").number()).isEqualTo(1);
            registry.delete("churn");
            return 0;
        });

        assertThat(versions.byAlias("churn", "champion").number()).isEqualTo(1);
    }

    @Test
    void moving_a_stage_archives_the_others_and_each_is_an_event() {
        registry.create("churn", "", Map.of());
        for (int i = 0; i < 3; i++) newVersion("churn");
        versions.transition("churn", "1", "Production", false);
        versions.transition("churn", "2", "Production", false);

        versions.transition("churn", "3", "production", true);

        assertThat(versions.get("churn", "1").stage()).isEqualTo(Stage.ARCHIVED);
        assertThat(versions.get("churn", "2").stage()).isEqualTo(Stage.ARCHIVED);
        assertThat(versions.get("churn", "3").stage()).isEqualTo(Stage.PRODUCTION);
        assertThat(ledger.eventsAbout("model-version:churn/1"))
                .extracting(Event::type)
                .containsExactly("model-version.created", "model-version.stage-set", "model-version.stage-set");
    }

    @Test
    void whoever_may_not_write_a_version_does_not_archive_it_along() {
        registry.create("churn", "", Map.of());
        for (int i = 0; i < 2; i++) newVersion("churn");
        versions.transition("churn", "1", "Production", false);
        Access allButTheFirst =
                (right, workspace, entity, parents) -> right == Right.READ || !entity.equals("model-version:churn/1");
        RequestContext ann = new RequestContext("r1", new Principal("ann"), "default", allButTheFirst, "");

        assertThatThrownBy(() -> ann.call(() -> versions.transition("churn", "2", "Production", true)))
                .hasMessageContaining("no right to write model-version:churn/1");
        assertThat(versions.get("churn", "1").stage()).isEqualTo(Stage.PRODUCTION);
        assertThat(versions.get("churn", "2").stage()).isEqualTo(Stage.NONE);

        ann.call(() -> versions.transition("churn", "2", "Production", false));
        assertThat(versions.get("churn", "1").stage()).isEqualTo(Stage.PRODUCTION);
        assertThat(versions.get("churn", "2").stage()).isEqualTo(Stage.PRODUCTION);
    }

    private ModelVersion newVersion(String model) {
        return versions.create(version(model, "s3://bucket/a", Map.of()));
    }

    private static NewModelVersion version(String model, String source, Map<String, String> tags) {
        return new NewModelVersion(model, source, null, null, "", "", tags);
    }

    private static <T> List<T> together(IntFunction<Callable<T>> work) throws Exception {
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> futures = IntStream.range(0, WRITERS)
                    .mapToObj(work::apply)
                    .map(one -> executor.submit(() -> {
                        start.await();
                        return one.call();
                    }))
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) results.add(future.get(120, TimeUnit.SECONDS));
            return results;
        }
    }
}
