package io.millwright.lineage;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class LineageOnPostgresTest extends LineageContract {
    @Override
    Db open(Path home) {
        return TestDatabases.postgres();
    }
}
