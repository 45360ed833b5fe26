package io.millwright.server;

import java.net.URI;
import java.nio.file.Path;

/// Everything that can be set. Flags win over the environment, the environment over `millwright.yaml`, and with none of
/// them everything works on one machine.
///
/// @param home where an installation keeps what is its own
/// @param db `postgresql://user:password@host/database`; empty for SQLite in the home
/// @param artifacts a folder or `s3://bucket/prefix`; empty for `artifacts` in the home
record Settings(Path home, String db, String artifacts, ServerSettings server, LogSettings log) {
    /// Where artifacts lie, as a URL.
    URI artifactsUri() {
        if (artifacts.isEmpty()) return home.resolve("artifacts").toUri();
        return artifacts.contains("://")
                ? URI.create(artifacts)
                : Path.of(artifacts).toAbsolutePath().normalize().toUri();
    }

    static Settings read(SettingValues values) {
        Settings settings = new Settings(
                Path.of(values.text("home", "millwright-home")).toAbsolutePath().normalize(),
                values.secret("db", ""),
                values.text("artifacts", ""),
                ServerSettings.read(values),
                LogSettings.read(values));
        values.requireAllKnown();
        return settings;
    }
}
