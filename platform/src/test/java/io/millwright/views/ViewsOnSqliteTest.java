package io.millwright.views;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class ViewsOnSqliteTest extends ViewContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
