package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.PRECONDITION_FAILED;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Queries that people keep under a name, for everybody in their workspace.
final class SavedQueryService {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final QueryRunner runner;
    private final QueryStore store = new QueryStore();

    SavedQueryService(Db db, Ledger ledger, Clock clock, QueryRunner runner) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.runner = runner;
    }

    List<SavedQuery> list(String after, int most) {
        return db.read(sql -> store.saved(sql, RequestContext.current().workspace(), after, most));
    }

    SavedQuery get(String name) {
        return db.read(sql -> store.saved(sql, RequestContext.current().workspace(), name))
                .orElseThrow(() -> noSaved(name));
    }

    private static Failure noSaved(String name) {
        return NOT_FOUND.because("There is no saved query '%s'.", name);
    }

    /// @param edition the one that is changed; empty to take whatever there is
    SavedQuery save(String name, String text, String description, Optional<Integer> edition) {
        runner.parse(text);
        RequestContext context = RequestContext.current();
        return db.tx(sql -> {
            Optional<SavedQuery> before = store.saved(sql, context.workspace(), name);
            before.ifPresent(old -> requireOwn(context, old));
            int was = before.map(SavedQuery::edition).orElse(0);
            if (edition.isPresent() && edition.get() != was) {
                throw PRECONDITION_FAILED.because(
                        "The query '%s' was changed meanwhile: it is at edition %d, and If-Match says %d.",
                        name, was, edition.get());
            }
            SavedQuery query = new SavedQuery(
                    name,
                    text,
                    description,
                    before.map(SavedQuery::owner).orElse(context.principal().name()),
                    was + 1,
                    clock.instant().truncatedTo(ChronoUnit.MILLIS));
            store.save(sql, context.workspace(), query);
            ledger.append(sql, "saved-query.changed", "saved-query:" + name, Map.of("edition", query.edition()));
            return query;
        });
    }

    void remove(String name) {
        RequestContext context = RequestContext.current();
        db.tx(sql -> {
            SavedQuery query = store.saved(sql, context.workspace(), name).orElseThrow(() -> noSaved(name));
            requireOwn(context, query);
            store.remove(sql, context.workspace(), name);
            ledger.append(sql, "saved-query.removed", "saved-query:" + name, Map.of());
            return 0;
        });
    }

    private static void requireOwn(RequestContext context, SavedQuery query) {
        if (query.owner().equals(context.principal().name())) return;
        if (context.allows(Right.MANAGE, "workspace:" + context.workspace())) return;
        throw PERMISSION_DENIED.because(
                "The query '%s' is %s's. Save yours under another name.", query.name(), query.owner());
    }
}
