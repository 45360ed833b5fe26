package io.millwright.server;

import com.sun.management.OperatingSystemMXBean;
import io.millwright.governance.oidc.OidcSettings;
import io.millwright.lake.query.QuerySettings;
import io.millwright.lineage.CollectorSettings;
import io.millwright.registry.webhooks.WebhookSettings;
import io.millwright.serving.live.ServingSettings;
import io.millwright.serving.worker.WorkerSettings;
import java.lang.management.ManagementFactory;
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
/// @param lake a folder or `s3://bucket/prefix` for datasets; empty for `lake` in the home
/// @param lakeCacheBytes how much of data files on S3 may be kept on this disk
/// @param queries what queries may use
/// @param serving what models may use
/// @param told every setting as it may be shown, with where it came from
record Settings(
        Path home,
        String db,
        String artifacts,
        String lake,
        long lakeCacheBytes,
        QuerySettings queries,
        ServingSettings serving,
        ServerSettings server,
        OidcSettings oidc,
        WebhookSettings webhooks,
        CollectorSettings lineage,
        LogSettings log,
        List<SettingValues.Effective> told) {
    Settings {
        told = List.copyOf(told);
    }

    /// Where artifacts lie, as a URL.
    URI artifactsUri() {
        return location("artifacts", artifacts);
    }

    /// Where datasets lie, as a URL.
    URI lakeUri() {
        return location("lake", lake);
    }

    private URI location(String key, String value) {
        if (value.isEmpty()) return home.resolve(key).toUri();
        if (!value.contains("://")) return path(key, value).toUri();
        try {
            URI uri = new URI(value);
            boolean folder = "file".equals(uri.getScheme()) && uri.getAuthority() == null && uri.getPath() != null;
            boolean bucket = "s3".equals(uri.getScheme()) && uri.getHost() != null;
            if (folder || bucket) return uri;
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new SettingValues.WrongSetting(key + " is '" + SettingValues.masked(value)
                + "', expected a folder, file:///folder or s3://bucket/prefix.");
    }

    static Settings read(SettingValues values) {
        Path home = path("home", values.text("home", "millwright-home"));
        ServerSettings server = ServerSettings.read(values);
        String db = values.secret("db", "");
        String artifacts = values.text("artifacts", "");
        String lake = values.text("lake", "");
        long lakeCache = values.size("lake.cache-size", "10GB", 1_000_000, Long.MAX_VALUE);
        QuerySettings queries = queries(values, home);
        OidcSettings oidc = OidcSettingValues.read(values, server);
        WebhookSettings webhooks = WebhookSettingValues.read(values, home);
        CollectorSettings lineage = LineageSettingValues.read(values);
        LogSettings log = LogSettings.read(values);
        Settings settings = new Settings(
                home,
                db,
                artifacts,
                lake,
                lakeCache,
                queries,
                serving(values, home, server),
                server,
                oidc,
                webhooks,
                lineage,
                log,
                values.effective());
        values.requireAllKnown();
        settings.artifactsUri(); // So that a wrong one is told at once, by every command.
        settings.lakeUri();
        return settings;
    }

    private static QuerySettings queries(SettingValues values, Path home) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new QuerySettings(
                home.resolve("sql"),
                values.size("sql.memory", "512MB", 64 << 20, Long.MAX_VALUE),
                values.size("sql.spill-size", "8GB", 1 << 20, Long.MAX_VALUE),
                (int) values.number("sql.threads", Math.min(8, cores), 1, 256),
                (int) values.number("sql.at-once", 4, 1, 1000),
                values.duration("sql.timeout", "10m"),
                values.number("sql.max-result-rows", 20_000_000, 1, Integer.MAX_VALUE),
                values.size("sql.max-result-size", "4GB", 1_000, Long.MAX_VALUE),
                values.duration("sql.keep-history", "9600h"));
    }

    /// Where nobody says who they are, everybody is the machine's owner; where somebody must, an
    /// administrator decides whether what models bring with them may run here.
    private static ServingSettings serving(SettingValues values, Path home, ServerSettings server) {
        return new ServingSettings(
                home.resolve("serving"),
                values.flag("serving.python", !server.authentication()),
                values.size("serving.max-model-size", "4GB", 1_000, Long.MAX_VALUE),
                values.size("serving.memory", halfOfMemory(), 1_000, Long.MAX_VALUE),
                values.size("serving.max-log-size", "2GB", 64_000_000, Long.MAX_VALUE),
                values.duration("serving.log-every", "1m"),
                new WorkerSettings(
                        (int) values.number("serving.workers", 2, 1, 64),
                        values.duration("serving.worker-timeout", "30s"),
                        values.size("serving.worker-memory", "4GB", 64 << 20, Long.MAX_VALUE)));
    }

    private static String halfOfMemory() {
        long all =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return Math.max(1, all / 2_000_000_000) + "GB";
    }

    private static Path path(String key, String text) {
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new SettingValues.WrongSetting(key + " is no path: " + e.getReason() + ".");
        }
    }
}
