package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.lake.MultipartUploads.PartInfo;
import io.millwright.lake.MultipartUploads.PartTag;
import io.millwright.lake.MultipartUploads.Target;
import io.millwright.lake.MultipartUploads.Ticket;
import io.millwright.ledger.SqliteDb;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract on S3, and what only S3 can.
final class S3ArtifactTest extends ArtifactContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();
    /// S3's smallest part, and above what the store puts in one piece here.
    private static final int PART = 5 << 20;

    private static Moto moto;

    @TempDir
    Path home;

    private final URI location = URI.create("s3://artifacts-%d/team/ml".formatted(BUCKETS.incrementAndGet()));
    private final S3Bucket bucket = new S3Bucket(location);

    @BeforeAll
    static void startMoto(@TempDir Path logs) throws Exception {
        moto = Moto.start(logs.resolve("moto.log"));
    }

    @AfterAll
    static void stopMoto() {
        if (moto != null) moto.close();
    }

    @Override
    Lake open() {
        return open(LIMIT);
    }

    private Lake open(long limit) {
        bucket.client().createBucket(create -> create.bucket(bucket.name()));
        return Lake.open(
                SqliteDb.open(home.resolve("millwright-%d.db".formatted(BUCKETS.incrementAndGet()))),
                (db, ledger, clock, ids) -> ArtifactsSlice.onS3(
                        db, ledger, clock, ids, new ArtifactSettings(location, home.resolve("spool"), limit), PART));
    }

    private void reopen(long limit) {
        lake.close();
        lake = open(limit);
    }

    @Override
    long blobsInStore() {
        return keys().stream().filter(key -> key.startsWith("team/ml/blobs/")).count();
    }

    private List<String> keys() {
        return bucket.client().listObjectsV2(list -> list.bucket(bucket.name())).contents().stream()
                .map(object -> object.key())
                .toList();
    }

    @Test
    void large_content_goes_in_parts_and_comes_back_whole() throws Exception {
        reopen(1 << 30);
        byte[] content = random(2 * PART + 12_345, 1);

        lake.store("model/big.bin", content);

        assertThat(lake.bytes("model/big.bin")).isEqualTo(content);
        try (var channel = lake.artifacts.open("model/big.bin").channel(PART - 3, 6)) {
            assertThat(java.nio.channels.Channels.newInputStream(channel).readAllBytes())
                    .isEqualTo(Arrays.copyOfRange(content, PART - 3, PART + 3));
        }
        try (var rests = Files.list(home.resolve("spool"))) {
            assertThat(rests).isEmpty();
        }
    }

    @Test
    void a_ping_tells_whether_the_bucket_is_there() {
        lake.artifacts.ping();

        try (var store = new S3ArtifactStore(new S3Bucket(URI.create("s3://nowhere")), home.resolve("spool"), LIMIT)) {
            assertThatThrownBy(store::ping)
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        }
    }

    @Test
    void a_download_url_is_good_for_the_content_and_its_ranges() throws Exception {
        lake.store("a/b c.csv", "0123456789");

        PresignedRequest request = lake.artifacts.presignedDownload("a/b c.csv", Duration.ofMinutes(5));
        HttpResponse<String> whole = send(HttpRequest.newBuilder(request.url()).build());
        HttpResponse<String> part = send(HttpRequest.newBuilder(request.url())
                .header("Range", "bytes=2-4")
                .build());

        assertThat(request.sizeBytes()).isEqualTo(10);
        assertThat(whole.body()).isEqualTo("0123456789");
        assertThat(whole.headers().firstValue("content-disposition")).contains("attachment; filename=\"b c.csv\"");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo("234");
        fails(ErrorCode.NOT_FOUND, () -> lake.artifacts.presignedDownload("a/x", Duration.ofMinutes(5)));
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.artifacts.presignedDownload("a/b c.csv", Duration.ofDays(8)));
    }

    @Test
    void a_presigned_upload_is_there_once_its_body_has_arrived() throws Exception {
        lake.store("r/old.bin", "old");
        PresignedRequest request = lake.artifacts.presignedUpload("r/d/new.bin", Duration.ofMinutes(5));
        PresignedRequest replacing = lake.artifacts.presignedUpload("r/old.bin", Duration.ofMinutes(5));
        assertThat(lake.names("r")).containsExactly("old.bin");

        put(request.url(), "hello");
        put(replacing.url(), "newer");

        assertThat(lake.names("r")).containsExactly("d/", "old.bin");
        assertThat(lake.artifacts.list("r/d")).containsExactly(new ArtifactInfo("new.bin", false, 5));
        assertThat(lake.text("r/d/new.bin")).isEqualTo("hello");
        assertThat(lake.text("r/old.bin")).isEqualTo("newer");
        assertThat(lake.artifacts.open("r/d/new.bin").sha256()).isEmpty();
        assertThat(lake.artifacts.open("r/d/new.bin").tag()).startsWith("s3-");
        assertThat(lake.ledger.eventsAbout("artifact:r/d/new.bin")).hasSize(1);
    }

    @Test
    void an_upload_url_that_is_used_again_changes_nothing() throws Exception {
        PresignedRequest request = lake.artifacts.presignedUpload("a", Duration.ofMinutes(5));
        put(request.url(), "first");
        assertThat(lake.text("a")).isEqualTo("first");

        put(request.url(), "second");

        assertThat(lake.text("a")).isEqualTo("first");
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 1, 6));
        assertThat(keys()).hasSize(1);
        assertThat(lake.text("a")).isEqualTo("first");
    }

    @Test
    void a_presigned_upload_that_nobody_looked_for_in_time_is_kept() throws Exception {
        put(lake.artifacts.presignedUpload("x/y", Duration.ofMinutes(5)).url(), "never looked for");
        lake.clock.forward(Duration.ofDays(8));

        assertThat(lake.artifacts.sweep(true)).isEqualTo(new Sweep(0, 0, 0, 0, 0, 0));
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 0, 0));

        List<Upload> left = lake.db.read(sql -> new UploadStore().olderThan(sql, lake.clock.instant(), 10));
        assertThat(left).isEmpty();
        assertThat(lake.text("x/y")).isEqualTo("never looked for");
        assertThat(keys()).hasSize(1);
    }

    @Test
    void a_presigned_upload_does_not_replace_what_was_stored_after_it_arrived() throws Exception {
        put(lake.artifacts.presignedUpload("a", Duration.ofMinutes(5)).url(), "older");
        lake.clock.forward(Duration.ofDays(1));
        lake.store("a", "newer");

        assertThat(lake.text("a")).isEqualTo("newer");
        lake.artifacts.sweep(false);
        assertThat(keys()).hasSize(1);
        assertThat(lake.text("a")).isEqualTo("newer");
    }

    @Test
    void a_deleted_path_is_not_brought_back_by_a_pending_upload() throws Exception {
        PresignedRequest request = lake.artifacts.presignedUpload("r/a", Duration.ofMinutes(5));
        put(request.url(), "late");

        lake.artifacts.deleteTree("r");

        assertThat(lake.artifacts.list("")).isEmpty();
        assertThat(keys()).isEmpty();
    }

    @Test
    void a_presigned_upload_that_is_too_large_is_dropped() throws Exception {
        reopen(10);
        put(lake.artifacts.presignedUpload("a", Duration.ofMinutes(5)).url(), "eleven bytes");

        assertThat(lake.artifacts.list("")).isEmpty();
        assertThat(keys()).isEmpty();
    }

    @Test
    void parts_go_straight_to_s3_and_an_interrupted_upload_goes_on() throws Exception {
        reopen(1 << 30);
        byte[] content = random(2 * PART + 1000, 2);
        ArtifactPath path = ArtifactPath.of("0/run/artifacts/model.bin");
        MultipartUploads uploads = lake.slice.uploads();
        Ticket ticket = uploads.create("default", path, 3);
        List<PartTag> tags = new ArrayList<>();
        tags.add(putPart(ticket.parts().get(2), content));
        tags.add(putPart(ticket.parts().get(0), content));

        MultipartUploads.Status status = uploads.status(ticket.id());
        assertThat(status.present()).extracting(PartInfo::number).containsExactly(1, 3);
        assertThat(status.missing()).extracting(Target::number).containsExactly(2);
        fails(
                ErrorCode.PERMISSION_DENIED,
                () -> Lake.writer("default", "experiment:1").call(() -> uploads.status(ticket.id())));
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 0, 0));
        fails(ErrorCode.INVALID_ARGUMENT, () -> uploads.complete("default", path, ticket.id(), tags));
        tags.add(putPart(status.missing().getFirst(), content));
        fails(ErrorCode.NOT_FOUND, () -> uploads.complete("team", path, ticket.id(), tags));
        uploads.complete("default", path, ticket.id(), tags);
        uploads.complete("default", path, ticket.id(), tags);
        uploads.abort("default", path, ticket.id());

        assertThat(lake.bytes(path.value())).isEqualTo(content);
        assertThat(lake.ledger.eventsAbout("artifact:" + path)).hasSize(1);
        assertThat(lake.artifacts.sweep(false)).isEqualTo(new Sweep(0, 0, 0, 0, 0, 0));
        assertThat(lake.bytes(path.value())).isEqualTo(content);
    }

    @Test
    void a_completion_that_was_cut_off_after_s3_did_its_part_is_taken_up_again() throws Exception {
        ArtifactPath path = ArtifactPath.of("m");
        MultipartUploads uploads = lake.slice.uploads();
        Ticket ticket = uploads.create("default", path, 1);
        PartTag only = putPart(ticket.parts().getFirst(), random(1000, 3));
        Upload upload =
                lake.db.read(sql -> new UploadStore().find(sql, ticket.id())).orElseThrow();
        new S3Direct(bucket)
                .finish(upload.key().orElseThrow(), upload.remoteId().orElseThrow(), List.of(only));
        lake.artifacts.sweep(false);

        uploads.complete("default", path, ticket.id(), List.of(only));

        assertThat(lake.bytes("m")).isEqualTo(random(1000, 3));
    }

    @Test
    void a_wrong_etag_is_told() throws Exception {
        MultipartUploads uploads = lake.slice.uploads();
        Ticket ticket = uploads.create("default", ArtifactPath.of("m"), 1);
        putPart(ticket.parts().getFirst(), random(1000, 3));

        fails(
                ErrorCode.INVALID_ARGUMENT,
                () -> uploads.complete(
                        "default",
                        ArtifactPath.of("m"),
                        ticket.id(),
                        List.of(new PartTag(1, "\"0123456789abcdef0123456789abcdef\""))));

        assertThat(lake.artifacts.list("")).isEmpty();
    }

    @Test
    void given_up_uploads_are_aborted_on_s3_too() throws Exception {
        Ticket ticket = lake.slice.uploads().create("default", ArtifactPath.of("m"), 2);
        putPart(ticket.parts().getFirst(), random(1000, 3));
        lake.artifacts.presignedUpload("x/y", Duration.ofMinutes(5)); // Nothing is ever sent.
        String unknown = bucket.client()
                .createMultipartUpload(create -> create.bucket(bucket.name()).key("team/ml/blobs/x"))
                .uploadId();

        lake.clock.forward(Duration.ofDays(8));
        Sweep sweep = lake.artifacts.sweep(false);

        assertThat(sweep.uploads()).isEqualTo(2);
        assertThat(unknown).isNotEmpty();
        assertThat(bucket.client()
                        .listMultipartUploads(list -> list.bucket(bucket.name()))
                        .uploads())
                .isEmpty();
        assertThat(keys()).isEmpty();
    }

    @Test
    void a_server_that_is_not_there_is_told() throws Exception {
        lake.store("a", "x");
        String before = System.setProperty("aws.endpointUrlS3", "http://127.0.0.1:1");
        try (Lake broken = Lake.open(
                SqliteDb.open(home.resolve("other.db")),
                (db, ledger, clock, ids) -> ArtifactsSlice.wire(
                        db,
                        ledger,
                        clock,
                        ids,
                        new ArtifactSettings(URI.create("s3://nowhere"), home.resolve("spool2"), LIMIT)))) {
            assertThat(broken.artifacts.list("")).isEmpty();
            fails(ErrorCode.UNAVAILABLE, () -> broken.store("a", "x"));
            assertThat(broken.artifacts.list("")).isEmpty();
        } finally {
            System.setProperty("aws.endpointUrlS3", String.valueOf(before));
        }
    }

    private static void put(URI url, String content) throws Exception {
        assertThat(send(HttpRequest.newBuilder(url)
                                .PUT(HttpRequest.BodyPublishers.ofString(content))
                                .build())
                        .statusCode())
                .isEqualTo(200);
    }

    private static PartTag putPart(Target target, byte[] content) throws Exception {
        int from = (target.number() - 1) * PART;
        byte[] part = Arrays.copyOfRange(content, from, Math.min(content.length, from + PART));
        HttpResponse<String> answer = send(HttpRequest.newBuilder(target.url())
                .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(part)))
                .build());
        return new PartTag(target.number(), answer.headers().firstValue("etag").orElseThrow());
    }

    private static HttpResponse<String> send(HttpRequest request) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }
}
