package io.millwright.lake.tables;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class TablesOnSqliteTest extends TablesContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
