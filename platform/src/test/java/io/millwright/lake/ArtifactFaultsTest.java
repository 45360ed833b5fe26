package io.millwright.lake;

import static io.millwright.lake.ArtifactContract.fails;
import static io.millwright.lake.ArtifactContract.random;
import static io.millwright.lake.ArtifactContract.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.kernel.ErrorCode;
import io.millwright.ledger.SqliteDb;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a full disk, a killed process and somebody else's hands do to artifacts on a folder.
final class ArtifactFaultsTest {
    @TempDir
    Path home;

    @Test
    void a_full_disk_is_told_and_nothing_half_done_stays() throws Exception {
        Path small = Files.createDirectory(home.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString()) == 0,
                "only root mounts a small disk");
        try (Lake lake =
                Lake.onFolder(SqliteDb.open(home.resolve("millwright.db")), small.resolve("artifacts"), 1 << 30)) {
            lake.store("kept", random(500_000, 1));

            byte[] large = random(3_000_000, 2);
            for (long length : new long[] {-1, large.length}) {
                assertThatThrownBy(() -> lake.artifacts.store("kept", new ByteArrayInputStream(large), length))
                        .hasMessageStartingWith(
                                "The disk that holds the artifacts is full; nothing of this upload was kept.");
                fails(
                        ErrorCode.UNAVAILABLE,
                        () -> lake.artifacts.store("d/new", new ByteArrayInputStream(large), length));
            }
            String id = lake.slice
                    .uploads()
                    .create("default", ArtifactPath.of("p"), 2)
                    .id();
            fails(
                    ErrorCode.UNAVAILABLE,
                    () -> ((PartUploads) lake.slice.uploads()).putPart(id, 1, new ByteArrayInputStream(large), -1));

            assertThat(lake.bytes("kept")).isEqualTo(random(500_000, 1));
            assertThat(lake.names("")).containsExactly("kept");
            assertThat(filesIn(small.resolve("artifacts"))).hasSize(1);
            lake.store("fits", random(500_000, 3));
        } finally {
            run("umount", small.toString());
        }
    }

    @Test
    void a_killed_process_loses_nothing_it_answered() throws Exception {
        ProcessBuilder command = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                home.toString());
        Process writer = command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        List<String> answered = new ArrayList<>();
        try (BufferedReader out = new BufferedReader(writer.inputReader(StandardCharsets.UTF_8))) {
            for (String line; (line = out.readLine()) != null; ) {
                if (!line.startsWith("stored ")) continue; // The log goes there too.
                answered.add(line);
                if (answered.size() == 40)
                    writer.toHandle().destroyForcibly(); // SIGKILL, and what it said is still read.
            }
        }
        writer.waitFor();

        assertThat(answered).hasSizeGreaterThanOrEqualTo(40);
        try (Lake lake = Lake.onFolder(home)) {
            for (String line : answered) {
                String[] words = line.split(" ", -1);
                assertThat(sha256(lake.bytes(words[1]))).isEqualTo(words[2]);
            }
            for (ArtifactInfo listed : lake.artifacts.list("killed")) {
                ArtifactContent content = lake.artifacts.open("killed/" + listed.name());
                assertThat(content.sha256()).contains(sha256(lake.bytes("killed/" + listed.name())));
            }
            lake.clock.forward(Duration.ofDays(2));
            lake.artifacts.sweep(false);
            assertThat(filesIn(home.resolve("artifacts")))
                    .hasSize(lake.artifacts.list("killed").size());
        }
    }

    @Test
    void a_spooled_upload_is_swept_a_day_after_its_last_byte() throws Exception {
        try (Lake lake = Lake.onFolder(home)) {
            Path rest = Files.write(home.resolve("artifacts/uploads/spool-1.tmp"), new byte[7]);
            Path young = Files.write(home.resolve("artifacts/uploads/spool-2.tmp"), new byte[7]);
            Files.setLastModifiedTime(rest, FileTime.from(Instant.now().minus(Duration.ofHours(25))));

            assertThat(lake.artifacts.sweep(true)).isEqualTo(new Sweep(0, 0, 0, 0, 1, 7));
            lake.artifacts.sweep(false);

            assertThat(rest).doesNotExist();
            assertThat(young).exists();
        }
    }

    @Test
    void content_that_somebody_removed_is_told_and_comes_again_with_the_next_upload() throws Exception {
        try (Lake lake = Lake.onFolder(home)) {
            lake.store("a", "content");
            for (Path blob : filesIn(home.resolve("artifacts/blobs"))) Files.delete(blob);
            fails(ErrorCode.UNAVAILABLE, () -> lake.bytes("a"));

            lake.store("b", "content");

            assertThat(lake.text("a")).isEqualTo("content");
        }
    }

    @Test
    void what_is_not_ours_in_the_folder_stays() throws Exception {
        try (Lake lake = Lake.onFolder(home)) {
            Path shard = Files.createDirectories(home.resolve("artifacts/blobs/ab"));
            Path foreign = Files.writeString(shard.resolve("README"), "mine");

            lake.clock.forward(Duration.ofDays(30));
            lake.artifacts.sweep(false);

            assertThat(foreign).exists();
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static int run(String... command) throws Exception {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    /// Stores artifacts from several threads and says each one that was answered, until it is killed.
    static final class KilledWriter {
        public static void main(String[] args) {
            Lake lake = Lake.onFolder(Path.of(args[0]));
            for (int t = 0; t < 4; t++) {
                int thread = t;
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; ; i++) {
                        byte[] content = random(20_000 + i * 1000, thread * 1_000_000L + i);
                        String path = "killed/%d-%d".formatted(thread, i);
                        try {
                            lake.store(path, content);
                            System.out.println("stored " + path + " " + sha256(content));
                        } catch (Exception e) {
                            return;
                        }
                    }
                });
            }
        }
    }
}
