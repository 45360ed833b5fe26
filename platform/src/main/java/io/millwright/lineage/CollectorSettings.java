package io.millwright.lineage;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/// Where what happens here is told as OpenLineage.
///
/// @param url of a collector's endpoint; empty to tell nobody
/// @param key sent as a bearer token; empty for none
/// @param namespace of the jobs that are told
/// @param timeout of one attempt
public record CollectorSettings(Optional<URI> url, String key, String namespace, Duration timeout) {
    public static final CollectorSettings OFF =
            new CollectorSettings(Optional.empty(), "", "millwright", Duration.ofSeconds(10));

    /// Without the key.
    @Override
    public String toString() {
        return "CollectorSettings[url=" + url + ", namespace=" + namespace + ", timeout=" + timeout + "]";
    }
}
