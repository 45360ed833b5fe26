package io.millwright.lineage;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// Posts to an address that the operator has set. It follows no redirect.
@FunctionalInterface
public interface CollectorPost {
    /// @return the status of the answer
    /// @throws IOException when there was none in time
    int send(URI url, Map<String, String> headers, byte[] body, Duration timeout) throws IOException;
}
