package io.millwright.tracking.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.Installation.Done;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteSourceTest {
    private static final String RUN = "11111111111111111111111111111111";
    private static final String MODEL = "m-22222222222222222222222222222222";

    /// As MLflow 1.0 made it: no steps, no flags for NaN, no latest metrics, no experiment tags.
    private static final String FIRST_SCHEMA = """
            create table experiments (experiment_id integer primary key, name varchar(256) unique not null,
                artifact_location varchar(256), lifecycle_stage varchar(32));
            create table runs (run_uuid varchar(32) primary key, name varchar(250), source_type varchar(20),
                source_name varchar(500), entry_point_name varchar(50), user_id varchar(256), status varchar(20),
                start_time bigint, end_time bigint, source_version varchar(50), lifecycle_stage varchar(20),
                artifact_uri varchar(200), experiment_id integer);
            create table params (key varchar(250), value varchar(250), run_uuid varchar(32), primary key (key, run_uuid));
            create table tags (key varchar(250), value varchar(250), run_uuid varchar(32), primary key (key, run_uuid));
            create table metrics (key varchar(250), value float, timestamp bigint, run_uuid varchar(32),
                primary key (key, timestamp, run_uuid, value));
            insert into experiments values (0, 'Default', 'ARTIFACTS/0', 'active');
            insert into experiments values (7, 'churn', 'ARTIFACTS/7', 'active');
            insert into runs values ('11111111111111111111111111111111', '', 'LOCAL', 'train.py', 'main', 'ada', 'FINISHED',
                1555000000000, 1555000060000, '5f4dcc3b', 'active',
                'ARTIFACTS/7/11111111111111111111111111111111/artifacts', 7);
            insert into params values ('C', '0.5', '11111111111111111111111111111111');
            insert into tags values ('mlflow.runName', 'first', '11111111111111111111111111111111');
            insert into metrics values ('loss', 0.75, 1555000001000, '11111111111111111111111111111111');
            insert into metrics values ('loss', 0.5, 1555000002000, '11111111111111111111111111111111');
            """;

    /// What version 3 added, as far as it is imported or counted.
    private static final String LATER_SCHEMA = """
            alter table experiments add column creation_time bigint;
            alter table experiments add column last_update_time bigint;
            alter table experiments add column workspace varchar(63) default 'default' not null;
            alter table metrics add column step bigint default 0 not null;
            alter table metrics add column is_nan boolean default 0 not null;
            create table experiment_tags (key varchar(250), value text, experiment_id integer);
            create table latest_metrics (key varchar(250), value float, timestamp bigint, step bigint, is_nan boolean,
                run_uuid varchar(32));
            create table datasets (dataset_uuid varchar(36), experiment_id integer, name varchar(500), digest varchar(36),
                dataset_source_type varchar(36), dataset_source text, dataset_schema text, dataset_profile text);
            create table inputs (input_uuid varchar(36), source_type varchar(36), source_id varchar(36),
                destination_type varchar(36), destination_id varchar(36), step bigint default 0 not null);
            create table input_tags (input_uuid varchar(36), name varchar(255), value varchar(500));
            create table logged_models (model_id varchar(36), experiment_id integer, name varchar(500),
                artifact_location varchar(1000), creation_timestamp_ms bigint, last_updated_timestamp_ms bigint,
                status integer, lifecycle_stage varchar(32), model_type varchar(500), source_run_id varchar(32),
                status_message varchar(1000));
            create table logged_model_tags (model_id varchar(36), tag_key varchar(255), tag_value text);
            create table logged_model_params (model_id varchar(36), param_key varchar(255), param_value text);
            create table logged_model_metrics (model_id varchar(36), metric_name varchar(500), metric_timestamp_ms bigint,
                metric_step bigint, metric_value float, run_id varchar(32), dataset_name varchar(500),
                dataset_digest varchar(36));
            create table registered_models (name varchar(256));
            create table trace_info (request_id varchar(50));
            create table spans (trace_id varchar(50));
            insert into experiments values (8, 'other team', 'ARTIFACTS/8', 'active', 1, 1, 'team-a');
            update experiments set creation_time = 1700000000000, last_update_time = 1700000001000 where experiment_id = 7;
            insert into experiment_tags values ('team', 'growth', 7);
            insert into metrics values ('loss', 0, 1555000003000, '11111111111111111111111111111111', 2, 1);
            insert into metrics values ('loss', -1.7976931348623157e308, 1555000003000,
                '11111111111111111111111111111111', 1, 0);
            insert into latest_metrics values ('loss', 0, 1555000003000, 2, 1, '11111111111111111111111111111111');
            insert into datasets values ('d1', 7, 'sales', '3a7f', 's3', '{}', null, '{"num_rows": 2}');
            insert into inputs values ('i1', 'DATASET', 'd1', 'RUN', '11111111111111111111111111111111', 0);
            insert into input_tags values ('i1', 'mlflow.data.context', 'training');
            insert into inputs values ('i2', 'RUN_OUTPUT', '11111111111111111111111111111111', 'MODEL_OUTPUT',
                'm-22222222222222222222222222222222', 5);
            insert into inputs values ('i3', 'TRACE', 't', 'RUN', '11111111111111111111111111111111', 0);
            insert into logged_models values ('m-22222222222222222222222222222222', 7, 'clf',
                'ARTIFACTS/7/models/m-22222222222222222222222222222222/artifacts', 1700000000000, 1700000000001, 2,
                'deleted', null, '11111111111111111111111111111111', null);
            insert into logged_model_tags values ('m-22222222222222222222222222222222', 'k', 'v');
            insert into logged_model_params values ('m-22222222222222222222222222222222', 'C', '0.5');
            insert into logged_model_metrics values ('m-22222222222222222222222222222222', 'auc', 1, 2, 0.75,
                '11111111111111111111111111111111', 'sales', '3a7f');
            insert into registered_models values ('churn'), ('segments');
            insert into trace_info values ('t');
            insert into spans values ('t');
            """;

    @TempDir
    Path folder;

    private Path file;
    private Installation millwright;

    @BeforeEach
    void start() throws IOException {
        file = folder.resolve("mlflow.db");
        millwright = new Installation(folder.resolve("home"));
    }

    @AfterEach
    void stop() {
        millwright.close();
    }

    private void database(String artifacts, String... scripts) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            for (String script : scripts) {
                for (String sql : script.replace("ARTIFACTS", artifacts).split(";\n")) statement.execute(sql);
            }
        }
    }

    private Done importAll(Path... artifactRoots) throws IOException {
        return millwright.importFrom(notes -> SqliteSource.open(file, List.of(artifactRoots), notes));
    }

    private void artifact(Path root, String text) throws IOException {
        Path target = root.resolve("7/" + RUN + "/artifacts/notes.txt");
        Files.createDirectories(target.getParent());
        Files.writeString(target, text);
    }

    @Test
    void a_database_of_the_first_version_is_read() throws Exception {
        database("mlruns", FIRST_SCHEMA);
        artifact(folder.resolve("mlruns"), "remember this");

        importAll();

        Run run = millwright.run(RUN);
        assertThat(run.info().experiment()).isEqualTo(7);
        assertThat(run.info().name()).isEqualTo("first");
        assertThat(run.params()).isEqualTo(Map.of("C", "0.5"));
        assertThat(run.tags())
                .isEqualTo(Map.of(
                        "mlflow.runName",
                        "first",
                        "mlflow.source.type",
                        "LOCAL",
                        "mlflow.source.name",
                        "train.py",
                        "mlflow.source.git.commit",
                        "5f4dcc3b",
                        "mlflow.project.entryPoint",
                        "main"));
        assertThat(millwright.history(RUN, "loss"))
                .containsExactly(
                        new MetricPoint("loss", 0.75, 1555000001000L, 0),
                        new MetricPoint("loss", 0.5, 1555000002000L, 0));
        assertThat(run.metrics()).containsExactly(new MetricPoint("loss", 0.5, 1555000002000L, 0));
        assertThat(millwright.artifact(run.info().artifactUri(), "notes.txt")).isEqualTo("remember this");
    }

    @Test
    void a_database_of_version_3_is_read_with_datasets_and_logged_models() throws Exception {
        database("mlflow-artifacts:", FIRST_SCHEMA, LATER_SCHEMA);
        artifact(folder.resolve("elsewhere"), "remember this");

        Done done = importAll(folder.resolve("elsewhere"));

        Run run = millwright.run(RUN);
        assertThat(millwright.experiment("churn").tags()).isEqualTo(Map.of("team", "growth"));
        assertThat(millwright.experiment("churn").createdAt().toEpochMilli()).isEqualTo(1700000000000L);
        assertThat(run.datasets())
                .containsExactly(new DatasetInput(
                        "sales",
                        "3a7f",
                        "s3",
                        "{}",
                        null,
                        "{\"num_rows\": 2}",
                        Map.of("mlflow.data.context", "training")));
        assertThat(run.modelOutputs()).containsExactly(new Run.ModelOutput(MODEL, 5));
        assertThat(millwright.history(RUN, "loss"))
                .contains(
                        new MetricPoint("loss", Double.NaN, 1555000003000L, 2),
                        new MetricPoint("loss", Double.NEGATIVE_INFINITY, 1555000003000L, 1));
        assertThat(run.metrics()).containsExactly(new MetricPoint("loss", Double.NaN, 1555000003000L, 2));
        LoggedModel model = millwright.tracking.loggedModels().get(MODEL, true);
        assertThat(model.deleted()).isTrue();
        assertThat(model.params()).isEqualTo(Map.of("C", "0.5"));
        assertThat(model.metrics()).hasSize(1);
        assertThat(millwright.artifact(run.info().artifactUri(), "notes.txt")).isEqualTo("remember this");
        assertThat(done.count(Of.RUNS_NEW)).isEqualTo(1);
    }

    @Test
    void what_has_no_place_here_is_counted() throws Exception {
        database("mlruns", FIRST_SCHEMA, LATER_SCHEMA);

        Done done = importAll();

        assertThat(done.notes().of(ImportNotes.Dealing.LEFT_OUT))
                .containsOnlyKeys("traces", "links TRACE to RUN", "experiments of workspaces other than 'default'");
    }

    @Test
    void a_second_import_writes_nothing() throws Exception {
        database("mlruns", FIRST_SCHEMA, LATER_SCHEMA);
        artifact(folder.resolve("mlruns"), "remember this");
        importAll();

        Done second = importAll();

        assertThat(second.count(Of.RUNS_UNCHANGED)).isEqualTo(1);
        assertThat(second.count(Of.LOGGED_MODELS_UNCHANGED)).isEqualTo(1);
        assertThat(second.count(Of.RUNS_NEW) + second.count(Of.RUNS_UPDATED) + second.count(Of.ARTIFACT_FILES))
                .isZero();
    }

    @Test
    void artifacts_behind_a_proxy_ask_for_the_folder_and_come_once_it_is_named() throws Exception {
        database("mlflow-artifacts:", FIRST_SCHEMA);
        artifact(folder.resolve("elsewhere"), "remember this");

        Done first = importAll();
        Done second = importAll(folder.resolve("elsewhere"));

        assertThat(first.notes()
                        .of(ImportNotes.Dealing.FAILED)
                        .get("artifacts that could not be read")
                        .examples())
                .singleElement()
                .asString()
                .contains("--from-artifacts");
        assertThat(second.failed()).isEmpty();
        assertThat(second.count(Of.ARTIFACT_FILES)).isEqualTo(1);
        String uri = millwright.run(RUN).info().artifactUri();
        assertThat(millwright.artifact(uri, "notes.txt")).isEqualTo("remember this");
    }

    @Test
    void a_proxy_path_that_climbs_out_of_the_folder_is_not_read() throws Exception {
        database("mlflow-artifacts:/../outside", FIRST_SCHEMA);
        artifact(folder.resolve("outside"), "secret");

        Done done = importAll(Files.createDirectories(folder.resolve("root")));

        assertThat(done.failed()).containsExactly("artifacts that could not be read");
        assertThat(done.count(Of.ARTIFACT_FILES)).isZero();
    }

    @Test
    void a_folder_of_artifacts_that_was_moved_is_found_where_the_operator_says() throws Exception {
        database("/nowhere/any/more/mlruns", FIRST_SCHEMA);
        artifact(folder.resolve("moved"), "remember this");

        assertThat(importAll().failed()).containsExactly("artifacts that could not be read");
        assertThat(importAll(folder.resolve("moved")).count(Of.ARTIFACT_FILES)).isEqualTo(1);
    }

    @Test
    void the_file_is_not_written_to() throws Exception {
        database("mlruns", FIRST_SCHEMA, LATER_SCHEMA);
        byte[] before = Files.readAllBytes(file);

        importAll();

        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void a_file_that_is_no_mlflow_database_is_refused() throws Exception {
        Files.writeString(file, "experiment_id,name\n");
        assertThatThrownBy(this::importAll).hasMessageContaining("is no SQLite database");

        Files.delete(file);
        database("", "create table t (a integer)");
        assertThatThrownBy(this::importAll).hasMessageContaining("without the tables 'experiments' and 'runs'");
    }
}
