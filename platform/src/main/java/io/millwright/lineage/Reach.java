package io.millwright.lineage;

import java.util.List;
import java.util.Map;

/// What something leads to, or comes from.
///
/// @param counts how many of each kind one may know of, also of those that are not listed
/// @param hidden how many there are that one may not know of
/// @param edges how many edges were walked
/// @param truncated whether there is more than is listed
public record Reach(
        String node, List<Item> items, Map<NodeKind, Integer> counts, int hidden, long edges, boolean truncated) {
    public Reach {
        items = List.copyOf(items);
    }

    /// @param distance how many edges away, at least 1
    /// @param path one of the shortest, from the node that was asked for to this one; `hidden` stands
    ///     for what one may not know of
    public record Item(NodeKind kind, String urn, int distance, List<String> path) {
        public Item {
            path = List.copyOf(path);
        }
    }
}
