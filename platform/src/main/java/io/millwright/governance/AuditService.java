package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.EventFilter;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.LedgerExport;
import io.millwright.ledger.RecordedEvent;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// Who did what: the ledger, read by people.
public final class AuditService {
    static final int LARGEST_PAGE = 1000;
    private static final String EVENTS = "ledger:events";

    private final Db db;
    private final Ledger ledger;

    AuditService(Db db, Ledger ledger) {
        this.db = db;
        this.ledger = ledger;
    }

    /// A page of the events that fulfil the filter, newest first.
    public Page<RecordedEvent> events(EventFilter filter, int maxResults, Optional<String> pageToken) {
        requireRight(filter);
        if (maxResults < 1 || maxResults > LARGEST_PAGE) {
            throw INVALID_ARGUMENT.because("'max_results' is %d, expected 1 to %d.", maxResults, LARGEST_PAGE);
        }
        return ledger.search(filter, maxResults, pageToken);
    }

    /// Puts the export itself on record, before anything of it is read.
    ///
    /// @param filter of what will be exported
    public void beginExport(EventFilter filter) {
        requireRight(filter);
        db.tx(sql -> {
            ledger.append(
                    sql,
                    "audit.exported",
                    EVENTS,
                    Map.of(
                            "workspace", filter.workspace(),
                            "actor", filter.actor(),
                            "entity", filter.entity(),
                            "type", filter.type(),
                            "from", filter.from().toString(),
                            "to", filter.to().toString(),
                            "address", RequestContext.current().address()));
            return 0;
        });
    }

    /// Writes what [#beginExport] announced: sealed events, each with the proof of its place in the chain.
    public void export(EventFilter filter, LedgerExport.Lines lines) throws IOException {
        requireRight(filter);
        ledger.export(lines, filter);
    }

    /// Other workspaces' events are the business of administrators.
    private static void requireRight(EventFilter filter) {
        RequestContext context = RequestContext.current();
        if (filter.workspace().equals(context.workspace())) {
            context.require(Right.AUDIT, "workspace:" + filter.workspace());
        } else {
            context.require(Right.ADMIN, EVENTS);
        }
    }
}
