package io.millwright.registry.webhooks;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class WebhooksOnPostgresTest extends WebhookContract {
    @Override
    Db open(Path home) {
        return TestDatabases.postgres();
    }

    @Test
    void four_processes_send_each_once_in_order() {
        eachIsSentOnceInOrderBy(4);
    }
}
