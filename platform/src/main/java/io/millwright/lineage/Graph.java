package io.millwright.lineage;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A part of the graph around a node.
///
/// @param nodes the one asked for first, then by distance
/// @param edges between them, each from what something was made of to what was made
/// @param hidden how many there are around it that one may not know of
/// @param truncated whether there is more around it, within the depth, than is shown
public record Graph(String node, List<Point> nodes, List<Line> edges, int hidden, boolean truncated) {
    public Graph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /// @param distance negative for what it comes from
    public record Point(NodeKind kind, String urn, int distance) {}

    /// @param actor who said so
    /// @param said the type of the ledger's event that said so, or `openlineage`
    public record Line(
            String from,
            String to,
            EdgeKind kind,
            Instant firstSeen,
            Instant lastSeen,
            Optional<Instant> endedAt,
            String detail,
            String requestId,
            String actor,
            String said) {}
}
