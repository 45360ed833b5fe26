package io.millwright.server;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The flags every command understands that needs settings.
final class SettingsOptions {
    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where everything is kept (default: ./millwright-home).")
    @Nullable
    String home;

    @Option(
            names = "--db",
            paramLabel = "URL",
            description = "postgresql://user:password@host/database (default: SQLite in the home).")
    @Nullable
    String db;

    @Option(
            names = "--artifacts",
            paramLabel = "PLACE",
            description = "A folder or s3://bucket/prefix (default: artifacts in the home).")
    @Nullable
    String artifacts;

    @Option(
            names = "--lake",
            paramLabel = "PLACE",
            description = "A folder or s3://bucket/prefix for datasets (default: lake in the home).")
    @Nullable
    String lake;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings file (default: ./millwright.yaml, if there).")
    @Nullable
    Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any setting, such as --set log.format=json; `millwright config` lists them.")
    Map<String, String> others = new LinkedHashMap<>();

    SettingValues values(Map<String, String> more) {
        Map<String, String> flags = new LinkedHashMap<>(others);
        put(flags, "home", home);
        put(flags, "db", db);
        put(flags, "artifacts", artifacts);
        put(flags, "lake", lake);
        flags.putAll(more);
        return SettingValues.of(flags, System.getenv(), config);
    }

    Settings read() {
        return Settings.read(values(Map.of()));
    }

    static void put(Map<String, String> flags, String key, @Nullable String value) {
        if (value != null) flags.put(key, value);
    }
}
