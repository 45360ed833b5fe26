package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Digests;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One content on its way in: read to its end into a temporary file and hashed while it passed. Memory is two
/// buffers, however long the content is. Closing removes the file unless it was placed.
final class Spool implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Spool.class);
    private static final int BUFFER_BYTES = 256 * 1024;
    /// The disk starts on the first megabytes while the last ones are still on the network.
    private static final long FLUSH_EVERY_BYTES = 8L << 20;
    private static final String PREFIX = "spool-";
    private static final CompletableFuture<Void> DONE = CompletableFuture.runAsync(() -> {}, Runnable::run);

    private final Path file;
    private final FileChannel channel;
    private CompletableFuture<Void> flushing = DONE;
    private long sizeBytes;
    private String sha256 = "";

    private Spool(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// Reads a stream to its end.
    ///
    /// @param expected its length if known, else -1
    /// @param limit the most bytes taken
    /// @throws IOException as the stream throws it
    /// @throws Failure TOO_LARGE; MALFORMED_REQUEST for another length than expected; UNAVAILABLE when the disk
    ///     does not take it. Nothing is left in each case
    static Spool take(Path directory, InputStream in, long expected, long limit) throws IOException {
        if (expected > limit) throw tooLarge(expected, limit);
        if (expected > directory.toFile().getUsableSpace()) throw StoreFailures.full();
        Spool spool = create(directory);
        try {
            spool.read(in, expected, limit);
            return spool;
        } catch (IOException | RuntimeException | Error e) {
            spool.close();
            throw e;
        }
    }

    private static Spool create(Path directory) {
        try {
            Path file = Files.createTempFile(directory, PREFIX, ".tmp");
            return new Spool(file, FileChannel.open(file, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e);
        }
    }

    private void read(InputStream in, long expected, long limit) throws IOException {
        MessageDigest digest = Digests.sha256();
        boolean small = expected >= 0 && expected <= BUFFER_BYTES;
        byte[] filling = new byte[small ? Math.max(1, (int) expected) : BUFFER_BYTES];
        byte[] other = new byte[small ? 0 : BUFFER_BYTES];
        CompletableFuture<Void> hashed = DONE;
        long flushed = 0;
        for (int read; (read = in.readNBytes(filling, 0, filling.length)) > 0; ) {
            byte[] piece = filling;
            int n = read;
            sizeBytes += n;
            if (sizeBytes > limit) throw tooLarge(sizeBytes, limit);
            if (expected >= 0 && sizeBytes > expected) break;
            hashed.join(); // The other buffer is free again.
            if (n == BUFFER_BYTES && other.length > 0) {
                // Hashing takes as long as receiving and writing together: it goes on beside them.
                hashed = CompletableFuture.runAsync(() -> digest.update(piece, 0, n), Thread::startVirtualThread);
                filling = other;
                other = piece;
            } else {
                digest.update(piece, 0, n);
            }
            write(ByteBuffer.wrap(piece, 0, n));
            if (sizeBytes - flushed >= FLUSH_EVERY_BYTES && flushing.isDone()) {
                flushed = sizeBytes;
                flush();
            }
        }
        hashed.join();
        if (expected >= 0 && sizeBytes != expected) {
            throw MALFORMED_REQUEST.because(
                    "The body has %s bytes, expected the %d that were told; nothing of it was kept. Send it again.",
                    sizeBytes < expected ? String.valueOf(sizeBytes) : "more", expected);
        }
        sha256 = HexFormat.of().formatHex(digest.digest());
    }

    /// Lets the disk begin with what was written so far.
    void flush() {
        awaitFlush(); // Whatever it failed with would be told once only.
        flushing = CompletableFuture.runAsync(this::force, Thread::startVirtualThread);
    }

    private void awaitFlush() {
        try {
            flushing.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Failure failure) throw failure;
            throw e;
        }
    }

    private void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) channel.write(bytes);
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e);
        }
    }

    private void force() {
        try {
            channel.force(false);
        } catch (ClosedChannelException e) {
            // The upload was given up while this flush was under way.
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e);
        }
    }

    Path file() {
        return file;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /// 64 hex digits.
    String sha256() {
        return sha256;
    }

    /// Returns once the bytes are on the disk; the file may be renamed then.
    void sync() {
        awaitFlush();
        force();
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("{} stays behind until the next gc: {}", file, e.toString());
        }
    }

    /// Removes, or only counts, what processes that died left behind.
    static Rests sweep(Path directory, Instant before, boolean dryRun) {
        long files = 0;
        long bytes = 0;
        try (DirectoryStream<Path> rests = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path rest : rests) {
                try {
                    if (Files.getLastModifiedTime(rest).toInstant().isAfter(before)) continue;
                    bytes += Files.size(rest);
                    files++;
                    if (!dryRun) Files.delete(rest);
                } catch (NoSuchFileException e) {
                    // Its upload has just ended.
                }
            }
        } catch (IOException e) {
            log.warn("sweeping {} stopped: {}", directory, e.toString());
        }
        return new Rests(files, bytes);
    }

    record Rests(long files, long bytes) {}

    private static Failure tooLarge(long bytes, long limit) {
        return TOO_LARGE.because(
                "An artifact of %d bytes or more, expected at most %d (server.max-upload-size).", bytes, limit);
    }
}
