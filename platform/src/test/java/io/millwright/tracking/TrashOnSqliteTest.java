package io.millwright.tracking;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class TrashOnSqliteTest extends TrashContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
