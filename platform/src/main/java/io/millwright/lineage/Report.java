package io.millwright.lineage;

import java.time.Instant;
import java.util.List;

/// Facts with who said them.
///
/// @param source `openlineage`, or the type of the ledger's event
record Report(String workspace, String requestId, String actor, String source, Instant at, List<Fact> facts) {
    Report {
        facts = List.copyOf(facts);
    }
}
