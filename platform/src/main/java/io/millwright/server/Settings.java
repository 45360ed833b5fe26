package io.millwright.server;

import io.millwright.governance.oidc.OidcSettings;
import io.millwright.registry.webhooks.WebhookSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/// Everything that can be set. Flags win over the environment, the environment over `millwright.yaml`, and with none of
/// them everything works on one machine.
///
/// @param home where an installation keeps what is its own
/// @param db `postgresql://user:password@host/database`; empty for SQLite in the home
/// @param artifacts a folder or `s3://bucket/prefix`; empty for `artifacts` in the home
/// @param told every setting as it may be shown, with where it came from
record Settings(
        Path home,
        String db,
        String artifacts,
        ServerSettings server,
        OidcSettings oidc,
        WebhookSettings webhooks,
        LogSettings log,
        List<SettingValues.Effective> told) {
    Settings {
        told = List.copyOf(told);
    }

    /// Where artifacts lie, as a URL.
    URI artifactsUri() {
        if (artifacts.isEmpty()) return home.resolve("artifacts").toUri();
        if (!artifacts.contains("://")) return path("artifacts", artifacts).toUri();
        try {
            URI uri = new URI(artifacts);
            boolean folder = "file".equals(uri.getScheme()) && uri.getAuthority() == null && uri.getPath() != null;
            boolean bucket = "s3".equals(uri.getScheme()) && uri.getHost() != null;
            if (folder || bucket) return uri;
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new SettingValues.WrongSetting("artifacts is '" + SettingValues.masked(artifacts)
                + "', expected a folder, file:///folder or s3://bucket/prefix.");
    }

    static Settings read(SettingValues values) {
        Path home = path("home", values.text("home", "millwright-home"));
        ServerSettings server = ServerSettings.read(values);
        String db = values.secret("db", "");
        String artifacts = values.text("artifacts", "");
        OidcSettings oidc = OidcSettingValues.read(values, server);
        WebhookSettings webhooks = WebhookSettingValues.read(values, home);
        LogSettings log = LogSettings.read(values);
        Settings settings = new Settings(home, db, artifacts, server, oidc, webhooks, log, values.effective());
        values.requireAllKnown();
        settings.artifactsUri(); // So that a wrong one is told at once, by every command.
        return settings;
    }

    private static Path path(String key, String text) {
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new SettingValues.WrongSetting(key + " is no path: " + e.getReason() + ".");
        }
    }
}
