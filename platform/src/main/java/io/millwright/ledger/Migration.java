package io.millwright.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// One forward step of a domain's schema: `db/<domain>/<name>.sql`, run once on each database, never edited after
/// its release.
///
/// The few words in which SQLite and PostgreSQL differ stand as `${…}`; see [Migrator].
public record Migration(String domain, String name) {
    String script() {
        String path = "/db/%s/%s.sql".formatted(domain, name);
        try (InputStream in = Migration.class.getResourceAsStream(path)) {
            if (in == null) throw new IllegalStateException("no migration at " + path);
            // A checkout on Windows may have other line ends; it is the same migration.
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
