package io.millwright.lake.tables;

import java.net.URI;
import java.nio.file.Path;

/// Where tables lie.
///
/// @param location a folder (`file:///var/lib/millwright/lake`) or `s3://bucket` with an optional prefix
/// @param temporary a folder of this process for what is on its way to S3, and for copies of what lies there
/// @param cacheBytes how large those copies may become
public record LakeSettings(URI location, Path temporary, long cacheBytes) {
    public static final long DEFAULT_CACHE_BYTES = 10L << 30;

    /// Tables in a folder.
    public static LakeSettings folder(Path folder) {
        return new LakeSettings(folder.toAbsolutePath().toUri(), folder.resolve(".cache"), DEFAULT_CACHE_BYTES);
    }
}
