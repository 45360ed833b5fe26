package io.millwright.kernel;

import java.util.List;
import java.util.Optional;

/// One page of a list and the opaque token that seeks to the next one, absent on the last page.
public record Page<T>(List<T> items, Optional<String> nextToken) {
    public Page {
        items = List.copyOf(items);
    }

    public static <T> Page<T> last(List<T> items) {
        return new Page<>(items, Optional.empty());
    }
}
