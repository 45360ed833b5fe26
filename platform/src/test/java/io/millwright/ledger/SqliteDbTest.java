package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqliteDbTest extends DbContract {

    @Override
    Db fresh() {
        return SqliteDb.open(file());
    }

    private Path file() {
        return folder.resolve("home").resolve("millwright.db");
    }

    @Override
    Db again() {
        return SqliteDb.open(file());
    }

    @Test
    void a_second_process_is_refused_also_after_this_one_tried_twice() throws Exception {
        assertFailure(ErrorCode.UNAVAILABLE, () -> SqliteDb.open(file())).hasMessageContaining("in use by another");
        assertFailure(ErrorCode.UNAVAILABLE, () -> SqliteDb.open(file())).hasMessageContaining("in use by another");

        assertThat(openInAnotherProcess()).contains("in use by another Millwright process");

        db.close();
        assertThat(openInAnotherProcess()).contains("opened");
        db = again();
    }

    private String openInAnotherProcess() throws Exception {
        Process process = OtherProcess.start(Opens.class, file().toString());
        try (var lines = OtherProcess.output(process)) {
            return String.join("\n", lines.lines().toList());
        }
    }

    static final class Opens {
        public static void main(String[] args) {
            try (Db db = SqliteDb.open(Path.of(args[0]))) {
                System.out.println("opened " + db.describe());
            } catch (Failure e) {
                System.out.println(e.message());
            }
        }
    }

    @Test
    void a_file_that_is_no_database_is_refused_and_not_kept_locked() throws Exception {
        Path text = Files.writeString(folder.resolve("notes.db"), "nothing like a database\n".repeat(100));

        assertFailure(ErrorCode.UNAVAILABLE, () -> SqliteDb.open(text)).hasMessageContaining("no SQLite database");

        Files.delete(text);
        SqliteDb.open(text).close();
    }

    @Test
    void more_writes_than_the_queue_holds_are_refused_as_busy() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger answered = new AtomicInteger();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> first = executor.submit(() -> db.tx(sql -> {
                writing.countDown();
                awaitQuietly(goOn);
                return 0;
            }));
            awaitQuietly(writing);
            List<Future<Integer>> refused = new ArrayList<>();
            for (int i = 0; i < GroupCommit.MOST_WAITING + 10; i++) {
                int id = i;
                refused.add(executor.submit(() -> {
                    try {
                        return db.tx(sql -> add(sql, id, "waited"));
                    } catch (Failure busy) {
                        assertThat(busy.code()).isEqualTo(ErrorCode.BUSY);
                        return answered.incrementAndGet() - answered.get();
                    }
                }));
            }
            Together.await("ten writes were refused", () -> answered.get() == 10);
            goOn.countDown();
            first.get();
            for (Future<Integer> future : refused) future.get();
        }

        assertThat(db.<Integer>read(DbContract::count)).isEqualTo(GroupCommit.MOST_WAITING);
    }

    @Test
    void a_reader_of_another_process_sees_what_is_committed_and_writes_nothing() {
        db.tx(sql -> add(sql, 1, "committed"));

        try (Db beside = SqliteDb.openReadOnly(file())) {
            assertThat(beside.<Integer>read(DbContract::count)).isEqualTo(1);
            db.tx(sql -> add(sql, 2, "later"));
            assertThat(beside.<Integer>read(DbContract::count)).isEqualTo(2);
            assertFailure(ErrorCode.WRONG_STATE, () -> beside.tx(sql -> add(sql, 3, "not here")));
            assertFailure(ErrorCode.UNAVAILABLE, () -> beside.read(sql -> add(sql, 3, "nor here")));
        }
        assertThat(names()).containsExactly("committed", "later");
    }

    @Test
    void a_reader_opens_a_database_that_nobody_uses() {
        db.tx(sql -> add(sql, 1, "committed"));
        db.close();

        try (Db alone = SqliteDb.openReadOnly(file())) {
            assertThat(alone.<Integer>read(DbContract::count)).isEqualTo(1);
        }
        db = again();
    }

    @Test
    void a_reader_creates_no_database() {
        Path nowhere = folder.resolve("nowhere.db");

        assertFailure(ErrorCode.NOT_FOUND, () -> SqliteDb.openReadOnly(nowhere));

        assertThat(nowhere).doesNotExist();
    }

    @Test
    void an_interrupted_body_does_not_stop_the_writer() {
        db.tx(sql -> {
            Thread.currentThread().interrupt();
            return 0;
        });

        db.tx(sql -> add(sql, 1, "still served"));
        assertThat(names()).hasSize(1);
    }

    /// Small writes fail in the commit; large ones, which do not fit into the cache, in the statement itself, and
    /// SQLite then ends the transaction on the spot.
    @ParameterizedTest
    @ValueSource(ints = {100_000, 2_000_000})
    void on_a_full_disk_every_write_is_told_so_and_with_space_again_they_go_on(int size) throws Exception {
        Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(mount(small), "only root can mount a small disk");
        try (Db onSmall = SqliteDb.open(small.resolve("millwright.db"))) {
            new Migrator(onSmall).migrate(List.of(new Migration("contract", "V001__create_things")));
            onSmall.tx(sql -> add(sql, 0, "before"));
            Path ballast = small.resolve("ballast");
            fill(ballast);

            List<String> answers = Together.run(40, i -> () -> {
                try {
                    onSmall.tx(sql -> add(sql, i + 1, "x".repeat(size)));
                    return "kept";
                } catch (Failure e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    return e.message();
                }
            });

            assertThat(answers)
                    .allSatisfy(answer -> assertThat(answer).contains("disk that holds the database is full"));
            assertThat(onSmall.<Integer>read(DbContract::count)).isEqualTo(1);
            Files.delete(ballast);
            for (int i = 0; i < 10; i++) {
                int id = i + 1;
                onSmall.tx(sql -> add(sql, id, "afterwards"));
            }
            assertThat(onSmall.<Integer>read(DbContract::count)).isEqualTo(11);
        } finally {
            run("umount", small.toString());
        }
    }

    private static boolean mount(Path folder) throws Exception {
        return System.getProperty("os.name").equals("Linux")
                && run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.toString()) == 0;
    }

    private static int run(String... command) throws Exception {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    private static void fill(Path ballast) throws IOException {
        try (var out = Files.newOutputStream(ballast)) {
            byte[] page = new byte[4096];
            while (true) out.write(page);
        } catch (IOException full) {
            assertThat(Files.size(ballast)).isPositive();
        }
    }
}
