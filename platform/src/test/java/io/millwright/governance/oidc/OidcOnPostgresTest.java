package io.millwright.governance.oidc;

import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.nio.file.Path;

final class OidcOnPostgresTest extends OidcContract {
    @Override
    Db open(Path home) {
        return TestDatabases.postgres();
    }
}
