package io.millwright.tracking.imports;

import java.time.Instant;
import java.util.List;

/// A webhook of an MLflow installation, without its secret: a server shows none, and a database holds it encrypted with
/// the server's key.
///
/// @param events as in `model_version.created`, in whatever case
/// @param active whether it is told anything
/// @param maySign whether it has a secret, or may have one
/// @param createdAt the epoch when the source does not know it; [#updatedAt] too
public record SourceWebhook(
        String id,
        String name,
        String description,
        String url,
        List<String> events,
        boolean active,
        boolean maySign,
        Instant createdAt,
        Instant updatedAt) {
    public SourceWebhook {
        events = List.copyOf(events);
    }
}
