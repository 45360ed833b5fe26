package io.millwright.runtime.evaluate;

import io.millwright.runtime.Categories;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the place of a value among categories. Neither kind allocates.
sealed interface Lookup {
    /// @return the place of the value of that row and column; -1 for one that is no category
    int place(Block block, int at);

    static Lookup of(Categories categories) {
        return switch (categories) {
            case Categories.Texts texts -> new Texts(texts);
            case Categories.Numbers numbers -> new Numbers(numbers);
        };
    }

    final class Texts implements Lookup {
        private final Map<String, Integer> places = new HashMap<>();
        private final int missingAt;

        Texts(Categories.Texts categories) {
            missingAt = categories.missingAt();
            for (int i = 0; i < categories.size(); i++) {
                if (i != missingAt) places.put(categories.values().get(i), i);
            }
        }

        @Override
        public int place(Block block, int at) {
            @Nullable String value = block.texts()[at];
            if (value == null) return missingAt;
            Integer place = places.get(value);
            return place == null ? -1 : place;
        }
    }

    final class Numbers implements Lookup {
        private final double[] values;
        private final int[] places;
        private final int missingAt;

        Numbers(Categories.Numbers categories) {
            missingAt = categories.missingAt();
            Map<Double, Integer> byValue = new HashMap<>();
            for (int i = 0; i < categories.size(); i++) {
                // Adding 0 makes 0 of -0, which compare as different in a search.
                if (i != missingAt) byValue.put(categories.values().get(i) + 0.0, i);
            }
            values = byValue.keySet().stream()
                    .mapToDouble(Double::doubleValue)
                    .sorted()
                    .toArray();
            places = Arrays.stream(values).mapToInt(byValue::get).toArray();
        }

        @Override
        public int place(Block block, int at) {
            double value = block.numbers()[at];
            if (Double.isNaN(value)) return missingAt;
            int found = Arrays.binarySearch(values, value + 0.0);
            return found < 0 ? -1 : places[found];
        }
    }
}
