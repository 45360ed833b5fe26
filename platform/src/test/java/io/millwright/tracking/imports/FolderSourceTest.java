package io.millwright.tracking.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelStatus;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunStatus;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.Installation.Done;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {
    private static final String OLD = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private static final String CHURN = "11111111111111111111111111111111";
    private static final String RUNNING = "33333333333333333333333333333333";
    private static final String DELETED = "44444444444444444444444444444444";
    private static final String MODEL = "m-22222222222222222222222222222222";

    @TempDir
    Path folder;

    private Path mlruns;
    private Installation millwright;

    @BeforeEach
    void start() throws IOException {
        mlruns = Installation.copyOfMlruns(folder.resolve("mlruns"));
        millwright = new Installation(folder.resolve("home"));
    }

    @AfterEach
    void stop() {
        millwright.close();
    }

    private Done importAll() throws IOException {
        return millwright.importFrom(notes -> FolderSource.open(mlruns, List.of(), notes));
    }

    @Test
    void a_run_comes_with_all_that_was_logged_to_it() throws IOException {
        importAll();

        Run run = millwright.run(CHURN);
        assertThat(run.info().experiment()).isEqualTo(314159265358979323L);
        assertThat(run.info().name()).isEqualTo("brave-otter-7");
        assertThat(run.info().userId()).isEqualTo("grace");
        assertThat(run.info().status()).isEqualTo(RunStatus.FINISHED);
        assertThat(run.info().startTimeMillis()).isEqualTo(1700000010000L);
        assertThat(run.info().endTimeMillis()).hasValue(1700000090000L);
        assertThat(run.params()).isEqualTo(Map.of("empty", "", "model/layers", "ä\nb\n"));
        assertThat(run.tags()).isEqualTo(Map.of("mlflow.runName", "brave-otter-7", "mlflow.source.name", "train.py"));
        assertThat(run.datasets())
                .containsExactly(new DatasetInput(
                        "sales",
                        "3a7f0c12",
                        "s3",
                        "{\"uri\": \"s3://lake/sales.parquet\"}",
                        null,
                        "{\"num_rows\": 2}",
                        Map.of("mlflow.data.context", "training")));
        assertThat(run.modelInputs()).containsExactly(MODEL);
        assertThat(run.modelOutputs()).containsExactly(new Run.ModelOutput(MODEL, 3));
        assertThat(millwright.artifact(run.info().artifactUri(), "notes/read me.txt"))
                .isEqualTo("remember this\n");
        assertThat(millwright.events("run:" + CHURN)).containsExactly("run.imported");
    }

    @Test
    void the_whole_history_comes_and_the_latest_point_is_the_one_of_the_greatest_step() throws IOException {
        importAll();

        assertThat(millwright.history(CHURN, "loss"))
                .containsExactly(
                        new MetricPoint("loss", Double.NEGATIVE_INFINITY, 1700000015000L, -1),
                        new MetricPoint("loss", 0.9, 1700000020000L, 0),
                        new MetricPoint("loss", Double.POSITIVE_INFINITY, 1700000030000L, 1),
                        new MetricPoint("loss", Double.NaN, 1700000040000L, 2));
        assertThat(millwright.run(CHURN).metrics())
                .containsExactlyInAnyOrder(
                        new MetricPoint("loss", Double.NaN, 1700000040000L, 2),
                        new MetricPoint("val/auc", 0.8125, 1700000050000L, 3));
    }

    @Test
    void an_experiment_keeps_its_id_of_18_digits_and_its_dates() throws IOException {
        importAll();

        var churn = millwright.experiment("churn");
        assertThat(churn.id()).isEqualTo(314159265358979323L);
        assertThat(churn.artifactLocation()).isEqualTo("mlflow-artifacts:/314159265358979323");
        assertThat(churn.createdAt().toEpochMilli()).isEqualTo(1700000000000L);
        assertThat(churn.tags()).isEqualTo(Map.of("team/name", "growth"));
        assertThat(millwright.events("experiment:" + churn.id())).containsExactly("experiment.imported");
    }

    @Test
    void what_lies_in_the_trash_comes_deleted_and_its_remote_artifacts_stay_where_they_are() throws IOException {
        Done done = importAll();

        var gone = millwright.experiment("given up");
        assertThat(gone.deleted()).isTrue();
        assertThat(gone.artifactLocation()).isEqualTo("s3://bucket/mlflow/271828182845904523");
        Run run = millwright.run(DELETED);
        assertThat(run.info().deleted()).isTrue();
        assertThat(run.info().status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.info().artifactUri())
                .isEqualTo("s3://bucket/mlflow/271828182845904523/" + DELETED + "/artifacts");
        assertThat(done.changed()).contains("runs and logged models whose artifacts stay where they are");
    }

    @Test
    void a_logged_model_comes_with_params_metrics_and_files() throws IOException {
        importAll();

        LoggedModel model = millwright.tracking.loggedModels().get(MODEL, false);
        assertThat(model.name()).isEqualTo("clf");
        assertThat(model.status()).isEqualTo(LoggedModelStatus.LOGGED_MODEL_READY);
        assertThat(model.sourceRun()).isEqualTo(CHURN);
        assertThat(model.params()).isEqualTo(Map.of("C", "0.5"));
        assertThat(model.metrics()).singleElement().satisfies(metric -> {
            assertThat(metric.point()).isEqualTo(new MetricPoint("auc", 0.8125, 1700000050000L, 3));
            assertThat(metric.runId()).isEqualTo(CHURN);
            assertThat(metric.target().datasetName()).isEqualTo("sales of May");
            assertThat(metric.target().datasetDigest()).isEqualTo("3a7f0c12");
        });
        assertThat(model.artifactUri())
                .isEqualTo("mlflow-artifacts:/314159265358979323/models/" + MODEL + "/artifacts");
        assertThat(millwright.artifact(model.artifactUri(), "MLmodel")).isEqualTo("flavors: {}\n");
        assertThat(millwright.events(model.urn())).containsExactly("logged-model.imported");
    }

    @Test
    void fields_that_mlflow_gave_up_become_the_tags_that_took_their_place() throws IOException {
        Done done = importAll();

        Run run = millwright.run(OLD);
        assertThat(run.info().experiment()).isZero();
        assertThat(run.info().name()).isEqualTo("old times");
        assertThat(run.tags())
                .containsEntry("mlflow.source.name", "https://git.example.org/churn.git")
                .containsEntry("mlflow.source.type", "PROJECT")
                .containsEntry("mlflow.source.git.commit", "5f4dcc3b5aa765d61d8327deb882cf99aa0b1c2d")
                .containsEntry("mlflow.project.entryPoint", "main");
        assertThat(millwright.history(OLD, "loss"))
                .containsExactly(
                        new MetricPoint("loss", 0.75, 1555000001000L, 0),
                        new MetricPoint("loss", 0.5, 1555000002000L, 0));
        assertThat(done.changed()).contains("run field source_name is now the tag mlflow.source.name");
    }

    @Test
    void a_second_import_writes_nothing() throws IOException {
        Done first = importAll();
        Done second = importAll();

        assertThat(first.count(Of.RUNS_NEW)).isEqualTo(4);
        assertThat(first.count(Of.ARTIFACT_FILES)).isEqualTo(2);
        assertThat(first.count(Of.ARTIFACT_BYTES)).isEqualTo(26);
        assertThat(second.count(Of.RUNS_NEW) + second.count(Of.RUNS_UPDATED)).isZero();
        assertThat(second.count(Of.RUNS_UNCHANGED)).isEqualTo(4);
        assertThat(second.count(Of.LOGGED_MODELS_UNCHANGED)).isEqualTo(1);
        assertThat(second.count(Of.EXPERIMENTS_KNOWN)).isEqualTo(3);
        assertThat(second.count(Of.ARTIFACT_FILES)).isZero();
        assertThat(millwright.events("run:" + CHURN)).hasSize(1);
    }

    @Test
    void a_run_that_went_on_at_the_source_is_brought_up_to_date() throws IOException {
        importAll();
        Path run = mlruns.resolve("314159265358979323").resolve(RUNNING);
        Files.writeString(run.resolve("metrics/loss"), "1700000101000 1.5 0\n1700000102000 1.25 1\n");
        Files.createDirectories(run.resolve("tags"));
        Files.writeString(run.resolve("tags/stage"), "late");

        Done second = importAll();

        assertThat(second.count(Of.RUNS_UPDATED)).isEqualTo(1);
        assertThat(second.count(Of.RUNS_UNCHANGED)).isEqualTo(3);
        assertThat(millwright.history(RUNNING, "loss")).hasSize(2);
        assertThat(millwright.run(RUNNING).tags()).containsEntry("stage", "late");
    }

    @Test
    void artifacts_that_were_left_out_come_with_a_later_import() throws IOException {
        Done without = millwright.importFrom(
                notes -> FolderSource.open(mlruns, List.of(), notes), new MlflowImport.Options(false, false));
        assertThat(without.count(Of.ARTIFACT_FILES)).isZero();

        Done with = importAll();

        assertThat(with.count(Of.ARTIFACT_FILES)).isEqualTo(2);
        Run run = millwright.run(CHURN);
        assertThat(millwright.artifact(run.info().artifactUri(), "notes/read me.txt"))
                .isEqualTo("remember this\n");
    }

    @Test
    void an_experiment_whose_id_is_taken_keeps_its_name_and_takes_a_new_id() throws IOException {
        Files.move(mlruns.resolve("314159265358979323"), mlruns.resolve("1"));
        long taken = millwright.tracking.experiments().create("somebody else's", "", Map.of());
        assertThat(taken).isEqualTo(1);

        Done done = importAll();

        var churn = millwright.experiment("churn");
        assertThat(churn.id()).isNotEqualTo(1);
        assertThat(millwright.run(CHURN).info().experiment()).isEqualTo(churn.id());
        assertThat(millwright.run(CHURN).info().artifactUri()).startsWith("mlflow-artifacts:/" + churn.id() + "/");
        assertThat(done.changed()).contains("experiments with a new id, because another experiment has theirs");
        assertThat(importAll().count(Of.RUNS_UNCHANGED)).isEqualTo(4);
    }

    @Test
    void an_experiment_joins_the_one_of_the_same_name() throws IOException {
        long ours = millwright.tracking.experiments().create("churn", "", Map.of("team/name", "sales"));

        Done done = importAll();

        assertThat(millwright.run(CHURN).info().experiment()).isEqualTo(ours);
        assertThat(millwright.experiment("churn").tags()).isEqualTo(Map.of("team/name", "sales"));
        assertThat(done.count(Of.EXPERIMENTS_MERGED)).isEqualTo(2); // This one and Default.
        assertThat(done.changed()).contains("experiments that joined the one of the same name");
    }

    @Test
    void a_link_out_of_the_artifacts_is_left_out_and_one_within_them_is_followed() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
        Path artifacts = mlruns.resolve("314159265358979323").resolve(CHURN).resolve("artifacts");
        Files.createSymbolicLink(artifacts.resolve("stolen.txt"), secret);
        Files.createSymbolicLink(artifacts.resolve("etc"), Path.of("/etc"));
        Files.createSymbolicLink(artifacts.resolve("latest.txt"), Path.of("notes/read me.txt"));
        Files.createSymbolicLink(
                mlruns.resolve("314159265358979323").resolve(CHURN).resolve("params/stolen"), secret);

        Done done = importAll();

        assertThat(done.notes()
                        .of(ImportNotes.Dealing.LEFT_OUT)
                        .get("artifact that is no file, or a link out of its folder"))
                .satisfies(note -> assertThat(note.count()).isEqualTo(2));
        Run run = millwright.run(CHURN);
        String path = "314159265358979323/" + CHURN + "/artifacts";
        assertThat(millwright.artifacts.list(path))
                .extracting(info -> info.name())
                .containsExactly("latest.txt", "notes");
        assertThat(millwright.artifact(run.info().artifactUri(), "latest.txt")).isEqualTo("remember this\n");
        assertThat(run.params()).doesNotContainKey("stolen");
    }

    @Test
    void an_artifact_uri_that_leads_to_a_folder_which_is_not_the_runs_own_is_not_read() throws IOException {
        Path run = mlruns.resolve("314159265358979323").resolve(RUNNING);
        Files.writeString(
                run.resolve("meta.yaml"),
                Files.readString(run.resolve("meta.yaml")).replaceAll("artifact_uri: .*", "artifact_uri: file:///etc"));

        Done done = importAll();

        assertThat(done.notes().of(ImportNotes.Dealing.FAILED).get("artifacts that could not be read"))
                .satisfies(note -> assertThat(note.examples().getFirst())
                        .contains("/etc is not read: expected a folder that ends in " + RUNNING + "/artifacts"));
        assertThat(millwright.artifacts.list("314159265358979323/" + RUNNING + "/artifacts"))
                .isEmpty();
    }

    @Test
    void a_run_that_cannot_be_read_is_reported_and_keeps_no_other_from_coming() throws IOException {
        Path broken = mlruns.resolve("314159265358979323/55555555555555555555555555555555");
        Files.createDirectories(broken);
        Files.writeString(broken.resolve("meta.yaml"), "run_id: !!javax.script.ScriptEngineManager []\n");

        Done done = importAll();

        assertThat(done.count(Of.RUNS_NEW)).isEqualTo(4);
        assertThat(done.failed()).contains("run that cannot be read");
    }

    @Test
    void a_line_of_a_metric_that_cannot_be_read_is_left_out_and_reported() throws IOException {
        Path metric = mlruns.resolve("314159265358979323").resolve(CHURN).resolve("metrics/loss");
        Files.writeString(metric, "nonsense\n1700000040000 0.25 7\n");

        Done done = importAll();

        assertThat(done.leftOut()).contains("line of a metric that cannot be read");
        assertThat(millwright.history(CHURN, "loss")).containsExactly(new MetricPoint("loss", 0.25, 1700000040000L, 7));
    }

    @Test
    void a_folder_without_experiments_is_refused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));

        assertThatThrownBy(() -> FolderSource.open(empty, List.of(), new ImportNotes()))
                .hasMessageContaining("holds no MLflow experiment");
    }
}
