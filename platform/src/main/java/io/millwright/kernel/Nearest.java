package io.millwright.kernel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What somebody who mistyped a word probably meant.
public final class Nearest {
    private Nearest() {}

    /// The known word nearest to the one given; empty when none is within a third of its letters, at least two.
    public static Optional<String> to(String word, Collection<String> known) {
        if (word.length() > 100) return Optional.empty();
        return known.stream()
                .min(Comparator.comparingInt(one -> distance(one, word)))
                .filter(one -> distance(one, word) <= Math.max(2, word.length() / 3));
    }

    /// Levenshtein's edit distance.
    public static int distance(String a, String b) {
        List<Integer> row = new ArrayList<>();
        for (int j = 0; j <= b.length(); j++) row.add(j);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row.getFirst();
            row.set(0, i);
            for (int j = 1; j <= b.length(); j++) {
                int above = row.get(j);
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row.set(j, Math.min(change, Math.min(above, row.get(j - 1)) + 1));
                diagonal = above;
            }
        }
        return row.getLast();
    }
}
