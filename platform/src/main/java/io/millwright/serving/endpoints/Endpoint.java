package io.millwright.serving.endpoints;

import java.time.Instant;

/// A name under which models answer.
///
/// @param id never given twice, as names are
/// @param revision how it answers now
public record Endpoint(String id, String name, Revision revision, Instant createdAt) {
    public String urn() {
        return urn(name);
    }

    public static String urn(String name) {
        return "endpoint:" + name;
    }
}
