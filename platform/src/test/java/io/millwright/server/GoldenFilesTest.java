package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Plays every golden file: Millwright answers what MLflow answers.
///
/// `-Dgolden=runs` plays only the files whose path contains that text. What only S3 can, in `artifacts-s3/`,
/// is played by `peers/test_artifacts_s3.py`.
class GoldenFilesTest {

    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    Stream<DynamicTest> golden_files() throws IOException {
        String only = System.getProperty("golden", "");
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            return files
                    .filter(file -> file.toString().endsWith(".http"))
                    .filter(file -> !GOLDEN.relativize(file).startsWith("artifacts-s3"))
                    .filter(file -> GOLDEN.relativize(file).toString().contains(only))
                    .sorted()
                    .map(file ->
                            DynamicTest.dynamicTest(GOLDEN.relativize(file).toString(), () -> play(file, server.uri())))
                    .toList()
                    .stream();
        }
    }

    private static void play(Path file, URI server) {
        try (var replay = new GoldenReplay(server)) {
            var mismatches = replay.play(GoldenFile.read(GOLDEN, file));
            assertThat(mismatches)
                    .withFailMessage(() -> "%d mismatches%n%s"
                            .formatted(
                                    mismatches.size(),
                                    mismatches.stream().map(String::valueOf).collect(Collectors.joining("\n"))))
                    .isEmpty();
        }
    }
}
