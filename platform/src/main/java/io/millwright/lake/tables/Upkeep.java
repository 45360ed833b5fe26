package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Keeps the lake from growing for ever: old versions, datasets in the trash, files that nothing names.
///
/// Everything here may be cut off anywhere and begun again, and run in any number of processes at once.
public final class Upkeep {
    /// For datasets that say nothing of their own.
    static final Duration DEFAULT_AGE = Duration.ofDays(365);

    static final int DEFAULT_LAST = 100;
    private static final int PAGE = 200;

    private final Db db;
    private final Retention retention;
    private final OrphanSweep sweep;
    private final TableStore tables = new TableStore();

    Upkeep(Db db, Ledger ledger, Clock clock, TableService service, TableCommits commits, Warehouse warehouse) {
        this.db = db;
        this.retention = new Retention(db, clock, service);
        this.sweep = new OrphanSweep(db, ledger, clock, commits, warehouse);
    }

    /// Which versions stay though nobody pins them. What is absent is as the dataset's properties
    /// `history.expire.max-snapshot-age-ms` and `history.expire.min-snapshots-to-keep` have it, or 365 days
    /// and 100.
    ///
    /// @param age younger versions stay
    /// @param last so many of each branch stay
    public record Keep(Optional<Duration> age, Optional<Integer> last) {
        public static final Keep AS_SET = new Keep(Optional.empty(), Optional.empty());

        public Keep {
            if (age.filter(Duration::isNegative).isPresent()
                    || last.filter(n -> n < 1).isPresent()) {
                throw INVALID_ARGUMENT.because("At least the last version is kept, and no age is negative.");
            }
        }
    }

    /// @param versions their numbers
    /// @param pinned how many would have gone and are pinned
    /// @param files removed
    public record Expiry(DatasetName dataset, List<Integer> versions, long pinned, long files) {
        public Expiry {
            versions = List.copyOf(versions);
        }
    }

    /// What was taken away, or would be.
    ///
    /// @param left datasets that were left as they are, and why
    public record Report(
            long datasets, long versions, long files, long bytes, long orphans, long orphanBytes, List<String> left) {
        public Report {
            left = List.copyOf(left);
        }
    }

    /// @throws Failure INVALID_ARGUMENT when the dataset's properties are no numbers
    public Expiry expire(DatasetName name, Keep keep, boolean dryRun) {
        return retention.expire(name, keep, dryRun);
    }

    /// Expires versions of all datasets as they are set, removes for good what has been in the trash long enough,
    /// and sweeps files that nothing names.
    ///
    /// @param workspace empty for all
    /// @param progress told each dataset as it is done with
    public Report collect(Optional<String> workspace, Duration trashAge, boolean dryRun, Consumer<String> progress) {
        requireAll(workspace);
        Tally tally = new Tally();
        List<String> workspaces = workspace.map(List::of).orElseGet(() -> db.read(tables::workspaces));
        for (String one : workspaces) {
            RequestContext.current().in(one).call(() -> {
                expireAll(one, dryRun, tally, progress);
                sweep.purge(one, trashAge, dryRun, tally, progress);
                return 0;
            });
        }
        sweep.orphans(workspace, dryRun, tally);
        if (workspace.isEmpty()) sweep.scratch(dryRun, tally);
        return tally.report();
    }

    private void expireAll(String workspace, boolean dryRun, Tally tally, Consumer<String> progress) {
        String namespace = "";
        String name = "";
        List<TableStore.Row> page;
        do {
            String fromNamespace = namespace;
            String fromName = name;
            page = db.read(sql -> tables.page(sql, workspace, fromNamespace, fromName, List.of(), PAGE));
            for (TableStore.Row row : page) {
                try {
                    Expiry expiry = expire(row.name(), Keep.AS_SET, dryRun);
                    tally.versions += expiry.versions().size();
                    tally.files += expiry.files();
                } catch (Failure e) {
                    tally.left.add("%s: %s".formatted(row.name(), e.message()));
                }
                progress.accept(row.name().toString());
            }
            if (!page.isEmpty()) {
                namespace = page.getLast().name().namespace();
                name = page.getLast().name().name();
            }
        } while (page.size() == PAGE);
    }

    /// As with the trash of runs: by whoever nothing in it is hidden from.
    private static void requireAll(Optional<String> workspace) {
        RequestContext context = RequestContext.current();
        if (workspace.isEmpty()) {
            context.require(Right.ADMIN, "workspace:*");
            return;
        }
        RequestContext there = context.in(workspace.get());
        there.requireOnWorkspace(Right.MANAGE);
        if (there.access().visible(Right.MANAGE, workspace.get(), "dataset").isEverything()) return;
        throw PERMISSION_DENIED.because(
                "Permission denied: the lake of workspace '%s' may hold datasets that '%s' is denied. Ask an"
                        + " administrator to tidy it.",
                workspace.get(), context.principal().name());
    }

    /// Adds up while the work goes on.
    static final class Tally {
        long datasets;
        long versions;
        long files;
        long bytes;
        long orphans;
        long orphanBytes;
        final List<String> left = new ArrayList<>();

        Report report() {
            return new Report(datasets, versions, files, bytes, orphans, orphanBytes, left);
        }
    }
}
