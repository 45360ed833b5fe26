package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder: `blobs/<two digits>/<content>` and `uploads/` for what is on its way. No name in it comes from a
/// client.
final class FileArtifactStore implements ArtifactStore {
    private static final Logger log = LoggerFactory.getLogger(FileArtifactStore.class);
    private static final Pattern KEY = Pattern.compile("blobs/([0-9a-f]{2})/\\1[0-9a-f]{62}\\.[0-9a-f]{12}");

    private final Path root;
    private final Path blobs;
    private final Path uploads;

    FileArtifactStore(Path root) {
        this.root = root;
        this.blobs = root.resolve("blobs");
        this.uploads = root.resolve("uploads");
        try {
            Files.createDirectories(blobs);
            Files.createDirectories(uploads);
            sync(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Path spoolDirectory() {
        return uploads;
    }

    @Override
    public void prepare(Spool content) {
        content.flush();
    }

    @Override
    public void place(String key, Spool content) {
        Path target = fileOf(key);
        Path shard = Objects.requireNonNull(target.getParent());
        content.sync();
        try {
            createShards(shard);
            Files.move(content.file(), target, StandardCopyOption.ATOMIC_MOVE);
            sync(shard);
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e);
        }
    }

    /// All of them when one is missing: in a new folder nearly every upload would make one, and wait for the
    /// disk twice.
    private void createShards(Path missing) throws IOException {
        if (Files.isDirectory(missing)) return;
        for (int i = 0; i < 256; i++) Files.createDirectories(blobs.resolve("%02x".formatted(i)));
        sync(blobs);
    }

    @Override
    public boolean has(String key, long sizeBytes) {
        try {
            return Files.size(fileOf(key)) == sizeBytes;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Optional<ReadableByteChannel> open(String key, long from, long length) throws IOException {
        try {
            FileChannel channel = FileChannel.open(fileOf(key), StandardOpenOption.READ);
            return Optional.of(channel.position(from));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void delete(String key) {
        try {
            Files.deleteIfExists(fileOf(key));
        } catch (IOException e) {
            log.warn("{} stays behind until the next gc: {}", key, e.toString());
        }
    }

    @Override
    public void ping() {
        for (Path folder : List.of(blobs, uploads)) {
            if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
                throw UNAVAILABLE.because("%s is no folder that can be written.", folder);
            }
        }
    }

    @Override
    public void walk(Visitor visitor) {
        try (DirectoryStream<Path> shards = Files.newDirectoryStream(blobs)) {
            for (Path shard : shards) walkShard(shard, visitor);
        } catch (IOException e) {
            log.warn("walking the artifact store stopped: {}", e.toString());
        }
    }

    private static void walkShard(Path shard, Visitor visitor) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(shard)) {
            for (Path file : files) {
                String key = "blobs/" + shard.getFileName() + "/" + file.getFileName();
                if (!KEY.matcher(key).matches()) continue; // Not ours, so not ours to remove.
                try {
                    visitor.visit(key, Files.size(file));
                } catch (NoSuchFileException e) {
                    // Another sweep was faster.
                }
            }
        }
    }

    private Path fileOf(String key) {
        if (!KEY.matcher(key).matches()) throw new IllegalArgumentException("no key of this store: " + key);
        return root.resolve(key);
    }

    /// Makes the names in a directory durable. Windows cannot open one, and needs no such thing.
    static void sync(Path directory) throws IOException {
        if (directory.getFileSystem().getSeparator().equals("\\")) return;
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() {}
}
