package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Uploads in parts, which may arrive in any order, in parallel, again, and after a restart.
sealed interface MultipartUploads permits PartUploads, DirectUploads {
    int MOST_PARTS = 10_000;
    /// A given-up upload is swept after this.
    Duration KEPT = Duration.ofDays(7);

    Ticket create(String workspace, ArtifactPath path, int parts);

    /// What is there and what is missing; for whoever knows the id and may write to the path.
    Status status(String id);

    /// Makes the parts one artifact. Asking again after it succeeded succeeds again.
    void complete(String workspace, ArtifactPath path, String id, List<PartTag> parts);

    /// Forgets an unfinished upload; a finished or unknown one is left as it is.
    void abort(String workspace, ArtifactPath path, String id);

    /// Where each part goes.
    record Ticket(String id, List<Target> parts) {}

    /// Where one part goes.
    ///
    /// @param url relative to this server, or absolute
    record Target(int number, URI url, Map<String, String> headers) {}

    /// One part that arrived.
    record PartInfo(int number, long sizeBytes, String etag) {}

    /// A part as the client believes it arrived.
    record PartTag(int number, String etag) {}

    /// How far an upload is.
    record Status(
            String id,
            ArtifactPath path,
            int parts,
            boolean completed,
            Instant expiresAt,
            List<PartInfo> present,
            List<Target> missing) {}

    static int checkedParts(int parts) {
        if (parts < 1 || parts > MOST_PARTS) {
            throw INVALID_ARGUMENT.because(
                    "num_parts is %d, expected 1 to %d. Choose larger parts.", parts, MOST_PARTS);
        }
        return parts;
    }

    static Failure unknown(String id) {
        return NOT_FOUND.because(
                "No multipart upload '%s' for this path: it was aborted, or swept after %d days. Begin a new one.",
                id.length() > 100 ? id.substring(0, 100) + "…" : id, KEPT.toDays());
    }
}
