package io.millwright.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.http.Json;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.DatasetName;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Together;
import io.millwright.tracking.RunInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What lineage promises on every database.
abstract class LineageContract {
    private static final Set<Right> READER = Set.of(Right.READ);
    private static final Set<Right> WRITER = Set.of(Right.READ, Right.WRITE);

    @TempDir
    Path home;

    private TestLineage here;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        here = new TestLineage(open(home), home);
    }

    @AfterEach
    void close() {
        here.close();
    }

    @Test
    void a_column_leads_to_the_model_in_production_and_back() {
        String snapshot = here.dataset("census.people");
        RunInfo run = here.run("segments");
        here.reads(run, "people", "millwright://census.people@1");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", run);
        here.registry.registry().setAlias("churn", "champion", "1");
        here.feed();

        assertThat(here.impact("column:census.people#year"))
                .containsExactlyInAnyOrder(
                        "columns:census.people", run.urn(), "model-version:churn/1", "alias:churn@champion");
        assertThat(here.impact(snapshot)).contains(run.urn(), "alias:churn@champion");
        assertThat(here.provenance("alias:churn@champion"))
                .contains(
                        "model-version:churn/1",
                        "model:churn",
                        run.urn(),
                        snapshot,
                        "dataset:census.people",
                        "column:census.people#id",
                        "column:census.people#year");
        Reach.Item alias =
                here.lineage.impact(TestLineage.question(snapshot)).items().getLast();
        assertThat(alias.path()).containsExactly(snapshot, run.urn(), "model-version:churn/1", "alias:churn@champion");
        assertThat(alias.distance()).isEqualTo(3);
    }

    @Test
    void a_reader_that_says_its_columns_hangs_on_those_alone() {
        here.dataset("census.people");
        RunInfo some = here.run("some");
        RunInfo all = here.run("all");
        here.reads(some, "people", "dataset:census.people", "id");
        here.reads(all, "people", "dataset:census.people", "id", "made up");
        here.feed();

        assertThat(here.impact("column:census.people#id")).contains(some.urn(), all.urn());
        assertThat(here.impact("column:census.people#year")).contains(all.urn()).doesNotContain(some.urn());
    }

    @Test
    void a_commit_says_what_it_was_made_from() {
        String people = here.dataset("census.people");
        String first = here.dataset("census.rich", TestLineage.input(people, "year"));
        String second = here.append("census.rich", TestLineage.input(people));
        here.feed();

        assertThat(here.provenance(first))
                .containsExactlyInAnyOrder(
                        "dataset:census.rich", "dataset:census.people", people, "column:census.people#year");
        assertThat(here.provenance(second)).contains(first, people, "columns:census.people");
        assertThat(here.impact(people)).containsExactlyInAnyOrder(first, second);
        assertThat(here.impact("column:census.people#year")).contains(first, second);
        assertThat(here.impact("dataset:census.people")).contains(people, first, second);
    }

    @Test
    void what_names_no_table_here_is_external() {
        RunInfo run = here.run("segments");
        here.reads(run, "people", "{\"url\": \"https://census.gov/people.csv\"}");
        here.feed();

        assertThat(here.provenance(run.urn())).containsExactly("external:https/https://census.gov/people.csv");
    }

    @Test
    void an_input_without_a_version_is_the_latest_of_its_time() {
        String first = here.dataset("census.people");
        RunInfo run = here.run("early");
        here.reads(run, "people", "dataset:census.people");
        here.feed();

        assertThat(here.provenance(run.urn())).contains("dataset:census.people");
        assertThat(here.impact("dataset:census.people")).contains(first, run.urn());
    }

    @Test
    void an_alias_stands_for_one_version_at_a_time() {
        RunInfo run = here.run("segments");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", run);
        here.register("churn", run);
        Instant before = here.clock.instant();
        here.clock.move(Duration.ofHours(1));
        here.registry.registry().setAlias("churn", "champion", "1");
        here.clock.move(Duration.ofHours(1));
        here.registry.registry().setAlias("churn", "champion", "2");
        here.clock.move(Duration.ofHours(1));
        here.registry.registry().setAlias("churn", "champion", "1");
        here.clock.move(Duration.ofHours(1));
        here.registry.registry().deleteAlias("churn", "champion");
        here.feed();

        String alias = "alias:churn@champion";
        assertThat(here.provenance(alias, before)).isEmpty();
        assertThat(here.provenance(alias, before.plus(Duration.ofMinutes(90))))
                .contains("model-version:churn/1")
                .doesNotContain("model-version:churn/2");
        assertThat(here.provenance(alias, before.plus(Duration.ofMinutes(150))))
                .contains("model-version:churn/2")
                .doesNotContain("model-version:churn/1");
        assertThat(here.provenance(alias, before.plus(Duration.ofMinutes(210)))).contains("model-version:churn/1");
        assertThat(here.provenance(alias)).isEmpty();
    }

    @Test
    void events_that_are_read_again_after_a_crash_count_once() {
        here.dataset("census.people");
        RunInfo run = here.run("segments");
        here.reads(run, "people", "dataset:census.people");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", run);
        here.registry.registry().setAlias("churn", "champion", "1");
        here.registry.registry().delete("churn");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", run);
        List<Event> batch = here.next();
        here.feed(batch);
        long nodes = here.count("lineage_nodes");
        long edges = here.count("lineage_edges");
        Set<String> before = here.impact(run.urn());

        here.clock.move(Duration.ofMinutes(1));
        here.registry.registry().setAlias("churn", "challenger", "1");
        List<Event> more = new ArrayList<>(batch);
        more.addAll(here.next());
        here.feed(more);
        here.feed(more);

        assertThat(here.count("lineage_nodes")).isEqualTo(nodes + 1);
        assertThat(here.count("lineage_edges")).isEqualTo(edges + 1);
        before.add("alias:churn@challenger");
        assertThat(here.impact(run.urn())).isEqualTo(before);
    }

    @Test
    void who_takes_the_name_of_what_was_deleted_does_not_take_its_past() {
        RunInfo old = here.run("old");
        RunInfo young = here.run("young");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", old);
        Instant before = here.clock.instant();
        here.clock.move(Duration.ofMinutes(1));
        here.registry.registry().delete("churn");
        here.registry.registry().create("churn", "", Map.of());
        here.register("churn", young);
        here.feed();

        assertThat(here.provenance("model-version:churn/1"))
                .contains(young.urn())
                .doesNotContain(old.urn());
        assertThat(here.impact(old.urn())).containsExactly("model-version:churn/1");
        assertThat(here.provenance("model-version:churn/1", before)).contains(old.urn());
    }

    @Test
    void a_dataset_keeps_its_past_in_the_trash_and_under_another_name() {
        String snapshot = here.dataset("census.people");
        String id = snapshot.substring(snapshot.indexOf('@'));
        RunInfo run = here.run("segments");
        here.reads(run, "people", "dataset:census.people@1");
        here.feed();
        here.tables.drop(DatasetName.parse("census.people"));
        here.feed();
        here.clock.move(Duration.ofMinutes(1));
        here.tables.restore(DatasetName.parse("census.people"));
        here.tables.rename(DatasetName.parse("census.people"), DatasetName.parse("census.persons"));
        here.feed();

        assertThat(here.impact("dataset:census.persons"))
                .containsExactlyInAnyOrder("snapshot:census.persons" + id, run.urn());
        assertThat(here.provenance(run.urn())).doesNotContain("dataset:census.people");
        assertThat(here.count("lineage_edges")).isEqualTo(here.count("lineage_edges where ended_at = 0"));
    }

    @Test
    void cycles_end() {
        report(event("11111111-1111-1111-1111-111111111111", "a", "{}", "b", "{}"));
        report(event("22222222-2222-2222-2222-222222222222", "b", "{}", "a", "{}"));

        Set<String> around = here.impact("external:db/a");

        assertThat(around).contains("external:db/b").doesNotContain("external:db/a");
        assertThat(here.provenance("external:db/a")).contains("external:db/b");
        assertThat(here.lineage
                        .graph(TestLineage.question("external:db/a"), LineageService.Direction.BOTH)
                        .edges())
                .hasSize(6);
    }

    @Test
    void impact_and_provenance_are_mirror_images() {
        Random random = new Random(11);
        for (int graph = 0; graph < 8; graph++) {
            String workspace = "w" + graph;
            int nodes = 5 + random.nextInt(20);
            List<Fact> edges = new ArrayList<>();
            for (int i = 0; i < nodes * (1 + random.nextInt(3)); i++) {
                edges.add(Fact.edge(
                        node(random.nextInt(nodes)),
                        node(random.nextInt(nodes)),
                        EdgeKind.values()[random.nextInt(EdgeKind.values().length)],
                        here.clock.instant()));
            }
            write(workspace, edges);
            int depth = 1 + random.nextInt(6);
            new RequestContext("r", TestLineage.ANN.principal(), workspace).call(() -> {
                Set<String> down = new TreeSet<>();
                Set<String> up = new TreeSet<>();
                for (int a = 0; a < nodes; a++) {
                    var question = new LineageService.Question(node(a).urn(), depth, Optional.empty(), 1000);
                    if (here.db
                            .read(sql -> new LineageStore().find(sql, workspace, question.node(), null))
                            .isEmpty()) continue;
                    for (String b : TestLineage.urns(here.lineage.impact(question)))
                        down.add(question.node() + " " + b);
                    for (String b : TestLineage.urns(here.lineage.provenance(question)))
                        up.add(b + " " + question.node());
                }
                assertThat(down).isEqualTo(up).isNotEmpty();
                return 0;
            });
        }
    }

    private static Node node(int number) {
        return Node.of(NodeKind.EXTERNAL, "g/" + number);
    }

    private void write(String workspace, List<Fact> facts) {
        Report report = new Report(workspace, "r", "ann", "test", here.clock.instant(), facts);
        here.db.tx(sql -> new LineageWriter(new LineageStore()).write(sql, report));
    }

    @Test
    void whoever_may_read_only_parts_is_told_the_same_parts_of_a_large_graph() {
        List<Fact> fan = new ArrayList<>();
        Node root = Node.of(NodeKind.DATASET, "open.root");
        for (int i = 0; i < 500; i++) {
            Node middle = Node.of(NodeKind.DATASET, (i % 2 == 0 ? "open.m" : "secret.m") + i);
            fan.add(Fact.edge(root, middle, EdgeKind.INPUT, here.clock.instant()));
            fan.add(Fact.edge(middle, Node.of(NodeKind.DATASET, "open.e" + i), EdgeKind.INPUT, here.clock.instant()));
        }
        write("default", fan);
        RequestContext bob = TestLineage.somebody(READER, urn -> !urn.startsWith("namespace:secret"));

        Reach all = bob.call(() -> here.lineage.impact(TestLineage.question(root.urn())));
        Reach some = bob.call(
                () -> here.lineage.impact(new LineageService.Question(root.urn(), 100, Optional.empty(), 300)));

        assertThat(all.items()).hasSize(750);
        assertThat(all.hidden()).isEqualTo(250);
        assertThat(all.items()).extracting(Reach.Item::urn).noneMatch(urn -> urn.contains("secret"));
        assertThat(all.items().getLast().path()).containsExactly(root.urn(), "hidden", "dataset:open.e499");
        assertThat(some.items()).isEqualTo(all.items().subList(0, 300));
        assertThat(some.hidden()).isEqualTo(250);
        assertThat(some.truncated()).isTrue();
    }

    @Test
    void a_walk_ends_at_its_depth_and_says_when_not_all_is_listed() {
        List<Fact> chain = new ArrayList<>();
        for (int i = 0; i < 10; i++) chain.add(Fact.edge(node(i), node(i + 1), EdgeKind.INPUT, here.clock.instant()));
        write("default", chain);

        Reach three = here.lineage.impact(new LineageService.Question(node(0).urn(), 3, Optional.empty(), 100));
        Reach listed = here.lineage.impact(new LineageService.Question(node(0).urn(), 100, Optional.empty(), 4));

        assertThat(three.items()).hasSize(3);
        assertThat(three.truncated()).isFalse();
        assertThat(listed.items()).hasSize(4);
        assertThat(listed.counts()).containsExactly(Map.entry(NodeKind.EXTERNAL, 10));
        assertThat(listed.truncated()).isTrue();
    }

    @Test
    void what_one_may_not_read_is_counted_and_never_named() {
        String people = here.dataset("census.people");
        here.dataset("secret.mix", TestLineage.input(people));
        String mix = "snapshot:secret.mix@"
                + here.tables
                        .table(DatasetName.parse("secret.mix"))
                        .currentSnapshot()
                        .snapshotId();
        String open = here.dataset("census.open", TestLineage.input(mix));
        here.feed();
        RequestContext bob = TestLineage.somebody(READER, urn -> !urn.startsWith("namespace:secret"));

        Reach reach = bob.call(() -> here.lineage.impact(TestLineage.question(people)));

        assertThat(TestLineage.urns(reach)).containsExactly(open);
        assertThat(reach.hidden()).isEqualTo(1);
        assertThat(reach.items().getFirst().path()).containsExactly(people, "hidden", open);
        Graph graph = bob.call(() -> here.lineage.graph(TestLineage.question(people), LineageService.Direction.BOTH));
        assertThat(graph.toString()).doesNotContain("secret");
        assertRefused(ErrorCode.PERMISSION_DENIED, bob, () -> here.lineage.impact(TestLineage.question(mix)));
        assertRefused(
                ErrorCode.PERMISSION_DENIED, bob, () -> here.lineage.impact(TestLineage.question("dataset:secret.x")));
    }

    @Test
    void runs_take_the_rights_of_their_experiment() {
        String people = here.dataset("census.people");
        RunInfo run = here.run("segments");
        here.reads(run, "people", "dataset:census.people@1");
        here.feed();
        RequestContext bob = TestLineage.somebody(READER, urn -> !urn.equals("experiment:" + run.experiment()));

        assertThat(bob.call(() -> here.lineage.impact(TestLineage.question(people)))
                        .hidden())
                .isEqualTo(1);
        assertRefused(ErrorCode.PERMISSION_DENIED, bob, () -> here.lineage.impact(TestLineage.question(run.urn())));
    }

    @Test
    void what_stands_not_in_the_graph_is_not_found() {
        for (String wrong : List.of("x", "table:census.people", "dataset:", ":", "")) {
            assertRefused(
                    ErrorCode.INVALID_ARGUMENT,
                    TestLineage.ANN,
                    () -> here.lineage.impact(TestLineage.question(wrong)));
        }
        assertRefused(
                ErrorCode.NOT_FOUND, TestLineage.ANN, () -> here.lineage.impact(TestLineage.question("run:none")));
    }

    @Test
    void an_openlineage_event_leads_from_columns_to_columns() {
        here.dataset("census.people");
        report(event(
                "11111111-1111-1111-1111-111111111111",
                "people.csv",
                "{\"schema\": {\"fields\": [{\"name\": \"y\"}, {\"name\": \"unused\"}]}}",
                "census.people",
                """
                {"columnLineage": {"fields": {"year": {"inputFields": [{"namespace": "db", "name": "people.csv",
                 "field": "y", "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}]}]}}}}"""));

        assertThat(here.impact("external-column:db/people.csv#y"))
                .contains(
                        "column:census.people#year",
                        "columns:census.people",
                        "job-run:11111111-1111-1111-1111-111111111111",
                        "dataset:census.people");
        assertThat(here.provenance("column:census.people#year")).containsExactly("external-column:db/people.csv#y");
        assertThat(here.provenance("dataset:census.people")).contains("external:db/people.csv", "job:airflow/load");
        assertRefused(
                ErrorCode.NOT_FOUND,
                TestLineage.ANN,
                () -> here.lineage.impact(TestLineage.question("external-column:db/people.csv#unused")));
    }

    @Test
    void the_same_event_again_changes_nothing() {
        String event = event("11111111-1111-1111-1111-111111111111", "a", "{}", "census.people", "{}");
        report(event);
        long nodes = here.count("lineage_nodes");
        long edges = here.count("lineage_edges");

        here.clock.move(Duration.ofMinutes(1));
        report(event);
        report(event.replace("COMPLETE", "START"));

        assertThat(here.count("lineage_nodes")).isEqualTo(nodes);
        assertThat(here.count("lineage_edges")).isEqualTo(edges);
        assertThat(here.ledger.eventsAbout("job:airflow/load")).hasSize(1);
    }

    @Test
    void who_says_the_same_at_once_says_it_once() throws Exception {
        Together.run(8, writer -> () -> {
            for (int i = 0; i < 5; i++) {
                String run = "%08d-1111-1111-1111-111111111111".formatted(i);
                report(event(run, "in", "{}", "out" + i, "{}"));
            }
            return writer;
        });

        assertThat(here.count("lineage_edges")).isEqualTo(3 * 5);
        assertThat(here.count("lineage_nodes")).isEqualTo(1 + 1 + 5 + 5);
        assertThat(here.impact("external:db/in")).hasSize(10);
    }

    @Test
    void an_event_of_a_failed_run_says_only_what_it_read() {
        report(event("11111111-1111-1111-1111-111111111111", "a", "{}", "b", "{}")
                .replace("COMPLETE", "FAIL"));

        assertThat(here.impact("external:db/a")).containsExactly("job-run:11111111-1111-1111-1111-111111111111");
    }

    @Test
    void an_event_needs_the_right_to_write_on_its_job() {
        String event = event("11111111-1111-1111-1111-111111111111", "a", "{}", "b", "{}");
        RequestContext reader = TestLineage.somebody(READER, urn -> true);
        RequestContext writer = TestLineage.somebody(WRITER, urn -> urn.equals("job:airflow/load"));

        assertRefused(ErrorCode.PERMISSION_DENIED, reader, () -> take(event));
        assertThat(here.count("lineage_edges")).isZero();
        writer.call(() -> take(event));
        assertThat(here.count("lineage_edges")).isEqualTo(3);
    }

    @Test
    void names_no_database_takes_are_made_such_that_it_does() {
        RunInfo run = here.run("odd");
        here.reads(run, "people", "{\"url\": \"s3://b/\\u0000\\ud800x\"}");
        here.reads(run, "long", "{\"url\": \"s3://b/" + "x".repeat(5000) + "\"}");
        here.feed();

        assertThat(here.provenance(run.urn()))
                .containsExactlyInAnyOrder("external:s3/s3://b/\ufffd?x", "external:mlflow/long@abc");
    }

    private void report(String event) {
        TestLineage.ANN.call(() -> take(event));
    }

    private int take(String event) {
        here.openLineage.accept(List.of(OpenLineageReader.read(Json.MAPPER.readTree(event), "")));
        return 0;
    }

    private static String event(String run, String input, String inputFacets, String output, String outputFacets) {
        String namespace = output.equals("census.people") ? "millwright" : "db";
        return """
                {"eventType": "COMPLETE", "eventTime": "2025-12-31T23:00:00Z", "producer": "https://example.org",
                 "run": {"runId": "%s"}, "job": {"namespace": "airflow", "name": "load"},
                 "inputs": [{"namespace": "db", "name": "%s", "facets": %s}],
                 "outputs": [{"namespace": "%s", "name": "%s", "facets": %s}]}""".formatted(run, input, inputFacets, namespace, output, outputFacets);
    }

    private static void assertRefused(ErrorCode code, RequestContext who, Runnable what) {
        assertThatThrownBy(() -> who.call(() -> {
                    what.run();
                    return 0;
                }))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }
}
