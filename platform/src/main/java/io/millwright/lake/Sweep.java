package io.millwright.lake;

/// What a sweep removed, or would remove.
///
/// @param blobs contents that no artifact has any more
/// @param uploads multipart and presigned uploads that were given up
/// @param strays what lay in the store without anybody knowing it: the rests of interrupted uploads and
///     deletions
public record Sweep(long blobs, long blobBytes, long uploads, long uploadBytes, long strays, long strayBytes) {
    public long bytes() {
        return blobBytes + uploadBytes + strayBytes;
    }
}
