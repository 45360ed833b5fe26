package io.millwright.lake;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/// A bucket: `<prefix>blobs/…`, and `<prefix>direct/…` for what clients send there themselves. Each request
/// carries a hash that S3 checks, so that what arrived broken is not kept.
final class S3ArtifactStore implements ArtifactStore {
    /// S3 takes at most 10,000 parts of at most 5 GiB.
    private static final int MOST_PARTS = 9_000;
    private static final Duration PING_PATIENCE = Duration.ofSeconds(5);

    private final S3Bucket bucket;
    private final Path spool;
    private final long largestPut;

    /// @param largestPut content above this many bytes goes in parts of at least as many
    S3ArtifactStore(S3Bucket bucket, Path spool, long largestPut) {
        this.bucket = bucket;
        this.spool = spool;
        this.largestPut = largestPut;
        try {
            Files.createDirectories(spool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Path spoolDirectory() {
        return spool;
    }

    @Override
    public void prepare(Spool content) {
        // S3 need not wait for our disk.
    }

    @Override
    public void place(String key, Spool content) {
        try {
            if (content.sizeBytes() <= largestPut) put(key, content);
            else putInParts(key, content);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    private void put(String key, Spool content) {
        String hash = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(content.sha256()));
        bucket.client()
                .putObject(
                        put -> put.bucket(bucket.name()).key(bucket.object(key)).checksumSHA256(hash),
                        RequestBody.fromFile(content.file()));
    }

    private void putInParts(String key, Spool content) {
        var s3 = bucket.client();
        String object = bucket.object(key);
        String upload = s3.createMultipartUpload(
                        create -> create.bucket(bucket.name()).key(object))
                .uploadId();
        try {
            long partSize = Math.max(largestPut, content.sizeBytes() / MOST_PARTS + 1);
            List<CompletedPart> parts = new ArrayList<>();
            for (long from = 0; from < content.sizeBytes(); from += partSize) {
                int number = parts.size() + 1;
                Region region = new Region(content.file(), from, Math.min(partSize, content.sizeBytes() - from));
                var answer = s3.uploadPart(
                        part -> part.bucket(bucket.name())
                                .key(object)
                                .uploadId(upload)
                                .partNumber(number)
                                .contentMD5(region.md5()),
                        RequestBody.fromContentProvider(region::open, region.length(), "application/octet-stream"));
                parts.add(CompletedPart.builder()
                        .partNumber(number)
                        .eTag(answer.eTag())
                        .build());
            }
            s3.completeMultipartUpload(complete -> complete.bucket(bucket.name())
                    .key(object)
                    .uploadId(upload)
                    .multipartUpload(all -> all.parts(parts)));
        } catch (RuntimeException e) {
            abandon(object, upload, e);
            throw e;
        }
    }

    private void abandon(String object, String upload, RuntimeException cause) {
        try {
            bucket.client()
                    .abortMultipartUpload(
                            abort -> abort.bucket(bucket.name()).key(object).uploadId(upload));
        } catch (SdkException e) {
            cause.addSuppressed(e); // The sweep aborts it.
        }
    }

    @Override
    public boolean has(String key, long sizeBytes) {
        try {
            return bucket.client()
                            .headObject(head -> head.bucket(bucket.name()).key(bucket.object(key)))
                            .contentLength()
                    == sizeBytes;
        } catch (S3Exception e) {
            if (e.statusCode() == 404) return false;
            throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    @Override
    public Optional<ReadableByteChannel> open(String key, long from, long length) {
        if (length == 0) {
            return has(key, 0) || from > 0
                    ? Optional.of(Channels.newChannel(InputStream.nullInputStream()))
                    : Optional.empty();
        }
        try {
            String range = "bytes=%d-%d".formatted(from, from + length - 1);
            var body = bucket.client()
                    .getObject(get ->
                            get.bucket(bucket.name()).key(bucket.object(key)).range(range));
            return Optional.of(Channels.newChannel(new Download(body, length)));
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    @Override
    public void delete(String key) {
        try {
            bucket.client().deleteObject(delete -> delete.bucket(bucket.name()).key(bucket.object(key)));
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    @Override
    public void ping() {
        try {
            bucket.client()
                    .headBucket(head ->
                            head.bucket(bucket.name()).overrideConfiguration(how -> how.apiCallTimeout(PING_PATIENCE)));
        } catch (S3Exception e) {
            // Who may read and write objects need not be allowed to ask about the bucket.
            if (e.statusCode() != 403) throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    @Override
    public void walk(Visitor visitor) {
        try {
            for (String folder : List.of("blobs/", "direct/")) {
                var pages = bucket.client()
                        .listObjectsV2Paginator(
                                list -> list.bucket(bucket.name()).prefix(bucket.object(folder)));
                for (S3Object object : pages.contents()) {
                    visitor.visit(object.key().substring(bucket.prefix().length()), object.size());
                }
            }
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    @Override
    public void close() {
        bucket.close();
    }

    /// Cuts the connection when closed before its end: reading the rest only to use it again would take longer.
    private static final class Download extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> body;
        private long left;

        Download(ResponseInputStream<GetObjectResponse> body, long length) {
            super(body);
            this.body = body;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) left--;
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = super.read(bytes, offset, length);
            left -= Math.max(0, n);
            return n;
        }

        @Override
        public void close() throws IOException {
            if (left > 0) body.abort();
            else super.close();
        }
    }

    /// A piece of a file, to be opened again when the SDK tries again.
    private record Region(Path file, long from, long length) {
        InputStream open() {
            try {
                FileChannel channel =
                        FileChannel.open(file, StandardOpenOption.READ).position(from);
                return new LimitedStream(Channels.newInputStream(channel), length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String md5() {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                MessageDigest digest = MessageDigest.getInstance("MD5");
                ByteBuffer buffer = ByteBuffer.allocate(256 * 1024);
                for (long at = from; at < from + length; at += buffer.limit()) {
                    buffer.clear().limit((int) Math.min(buffer.capacity(), from + length - at));
                    while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0)
                        Thread.onSpinWait();
                    digest.update(buffer.flip());
                }
                return Base64.getEncoder().encodeToString(digest.digest());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /// Ends after a number of bytes.
    private static final class LimitedStream extends InputStream {
        private final InputStream in;
        private long left;

        LimitedStream(InputStream in, long length) {
            this.in = in;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            if (left <= 0) return -1;
            left--;
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left <= 0) return -1;
            int n = in.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(0, n);
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
