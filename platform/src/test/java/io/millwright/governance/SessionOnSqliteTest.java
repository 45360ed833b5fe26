package io.millwright.governance;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class SessionOnSqliteTest extends SessionContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
