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
}
