package io.millwright.lineage;

import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.TestDatabases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/// How long questions take on a graph of a million edges, in this process, on each database. Run by
/// hand: `java -cp … io.millwright.lineage.LineageBench [sqlite|postgres]`. `bench/lake/lineage.py`
/// asks a whole server.
final class LineageBench {
    private static final int NODES = 250_000;
    private static final int EDGES = 1_000_000;
    private static final int CHUNK = 10_000;
    private static final int REPETITIONS = 9;

    private LineageBench() {}

    public static void main(String[] arguments) throws IOException {
        for (String database : arguments.length == 0 ? new String[] {"sqlite", "postgres"} : arguments) {
            Path folder = Files.createTempDirectory("lineage-bench-");
            try (Db db = database.equals("sqlite") ? TestDatabases.sqlite(folder) : TestDatabases.postgres()) {
                new Migrator(db)
                        .migrate(Stream.of(Ledger.MIGRATIONS, LineageSlice.MIGRATIONS)
                                .<Migration>flatMap(List::stream)
                                .toList());
                fill(db);
                LineageService lineage = new LineageService(db);
                measure(database, lineage, "external:bench/1", true);
                measure(database, lineage, "external:bench/" + NODES, false);
                measure(database, lineage, "external:bench/" + NODES * 19 / 20, true);
                measure(database, lineage, "external:bench/" + NODES / 20, false);
            }
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        }
    }

    /// Each node comes from one before it and some from more, so that everything comes from the first.
    static void fill(Db db) {
        Random random = new Random(5);
        long[] source = new long[CHUNK];
        long[] target = new long[CHUNK];
        int[] term = new int[CHUNK];
        String[] urns = new String[CHUNK];
        for (int begin = 0; begin < NODES; begin += CHUNK) {
            for (int i = 0; i < CHUNK; i++) urns[i] = "external:bench/" + (begin + i + 1);
            db.tx(sql -> {
                sql.insertColumns(
                        "insert into lineage_nodes (urn, workspace, kind, parent, first_seen, gone_at)"
                                + " values (?, 'default', 12, '', 1, 0)",
                        "insert into lineage_nodes (urn, workspace, kind, parent, first_seen, gone_at)"
                                + " select u, 'default', 12, '', 1, 0 from unnest(?::text[]) u",
                        CHUNK,
                        (Object) urns);
                return 0;
            });
        }
        for (int begin = 0; begin < EDGES; begin += CHUNK) {
            for (int i = 0; i < CHUNK; i++) {
                int edge = begin + i;
                target[i] = 2 + edge % (NODES - 1);
                source[i] = 1 + random.nextLong(target[i] - 1);
                term[i] = edge; // Two may have the same ends.
            }
            db.tx(sql -> {
                String columns = "source, target, term, kind, source_kind, target_kind, first_seen, last_seen,"
                        + " ended_at, report, detail";
                sql.insertColumns(
                        "insert into lineage_edges (" + columns + ") values (?, ?, ?, 3, 12, 12, 1, 1, 0, 1, null)",
                        "insert into lineage_edges (" + columns + ") select s, t, m, 3, 12, 12, 1, 1, 0, 1, null"
                                + " from unnest(?::bigint[], ?::bigint[], ?::int[]) as e(s, t, m)",
                        CHUNK,
                        source,
                        target,
                        term);
                return 0;
            });
        }
        db.tx(sql -> sql.isPostgres() ? sql.update("analyze") : 0);
    }

    private static void measure(String database, LineageService lineage, String node, boolean down) {
        long[] micros = new long[REPETITIONS];
        Reach reach = ask(lineage, node, down);
        for (int i = 0; i < REPETITIONS; i++) {
            long begin = System.nanoTime();
            reach = ask(lineage, node, down);
            micros[i] = (System.nanoTime() - begin) / 1000;
        }
        Arrays.sort(micros);
        System.out.printf(
                Locale.ROOT,
                "%s %s of %s: %d nodes, %d edges: min %.1f, median %.1f, max %.1f ms%n",
                database,
                down ? "impact" : "provenance",
                node,
                reach.counts().values().stream().mapToInt(Integer::intValue).sum(),
                reach.edges(),
                micros[0] / 1e3,
                micros[REPETITIONS / 2] / 1e3,
                micros[REPETITIONS - 1] / 1e3);
    }

    private static Reach ask(LineageService lineage, String node, boolean down) {
        var question = new LineageService.Question(node, LineageService.DEEPEST, Optional.empty(), 1000);
        return down ? lineage.impact(question) : lineage.provenance(question);
    }
}
