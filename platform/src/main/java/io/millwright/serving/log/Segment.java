package io.millwright.serving.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A file of records that is written through memory: what was put there outlives this process, however it ends.
///
/// A record is its length, its CRC-32C and its bytes; where the length is 0, or the sum does not fit, the records end.
///
/// @implNote All its blocks are taken from the disk when it is made: a write to memory must not find the disk full.
final class Segment {
    static final int SIZE = 16 << 20;
    private static final int HEADER = 8;
    private static final long MAGIC = 0x31474f4c5250574dL; // MWPRLOG1
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final long sequence;
    private final long size;

    /// Where it is written; null when it is written no more.
    private @Nullable MemorySegment memory;

    private final Arena arena = Arena.ofShared();
    private long end = HEADER;

    private Segment(Path file, long sequence, long size) {
        this.file = file;
        this.sequence = sequence;
        this.size = size;
    }

    /// A new one, its blocks on the disk.
    static Segment make(Path folder, long sequence, int needed) throws IOException {
        Path file = folder.resolve("%012d.log".formatted(sequence));
        long size = Math.max(SIZE, HEADER + 8L + needed);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(1 << 16);
            for (long written = 0; written < size; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), size - written));
                written += channel.write(zeros);
            }
            Segment segment = new Segment(file, sequence, size);
            MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, size, segment.arena);
            memory.set(LONG, 0, MAGIC);
            segment.memory = memory;
            return segment;
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /// One that a process before has left.
    static Segment found(Path file, long sequence) throws IOException {
        Segment segment = new Segment(file, sequence, Files.size(file));
        segment.end = segment.size;
        return segment;
    }

    /// What is done with each record.
    interface Reader<X extends Exception> {
        void read(ByteBuffer record) throws X;
    }

    boolean fits(int length) {
        return end + 8 + length <= size;
    }

    /// @param sum its CRC-32C
    void append(byte[] bytes, int length, int sum) {
        MemorySegment memory = Objects.requireNonNull(this.memory);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, end + 8, length);
        memory.set(INT, end + 4, sum);
        memory.set(INT, end, length);
        end += 8 + length;
    }

    static int sum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return (int) sum.getValue();
    }

    /// Where its records end now.
    long end() {
        return end;
    }

    boolean isEmpty() {
        return end == HEADER;
    }

    /// Returns when what was written is on the disk.
    void force() {
        MemorySegment written = memory;
        if (written != null) written.force();
    }

    /// It is written no more: its memory is given back.
    void seal() {
        if (memory == null) return;
        memory = null;
        arena.close();
    }

    /// Reads its records in their order.
    ///
    /// @param until as [#end] told it
    <X extends Exception> void read(long until, Reader<X> reader) throws X {
        // Mapped for itself: it may be sealed, or shipped and removed, meanwhile.
        try (Arena own = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), own), until, reader);
        } catch (NoSuchFileException e) {
            // It is in the lake.
        } catch (IOException e) {
            throw new UncheckedIOException("the prediction log cannot be read", e);
        }
    }

    private static <X extends Exception> void read(MemorySegment memory, long until, Reader<X> reader) throws X {
        if (memory.byteSize() < HEADER || memory.get(LONG, 0) != MAGIC) return;
        ByteBuffer all = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        CRC32C sum = new CRC32C();
        long at = HEADER;
        while (at + 8 <= until) {
            int length = all.getInt((int) at);
            if (length <= 0 || at + 8 + length > memory.byteSize()) return;
            ByteBuffer record = all.slice((int) at + 8, length).order(ByteOrder.LITTLE_ENDIAN);
            sum.reset();
            sum.update(record.duplicate());
            if ((int) sum.getValue() != all.getInt((int) at + 4)) return;
            reader.read(record);
            at += 8 + length;
        }
    }

    long sequence() {
        return sequence;
    }

    long size() {
        return size;
    }

    /// Names it among those of all processes.
    String name() {
        return file.getName(file.getNameCount() - 2) + "/" + sequence;
    }

    void remove() throws IOException {
        Files.deleteIfExists(file);
    }
}
