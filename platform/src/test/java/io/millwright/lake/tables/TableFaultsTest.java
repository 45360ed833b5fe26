package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.ledger.Db;
import io.millwright.ledger.OtherProcess;
import io.millwright.ledger.SqliteDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.iceberg.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of tables when a process is killed, the disk fills up, or the warehouse goes.
@Timeout(120)
final class TableFaultsTest {
    private static final DatasetName PEOPLE = DatasetName.parse("census.people");

    @TempDir
    Path home;

    private static TestLake open(Db db, Path warehouse) {
        return new TestLake(db, Clock.systemUTC(), LakeSettings.folder(warehouse));
    }

    private Db db() {
        return SqliteDb.open(home.resolve("millwright.db"));
    }

    /// A process that writes all files of a commit, says so and waits before it publishes them.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws Exception {
            Path home = Path.of(args[0]);
            try (Db db = SqliteDb.open(home.resolve("millwright.db"));
                    TestLake lake = open(db, home.resolve("lake"))) {
                lake.slice.guardedBy(commit -> {
                    System.out.println("written");
                    System.out.flush();
                    try {
                        Thread.sleep(Duration.ofMinutes(5)); // It is killed here.
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return Optional.empty();
                });
                lake.append(PEOPLE, 100, 7);
            }
        }
    }

    @Test
    void a_process_killed_before_its_commit_leaves_no_rows_and_its_files_are_swept() throws Exception {
        try (Db db = db();
                TestLake lake = open(db, home.resolve("lake"))) {
            lake.create("census.people");
            lake.append(PEOPLE, 0, 3);
        }
        long before = files(home.resolve("lake")).size();
        Process writer = OtherProcess.start(Writer.class, home.toString());
        var output = OtherProcess.output(writer);
        String line = output.readLine();
        while (line != null && !line.equals("written")) line = output.readLine();
        writer.destroyForcibly().waitFor();
        assertThat(line).isEqualTo("written");

        try (Db db = db();
                TestLake lake = open(db, home.resolve("lake"))) {
            assertThat(lake.ids(PEOPLE, new At.Latest())).containsExactly(0L, 1L, 2L);
            assertThat(lake.tables.versions(PEOPLE, 100, 100)).hasSize(1);
            List<Path> left = files(home.resolve("lake"));
            assertThat(left.size()).isGreaterThan((int) before);
            for (Path file : left)
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));

            lake.slice.upkeep().collect(Optional.empty(), Duration.ZERO, false, dataset -> {});

            assertThat(files(home.resolve("lake"))).hasSize((int) before);
            assertThat(lake.append(PEOPLE, 3, 1).number()).isEqualTo(2);
            assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(4);
        }
    }

    @Test
    void a_full_disk_refuses_the_commit_whole_and_with_space_again_it_goes_through() throws Exception {
        Path disk = Files.createDirectory(home.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()) == 0, "needs root on Linux");
        try (Db db = db();
                TestLake lake = open(db, disk.resolve("lake"))) {
            lake.create("census.people");
            lake.append(PEOPLE, 0, 3);
            Path written = lake.write(3, 1);
            Path ballast = disk.resolve("ballast");
            fill(ballast);

            assertThatThrownBy(() -> place(lake, written)).isInstanceOfSatisfying(Failure.class, failure -> {
                assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(failure.message()).contains("disk may be full");
            });
            assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(3);
            Files.delete(ballast);

            assertThat(lake.append(PEOPLE, 3, 1).number()).isEqualTo(2);
            assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(4);
        } finally {
            run("umount", "-l", disk.toString());
        }
    }

    private static void place(TestLake lake, Path written) {
        lake.tables.commit(PEOPLE, CommitNote.NONE, transaction -> {
            var file = lake.tables.place(transaction.table(), written, new Metrics(1L));
            transaction.newAppend().appendFile(file).commit();
        });
    }

    private static void fill(Path ballast) throws IOException {
        byte[] block = new byte[4096];
        try (var out = Files.newOutputStream(ballast)) {
            while (true) out.write(block);
        } catch (IOException e) {
            // Full, as it should be.
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    }

    @Test
    void a_warehouse_that_is_gone_is_told_and_what_the_database_knows_is_still_there() throws Exception {
        try (Db db = db();
                TestLake lake = open(db, home.resolve("lake"))) {
            lake.create("census.people");
            lake.append(PEOPLE, 0, 3);
        }
        Path lakeFolder = home.resolve("lake");
        Path away = Files.move(lakeFolder, home.resolve("away"));
        try (Db db = db();
                TestLake lake = open(db, lakeFolder)) {
            assertThatThrownBy(() -> lake.tables.scan(PEOPLE, new At.Latest()))
                    .isInstanceOfSatisfying(Failure.class, failure -> {
                        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(failure.message()).contains(".metadata.json", "missing");
                    });
            assertThat(lake.tables.list("", "", "", 10)).hasSize(1);
            assertThat(lake.tables.versions(PEOPLE, 100, 100)).hasSize(1);
            lake.create("census.places");
            assertThat(lake.append(DatasetName.parse("census.places"), 0, 2).rows())
                    .isEqualTo(2);
        }
        assertThat(files(away)).isNotEmpty();
    }

    private static List<Path> files(Path under) throws IOException {
        try (Stream<Path> all = Files.walk(under)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
