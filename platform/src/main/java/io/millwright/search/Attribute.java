package io.millwright.search;

import java.util.Set;

/// A searchable column of the thing searched for.
///
/// @param name canonical name
/// @param filterNames how a filter may call it; empty when only orders may
/// @param orderNames how an order may call it; empty when only filters may
/// @param listable whether `IN` and `NOT IN` are allowed
public record Attribute(
        String name, boolean numeric, boolean listable, Set<String> filterNames, Set<String> orderNames) {
    public Attribute {
        filterNames = Set.copyOf(filterNames);
        orderNames = Set.copyOf(orderNames);
    }

    static Attribute text(String name) {
        return new Attribute(name, false, false, Set.of(name), Set.of(name));
    }

    static Attribute number(String name) {
        return new Attribute(name, true, false, Set.of(name), Set.of(name));
    }

    Attribute inLists() {
        return new Attribute(name, numeric, true, filterNames, orderNames);
    }

    Attribute filteredAs(String... names) {
        return new Attribute(name, numeric, listable, Set.of(names), orderNames);
    }

    Attribute orderedAs(String... names) {
        return new Attribute(name, numeric, listable, filterNames, Set.of(names));
    }
}
