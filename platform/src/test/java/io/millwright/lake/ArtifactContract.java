package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.ledger.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What holds for artifacts wherever they lie.
abstract class ArtifactContract {
    static final int LIMIT = 4 << 20;

    Lake lake;

    /// A fresh one; takes uploads of at most [#LIMIT] bytes.
    abstract Lake open() throws Exception;

    /// How many contents lie in the store.
    abstract long blobsInStore() throws Exception;

    @BeforeEach
    void openLake() throws Exception {
        lake = open();
    }

    @AfterEach
    void closeLake() {
        if (lake != null) lake.close();
    }

    @Test
    void what_is_stored_comes_back_with_its_hash() throws Exception {
        byte[] content = random(3_000_000, 1);

        lake.store("0/run/artifacts/model/weights.bin", content);

        ArtifactContent stored = lake.artifacts.open("0/run/artifacts/model/weights.bin");
        assertThat(lake.bytes("0/run/artifacts/model/weights.bin")).isEqualTo(content);
        assertThat(stored.sizeBytes()).isEqualTo(content.length);
        assertThat(stored.sha256()).contains(sha256(content));
        assertThat(stored.tag()).isEqualTo(sha256(content));
    }

    @Test
    void the_hash_is_right_whatever_the_length_and_however_the_bytes_arrive() throws Exception {
        int piece = 256 * 1024;
        for (int size : new int[] {1, 1000, piece - 1, piece, piece + 1, 2 * piece, 5 * piece + 17}) {
            byte[] content = random(size, size);
            for (long told : new long[] {-1, size}) {
                lake.artifacts.store("a", new TricklingStream(content), told);

                assertThat(lake.artifacts.open("a").sha256()).contains(sha256(content));
                assertThat(lake.bytes("a")).isEqualTo(content);
                lake.artifacts.deleteTree("a");
                lake.artifacts.sweep(false);
            }
        }
    }

    @Test
    void an_empty_file_is_a_file() throws Exception {
        lake.store("a/empty", "");

        assertThat(lake.artifacts.list("a")).containsExactly(new ArtifactInfo("empty", false, 0));
        assertThat(lake.bytes("a/empty")).isEmpty();
    }

    @Test
    void a_part_of_the_content_is_read_from_its_offset() throws Exception {
        byte[] content = random(100_000, 2);
        lake.store("a", content);

        for (int[] range : new int[][] {{0, 1}, {0, 100_000}, {99_999, 1}, {1234, 4321}, {65_536, 34_464}}) {
            try (var channel = lake.artifacts.open("a").channel(range[0], range[1])) {
                byte[] got = Channels.newInputStream(channel).readNBytes(range[1]);
                assertThat(got).isEqualTo(java.util.Arrays.copyOfRange(content, range[0], range[0] + range[1]));
            }
        }
    }

    @Test
    void a_listing_shows_one_level_by_name() throws Exception {
        for (String path :
                List.of("r/b.txt", "r/a/x", "r/a/y/z", "r/a.txt", "r/a-b/q", "r/Z", "other", "r2/x", "r/é", "r/a0"))
            lake.store(path, "12345");

        assertThat(lake.artifacts.list("r"))
                .containsExactly(
                        new ArtifactInfo("Z", false, 5),
                        new ArtifactInfo("a", true, 0),
                        new ArtifactInfo("a-b", true, 0),
                        new ArtifactInfo("a.txt", false, 5),
                        new ArtifactInfo("a0", false, 5),
                        new ArtifactInfo("b.txt", false, 5),
                        new ArtifactInfo("é", false, 5));
        assertThat(lake.names("")).containsExactly("other", "r/", "r2/");
        assertThat(lake.names("r/a/")).containsExactly("x", "y/");
    }

    @Test
    void a_listing_of_a_file_or_of_nothing_is_empty() throws Exception {
        lake.store("a/b", "x");

        assertThat(lake.artifacts.list("a/b")).isEmpty();
        assertThat(lake.artifacts.list("nowhere/at/all")).isEmpty();
        assertThat(lake.artifacts.find("a/b")).contains(new ArtifactInfo("b", false, 1));
        assertThat(lake.artifacts.find("a")).contains(new ArtifactInfo("a", true, 0));
        assertThat(lake.artifacts.find("a/c")).isEmpty();
    }

    @Test
    void storing_again_replaces() throws Exception {
        lake.store("a", "first");
        lake.store("a", "second");

        assertThat(lake.text("a")).isEqualTo("second");
        assertThat(lake.artifacts.list("")).containsExactly(new ArtifactInfo("a", false, 6));
    }

    @Test
    void what_was_opened_before_is_read_as_it_was() throws Exception {
        lake.store("a", "first");
        ArtifactContent opened = lake.artifacts.open("a");

        lake.store("a", "second");

        assertThat(opened.stream().readAllBytes())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("first");
    }

    @Test
    void identical_content_is_stored_once() throws Exception {
        byte[] content = random(200_000, 3);

        for (int i = 0; i < 5; i++) lake.store("runs/" + i + "/model.bin", content);

        assertThat(blobsInStore()).isEqualTo(1);
        assertThat(lake.artifacts.spaceUnder("runs")).isEqualTo(new SpaceReport(5, 1_000_000, 200_000));
        assertThat(lake.artifacts.spaceUnder("runs/3")).isEqualTo(new SpaceReport(1, 200_000, 0));
        assertThat(lake.artifacts.spaceUnder("runs/3/model.bin")).isEqualTo(new SpaceReport(1, 200_000, 0));
        assertThat(lake.artifacts.spaceUnder("none")).isEqualTo(new SpaceReport(0, 0, 0));
    }

    @Test
    void a_broken_upload_leaves_what_was_there_and_lists_nothing() throws Exception {
        lake.store("there", "old");
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(random(700_000, 4)), new BrokenStream());

        assertThatThrownBy(() -> lake.artifacts.store("there", broken, -1))
                .isInstanceOf(IOException.class)
                .hasMessage("connection reset");
        assertThatThrownBy(() -> lake.artifacts.store("d/new", new BrokenStream(), -1))
                .isInstanceOf(IOException.class);

        assertThat(lake.text("there")).isEqualTo("old");
        assertThat(lake.names("")).containsExactly("there");
        assertThat(blobsInStore()).isEqualTo(1);
    }

    @Test
    void a_body_of_another_length_than_told_is_refused() throws Exception {
        lake.store("a", "old");

        fails(ErrorCode.MALFORMED_REQUEST, () -> lake.artifacts.store("a", new ByteArrayInputStream(new byte[10]), 11));
        fails(ErrorCode.MALFORMED_REQUEST, () -> lake.artifacts.store("a", new ByteArrayInputStream(new byte[10]), 9));

        assertThat(lake.text("a")).isEqualTo("old");
    }

    @Test
    void what_is_too_large_is_refused_whether_its_length_is_told_or_not() throws Exception {
        byte[] large = new byte[LIMIT + 1];

        fails(ErrorCode.TOO_LARGE, () -> lake.artifacts.store("a", new ByteArrayInputStream(large), large.length));
        fails(ErrorCode.TOO_LARGE, () -> lake.artifacts.store("a", new ByteArrayInputStream(large), -1));

        assertThat(lake.artifacts.list("")).isEmpty();
        lake.store("a", new byte[LIMIT]);
    }

    @Test
    void a_file_does_not_become_a_directory_nor_a_directory_a_file() throws Exception {
        lake.store("a/b", "x");

        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.store("a/b/c", "y"));
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.store("a/b/c/d/e", "y"));
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.store("a", "y"));

        assertThat(lake.names("a")).containsExactly("b");
        assertThatThrownBy(() -> lake.artifacts.open("a"))
                .hasMessage("Artifact path refers to a directory, not a file: 'a'");
        assertThatThrownBy(() -> lake.artifacts.open("a/x")).hasMessage("No such artifact: 'a/x'");
    }

    @Test
    void deleting_a_directory_takes_everything_below_and_nothing_beside() throws Exception {
        for (String path : List.of("r/m/a", "r/m/b/c", "r/m/b/d/e", "r/m-2/a", "r/m.txt", "r/m0", "r/l"))
            lake.store(path, path);

        assertThat(lake.artifacts.deleteTree("r/m")).isEqualTo(3);

        assertThat(lake.names("r")).containsExactly("l", "m-2/", "m.txt", "m0");
        assertThat(lake.artifacts.list("r/m/b")).isEmpty();
        assertThat(lake.artifacts.deleteTree("r/m")).isZero();
        assertThat(lake.artifacts.deleteTree("r/m.txt")).isEqualTo(1);
        assertThat(lake.artifacts.deleteTree("r")).isEqualTo(3);
        assertThat(lake.artifacts.list("")).isEmpty();
    }

    @Test
    void a_directory_goes_with_its_last_file() throws Exception {
        lake.store("a/b/c/d", "x");
        lake.store("a/e", "x");

        lake.artifacts.deleteTree("a/b/c/d");

        assertThat(lake.names("a")).containsExactly("e");
        lake.store("a/b", "now a file");
        assertThat(lake.names("a")).containsExactly("b", "e");
    }

    @Test
    void everything_at_once_is_not_deleted() {
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.artifacts.deleteTree(""));
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.artifacts.deleteTree("../a"));
    }

    @Test
    void each_change_is_one_event() throws Exception {
        lake.store("a/b", "hello");
        lake.store("a/b", "hello");
        lake.store("a/b", "other");
        lake.artifacts.deleteTree("a/b");
        lake.artifacts.deleteTree("a/b");

        List<Event> events = lake.ledger.eventsAbout("artifact:a/b");
        assertThat(events)
                .extracting(Event::type)
                .containsExactly("artifact.stored", "artifact.stored", "artifact.deleted");
        assertThat(events.getFirst().payload())
                .contains(sha256("hello".getBytes(StandardCharsets.UTF_8)))
                .contains("\"size\":5");
    }

    @Test
    void a_workspace_sees_nothing_of_another() throws Exception {
        lake.store("a/b", "default");
        Lake.workspace("team").call(() -> {
            assertThat(lake.artifacts.list("")).isEmpty();
            fails(ErrorCode.NOT_FOUND, () -> lake.artifacts.open("a/b"));
            lake.store("a/b", "team");
            assertThat(lake.artifacts.deleteTree("a/c")).isZero();
            return lake;
        });

        assertThat(lake.text("a/b")).isEqualTo("default");
        assertThat(Lake.workspace("team").call(() -> lake.text("a/b"))).isEqualTo("team");
        Lake.workspace("team").call(() -> lake.artifacts.deleteTree("a"));
        assertThat(lake.text("a/b")).isEqualTo("default");
    }

    @Test
    void the_sweep_takes_what_nobody_names_any_more() throws Exception {
        lake.store("a", "one");
        lake.store("b", "one");
        lake.store("c", "two");
        lake.store("c", "three");
        lake.artifacts.deleteTree("a");

        Sweep would = lake.artifacts.sweep(true);
        assertThat(would).isEqualTo(new Sweep(1, 3, 0, 0, 0, 0));
        assertThat(blobsInStore()).isEqualTo(3);
        assertThat(lake.artifacts.sweep(false)).isEqualTo(would);

        assertThat(blobsInStore()).isEqualTo(2);
        assertThat(lake.text("b")).isEqualTo("one");
        assertThat(lake.text("c")).isEqualTo("three");
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 0, 0));
    }

    @Test
    void content_that_was_swept_can_come_again() throws Exception {
        for (int i = 0; i < 3; i++) {
            lake.store("a", "same");
            assertThat(lake.text("a")).isEqualTo("same");
            lake.artifacts.deleteTree("a");
            assertThat(lake.artifacts.sweep(false).blobs()).isEqualTo(1);
        }
    }

    @Test
    void uploads_of_the_same_content_and_sweeps_do_not_hurt_one_another() throws Exception {
        byte[][] contents = {random(50_000, 5), random(50_000, 6), random(50_000, 7)};
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Long> sweeps = threads.submit(() -> {
                long swept = 0;
                while (!done.get()) swept += lake.artifacts.sweep(false).blobs();
                return swept;
            });
            List<Callable<Void>> writers = new ArrayList<>();
            for (int w = 0; w < 6; w++) {
                int writer = w;
                writers.add(() -> {
                    for (int i = 0; i < 25; i++) {
                        byte[] content = contents[(writer + i) % contents.length];
                        lake.store("w/" + writer, content);
                        assertThat(lake.bytes("w/" + writer)).isEqualTo(content);
                        lake.artifacts.deleteTree("w/" + writer);
                        lake.store("own/" + writer, random(100, 1000 * writer + i));
                    }
                    lake.store("w/" + writer, contents[writer % contents.length]);
                    lake.artifacts.deleteTree("own/" + writer);
                    return null;
                });
            }
            for (Future<Void> writer : threads.invokeAll(writers)) writer.get();
            done.set(true);
            // How often the shared contents went in between is chance; what only one writer had goes exactly once.
            long swept = sweeps.get() + lake.artifacts.sweep(false).blobs();
            assertThat(swept).isGreaterThanOrEqualTo(6 * 25);
        }

        for (int writer = 0; writer < 6; writer++)
            assertThat(lake.bytes("w/" + writer)).isEqualTo(contents[writer % contents.length]);
        assertThat(blobsInStore()).isEqualTo(contents.length);
    }

    @Test
    void content_without_a_row_is_swept() throws Exception {
        lake.store("a", "one");
        lake.db.tx(sql -> sql.update("delete from artifacts") + sql.update("delete from artifact_blobs"));

        assertThat(lake.artifacts.sweep(true)).isEqualTo(new Sweep(0, 0, 0, 0, 1, 3));
        lake.artifacts.sweep(false);

        assertThat(blobsInStore()).isZero();
    }

    @Test
    void a_row_whose_content_never_came_is_swept_once_its_upload_must_be_dead() throws Exception {
        String key = "blobs/aa/" + "a".repeat(64) + ".000000000000";
        Instant now = lake.clock.instant();
        lake.db.tx(sql -> new BlobStore().claim(sql, key, "a".repeat(64), 7, now, now.plus(Duration.ofHours(6))));

        assertThat(lake.artifacts.sweep(false).blobs()).isZero();
        lake.clock.forward(Duration.ofHours(7));

        assertThat(lake.artifacts.sweep(false).blobs()).isEqualTo(1);
    }

    static void fails(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /// A client on a slow line: bytes come in odd lengths.
    static final class TricklingStream extends ByteArrayInputStream {
        TricklingStream(byte[] content) {
            super(content);
        }

        @Override
        public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(length, 1 + (count - pos) % 7919));
        }
    }

    /// A client that goes away.
    static final class BrokenStream extends InputStream {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            throw new IOException("connection reset");
        }

        @Override
        public int read() throws IOException {
            throw new IOException("connection reset");
        }
    }
}
