package io.millwright.server;

import io.millwright.kernel.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/// The texts that were set, by key, and where each came from. Whoever reads a key names its default; what
/// was set but never read is unknown.
final class SettingValues {
    /// A setting that stops the start. The message is for whoever set it.
    static final class WrongSetting extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongSetting(String message) {
            super(message, null, false, false);
        }
    }

    /// Where a value may come from, the strongest first.
    enum Source {
        FLAG,
        ENVIRONMENT,
        FILE,
        DEFAULT
    }

    /// One setting in effect, for `millwright config` and the web UI.
    ///
    /// @param value without passwords
    /// @param origin the source by its name: which variable, which file
    /// @param isHidden whether nothing of the value is shown
    record Effective(String key, String value, Source source, String origin, boolean isHidden) {}

    private record Given(String value, Source source, String origin) {}

    private static final String PREFIX = "MILLWRIGHT_";
    /// The launcher's, the commands' that speak to a server, and the tests'.
    private static final List<String> NOT_SETTINGS = List.of("JAVA_", "URL", "TOKEN", "PEERS_", "TEST_", "BENCH_");
    /// What Kubernetes sets in every pod beside a service named millwright or millwright-something.
    private static final Pattern OF_KUBERNETES =
            Pattern.compile("(.*_)?SERVICE_(HOST|PORT)(_.*)?" + "|(.*_)?PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
    private static final Pattern ADDRESS_OF_KUBERNETES = Pattern.compile("(tcp|udp|sctp)://.*");

    private final Map<String, Given> flags = new LinkedHashMap<>();
    private final Map<String, Given> environment = new TreeMap<>();
    private final Map<String, Given> file = new LinkedHashMap<>();
    private final Map<String, Effective> effective = new LinkedHashMap<>();

    private SettingValues() {}

    /// @param flags by key
    /// @param configFile must exist; null for `millwright.yaml` in the current folder, if there
    static SettingValues of(Map<String, String> flags, Map<String, String> environment, @Nullable Path configFile) {
        SettingValues values = new SettingValues();
        flags.forEach((key, value) -> values.flags.put(key, new Given(value, Source.FLAG, "command line")));
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX) && isSetting(name.substring(PREFIX.length()), value)) {
                values.environment.put(name, new Given(value, Source.ENVIRONMENT, "environment " + name));
            }
        });
        Path path = configFile != null ? configFile : Path.of("millwright.yaml");
        if (configFile != null || Files.exists(path)) values.readFile(path);
        return values;
    }

    private static boolean isSetting(String name, String value) {
        if (NOT_SETTINGS.stream().anyMatch(name::startsWith)) return false;
        if (OF_KUBERNETES.matcher(name).matches()) return false;
        return !name.endsWith("PORT") || !ADDRESS_OF_KUBERNETES.matcher(value).matches();
    }

    String text(String key, String defaultValue) {
        return value(key, defaultValue, false);
    }

    /// A text whose password is not shown.
    String secret(String key, String defaultValue) {
        return value(key, defaultValue, true);
    }

    /// A text of which nothing is shown; empty by default.
    String hidden(String key) {
        String text = value(key, "", false);
        effective.computeIfPresent(
                key,
                (same, shown) -> new Effective(
                        key, text.isEmpty() ? "" : "****", shown.source(), shown.origin(), !text.isEmpty()));
        return text;
    }

    long number(String key, long defaultValue, long least, long most) {
        String text = text(key, Long.toString(defaultValue));
        try {
            long number = Long.parseLong(text.strip());
            if (number >= least && number <= most) return number;
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw wrong(key, text, "a number from " + least + " to " + most);
    }

    boolean flag(String key, boolean defaultValue) {
        return choice(key, Boolean.toString(defaultValue), "true", "false").equals("true");
    }

    String choice(String key, String defaultValue, String... choices) {
        String text = text(key, defaultValue).strip().toLowerCase(Locale.ROOT);
        if (Arrays.asList(choices).contains(text)) return text;
        throw wrong(key, text, "one of " + String.join(", ", choices));
    }

    /// Separated by commas.
    List<String> list(String key, String defaultValue) {
        return Arrays.stream(text(key, defaultValue).split(","))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
    }

    /// `20MB`, `64KB`, `1.5GB` or plain bytes; a unit is a power of 1,000.
    long size(String key, String defaultValue, long least, long most) {
        String text = text(key, defaultValue);
        String upper = text.strip().toUpperCase(Locale.ROOT);
        long unit = 1;
        if (upper.endsWith("TB")) unit = 1_000_000_000_000L;
        else if (upper.endsWith("GB")) unit = 1_000_000_000;
        else if (upper.endsWith("MB")) unit = 1_000_000;
        else if (upper.endsWith("KB")) unit = 1_000;
        String number = upper.endsWith("B") ? upper.substring(0, upper.length() - (unit == 1 ? 1 : 2)) : upper;
        try {
            double size = Double.parseDouble(number.strip()) * unit;
            if (size >= least && size <= most) return (long) size;
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw wrong(key, text, "a size such as 64KB, 20MB or 100GB, at least " + least + " bytes");
    }

    /// `500ms`, `60s`, `5m`, `2h` or `30d`, more than nothing.
    Duration duration(String key, String defaultValue) {
        String text = text(key, defaultValue).strip().toLowerCase(Locale.ROOT);
        long unit = text.endsWith("ms")
                ? 1
                : text.endsWith("s")
                        ? 1_000
                        : text.endsWith("m")
                                ? 60_000
                                : text.endsWith("h") ? 3_600_000 : text.endsWith("d") ? 86_400_000 : 0;
        try {
            long number = Long.parseLong(text.substring(0, Math.max(0, text.length() - (unit == 1 ? 2 : 1)))
                    .strip());
            if (unit > 0 && number > 0 && number < 1_000_000) return Duration.ofMillis(number * unit);
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw wrong(key, text, "a duration such as 500ms, 60s or 5m");
    }

    /// Stops at the first text that nobody read.
    void requireAllKnown() {
        environment.forEach((name, given) -> {
            if (effective.keySet().stream()
                    .noneMatch(key -> environmentName(key).equals(name))) throw unknown(name, given, true);
        });
        for (Map<String, Given> source : List.of(flags, file)) {
            source.forEach((name, given) -> {
                if (!effective.containsKey(name)) throw unknown(name, given, false);
            });
        }
    }

    /// Every setting read so far, in the order of reading.
    List<Effective> effective() {
        return List.copyOf(effective.values());
    }

    private String value(String key, String defaultValue, boolean secret) {
        Given given = flags.get(key);
        if (given == null) given = environment.get(environmentName(key));
        if (given == null) given = file.get(key);
        if (given == null) given = new Given(defaultValue, Source.DEFAULT, "default");
        effective.put(
                key, new Effective(key, secret ? masked(given.value) : given.value, given.source, given.origin, false));
        return given.value;
    }

    private WrongSetting wrong(String key, String value, String expected) {
        Effective where = effective.get(key);
        return new WrongSetting("%s is '%s' (%s), expected %s."
                .formatted(key, value, where == null ? "default" : where.origin(), expected));
    }

    private WrongSetting unknown(String name, Given given, boolean isEnvironment) {
        String bare = isEnvironment ? name.substring(PREFIX.length()).toLowerCase(Locale.ROOT) : name;
        String nearest = effective.keySet().stream()
                .min(Comparator.comparingInt(key -> apart(key, bare)))
                .map(key -> isEnvironment ? environmentName(key) : key)
                .orElse("");
        return new WrongSetting("There is no setting '%s' (%s). Did you mean '%s'? `./millwright config` lists all."
                .formatted(name, given.origin, nearest));
    }

    /// `port` is near to `server.port`.
    private static int apart(String key, String name) {
        String spelled = key.replace('-', '_').replace('.', '_');
        String likeIt = name.replace('-', '_').replace('.', '_');
        String last = spelled.substring(key.lastIndexOf('.') + 1);
        return Math.min(Nearest.distance(spelled, likeIt), 1 + Nearest.distance(last, likeIt));
    }

    static String environmentName(String key) {
        return PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /// The password of a URL, wherever it stands.
    static String masked(String url) {
        int scheme = url.indexOf("://");
        int at = url.indexOf('@', Math.max(scheme, 0));
        int colon = scheme < 0 ? -1 : url.indexOf(':', scheme + 3);
        String result =
                at > 0 && colon > 0 && colon < at ? url.substring(0, colon + 1) + "****" + url.substring(at) : url;
        int query = result.indexOf("password=");
        if (query < 0) return result;
        int end = result.indexOf('&', query);
        return result.substring(0, query) + "password=****" + (end < 0 ? "" : result.substring(end));
    }

    private void readFile(Path path) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setCodePointLimit(1_000_000);
        options.setMaxAliasesForCollections(10);
        options.setNestingDepthLimit(10);
        Object content;
        try {
            content = new Yaml(new SafeConstructor(options)).load(Files.readString(path));
        } catch (IOException e) {
            throw new WrongSetting("The settings file " + path + " cannot be read: " + e.getMessage() + ".");
        } catch (MarkedYAMLException e) {
            String place = e.getProblemMark() == null
                    ? ""
                    : " in line " + (e.getProblemMark().getLine() + 1);
            throw new WrongSetting(
                    "The settings file " + path + " is not valid YAML" + place + ": " + e.getProblem() + ".");
        } catch (YAMLException e) {
            throw new WrongSetting("The settings file " + path + " is not valid YAML: " + e.getMessage());
        }
        if (content == null) return;
        if (!(content instanceof Map<?, ?> map)) {
            throw new WrongSetting(
                    "The settings file " + path + " is not a map of keys, expected lines such as `server.port: 8484`.");
        }
        flatten("", map, path);
    }

    private void flatten(String prefix, Map<?, ?> map, Path path) {
        map.forEach((name, value) -> {
            String key = prefix + name;
            switch (value) {
                case Map<?, ?> inner -> flatten(key + ".", inner, path);
                case List<?> items ->
                    file.put(
                            key,
                            new Given(
                                    String.join(
                                            ",",
                                            items.stream().map(String::valueOf).toList()),
                                    Source.FILE,
                                    path.toString()));
                case null -> file.put(key, new Given("", Source.FILE, path.toString()));
                default -> file.put(key, new Given(value.toString(), Source.FILE, path.toString()));
            }
        });
    }
}
