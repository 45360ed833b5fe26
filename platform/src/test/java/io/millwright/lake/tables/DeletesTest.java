package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.lake.duck.Duck;
import io.millwright.lake.query.TableView;
import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rows that other engines have deleted, in each way the specification knows, are not read here.
class DeletesTest {
    private static final DatasetName PEOPLE = DatasetName.parse("census.people");

    @TempDir
    Path home;

    private Db db;
    private TestLake lake;

    @BeforeEach
    void open() {
        db = TestDatabases.sqlite(home);
        lake = new TestLake(db, Clock.systemUTC(), LakeSettings.folder(home.resolve("lake")));
    }

    @AfterEach
    void close() {
        lake.close();
        db.close();
    }

    private List<String> read(At at) throws Exception {
        try (TableView view = TableView.open(lake.tables, lake.tables.scan(PEOPLE, at));
                Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
            return duck.query(
                    "select id::varchar || coalesce(name, '-') from (" + view.sql() + ") order by id",
                    row -> row.getString(1));
        }
    }

    private void delete(DeleteFile... files) {
        lake.tables.commit(PEOPLE, CommitNote.NONE, transaction -> {
            RowDelta delta = transaction.newRowDelta();
            for (DeleteFile file : files) delta.addDeletes(file);
            delta.commit();
        });
    }

    /// @param values of a query
    private DeleteFile byValues(String values, String ids, int... fields) throws Exception {
        Path written = lake.tables.scratch().resolve("deletes.parquet");
        try (Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
            duck.execute("copy (" + values + ") to " + Duck.literal(written.toString())
                    + " (format parquet, field_ids {" + ids + "})");
        }
        DataFile placed = lake.tables.place(lake.tables.table(PEOPLE), written, new Metrics(2L));
        return FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
                .ofEqualityDeletes(fields)
                .withPath(placed.location())
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(placed.fileSizeInBytes())
                .withRecordCount(2)
                .build();
    }

    @Test
    void by_their_values_and_only_those_that_were_there_before() throws Exception {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 4);
        delete(byValues("select unnest([1, 3])::bigint as id", "id: 1", 1));
        lake.append(PEOPLE, 3, 2);

        assertThat(read(new At.Latest())).containsExactly("0p0", "2p2", "3p3", "4p4");
        assertThat(read(new At.Version(1))).hasSize(4);
        assertThatThrownBy(() -> lake.slice.erasures().plan(PEOPLE)).hasMessageContaining("data compact");
    }

    @Test
    void by_several_columns_and_by_what_has_no_value() throws Exception {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 4);
        delete(
                byValues("select 0::bigint as id, 'p0' as name union all select 1, 'other'", "id: 1, name: 2", 1, 2),
                byValues("select null::varchar as name union all select 'p3'", "name: 2", 2));

        assertThat(read(new At.Latest())).containsExactly("1p1", "2p2");
    }

    @Test
    void by_a_vector_of_positions() throws Exception {
        lake.tables.create(PEOPLE, TestLake.PEOPLE, Map.of("format-version", "3"), CommitNote.NONE, transaction -> {});
        lake.append(PEOPLE, 0, 5);
        lake.append(PEOPLE, 5, 5);
        DeleteFile vector = vector(0, 1, 4);
        delete(vector);

        assertThat(read(new At.Latest())).containsExactly("2p2", "3p3", "5p5", "6p6", "7p7", "8p8", "9p9");
        damage(vector);
        assertThatThrownBy(() -> read(new At.Latest())).hasMessageContaining("altered or damaged");
    }

    /// Of rows of the first file.
    private DeleteFile vector(long... positions) throws IOException {
        var table = lake.tables.table(PEOPLE);
        String data =
                lake.tables.scan(PEOPLE, new At.Version(1)).files().getFirst().location();
        var writer = new BaseDVFileWriter(
                () -> table.io().newOutputFile(table.location() + "/data/vector.puffin"), path -> null);
        try (writer) {
            for (long position : positions) writer.delete(data, position, PartitionSpec.unpartitioned(), null);
        }
        return writer.result().deleteFiles().getFirst();
    }

    private static void damage(DeleteFile vector) throws IOException {
        Path file = Path.of(URI.create(vector.location()));
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < vector.contentSizeInBytes(); i++) bytes[Math.toIntExact(vector.contentOffset()) + i] = 7;
        assertThat(file.toFile().setWritable(true)).isTrue();
        Files.write(file, bytes);
    }
}
