package io.millwright.tracking.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.tracking.Experiment;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import io.millwright.tracking.RunStatus;
import io.millwright.tracking.TrackingImport;
import io.millwright.tracking.TrackingImport.IncomingRun;
import io.millwright.tracking.TrackingImport.Placed;
import io.millwright.tracking.TrackingImport.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrackingImportTest {
    private static final String SOURCE = "http://mlflow.example.org";
    private static final String ID = "11111111111111111111111111111111";
    private static final int POINTS = 50_000;

    @TempDir
    Path folder;

    private Installation millwright;

    @BeforeEach
    void start() {
        millwright = new Installation(folder);
    }

    @AfterEach
    void stop() {
        millwright.close();
    }

    private static Experiment experiment(long id, String name) {
        return new Experiment(id, "", name, "", false, Instant.EPOCH, Instant.EPOCH, Map.of());
    }

    private static IncomingRun run(long experiment, String name, Map<String, String> params) {
        RunInfo info = new RunInfo(
                0,
                ID,
                experiment,
                name,
                "ada",
                RunStatus.FINISHED,
                1,
                OptionalLong.of(2),
                false,
                "mlflow-artifacts:/" + experiment + "/" + ID + "/artifacts");
        Map<String, String> tags = Map.of("mlflow.runName", name);
        return new IncomingRun(
                SOURCE, new Run(info, List.of(), params, tags, List.of(), List.of(), List.of()), "fingerprint", true);
    }

    @Test
    void a_long_run_that_breaks_off_is_marked_unfinished_and_whole_after_the_next_try() throws IOException {
        Placed place = millwright.imports.placeExperiment(SOURCE, experiment(5, "churn"));
        IncomingRun run = run(place.id(), "long", Map.of());

        assertThatThrownBy(() -> millwright.imports.writeRun(run, sink -> {
                    for (int i = 0; i < POINTS - 1; i++) sink.accept(new MetricPoint("loss", i, i, i));
                    throw new IOException("the source is gone");
                }))
                .hasMessage("the source is gone");
        assertThat(millwright.run(ID).tags()).containsEntry(TrackingImport.UNFINISHED_TAG, SOURCE);
        assertThat(millwright.imports.earlierRun(SOURCE, ID).orElseThrow().finished())
                .isFalse();
        assertThat(millwright.events("run:" + ID)).isEmpty();

        millwright.imports.writeRun(run, sink -> {
            for (int i = 0; i < POINTS; i++) sink.accept(new MetricPoint("loss", i, i, i));
        });

        assertThat(millwright.run(ID).tags()).isEqualTo(Map.of("mlflow.runName", "long"));
        assertThat(millwright.history(ID, "loss")).hasSize(POINTS);
        assertThat(millwright.run(ID).metrics()).extracting(MetricPoint::step).containsExactly(POINTS - 1L);
        assertThat(millwright.imports.earlierRun(SOURCE, ID).orElseThrow().finished())
                .isTrue();
        assertThat(millwright.events("run:" + ID)).containsExactly("run.imported");
    }

    @Test
    void a_short_run_that_breaks_off_leaves_nothing() {
        Placed place = millwright.imports.placeExperiment(SOURCE, experiment(5, "churn"));

        assertThatThrownBy(() -> millwright.imports.writeRun(run(place.id(), "short", Map.of()), sink -> {
                    sink.accept(new MetricPoint("loss", 1, 1, 1));
                    throw new IOException("the source is gone");
                }))
                .hasMessage("the source is gone");

        assertThat(millwright.imports.earlierRun(SOURCE, ID)).isEmpty();
        assertThatThrownBy(() -> millwright.run(ID)).hasMessageContaining("not found");
    }

    @Test
    void the_same_run_from_two_sources_is_one_run() throws IOException {
        Placed place = millwright.imports.placeExperiment(SOURCE, experiment(5, "churn"));
        Placed same = millwright.imports.placeExperiment("sqlite:/mlflow.db", experiment(5, "churn"));
        assertThat(same.how()).isEqualTo(Placement.MERGED);
        assertThat(same.id()).isEqualTo(place.id());

        millwright.imports.writeRun(
                run(place.id(), "a", Map.of("p", "1")), sink -> sink.accept(new MetricPoint("loss", 1, 1, 1)));
        millwright.imports.writeRun(
                run(place.id(), "a", Map.of("p", "1")), sink -> sink.accept(new MetricPoint("loss", 1, 1, 1)));

        assertThat(millwright.history(ID, "loss")).hasSize(1);
        assertThat(millwright.run(ID).params()).isEqualTo(Map.of("p", "1"));
    }

    @Test
    void new_experiments_do_not_collide_with_imported_ids() {
        millwright.imports.placeExperiment(SOURCE, experiment(1, "one"));
        millwright.imports.placeExperiment(SOURCE, experiment(40, "forty"));

        assertThat(millwright.tracking.experiments().create("next", "", Map.of()))
                .isGreaterThan(40);
    }

    @Test
    void an_experiment_without_dates_is_as_old_as_its_import() {
        Instant before = Instant.now().minusSeconds(1);

        millwright.imports.placeExperiment(SOURCE, experiment(5, "churn"));

        assertThat(millwright.experiment("churn").createdAt()).isAfter(before);
    }
}
