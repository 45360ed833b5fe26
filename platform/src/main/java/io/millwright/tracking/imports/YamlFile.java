package io.millwright.tracking.imports;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// One `meta.yaml` of MLflow's file store: a map of scalars, and perhaps of tags.
final class YamlFile {
    private static final int LARGEST = 40_000_000; // A dataset's profile may have 16 million characters.

    private final Path path;
    private final Map<?, ?> fields;

    private YamlFile(Path path, Map<?, ?> fields) {
        this.path = path;
        this.fields = fields;
    }

    static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve("meta.yaml"), LinkOption.NOFOLLOW_LINKS);
    }

    static YamlFile in(Path folder) throws IOException {
        Path path = folder.resolve("meta.yaml");
        if (!isIn(folder)) throw new IOException(path + " is missing, or no plain file");
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LARGEST);
        try (Reader reader = Files.newBufferedReader(path)) {
            Object root = new Yaml(new SafeConstructor(options)).load(reader);
            if (root instanceof Map<?, ?> map) return new YamlFile(path, map);
            throw new IOException(path + " holds no YAML map");
        } catch (YAMLException e) {
            throw new IOException(
                    path + " is not readable YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    @Nullable
    String text(String name) {
        Object value = fields.get(name);
        return value == null ? null : value.toString();
    }

    String textOrEmpty(String name) {
        String text = text(name);
        return text == null ? "" : text;
    }

    String required(String name) throws IOException {
        String text = textOrEmpty(name);
        if (text.isEmpty()) throw new IOException("%s lacks '%s'".formatted(path, name));
        return text;
    }

    OptionalLong number(String name) throws IOException {
        return switch (fields.get(name)) {
            case null -> OptionalLong.empty();
            case Number number -> OptionalLong.of(number.longValue());
            case Object other -> OptionalLong.of(parse(name, other.toString()));
        };
    }

    private long parse(String name, String text) throws IOException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("%s: '%s' is '%s', expected a number".formatted(path, name, text), e);
        }
    }

    /// A nested map of texts, or empty.
    Map<String, String> texts(String name) {
        Map<String, String> texts = new HashMap<>();
        if (fields.get(name) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> texts.put(
                    String.valueOf(key),
                    Optional.<Object>ofNullable(value).map(Object::toString).orElse("")));
        }
        return texts;
    }
}
