package io.millwright.tracking.imports;

import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// An MLflow installation to read from. Nothing is ever written to it.
///
/// Everything is walked, deleted things too; no more than a page of runs is in memory at a time. The methods
/// for one run or one logged model may be called from several threads at once.
public sealed interface MlflowSource extends AutoCloseable permits RestSource, SqliteSource, FolderSource {
    /// The same for the same installation each time, without passwords: what was imported is remembered under it.
    String identity();

    /// All experiments, with the ids of the source. Their artifact location is empty when this server shall keep their
    /// artifacts, else a remote URI.
    List<Experiment> experiments() throws IOException;

    /// How many runs there are, when that is cheap to know.
    OptionalLong runCount() throws IOException;

    void runs(Experiment experiment, Visitor<SourceRun> visitor) throws IOException;

    /// The run with what [#runs] may leave out because the source's lists do.
    default Run whole(SourceRun run) throws IOException {
        return run.run();
    }

    void loggedModels(Experiment experiment, Visitor<LoggedModel> visitor) throws IOException;

    /// Pushes all points of all metrics of the run.
    void history(SourceRun run, Consumer<MetricPoint> sink) throws IOException;

    SourceArtifacts artifacts(SourceRun run) throws IOException;

    SourceArtifacts artifacts(LoggedModel model) throws IOException;

    SourceRegistry registry();

    /// Notes what the installation holds that has no place here yet.
    void noteLeftOut(List<Experiment> experiments) throws IOException;

    @Override
    void close() throws IOException;

    /// Takes one thing after the other.
    @FunctionalInterface
    interface Visitor<T> {
        void visit(T one) throws IOException;
    }
}
