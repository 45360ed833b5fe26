package io.millwright.lake;

import static io.millwright.lake.ArtifactContract.fails;
import static io.millwright.lake.ArtifactContract.random;
import static io.millwright.lake.ArtifactContract.sha256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.lists;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.MultipartUploads.PartInfo;
import io.millwright.lake.MultipartUploads.PartTag;
import io.millwright.lake.MultipartUploads.Target;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PartUploadsTest {
    private static final ArtifactPath PATH = ArtifactPath.of("0/run/artifacts/model.bin");

    @TempDir
    Path home;

    private Lake lake;

    @BeforeEach
    void open() {
        lake = Lake.onFolder(home);
    }

    @AfterEach
    void close() {
        lake.close();
    }

    @Test
    void parts_come_in_any_order_and_make_one_artifact() throws Exception {
        String id = create(3);
        PartTag c = put(id, 3, "c");
        PartTag a = put(id, 1, "aaa");
        PartTag b = put(id, 2, "bb");

        assertThat(lake.artifacts.find(PATH.value())).isEmpty();
        uploads().complete("default", PATH, id, List.of(b, c, a));

        assertThat(lake.text(PATH.value())).isEqualTo("aaabbc");
        assertThat(lake.artifacts.open(PATH.value()).sha256())
                .contains(sha256("aaabbc".getBytes(StandardCharsets.UTF_8)));
        assertThat(partFiles()).isZero();
    }

    @Test
    void a_part_that_comes_again_replaces_the_first_one() throws Exception {
        String id = create(2);
        PartTag first = put(id, 1, "wrong");
        PartTag second = put(id, 1, "right");
        PartTag other = put(id, 2, "!");
        put(id, 2, "!");

        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(first, other)))
                .hasMessageStartingWith("Part 1 has the etag ");
        uploads().complete("default", PATH, id, List.of(second, other));

        assertThat(lake.text(PATH.value())).isEqualTo("right!");
    }

    @Test
    void completing_twice_succeeds_twice_and_aborting_then_does_nothing() throws Exception {
        String id = create(1);
        PartTag only = put(id, 1, "x");

        uploads().complete("default", PATH, id, List.of(only));
        uploads().complete("default", PATH, id, List.of(only));
        uploads().abort("default", PATH, id);
        uploads().complete("default", PATH, id, List.of());

        assertThat(lake.text(PATH.value())).isEqualTo("x");
        assertThat(lake.ledger.eventsAbout("artifact:" + PATH)).hasSize(1);
        assertThat(uploads().status(id).completed()).isTrue();
    }

    @Test
    void a_missing_a_wrong_or_a_doubled_part_is_told_and_the_upload_goes_on() throws Exception {
        lake.store(PATH.value(), "old");
        String id = create(3);
        PartTag one = put(id, 1, "1");
        PartTag two = put(id, 2, "2");

        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(one, two)))
                .hasMessageStartingWith("Part 3 of 3 has not arrived.")
                .hasMessageContaining("/api/millwright/v1/uploads/" + id);
        PartTag three = put(id, 3, "3");
        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(one, three)))
                .hasMessageStartingWith("Part 2 is not named");
        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(one, two, three, three)))
                .hasMessageStartingWith("Part 3 is named twice");
        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(one, two, three, new PartTag(4, "x"))))
                .hasMessageStartingWith("Part 4 is named");
        assertThatThrownBy(() -> uploads().complete("default", PATH, id, List.of(one, two, new PartTag(3, "\"0\""))))
                .hasMessageStartingWith("Part 3 has the etag");
        assertThat(lake.text(PATH.value())).isEqualTo("old");

        uploads().complete("default", PATH, id, List.of(one, two, three));
        assertThat(lake.text(PATH.value())).isEqualTo("123");
    }

    @Test
    void a_broken_part_is_not_there() throws Exception {
        String id = create(1);
        InputStream broken =
                new SequenceInputStream(new ByteArrayInputStream(new byte[100]), new ArtifactContract.BrokenStream());

        assertThatThrownBy(() -> parts().putPart(id, 1, broken, -1)).isInstanceOf(IOException.class);

        assertThat(uploads().status(id).present()).isEmpty();
        assertThat(partFiles()).isZero();
    }

    @Test
    void an_aborted_upload_is_gone() throws Exception {
        String id = create(2);
        put(id, 1, "x");

        uploads().abort("default", PATH, id);
        uploads().abort("default", PATH, id);

        assertThat(partFiles()).isZero();
        fails(ErrorCode.NOT_FOUND, () -> uploads().status(id));
        fails(ErrorCode.NOT_FOUND, () -> put(id, 2, "y"));
        fails(ErrorCode.NOT_FOUND, () -> uploads().complete("default", PATH, id, List.of(new PartTag(1, "x"))));
        assertThat(lake.artifacts.list("")).isEmpty();
    }

    @Test
    void an_upload_goes_on_after_a_restart() throws Exception {
        String id = create(3);
        put(id, 2, "bb");
        lake.close();
        lake = Lake.onFolder(home);

        MultipartUploads.Status status = uploads().status(id);
        assertThat(status.present()).extracting(PartInfo::number).containsExactly(2);
        assertThat(status.missing()).extracting(Target::number).containsExactly(1, 3);
        assertThat(status.missing().getFirst().url()).hasPath("/api/2.0/mlflow-artifacts/mpu/part/" + id + "/1");
        List<PartTag> tags = new ArrayList<>(status.present().stream()
                .map(part -> new PartTag(part.number(), part.etag()))
                .toList());
        tags.add(put(id, 1, "a"));
        tags.add(put(id, 3, "c"));
        uploads().complete("default", PATH, id, tags);

        assertThat(lake.text(PATH.value())).isEqualTo("abbc");
    }

    @Test
    void only_who_names_the_id_the_path_and_the_workspace_completes() throws Exception {
        String id = create(1);
        PartTag only = put(id, 1, "x");

        fails(ErrorCode.NOT_FOUND, () -> uploads().complete("team", PATH, id, List.of(only)));
        fails(ErrorCode.NOT_FOUND, () -> uploads().complete("default", ArtifactPath.of("other"), id, List.of(only)));
        uploads().abort("team", PATH, id);
        fails(ErrorCode.NOT_FOUND, () -> put("../../etc", 1, "x"));
        fails(ErrorCode.NOT_FOUND, () -> put("0".repeat(64), 1, "x"));
        fails(ErrorCode.INVALID_ARGUMENT, () -> put(id, 2, "x"));
        fails(ErrorCode.INVALID_ARGUMENT, () -> put(id, 0, "x"));

        assertThat(uploads().status(id).present()).hasSize(1);
    }

    @Test
    void who_knows_the_id_needs_the_right_to_write_to_the_path_in_the_workspace_of_the_upload() throws Exception {
        String id = uploads().create("team", PATH, 2).id();
        put(id, 1, "x");

        for (RequestContext other :
                List.of(Lake.writer("default", "experiment:0"), Lake.writer("team", "experiment:1"))) {
            fails(ErrorCode.PERMISSION_DENIED, () -> other.call(() -> put(id, 1, "changed")));
            fails(ErrorCode.PERMISSION_DENIED, () -> other.call(() -> uploads().status(id)));
        }
        RequestContext writer = Lake.writer("team", "experiment:0").in("default");
        PartTag second = writer.call(() -> put(id, 2, "y"));

        List<PartInfo> present = writer.call(() -> uploads().status(id)).present();
        assertThat(present).extracting(PartInfo::sizeBytes).containsExactly(1L, 1L);
        assertThat(present.getLast().etag()).isEqualTo(second.etag());
    }

    @Test
    void the_number_of_parts_has_bounds() {
        fails(ErrorCode.INVALID_ARGUMENT, () -> create(0));
        fails(ErrorCode.INVALID_ARGUMENT, () -> create(10_001));
        assertThat(uploads().create("default", PATH, 10_000).parts()).hasSize(10_000);
    }

    @Test
    void parts_and_completions_may_come_in_parallel() throws Exception {
        byte[] content = random(1_000_000, 8);
        String id = create(10);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<PartTag>> puts = new ArrayList<>();
            for (int n = 1; n <= 10; n++) {
                int number = n;
                for (int twice = 0; twice < 2; twice++) {
                    puts.add(() -> new PartTag(
                            number,
                            parts().putPart(
                                            id,
                                            number,
                                            new ByteArrayInputStream(content, (number - 1) * 100_000, 100_000),
                                            100_000)));
                }
            }
            List<PartTag> tags = new ArrayList<>();
            for (Future<PartTag> put : threads.invokeAll(puts)) if (!tags.contains(put.get())) tags.add(put.get());
            List<Callable<Integer>> completions = Collections.nCopies(5, () -> {
                uploads().complete("default", PATH, id, tags);
                return 1;
            });
            for (Future<Integer> completion : threads.invokeAll(completions)) completion.get();
        }

        assertThat(lake.bytes(PATH.value())).isEqualTo(content);
        assertThat(lake.ledger.eventsAbout("artifact:" + PATH)).hasSize(1);
        assertThat(partFiles()).isZero();
    }

    @Test
    void a_given_up_upload_is_swept_after_seven_days() throws Exception {
        String id = create(2);
        put(id, 1, "12345");

        lake.clock.forward(Duration.ofDays(6));
        assertThat(lake.artifacts.sweep(false).uploads()).isZero();
        assertThat(partFiles()).isEqualTo(1);
        lake.clock.forward(Duration.ofDays(2));

        assertThat(lake.artifacts.sweep(true)).isEqualTo(new Sweep(0, 0, 1, 5, 0, 0));
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 1, 5, 0, 0));
        assertThat(partFiles()).isZero();
        fails(ErrorCode.NOT_FOUND, () -> uploads().status(id));
    }

    @Test
    void parts_whose_upload_nobody_knows_are_swept() throws Exception {
        String id = create(1);
        put(id, 1, "123");
        lake.db.tx(sql -> sql.update("delete from artifact_uploads"));

        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 1, 3));
        assertThat(partFiles()).isZero();
    }

    @Test
    void however_it_is_split_the_content_is_the_same() throws Exception {
        byte[] content = random(60_000, 9);
        String expected = sha256(content);
        qt().withExamples(25)
                .forAll(
                        lists().of(integers().between(0, content.length)).ofSizeBetween(0, 6),
                        integers().all())
                .checkAssert((cuts, seed) -> {
                    try {
                        assertThat(hashOfSplit(content, cuts, new Random(seed))).isEqualTo(expected);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
    }

    private String hashOfSplit(byte[] content, List<Integer> cuts, Random random) throws IOException {
        List<Integer> bounds = new ArrayList<>(cuts);
        bounds.add(0);
        bounds.add(content.length);
        Collections.sort(bounds);
        String id = create(bounds.size() - 1);
        List<Integer> order = new ArrayList<>();
        for (int i = 1; i < bounds.size(); i++) order.add(i);
        Collections.shuffle(order, random);
        List<PartTag> tags = new ArrayList<>();
        for (int number : order) {
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            part.write(content, bounds.get(number - 1), bounds.get(number) - bounds.get(number - 1));
            tags.add(
                    new PartTag(number, parts().putPart(id, number, new ByteArrayInputStream(part.toByteArray()), -1)));
        }
        lake.artifacts.deleteTree(PATH.value());
        uploads().complete("default", PATH, id, tags);
        return lake.artifacts.open(PATH.value()).sha256().orElseThrow();
    }

    private MultipartUploads uploads() {
        return lake.slice.uploads();
    }

    private PartUploads parts() {
        return (PartUploads) uploads();
    }

    private String create(int parts) {
        return uploads().create("default", PATH, parts).id();
    }

    private PartTag put(String id, int number, String content) throws IOException {
        return new PartTag(
                number,
                parts().putPart(
                                id,
                                number,
                                new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)),
                                content.length()));
    }

    private long partFiles() throws IOException {
        try (var files = Files.walk(home.resolve("artifacts/uploads"))) {
            return files.filter(Files::isRegularFile).count();
        }
    }
}
