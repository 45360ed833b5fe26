package io.millwright.lake;

import java.net.URI;
import java.util.Map;

/// A request that its holder may send straight to S3 for a while.
///
/// @param headers to send along
/// @param sizeBytes of the content to be had there; -1 for an upload
public record PresignedRequest(URI url, Map<String, String> headers, long sizeBytes) {
    public PresignedRequest {
        headers = Map.copyOf(headers);
    }
}
