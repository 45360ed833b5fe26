package io.millwright.server;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The flags of `millwright server`, read without picocli.
///
/// Picocli's classes are too old a format for the ahead-of-time cache; loading them was a quarter of the
/// start (0.15 s of CPU). It still reads every other command, and this one's `--help` and mistakes.
///
/// @param settings by key
record ServerFlags(Map<String, String> settings, @Nullable Path config) {
    private static final Map<String, String> KEYS = Map.of(
            "--home",
            "home",
            "--db",
            "db",
            "--artifacts",
            "artifacts",
            "--lake",
            "lake",
            "--host",
            "server.host",
            "--port",
            "server.port");

    /// Empty when anything in the arguments is not plainly understood.
    static Optional<ServerFlags> parse(String[] arguments) {
        if (arguments.length == 0 || !arguments[0].equals("server")) return Optional.empty();
        Map<String, String> settings = new LinkedHashMap<>();
        Path config = null;
        for (int i = 1; i < arguments.length; i++) {
            String flag = arguments[i];
            int equals = flag.indexOf('=');
            String value;
            if (equals >= 0) {
                value = flag.substring(equals + 1);
                flag = flag.substring(0, equals);
            } else if (i + 1 < arguments.length) {
                value = arguments[++i];
            } else {
                return Optional.empty();
            }
            String key = KEYS.get(flag);
            if (key != null) {
                settings.put(key, value);
            } else if (flag.equals("--config")) {
                config = Path.of(value);
            } else if (flag.equals("--set") && value.indexOf('=') > 0) {
                settings.put(value.substring(0, value.indexOf('=')), value.substring(value.indexOf('=') + 1));
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(new ServerFlags(settings, config));
    }
}
