package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Ids;
import java.io.BufferedReader;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process killed in the middle, and several processes at once.
final class LedgerFaultsTest {
    private static final String KEPT = " kept";

    @TempDir
    Path folder;

    @Test
    void a_killed_process_has_kept_every_event_it_acknowledged() throws Exception {
        Path file = folder.resolve("millwright.db");
        List<String> acknowledged = new ArrayList<>();
        for (int kill = 1; kill <= 2; kill++) {
            Process process = OtherProcess.start(Appends.class, file.toString(), "life-" + kill);
            try (BufferedReader lines = OtherProcess.output(process)) {
                int wanted = acknowledged.size() + 500;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (!line.endsWith(KEPT)) continue; // Cut off by the kill.
                    acknowledged.add(line.substring(0, line.length() - KEPT.length()));
                    // Through the handle, which leaves the rest of the output to be read.
                    if (acknowledged.size() == wanted) process.toHandle().destroyForcibly(); // SIGKILL
                }
            }
            assertThat(process.waitFor()).isNotZero();
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(1000);

        try (Db readOnly = SqliteDb.openReadOnly(file)) {
            assertThat(ledgerOn(readOnly).verifier().verify().findings()).isEmpty();
        }
        try (Db db = SqliteDb.open(file)) {
            Ledger ledger = ledgerOn(db);
            ledger.seal();
            LedgerVerifier.Report report = ledger.verifier().verify();
            List<String> kept = db.read(sql -> sql.query("select entity from ledger_events", row -> row.getString(1)));

            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(kept.size());
            assertThat(kept).doesNotHaveDuplicates().containsAll(acknowledged);
        }
    }

    /// Appends until it is killed, and prints what was acknowledged.
    static final class Appends {
        public static void main(String[] args) {
            Db db = SqliteDb.open(Path.of(args[0]));
            new Migrator(db).migrate(Ledger.MIGRATIONS);
            Ledger ledger = ledgerOn(db).start();
            for (int t = 0; t < 4; t++) {
                String prefix = "run:" + args[1] + "-" + t + "-";
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; ; i++) {
                        String entity = prefix + i;
                        db.tx(sql -> {
                            ledger.append(sql, "run.created", entity, Map.of());
                            return 0;
                        });
                        System.out.println(entity + KEPT);
                    }
                });
            }
        }
    }

    @Test
    void several_processes_on_postgres_append_and_seal_one_chain() throws Exception {
        URI uri = TestDatabases.postgresUri();
        try (Db one = PostgresDb.open(uri);
                Db two = PostgresDb.open(uri);
                Db three = PostgresDb.open(uri)) {
            List<Db> processes = List.of(one, two, three);
            Together.run(3, i -> () -> {
                new Migrator(processes.get(i)).migrate(Ledger.MIGRATIONS);
                return 0;
            });
            List<Ledger> ledgers =
                    processes.stream().map(LedgerFaultsTest::ledgerOn).toList();
            AtomicBoolean writing = new AtomicBoolean(true);
            List<Thread> sealers = new ArrayList<>();
            for (Ledger ledger : ledgers) {
                sealers.add(Thread.ofVirtual().start(() -> {
                    while (writing.get()) ledger.seal();
                }));
            }

            Together.run(12, t -> () -> {
                for (int i = 0; i < 100; i++) {
                    int n = i;
                    processes.get(t % 3).tx(sql -> {
                        // A transaction that takes several numbers, and another that gives some of them up.
                        ledgers.get(t % 3).append(sql, "run.created", "run:%d-%d".formatted(t, n), Map.of());
                        ledgers.get(t % 3).append(sql, "run.started", "run:%d-%d".formatted(t, n), Map.of());
                        return 0;
                    });
                }
                return 0;
            });
            writing.set(false);
            for (Thread sealer : sealers) sealer.join();
            ledgers.getFirst().seal();

            LedgerVerifier.Report report = ledgers.getFirst().verifier().verify();
            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(12 * 100 * 2);
            assertThat(report.unsealedEvents()).isZero();
            assertThat(report.blocks()).isGreaterThan(3);
            List<Long> numbers = one.read(
                    sql -> sql.query("select number from ledger_blocks order by number", row -> row.getLong(1)));
            assertThat(numbers)
                    .isEqualTo(IntStream.rangeClosed(1, numbers.size())
                            .mapToObj(Long::valueOf)
                            .toList());
            assertThat(one.<Integer>read(sql -> sql.query(
                                    "select count(*) from (select distinct block, position from ledger_events) e",
                                    row -> row.getInt(1))
                            .getFirst()))
                    .isEqualTo(12 * 100 * 2);
        }
    }

    private static Ledger ledgerOn(Db db) {
        return new Ledger(db, Clock.systemUTC(), new Ids(new Random()));
    }
}
