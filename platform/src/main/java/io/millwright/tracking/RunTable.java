package io.millwright.tracking;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The vocabulary of runs shown as a table.
final class RunTable {
    private RunTable() {}

    /// One run and the cells of the columns asked for, in their order: a `Double`, a `Long` or a `String`, null where
    /// the run has nothing.
    record Row(RunInfo run, List<@Nullable Object> cells) {}

    /// A name under which something was logged, and by how many runs; see [Names#countedTo].
    record Name(String name, int runs) {}

    /// The first names of one kind.
    ///
    /// @param more whether there are further ones
    record NameList(List<Name> names, boolean more) {}

    /// @param countedTo how far the runs of each name were counted
    record Names(NameList metrics, NameList params, NameList tags, int countedTo) {}

    /// A run of any experiment, with the name that its experiment has.
    record Recent(RunInfo run, String experiment) {}

    /// @param more whether there are further ones
    record RecentRuns(List<Recent> runs, boolean more) {}

    /// @param more whether there are more runs than that
    record Count(int runs, boolean more) {}

    /// What the runs of a group have of a metric. NaN counts for nothing.
    ///
    /// @param numbers how many of the runs have one
    /// @param mean NaN when it has infinities of both signs
    /// @param sd of a sample; NaN below two numbers, and beside infinities
    record Spread(int numbers, double mean, double sd, double min, double max) {}

    /// Runs that have the same.
    ///
    /// @param value null for those that have nothing
    /// @param cells of the columns asked for, in their order; null where no run has a number
    record Group(@Nullable String value, int runs, List<@Nullable Spread> cells) {}

    /// The first groups.
    ///
    /// @param groupCount how many there are in all
    /// @param runCount in all of them
    record Groups(List<Group> groups, int groupCount, int runCount) {
        static final Groups NONE = new Groups(List.of(), 0, 0);
    }
}
