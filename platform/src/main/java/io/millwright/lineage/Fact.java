package io.millwright.lineage;

import java.time.Instant;

/// Something that was said of the graph.
sealed interface Fact {
    /// One came from the other. Said again, it only becomes older or younger.
    ///
    /// @param detail how, as text or JSON; may be empty
    record Edge(Node from, Node to, EdgeKind kind, Instant at, String detail) implements Fact {}

    /// From now on this is what leads to the node, and nothing else of that kind does.
    record Moved(Node from, Node to, EdgeKind kind, Instant at) implements Fact {}

    /// Nothing of that kind leads to the node any more.
    record Ended(Node to, EdgeKind kind, Instant at) implements Fact {}

    /// It is no more, nor is what is part of it; who takes its name is another.
    record Gone(Node node, Instant at) implements Fact {}

    /// It is there again, with what is part of it.
    record Back(Node node) implements Fact {}

    /// It has another name now, and so has what is part of it.
    record Renamed(Node from, Node to, Instant at) implements Fact {}

    static Edge edge(Node from, Node to, EdgeKind kind, Instant at) {
        return new Edge(from, to, kind, at, "");
    }
}
