package io.millwright.serving.predict;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The MOJOs that `peers/parity/make_mojo_fixtures.py` has made.
public final class Mojos {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    /// Of an algorithm that is not run here.
    static final String REFUSED = "glrm";

    private Mojos() {}

    static List<String> served() throws IOException, URISyntaxException {
        Path resources = Path.of(Objects.requireNonNull(Mojos.class.getResource("/mojo"), "no resources /mojo")
                .toURI());
        try (Stream<Path> files = Files.list(resources)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".zip"))
                    .map(name -> name.substring(0, name.length() - ".zip".length()))
                    .filter(name -> !name.equals(REFUSED))
                    .sorted()
                    .toList();
        }
    }

    /// The names, the rows, and what H2O answered.
    static JsonNode told(String name) {
        return JSON.readTree(bytes(name + ".json"));
    }

    public static byte[] zip(String name) {
        return bytes(name + ".zip");
    }

    /// As a file of a folder.
    static Path file(String name, Path folder) {
        try {
            return Files.write(folder.resolve(name + ".zip"), zip(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(String name) {
        try (InputStream in = Objects.requireNonNull(Mojos.class.getResourceAsStream("/mojo/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
