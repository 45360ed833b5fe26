package io.millwright.lake;

import java.util.Optional;

/// One content in the store.
///
/// @param key its place in the store; used once and never again
/// @param sha256 64 hex digits; unknown for what went straight to S3
/// @param etag what S3 calls that content
record Blob(String key, Optional<String> sha256, Optional<String> etag, long sizeBytes) {
    /// Stands for the content in `ETag`.
    String tag() {
        return sha256.or(() -> etag.map(tag -> "s3-" + tag)).orElse(key);
    }
}
