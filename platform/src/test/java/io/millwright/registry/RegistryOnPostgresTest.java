package io.millwright.registry;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class RegistryOnPostgresTest extends RegistryContract {
    @Override
    Db open(Path home) {
        return TestDatabases.postgres();
    }
}
