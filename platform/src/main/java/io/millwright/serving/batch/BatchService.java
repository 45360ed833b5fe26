package io.millwright.serving.batch;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.Folders;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import io.millwright.registry.ModelVersion;
import io.millwright.runtime.Field;
import io.millwright.serving.live.LiveEndpoints;
import io.millwright.serving.live.LoadedModel;
import io.millwright.serving.live.Loading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expressions;

/// Has a model answer every row of a dataset's version, in this process, and makes the answers a dataset: its rows with
/// the
/// model's outputs beside them.
public final class BatchService {
    private final TableService tables;
    private final QueryService queries;
    private final LiveEndpoints live;

    public BatchService(TableService tables, QueryService queries, LiveEndpoints live) {
        this.tables = tables;
        this.queries = queries;
        this.live = live;
    }

    /// @param overwrite whether the output may exist: its rows are replaced
    public record Wish(ModelVersion model, DatasetName input, At at, DatasetName output, boolean overwrite) {}

    /// @param version of the output
    public record Done(long rows, DatasetVersion version, String reader) {}

    /// @param rows told how many are answered so far
    /// @throws Failure INVALID_ARGUMENT when the dataset lacks what the model reads, or a row does not fit
    public Done predict(Wish wish, Loading loading, LongConsumer rows) {
        RequestContext context = RequestContext.current();
        String model = wish.model().model();
        String version = String.valueOf(wish.model().number());
        context.require(Right.READ, "model-version:" + model + "/" + version, "model:" + model);
        context.require(Right.WRITE, wish.output().urn(), wish.output().parents());
        if (wish.input().equals(wish.output()))
            throw INVALID_ARGUMENT.because("'%s' is input and output, expected another output.", wish.input());
        Optional<Table> existing = existing(wish.output());
        if (existing.isPresent() && !wish.overwrite()) {
            throw NAME_TAKEN.because("The dataset '%s' exists. Overwrite it, or choose another name.", wish.output());
        }
        TableScan scan = tables.scan(wish.input(), wish.at());
        if (scan.version().isEmpty() || scan.rows() == 0)
            throw INVALID_ARGUMENT.because("'%s' has no rows to predict for.", wish.input());
        LoadedModel loaded = live.load(model, version, loading);
        Path folder = tables.scratch().resolve("predict-" + UUID.randomUUID());
        try {
            List<Field> fields = loaded.predictor().inputs();
            requireColumns(wish.input(), scan.schema(), fields);
            Files.createDirectories(folder);
            loading.step("reading the dataset");
            Path clean = folder.resolve("rows.parquet");
            // One file of the rows as they are today, whatever was deleted and renamed since.
            queries.writeWhereNot(scan, "false", clean);
            loading.step("predicting");
            BatchFiles.Predicted predicted = DuckThread.call(
                    "predict", () -> BatchFiles.predict(clean, folder, scan.schema(), loaded.predictor(), rows));
            loading.step("committing");
            CommitNote.Input read = new CommitNote.Input(
                    wish.input().toString(),
                    scan.version().get().snapshotId(),
                    fields.stream().map(Field::name).toList());
            CommitNote note = new CommitNote(
                    "predictions of " + model + "/" + version + " for " + wish.input() + " version "
                            + scan.version().get().number(),
                    List.of(read));
            return new Done(predicted.rows(), commit(wish.output(), existing, predicted, note), loaded.reader());
        } catch (IOException e) {
            throw UNAVAILABLE.because("The predictions cannot be written: %s. Is the disk full?", e.getMessage());
        } finally {
            live.letGo(List.of(loaded));
            Folders.remove(folder);
        }
    }

    private DatasetVersion commit(
            DatasetName output, Optional<Table> existing, BatchFiles.Predicted predicted, CommitNote note) {
        if (existing.isEmpty()) {
            tables.create(
                    output,
                    predicted.schema(),
                    Map.of(),
                    note,
                    transaction -> transaction
                            .newAppend()
                            .appendFile(tables.place(transaction.table(), predicted.file(), predicted.metrics()))
                            .commit());
        } else {
            if (!existing.get().schema().sameSchema(predicted.schema())) {
                throw INVALID_ARGUMENT.because(
                        "'%s' has other columns than the predictions. Choose another name, or drop it first.", output);
            }
            tables.commit(
                    output,
                    note,
                    transaction -> transaction
                            .newOverwrite()
                            .overwriteByRowFilter(Expressions.alwaysTrue())
                            .addFile(tables.place(transaction.table(), predicted.file(), predicted.metrics()))
                            .commit());
        }
        return tables.version(output, new At.Latest());
    }

    private Optional<Table> existing(DatasetName dataset) {
        try {
            return Optional.of(tables.table(dataset));
        } catch (Failure e) {
            if (e.code() == NOT_FOUND) return Optional.empty();
            throw e;
        }
    }

    private static void requireColumns(DatasetName dataset, Schema schema, List<Field> fields) {
        List<String> missing = fields.stream()
                .filter(field -> field.width() == 1 && schema.findField(field.name()) == null)
                .map(Field::name)
                .toList();
        boolean wide = fields.stream().anyMatch(field -> field.width() > 1);
        if (wide) {
            throw INVALID_ARGUMENT.because(
                    "The model reads a tensor of several values a row (%s), which no column of '%s' has. Log it with a signature"
                            + " of columns.",
                    fields.stream().map(Field::name).toList(), dataset);
        }
        if (!missing.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "'%s' lacks the columns %s, which the model reads.",
                    dataset, missing.subList(0, Math.min(20, missing.size())));
        }
    }
}
