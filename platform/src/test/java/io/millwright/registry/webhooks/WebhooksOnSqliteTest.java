package io.millwright.registry.webhooks;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class WebhooksOnSqliteTest extends WebhookContract {
    @Override
    Db open(Path home) {
        return TestDatabases.sqlite(home);
    }
}
