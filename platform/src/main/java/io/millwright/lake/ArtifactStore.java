package io.millwright.lake;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.Optional;

/// Where the bytes lie. It knows keys and contents; what they are called and who may see them stands in the
/// database.
///
/// A key is used for one content and never again, so nothing here needs to be locked.
sealed interface ArtifactStore extends AutoCloseable permits FileArtifactStore, S3ArtifactStore {
    /// Where uploads are spooled. On a folder it is the same file system, so that placing is a rename.
    Path spoolDirectory();

    /// Begins with what placing needs and what can go on beside the caller.
    void prepare(Spool content);

    /// Puts the content under the key; once this returns, it survives a loss of power. Placing the same content
    /// under the same key again is harmless.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE; nothing readable is left
    void place(String key, Spool content);

    /// Whether the whole content is there.
    boolean has(String key, long sizeBytes);

    /// Opens `length` bytes from an offset; empty when there is nothing under the key.
    Optional<ReadableByteChannel> open(String key, long from, long length) throws IOException;

    /// Removes it, if it is there.
    void delete(String key);

    /// Cheap.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE when nothing could be stored or read now
    void ping();

    /// Walks everything there is, in no order.
    void walk(Visitor visitor);

    @Override
    void close();

    /// Sees one content.
    @FunctionalInterface
    interface Visitor {
        void visit(String key, long sizeBytes);
    }
}
