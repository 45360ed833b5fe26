package io.millwright.registry.promotion;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class PromotionOnPostgresTest extends PromotionContract {
    @Override
    Db open(Path home) {
        return TestDatabases.postgres();
    }
}
