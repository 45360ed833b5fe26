package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitGuard;
import io.millwright.lake.tables.Dataset;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.Description;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Rules of datasets: who sets them, and how versions keep them.
final class QualityService {
    private static final int MOST_RULES = 200;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TableService tables;
    private final Checker checker;
    private final QualityStore store = new QualityStore();

    QualityService(Db db, Ledger ledger, Clock clock, TableService tables, Checker checker) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.tables = tables;
        this.checker = checker;
    }

    /// @param guarded whether a version that breaks an error rule is kept from main
    record Rules(boolean guarded, List<Rule> all) {}

    /// @param version absent when nothing was committed yet
    record Quality(Optional<DatasetVersion> version, boolean guarded, List<CheckResult> results) {}

    Rules rules(DatasetName name) {
        Dataset dataset = tables.get(name);
        return db.read(sql -> new Rules(store.isGuarded(sql, dataset.id()), store.rules(sql, dataset.id())));
    }

    /// Sets a rule, or changes it; what was found before is forgotten.
    void set(DatasetName name, Rule rule) {
        require(Right.WRITE, name);
        Dataset dataset = tables.get(name);
        for (String column : rule.columns()) {
            if (dataset.schema().findField(column) == null) {
                throw INVALID_ARGUMENT.because("'%s' has no column '%s'.", name, column);
            }
        }
        db.tx(sql -> {
            List<Rule> now = store.rules(sql, dataset.id());
            boolean fresh = now.stream().noneMatch(one -> one.name().equals(rule.name()));
            if (fresh && now.size() >= MOST_RULES) {
                throw INVALID_ARGUMENT.because("'%s' has %d rules, which is the most.", name, MOST_RULES);
            }
            store.save(sql, dataset.id(), rule, actor(), clock.instant());
            store.forgetResults(sql, dataset.id());
            ledger.append(
                    sql,
                    "dataset.rule-set",
                    name.urn(),
                    Map.of(
                            "rule", rule.name(),
                            "kind", rule.kind().word(),
                            "severity", rule.severity().word(),
                            "columns", rule.columns(),
                            "parameters", rule.parameters()));
            return 0;
        });
    }

    void remove(DatasetName name, String rule) {
        require(Right.WRITE, name);
        Dataset dataset = tables.get(name);
        db.tx(sql -> {
            if (!store.remove(sql, dataset.id(), rule)) throw NOT_FOUND.because("'%s' has no rule '%s'.", name, rule);
            store.forgetResults(sql, dataset.id());
            ledger.append(sql, "dataset.rule-removed", name.urn(), Map.of("rule", rule));
            return 0;
        });
    }

    void guard(DatasetName name, boolean guarded) {
        require(Right.MANAGE, name);
        Dataset dataset = tables.get(name);
        db.tx(sql -> {
            if (store.isGuarded(sql, dataset.id()) == guarded) return 0;
            store.guard(sql, dataset.id(), guarded, actor(), clock.instant());
            ledger.append(sql, guarded ? "dataset.guarded" : "dataset.unguarded", name.urn(), Map.of());
            return 0;
        });
    }

    /// How a version keeps the rules; checked now when it was not since they were set.
    ///
    /// @param again whether it is checked in any case
    Quality quality(DatasetName name, At at, boolean again) {
        Optional<DatasetVersion> version = tables.versionIfAny(name, at);
        String table = tables.id(name);
        boolean guarded = db.read(sql -> store.isGuarded(sql, table));
        List<Rule> rules = db.read(sql -> store.rules(sql, table));
        if (version.isEmpty() || rules.isEmpty()) return new Quality(version, guarded, List.of());
        long snapshot = version.get().snapshotId();
        Optional<List<CheckResult>> kept = db.read(sql -> store.results(sql, table, snapshot));
        if (kept.isPresent() && !again && covers(kept.get(), rules)) {
            return new Quality(version, guarded, kept.get());
        }
        TableScan scan = tables.scan(name, at); // Of a version that came meanwhile, perhaps.
        List<CheckResult> results = checker.check(scan, rules, personal(name));
        keep(table, name, scan.version().orElseThrow().snapshotId(), results);
        return new Quality(scan.version(), guarded, results);
    }

    private static boolean covers(List<CheckResult> results, List<Rule> rules) {
        Set<String> checked = results.stream().map(CheckResult::rule).collect(Collectors.toSet());
        return rules.stream().allMatch(rule -> checked.contains(rule.name()));
    }

    private void keep(String table, DatasetName name, long snapshot, List<CheckResult> results) {
        db.tx(sql -> {
            store.saveResults(sql, table, snapshot, results, clock.instant());
            List<String> broken = results.stream()
                    .filter(result -> !result.passed())
                    .map(CheckResult::rule)
                    .toList();
            ledger.append(
                    sql,
                    "dataset.checked",
                    name.urn(),
                    Map.of("snapshot_id", Long.toString(snapshot), "rules", results.size(), "broken", broken));
            return 0;
        });
    }

    /// Examples are values of rows.
    void forget(String table) {
        db.tx(sql -> {
            store.forgetResults(sql, table);
            return 0;
        });
    }

    private Set<String> personal(DatasetName name) {
        return tables.get(name).description().columns().stream()
                .filter(column -> column.tags().stream()
                        .anyMatch(tag -> tag.toLowerCase(Locale.ROOT).contains("pii")))
                .map(Description.Column::path)
                .collect(Collectors.toSet());
    }

    /// Why main must not move to this; asked before it does.
    Optional<String> refuses(CommitGuard.Candidate commit) {
        String table = commit.tableId();
        if (!db.read(sql -> store.isGuarded(sql, table))) return Optional.empty();
        List<Rule> rules = db.read(sql -> store.rules(sql, table)).stream()
                .filter(rule -> rule.severity() == Rule.Severity.ERROR)
                .toList();
        List<CheckResult> results = checker.check(tables.scan(commit), rules, personal(commit.dataset()));
        List<String> broken = results.stream()
                .filter(CheckResult::stops)
                .map(result -> result.rule() + ": " + result.measured())
                .toList();
        return broken.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", broken));
    }

    private static void require(Right right, DatasetName name) {
        RequestContext.current().require(right, name.urn(), name.parents());
    }

    private static String actor() {
        return RequestContext.current().principal().name();
    }
}
