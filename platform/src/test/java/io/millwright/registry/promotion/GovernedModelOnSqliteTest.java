package io.millwright.registry.promotion;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class GovernedModelOnSqliteTest extends GovernedModelContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
