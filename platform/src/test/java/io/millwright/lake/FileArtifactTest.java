package io.millwright.lake;

import io.millwright.ledger.SqliteDb;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileArtifactTest extends ArtifactContract {
    @TempDir
    Path home;

    @Override
    Lake open() {
        return Lake.onFolder(SqliteDb.open(home.resolve("millwright.db")), home.resolve("artifacts"), LIMIT);
    }

    @Override
    long blobsInStore() throws Exception {
        try (var files = Files.walk(home.resolve("artifacts/blobs"))) {
            return files.filter(Files::isRegularFile).count();
        }
    }
}
