package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Page;
import io.millwright.ledger.Db;
import io.millwright.search.Column;
import io.millwright.search.Entity;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Runs as a table: which there are, how many, and of what was logged to them only what is asked for.
public final class RunTableService {
    private static final int ENTRIES_COUNTED = 100_000;

    private final Db db;
    private final ExperimentService experiments;
    private final RunTableStore store = new RunTableStore();

    RunTableService(Db db, ExperimentService experiments) {
        this.db = db;
        this.experiments = experiments;
    }

    /// Which runs, in MLflow's search grammar.
    record Search(long experiment, String filter, List<String> orderBy, ViewType view) {}

    /// The runs of the workspace that began last, whichever experiment they are in.
    ///
    /// @param statuses only runs in one of these
    RunTable.RecentRuns recent(List<RunStatus> statuses, int most) {
        Readable readable = Readable.of("run");
        String workspace = ExperimentService.workspace();
        return db.read(sql -> {
            List<RunTable.Recent> found = statuses.stream()
                    .flatMap(status -> store.recent(sql, workspace, status, most + 1, readable).stream())
                    .sorted(Comparator.comparingLong(
                                    (RunTable.Recent recent) -> recent.run().startTimeMillis())
                            .reversed()
                            .thenComparing(recent -> recent.run().id()))
                    .toList();
            return new RunTable.RecentRuns(found.subList(0, Math.min(most, found.size())), found.size() > most);
        });
    }

    Page<RunTable.Row> page(Search search, List<Column> columns, int maxResults, Optional<String> pageToken) {
        Readable readable = Readable.of("run");
        RunSearch planned = plan(search, readable);
        return db.read(sql -> {
            experiments.require(sql, search.experiment());
            if (readable.in(List.of(search.experiment())).isEmpty()) return Page.last(List.of());
            Page<RunInfo> page = planned.page(sql, maxResults, pageToken);
            return new Page<>(store.rows(sql, page.items(), columns), page.nextToken());
        });
    }

    /// How many runs there are, counted up to a limit.
    RunTable.Count count(Search search, int countTo) {
        Readable readable = Readable.of("run");
        RunSearch planned = plan(search, readable);
        return db.read(sql -> {
            experiments.require(sql, search.experiment());
            if (readable.in(List.of(search.experiment())).isEmpty()) return new RunTable.Count(0, false);
            int found = planned.count(sql, countTo + 1);
            return new RunTable.Count(Math.min(found, countTo), found > countTo);
        });
    }

    /// Runs put together by what they have under a param or a tag.
    ///
    /// @param columns metrics by their last value
    /// @param orderBy see [RunGroupOrder#parse]
    RunTable.Groups groups(Search search, Column by, List<Column> columns, String orderBy, int most) {
        if (by.field().entity() != Entity.PARAM && by.field().entity() != Entity.TAG) {
            throw INVALID_ARGUMENT.because("'by' is '%s', expected params.<name> or tags.<name>.", by.text());
        }
        for (Column column : columns) {
            if (column.field().entity() != Entity.METRIC || column.part() != Column.Part.VALUE) {
                throw INVALID_ARGUMENT.because(
                        "'column' is '%s', expected metrics.<name>: groups are told of last values only.",
                        column.text());
            }
        }
        var query = new RunTableStore.GroupQuery(by, columns, RunGroupOrder.parse(orderBy, columns), most);
        Readable readable = Readable.of("run");
        RunSearch planned = plan(search, readable);
        return db.read(sql -> {
            experiments.require(sql, search.experiment());
            if (readable.in(List.of(search.experiment())).isEmpty()) return RunTable.Groups.NONE;
            RunGroups groups = store.groups(sql, planned, search.experiment(), query);
            if (groups.runCount() > RunGroups.MOST_RUNS) {
                throw INVALID_ARGUMENT.because(
                        "More than %,d runs match, and no more are put into groups. Narrow the filter.",
                        RunGroups.MOST_RUNS);
            }
            return groups.done();
        });
    }

    private static RunSearch plan(Search search, Readable readable) {
        return new RunSearch(
                ExperimentService.workspace(),
                List.of(search.experiment()),
                search.filter(),
                search.orderBy(),
                search.view(),
                readable);
    }

    /// The names of what runs of an experiment have. The more are asked for, the less far the runs of each are counted,
    /// so that the answer costs the same.
    ///
    /// @param most of each kind
    RunTable.Names names(long experiment, String prefix, int most) {
        int countTo = Math.clamp(ENTRIES_COUNTED / most, 10, 1_000);
        Readable readable = Readable.of("run");
        return db.read(sql -> {
            experiments.require(sql, experiment);
            var names = new RunTableStore.NameQuery(experiment, prefix, most, countTo, readable);
            return new RunTable.Names(
                    store.names(sql, "metric_series", names),
                    store.names(sql, "run_params", names),
                    store.names(sql, "run_tags", names),
                    countTo);
        });
    }
}
