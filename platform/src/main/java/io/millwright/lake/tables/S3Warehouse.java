package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.lake.S3Bucket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// A bucket. `s3a://` and `s3n://`, as Hadoop's engines write them, mean the same.
final class S3Warehouse implements Warehouse {
    private static final Logger log = LoggerFactory.getLogger(S3Warehouse.class);

    private final S3Bucket bucket;
    private final Path scratch;
    private final FileCache cache;

    /// @param folder for the cache and for what is on its way
    S3Warehouse(S3Bucket bucket, Path folder, long cacheBytes) {
        this.bucket = bucket;
        this.scratch = folder.resolve("scratch");
        try {
            Files.createDirectories(scratch);
            this.cache = new FileCache(folder.resolve("cache"), cacheBytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String root() {
        String prefix = bucket.prefix();
        return "s3://" + bucket.name() + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }

    /// The object's name, which must lie below the root.
    private String object(String location) {
        String plain = location.replaceFirst("^s3[an]://", "s3://");
        String under = root() + "/";
        boolean climbs = plain.contains("/../") || plain.contains("/./") || plain.indexOf("//", "s3://".length()) > 0;
        if (!plain.startsWith(under) || plain.length() == under.length() || climbs || plain.endsWith("/..")) {
            throw FolderWarehouse.outside(location);
        }
        return plain.substring(("s3://" + bucket.name() + "/").length());
    }

    @Override
    public InputFile input(String location) {
        return new S3Input(location, object(location));
    }

    @Override
    public OutputFile output(String location) {
        return new S3Output(location, object(location));
    }

    @Override
    public void delete(String location) {
        cache.forget(location);
        try {
            String object = object(location);
            bucket.client().deleteObject(delete -> delete.bucket(bucket.name()).key(object));
        } catch (SdkException e) {
            log.warn("{} stays behind until the next sweep: {}", location, e.toString());
        }
    }

    @Override
    public Lease local(String location, long bytes) {
        String object = object(location);
        return cache.lease(location, bytes, target -> {
            try {
                bucket.client().getObject(get -> get.bucket(bucket.name()).key(object), target);
            } catch (S3Exception e) {
                if (e.statusCode() == 404) throw FolderWarehouse.missing(location);
                throw failed(e);
            } catch (SdkException e) {
                throw failed(e);
            }
        });
    }

    @Override
    public Path scratch() {
        return scratch;
    }

    @Override
    public void place(Path written, String location) {
        try {
            String object = object(location);
            bucket.client().putObject(put -> put.bucket(bucket.name()).key(object), RequestBody.fromFile(written));
            Files.deleteIfExists(written);
        } catch (SdkException e) {
            throw failed(e);
        } catch (IOException e) {
            log.warn("{} stays behind: {}", written, e.toString());
        }
    }

    @Override
    public void walk(String under, Visitor visitor) {
        String prefix = object(under.endsWith("/") ? under + "x" : under + "/x");
        String from = prefix.substring(0, prefix.length() - 1);
        try {
            bucket.client()
                    .listObjectsV2Paginator(list -> list.bucket(bucket.name()).prefix(from))
                    .contents()
                    .forEach(found -> visitor.visit(
                            "s3://" + bucket.name() + "/" + found.key(), found.size(), found.lastModified()));
        } catch (SdkException e) {
            throw failed(e);
        }
    }

    @Override
    public void ping() {
        try {
            bucket.client()
                    .listObjectsV2(list ->
                            list.bucket(bucket.name()).prefix(bucket.prefix()).maxKeys(1));
        } catch (SdkException e) {
            throw failed(e);
        }
    }

    static Failure failed(SdkException e) {
        log.error("the warehouse on S3 failed: {}", e.toString());
        return UNAVAILABLE.because(
                "The warehouse on S3 does not answer, or refuses; nothing of this request was kept. See the server's log,"
                        + " then send it again.");
    }

    @Override
    public void close() {
        bucket.close();
    }

    private final class S3Input implements InputFile {
        private final String location;
        private final String object;
        private long length = -1;

        S3Input(String location, String object) {
            this.location = location;
            this.object = object;
        }

        @Override
        public long getLength() {
            if (length < 0) length = head();
            return length;
        }

        private long head() {
            try {
                return bucket.client()
                        .headObject(head -> head.bucket(bucket.name()).key(object))
                        .contentLength();
            } catch (S3Exception e) {
                if (e.statusCode() == 404) throw new NotFoundException(e, "File does not exist: %s", location);
                throw failed(e);
            } catch (SdkException e) {
                throw failed(e);
            }
        }

        @Override
        public SeekableInputStream newStream() {
            return new S3Stream(getLength());
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public boolean exists() {
            try {
                return getLength() >= 0;
            } catch (NotFoundException e) {
                return false;
            }
        }

        /// Reads in order from wherever it was last told to; a jump opens the object anew.
        private final class S3Stream extends SeekableInputStream {
            private final long size;
            private long position;
            private InputStream open = InputStream.nullInputStream();
            private long openAt = -1;

            S3Stream(long size) {
                this.size = size;
            }

            @Override
            public long getPos() {
                return position;
            }

            @Override
            public void seek(long to) {
                position = to;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int wanted) throws IOException {
                if (position >= size) return -1;
                if (openAt != position) reopen();
                int n = open.read(bytes, offset, wanted);
                if (n > 0) {
                    position += n;
                    openAt = position;
                }
                return n;
            }

            private void reopen() throws IOException {
                open.close();
                try {
                    open = bucket.client()
                            .getObject(
                                    get -> get.bucket(bucket.name()).key(object).range("bytes=" + position + "-"));
                    openAt = position;
                } catch (SdkException e) {
                    throw failed(e);
                }
            }

            @Override
            public void close() throws IOException {
                open.close();
            }
        }
    }

    /// What Iceberg writes through this are manifests and metadata: kept in memory until they are whole.
    private final class S3Output implements OutputFile {
        private final String location;
        private final String object;

        S3Output(String location, String object) {
            this.location = location;
            this.object = object;
        }

        @Override
        public PositionOutputStream create() {
            if (toInputFile().exists()) throw new AlreadyExistsException("File already exists: %s", location);
            return createOrOverwrite();
        }

        @Override
        public PositionOutputStream createOrOverwrite() {
            return new PositionOutputStream() {
                private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 14);
                private boolean closed;

                @Override
                public long getPos() {
                    return bytes.size();
                }

                @Override
                public void write(int b) {
                    bytes.write(b);
                }

                @Override
                public void write(byte[] from, int offset, int length) {
                    bytes.write(from, offset, length);
                }

                @Override
                public void close() {
                    if (closed) return;
                    closed = true;
                    try {
                        bucket.client()
                                .putObject(
                                        put -> put.bucket(bucket.name()).key(object),
                                        RequestBody.fromBytes(bytes.toByteArray()));
                    } catch (SdkException e) {
                        throw failed(e);
                    }
                }
            };
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public InputFile toInputFile() {
            return input(location);
        }
    }
}
