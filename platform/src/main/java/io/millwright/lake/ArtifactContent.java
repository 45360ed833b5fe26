package io.millwright.lake;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.time.Instant;
import java.util.Optional;

/// The content of one artifact as it was when it was asked for. What is written to the path later does not
/// change it.
public final class ArtifactContent {
    private final ArtifactPath path;
    private final Blob blob;
    private final Instant storedAt;
    private final ArtifactStore store;

    ArtifactContent(ArtifactPath path, Blob blob, Instant storedAt, ArtifactStore store) {
        this.path = path;
        this.blob = blob;
        this.storedAt = storedAt;
        this.store = store;
    }

    public String path() {
        return path.value();
    }

    public String name() {
        return path.name();
    }

    String key() {
        return blob.key();
    }

    public long sizeBytes() {
        return blob.sizeBytes();
    }

    /// 64 hex digits; unknown for what went straight to S3.
    public Optional<String> sha256() {
        return blob.sha256();
    }

    /// Changes whenever the content does; without quotes.
    public String tag() {
        return blob.tag();
    }

    public Instant storedAt() {
        return storedAt;
    }

    /// Opens a part of the content; the caller closes it.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE when it was replaced or deleted and swept meanwhile
    public ReadableByteChannel channel(long from, long length) throws IOException {
        return store.open(blob.key(), from, length).orElseThrow(() -> StoreFailures.missing(path, blob.key()));
    }

    /// Opens the whole content; the caller closes it.
    public InputStream stream() throws IOException {
        return Channels.newInputStream(channel(0, blob.sizeBytes()));
    }
}
