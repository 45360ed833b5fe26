package io.millwright.lake.tables;

import io.millwright.kernel.Ids;
import io.millwright.lake.duck.Duck;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/// A catalog on a database, and tables of people in it.
final class TestLake implements AutoCloseable {
    static final Schema PEOPLE = new Schema(
            Types.NestedField.optional(1, "id", Types.LongType.get()),
            Types.NestedField.optional(2, "name", Types.StringType.get()));

    final Db db;
    final Ledger ledger;
    final TablesSlice slice;
    final TableService tables;

    TestLake(Db db, Clock clock, LakeSettings settings) {
        this.db = db;
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, TablesSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        Ids ids = new Ids(new SecureRandom());
        this.ledger = new Ledger(db, clock, ids);
        this.slice = TablesSlice.wire(db, ledger, clock, ids, settings);
        this.tables = slice.service();
    }

    DatasetName create(String name) {
        return tables.create(DatasetName.parse(name), PEOPLE, Map.of(), CommitNote.NONE, transaction -> {});
    }

    /// Appends people with the ids `from` to `from + count - 1`, in one file.
    DatasetVersion append(DatasetName name, int from, int count) {
        Path written = write(from, count);
        DataFile[] file = new DataFile[1];
        return tables.commit(name, CommitNote.NONE, transaction -> {
                    if (file[0] == null)
                        file[0] = tables.place(transaction.table(), written, new Metrics((long) count));
                    transaction.newAppend().appendFile(file[0]).commit();
                })
                .orElseThrow();
    }

    Path write(int from, int count) {
        Path written = tables.scratch().resolve(UUID.randomUUID() + ".parquet");
        try (Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
            duck.execute(
                    ("copy (select i::bigint as id, 'p' || i as name from range(%d, %d) t(i)) to %s (format parquet,"
                                    + " field_ids {id: 1, name: 2})")
                            .formatted(from, from + count, Duck.literal(written.toString())));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return written;
    }

    /// The ids of a version's people, in order.
    List<Long> ids(DatasetName name, At at) {
        TableScan scan = tables.scan(name, at);
        return scan.files().stream()
                .flatMap(file -> {
                    try (var local = tables.local(scan, file.location(), file.bytes());
                            Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
                        return duck
                                .query(
                                        "select id from read_parquet("
                                                + Duck.literal(local.path().toString()) + ")",
                                        row -> row.getLong(1))
                                .stream();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        slice.close();
        ledger.close();
    }
}
