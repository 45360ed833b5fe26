package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.UUID;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A folder. Locations are `file:///absolute/path`; `file:/path` and a bare path, as other engines write
/// them, mean the same.
final class FolderWarehouse implements Warehouse {
    private static final Logger log = LoggerFactory.getLogger(FolderWarehouse.class);

    private final Path root;
    private final Path realRoot;
    private final Path scratch;

    FolderWarehouse(Path folder) {
        this.root = folder.toAbsolutePath().normalize();
        this.scratch = root.resolve(".scratch");
        try {
            Files.createDirectories(scratch);
            this.realRoot = root.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String root() {
        return "file://" + root;
    }

    @Override
    public InputFile input(String location) {
        return new LocalInput(
                location,
                org.apache.iceberg.Files.localInput(contained(location).toFile()));
    }

    @Override
    public OutputFile output(String location) {
        return new LocalOutput(location, contained(location));
    }

    @Override
    public void delete(String location) {
        try {
            Files.deleteIfExists(contained(location));
        } catch (IOException e) {
            log.warn("{} stays behind until the next sweep: {}", location, e.toString());
        }
    }

    @Override
    public Lease local(String location, long bytes) {
        Path path = contained(location);
        if (!Files.isRegularFile(path)) throw missing(location);
        return new Lease() {
            @Override
            public Path path() {
                return path;
            }

            @Override
            public void close() {}
        };
    }

    static Failure missing(String location) {
        return UNAVAILABLE.because(
                "The file %s of this dataset is missing in the warehouse. Other datasets are not touched by that; restore"
                        + " the file from a backup, or roll the dataset back to a version without it.",
                location.substring(location.lastIndexOf('/') + 1));
    }

    @Override
    public Path scratch() {
        return scratch;
    }

    @Override
    public void place(Path written, String location) {
        Path target = contained(location);
        try {
            try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            moveInto(written, target);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /// Read-only once it is there: a data file never changes, and nothing that runs a user's SQL may change
    /// it.
    private void moveInto(Path written, Path target) throws IOException {
        Path folder = Objects.requireNonNull(target.getParent());
        Files.createDirectories(folder);
        boolean readOnly = written.toFile().setReadOnly();
        if (!readOnly) log.debug("{} could not be made read-only", written);
        Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
        sync(folder);
    }

    static Failure unwritable(IOException e) {
        log.error("the warehouse cannot be written", e);
        return UNAVAILABLE.because(
                "The warehouse cannot be written (its disk may be full); nothing of this request was kept. See the server's"
                        + " log, then send it again.");
    }

    private static void sync(Path directory) throws IOException {
        if (directory.getFileSystem().getSeparator().equals("\\")) return;
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// The path of a location, which must lie below the root: as written, and again after following links.
    private Path contained(String location) {
        Path path;
        try {
            path = Path.of(pathOf(location)).normalize();
        } catch (RuntimeException e) {
            throw outside(location);
        }
        if (!path.startsWith(root) || path.equals(root)) throw outside(location);
        Path existing = path;
        while (!Files.exists(existing) && !existing.equals(root))
            existing = Objects.requireNonNull(existing.getParent());
        try {
            if (!existing.toRealPath().startsWith(realRoot)) throw outside(location);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return path;
    }

    private static String pathOf(String location) {
        if (location.startsWith("file://")) return location.substring("file://".length());
        if (location.startsWith("file:")) return location.substring("file:".length());
        if (location.startsWith("/")) return location;
        throw new IllegalArgumentException(location);
    }

    static Failure outside(String location) {
        return INVALID_ARGUMENT.because(
                "'%s' does not lie in the warehouse of this catalog. Tables and their files lie where the catalog puts them:"
                        + " leave the location out.",
                location.length() > 300 ? location.substring(0, 300) + "…" : location);
    }

    @Override
    public void walk(String under, Visitor visitor) {
        Path from = under.equals(root()) ? root : contained(under);
        if (!Files.isDirectory(from)) return;
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()) {
                        visitor.visit(
                                "file://" + file,
                                attributes.size(),
                                attributes.lastModifiedTime().toInstant());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE; // It went meanwhile.
                }
            });
        } catch (IOException e) {
            log.warn("walking {} stopped: {}", under, e.toString());
        }
    }

    @Override
    public void ping() {
        if (!Files.isDirectory(root) || !Files.isWritable(root)) {
            throw UNAVAILABLE.because("%s is no folder that can be written.", root);
        }
    }

    @Override
    public void close() {}

    /// Says the location as it was asked for.
    private record LocalInput(String location, InputFile file) implements InputFile {
        @Override
        public long getLength() {
            return file.getLength();
        }

        @Override
        public org.apache.iceberg.io.SeekableInputStream newStream() {
            return file.newStream();
        }

        @Override
        public boolean exists() {
            return file.exists();
        }
    }

    private final class LocalOutput implements OutputFile {
        private final String location;
        private final Path target;

        LocalOutput(String location, Path target) {
            this.location = location;
            this.target = target;
        }

        @Override
        public PositionOutputStream create() {
            if (Files.exists(target)) throw new AlreadyExistsException("File already exists: %s", location);
            return createOrOverwrite();
        }

        @Override
        public PositionOutputStream createOrOverwrite() {
            try {
                Path part = scratch.resolve(UUID.randomUUID() + ".part");
                FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                return new PlacedOnClose(part, target, channel);
            } catch (IOException e) {
                throw unwritable(e);
            }
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

    /// Written beside, flushed and renamed when it is closed.
    private final class PlacedOnClose extends PositionOutputStream {
        private final Path part;
        private final Path target;
        private final FileChannel channel;
        private final OutputStream out;
        private long position;
        private boolean closed;

        PlacedOnClose(Path part, Path target, FileChannel channel) {
            this.part = part;
            this.target = target;
            this.channel = channel;
            this.out = new java.io.BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            position++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            position += length;
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            if (closed) return;
            closed = true;
            try (channel) {
                out.flush();
                channel.force(true);
                moveInto(part, target);
            } catch (IOException e) {
                Files.deleteIfExists(part);
                throw unwritable(e);
            }
        }
    }
}
