package io.millwright.registry.promotion;

import java.time.Instant;

/// One version of a policy as it was applied.
///
/// @param number 1, 2, 3 …
/// @param current whether it is in force
/// @param document as it was sent
/// @param sha256 of the document's UTF-8 bytes, in hex
public record PolicyVersion(
        String name,
        long number,
        boolean current,
        String document,
        String sha256,
        String appliedBy,
        Instant appliedAt) {
    public String urn() {
        return "promotion-policy:" + name;
    }
}
