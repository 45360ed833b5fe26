package io.millwright.tracking;

import io.millwright.tracking.RunTable.Group;
import io.millwright.tracking.RunTable.Spread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Gathers runs into groups by what they have under one param or tag, and what their metrics are in each.
///
/// Sums are kept here and not in SQL: there the square of a great number is an error on one database and not on the
/// other. One pass over the runs and one over each metric. Memory goes by the runs: only the column of the order is
/// summed up for every group, the others for those that are answered.
final class RunGroups {
    /// Values are told apart by so many characters.
    static final int LONGEST_VALUE = 250;
    /// More runs are not gathered.
    static final int MOST_RUNS = 500_000;

    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d++\\.?+\\d*+|\\.\\d++)([eE][-+]?\\d{1,4})?");

    private final int columns;
    private final Map<Long, Gathered> ofRun = new HashMap<>();
    private final Map<@Nullable String, Gathered> ofValue = new HashMap<>();
    private List<Gathered> first = List.of();
    private int groupCount;
    private int runCount;

    RunGroups(int columns) {
        this.columns = columns;
    }

    /// @param value null when the run has none
    void put(long run, @Nullable String value) {
        Gathered group = ofValue.computeIfAbsent(value, v -> new Gathered(v));
        group.runs++;
        runCount++;
        ofRun.put(run, group);
    }

    /// The last number of the metric that groups are ordered by, of any run; of one that is in no group it counts for
    /// nothing.
    void order(long run, double value) {
        Gathered group = ofRun.get(run);
        if (group != null) group.ordering.add(value);
    }

    /// Once the runs and the metric of the order are known: what follows counts for the groups that come first only.
    void keepFirst(RunGroupOrder order, int most) {
        groupCount = ofValue.size();
        first = ofValue.values().stream().sorted(comparator(order)).limit(most).toList();
        ofValue.clear();
        for (Gathered group : first) {
            group.tallies = new Tally[columns];
            if (group.ordering.numbers > 0) group.tallies[order.column()] = group.ordering;
        }
        ofRun.values().removeIf(group -> group.tallies.length < columns);
    }

    /// The last number of another metric, as [#order].
    void add(int column, long run, double value) {
        Gathered group = ofRun.get(run);
        if (group != null) group.tally(column).add(value);
    }

    /// Of all groups.
    int runCount() {
        return runCount;
    }

    Set<Long> runs() {
        return ofRun.keySet();
    }

    RunTable.Groups done() {
        return new RunTable.Groups(first.stream().map(Gathered::done).toList(), groupCount, runCount);
    }

    /// The group of the runs that have nothing comes last by value, groups without a number come last by a mean.
    private static Comparator<Gathered> comparator(RunGroupOrder order) {
        Comparator<Gathered> byValue = Comparator.comparing((Gathered group) -> group.value == null)
                .thenComparing(
                        directed(Gathered::compareValues, order.key() != RunGroupOrder.Key.VALUE || order.ascending()));
        Comparator<Gathered> byRuns =
                directed(Comparator.comparingInt((Gathered group) -> group.runs), order.ascending());
        return switch (order.key()) {
            case VALUE -> byValue;
            case RUNS -> byRuns.thenComparing(byValue);
            case MEAN ->
                Comparator.comparing((Gathered group) -> Double.isNaN(group.ordering.mean()))
                        .thenComparing(
                                directed(Comparator.comparingDouble(group -> group.ordering.mean()), order.ascending()))
                        .thenComparing(byValue);
        };
    }

    private static Comparator<Gathered> directed(Comparator<Gathered> comparator, boolean ascending) {
        return ascending ? comparator : comparator.reversed();
    }

    private static final class Gathered {
        private static final @Nullable Tally[] NONE = {};

        final @Nullable String value;
        final OptionalDouble number;
        final Tally ordering = new Tally();

        @Nullable
        Tally[] tallies = NONE;

        int runs;

        Gathered(@Nullable String value) {
            this.value = value;
            this.number = value != null && NUMBER.matcher(value).matches()
                    ? OptionalDouble.of(Double.parseDouble(value))
                    : OptionalDouble.empty();
        }

        Tally tally(int column) {
            Tally tally = tallies[column];
            if (tally == null) tallies[column] = tally = new Tally();
            return tally;
        }

        /// Numbers by their size and before other texts.
        static int compareValues(Gathered a, Gathered b) {
            if (a.number.isPresent() && b.number.isPresent()) {
                int bySize = Double.compare(a.number.getAsDouble(), b.number.getAsDouble());
                if (bySize != 0) return bySize;
            } else if (a.number.isPresent() != b.number.isPresent()) {
                return a.number.isPresent() ? -1 : 1;
            }
            return a.value == null || b.value == null ? 0 : a.value.compareTo(b.value);
        }

        Group done() {
            List<@Nullable Spread> cells = new ArrayList<>(tallies.length);
            for (Tally tally : tallies) cells.add(tally == null ? null : tally.done());
            return new Group(value, runs, cells);
        }
    }

    /// Welford's sums, exact enough where all numbers are nearly the same. Infinities, stored as the greatest numbers,
    /// make the mean infinite and have no deviation.
    private static final class Tally {
        private int numbers;
        private double mean;
        private double squares;
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;
        private double infinite;

        void add(double stored) {
            numbers++;
            min = Math.min(min, stored);
            max = Math.max(max, stored);
            if (Math.abs(stored) == Double.MAX_VALUE) {
                infinite += Math.copySign(Double.POSITIVE_INFINITY, stored);
                return;
            }
            double off = stored - mean;
            mean += off / numbers;
            squares += off * (stored - mean);
        }

        double mean() {
            if (numbers == 0) return Double.NaN;
            return infinite == 0 ? mean : infinite;
        }

        Spread done() {
            boolean spreads = numbers > 1 && infinite == 0;
            return new Spread(numbers, mean(), spreads ? Math.sqrt(squares / (numbers - 1)) : Double.NaN, min, max);
        }
    }
}
