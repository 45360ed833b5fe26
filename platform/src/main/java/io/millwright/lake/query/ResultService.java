package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/// Results of queries that become versions of datasets, which know what they were made from.
final class ResultService {
    private final TableService tables;
    private final QueryService queries;

    ResultService(TableService tables, QueryService queries) {
        this.tables = tables;
        this.queries = queries;
    }

    enum Mode {
        CREATE,
        APPEND,
        OVERWRITE
    }

    /// Where a result goes.
    record Into(DatasetName dataset, Mode mode, String message) {}

    /// @throws io.millwright.kernel.Failure WRONG_STATE when its columns are not the dataset's; nothing was
    ///     committed then
    DatasetVersion store(Prepared query, Into into) {
        RequestContext.current()
                .require(Right.WRITE, into.dataset().urn(), into.dataset().parents());
        Optional<Table> table = existing(into.dataset());
        if (into.mode() == Mode.CREATE && table.isPresent()) {
            throw NAME_TAKEN.because(
                    "The dataset '%s' exists. Append to it, overwrite it, or choose another name.", into.dataset());
        }
        if (into.mode() != Mode.CREATE && table.isEmpty()) {
            throw NOT_FOUND.because("There is no dataset '%s'. Create it with mode 'create'.", into.dataset());
        }
        return queries.recorded(query, (runner, mine) -> {
            List<QueryRunner.Column> columns = runner.columns(query, mine);
            Schema schema =
                    table.isPresent() ? fitting(into.dataset(), table.get().schema(), columns) : schema(columns);
            Path file = tables.scratch().resolve("result-" + query.id() + ".parquet");
            try {
                Metrics metrics = runner.store(query, mine, columns, schema, file);
                return new QueryService.Ended<>(commit(query, into, schema, file, metrics), metrics.recordCount());
            } finally {
                remove(file);
            }
        });
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private DatasetVersion commit(Prepared query, Into into, Schema schema, Path file, Metrics metrics) {
        List<CommitNote.Input> inputs = query.read().stream()
                .filter(version -> version.number() > 0)
                .map(PastQuery.Version::input)
                .toList();
        CommitNote note = new CommitNote(into.message(), inputs);
        Consumer<Transaction> body = transaction -> {
            var placed = tables.place(transaction.table(), file, metrics);
            if (into.mode() == Mode.OVERWRITE) {
                transaction
                        .newOverwrite()
                        .overwriteByRowFilter(Expressions.alwaysTrue())
                        .addFile(placed)
                        .commit();
            } else {
                transaction.newAppend().appendFile(placed).commit();
            }
        };
        if (into.mode() == Mode.CREATE) {
            tables.create(into.dataset(), schema, Map.of(), note, body);
            return tables.version(into.dataset(), new At.Latest());
        }
        return tables.commit(into.dataset(), note, body)
                .orElseThrow(() -> WRONG_STATE.because("Nothing was committed to '%s'.", into.dataset()));
    }

    private static Schema schema(List<QueryRunner.Column> columns) {
        int[] next = {0};
        List<Types.NestedField> fields = new ArrayList<>();
        for (QueryRunner.Column column : columns) {
            Types.NestedField field = Types.NestedField.optional(1_000_000, column.name(), column.type());
            fields.add(TypeUtil.assignFreshIds(new Schema(List.of(field)), () -> ++next[0])
                    .columns()
                    .getFirst());
        }
        int[] last = {0};
        return TypeUtil.assignFreshIds(new Schema(fields), () -> ++last[0]);
    }

    /// The dataset's own, when the result has just its columns, in whatever order.
    private static Schema fitting(DatasetName dataset, Schema schema, List<QueryRunner.Column> columns) {
        List<String> wrong = new ArrayList<>();
        Set<String> given = new HashSet<>();
        for (QueryRunner.Column column : columns) {
            given.add(column.name());
            Types.NestedField field = schema.findField(column.name());
            if (field == null) wrong.add("+ '" + column.name() + "' is no column of it");
            else if (!fits(field, column))
                wrong.add("~ '" + column.name() + "' is " + field.type() + " there and " + column.type()
                        + " in the result");
        }
        for (Types.NestedField field : schema.columns()) {
            if (!given.contains(field.name())) wrong.add("- '" + field.name() + "' is missing");
        }
        if (wrong.isEmpty()) return schema;
        throw WRONG_STATE.because("The result does not have the columns of '" + dataset
                + "'; nothing was committed:\n  " + String.join("\n  ", wrong));
    }

    private static boolean fits(Types.NestedField field, QueryRunner.Column column) {
        if (field.type().isPrimitiveType() && column.type().isPrimitiveType()) {
            return TypeUtil.isPromotionAllowed(column.type(), field.type().asPrimitiveType());
        }
        return field.type()
                .toString()
                .replaceAll("\\d+: ", "")
                .equals(column.type().toString().replaceAll("\\d+: ", ""));
    }

    private Optional<Table> existing(DatasetName name) {
        try {
            return Optional.of(tables.table(name));
        } catch (Failure e) {
            if (e.code() == NOT_FOUND) return Optional.empty();
            throw e;
        }
    }
}
