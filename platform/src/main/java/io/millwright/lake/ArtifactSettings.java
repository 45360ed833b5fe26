package io.millwright.lake;

import java.net.URI;
import java.nio.file.Path;

/// Where artifacts lie and how large one may be.
///
/// @param location a folder (`file:///var/lib/millwright/artifacts`) or `s3://bucket` with an optional prefix
/// @param temporary a folder for uploads on their way to S3; unused on a folder, which keeps them beside its
///     content
/// @param maxUploadBytes the largest artifact taken, ≥ 1
public record ArtifactSettings(URI location, Path temporary, long maxUploadBytes) {
    public static final long DEFAULT_MAX_UPLOAD_BYTES = 100L << 30;

    public ArtifactSettings {
        String scheme = String.valueOf(location.getScheme());
        if (!scheme.equals("file") && !scheme.equals("s3")) {
            throw new IllegalArgumentException(
                    "artifacts at '%s', expected file:///folder or s3://bucket/prefix".formatted(location));
        }
        if (scheme.equals("s3") && location.getAuthority() == null) {
            throw new IllegalArgumentException("artifacts at '%s', expected s3://bucket/prefix".formatted(location));
        }
        if (maxUploadBytes < 1)
            throw new IllegalArgumentException("max upload size %d, expected >= 1".formatted(maxUploadBytes));
    }

    /// Artifacts in a folder.
    public static ArtifactSettings folder(Path folder) {
        return new ArtifactSettings(
                folder.toAbsolutePath().toUri(), folder.resolve("uploads"), DEFAULT_MAX_UPLOAD_BYTES);
    }
}
