package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.ledger.Db;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.TestDatabases;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract with the rows on PostgreSQL, and what several processes on one database do to one another.
final class PostgresArtifactTest extends ArtifactContract {
    @TempDir
    Path home;

    private final URI database = TestDatabases.postgresUri();

    @Override
    Lake open() {
        return another();
    }

    private Lake another() {
        Db db = PostgresDb.open(database);
        return Lake.onFolder(db, home.resolve("artifacts"), LIMIT);
    }

    @Override
    long blobsInStore() throws Exception {
        try (var files = Files.walk(home.resolve("artifacts/blobs"))) {
            return files.filter(Files::isRegularFile).count();
        }
    }

    @Test
    void two_processes_upload_delete_and_sweep_in_one_tree() throws Exception {
        byte[][] contents = {random(3000, 1), random(3000, 2)};
        try (Lake other = another();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> work = new ArrayList<>();
            for (int w = 0; w < 8; w++) {
                int worker = w;
                Lake mine = w % 2 == 0 ? lake : other;
                work.add(() -> {
                    for (int i = 0; i < 20; i++) {
                        mine.store("shared/deep/er/%d-%d".formatted(worker, i), contents[i % 2]);
                        if (i % 5 == 0) mine.artifacts.deleteTree(worker % 4 == 0 ? "shared" : "shared/deep/er");
                        if (i % 3 == 0) mine.artifacts.sweep(false);
                    }
                    mine.store("kept/%d/file".formatted(worker), contents[worker % 2]);
                    mine.store("shared/last/%d".formatted(worker), contents[worker % 2]);
                    return worker;
                });
            }
            for (Future<Integer> worker : threads.invokeAll(work)) worker.get();
        }

        lake.artifacts.sweep(false);
        assertThat(reachable("")).isEqualTo(countRows("blob is not null"));
        assertThat(reachable("kept")).isEqualTo(8);
        lake.artifacts.deleteTree("shared");
        lake.artifacts.deleteTree("kept");
        assertThat(countRows("1 = 1")).isZero();
    }

    /// Files found by walking down, each read.
    private long reachable(String directory) throws IOException {
        long files = 0;
        for (ArtifactInfo info : lake.artifacts.list(directory)) {
            String path = directory.isEmpty() ? info.name() : directory + "/" + info.name();
            if (info.directory()) files += reachable(path);
            else if (lake.bytes(path).length == 3000) files++;
        }
        return files;
    }

    private long countRows(String condition) {
        return lake.db
                .read(sql -> sql.query("select count(*) from artifacts where " + condition, row -> row.getLong(1)))
                .getFirst();
    }
}
