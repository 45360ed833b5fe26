package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.EventFilter;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.LedgerExport;
import io.millwright.ledger.LedgerVerifier;
import io.millwright.ledger.RecordedEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Who did what: the ledger, read by people.
public final class AuditService {
    static final int LARGEST_PAGE = 1000;
    private static final String EVENTS = "ledger:events";
    private static final String VERIFIED = "audit.verified";

    private final Db db;
    private final Ledger ledger;
    /// A walk reads the whole ledger, so there is one at a time in a process.
    private final AtomicBoolean verifying = new AtomicBoolean();

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
                            "request_id", filter.request(),
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

    /// When the whole chain was checked, and what came of it, as the ledger has it.
    ///
    /// @param blocks up to which block
    /// @param head of that block
    public record Check(Instant at, String by, long blocks, long events, String head, long findings) {}

    /// Where the chain stands and when it was last checked.
    public record Status(Ledger.Chain chain, Optional<Check> lastCheck) {}

    public Status chain() {
        RequestContext.current().requireOnWorkspace(Right.AUDIT);
        Optional<Check> lastCheck = ledger.latestAbout(EVENTS, VERIFIED).map(AuditService::check);
        return new Status(ledger.chain(), lastCheck);
    }

    private static Check check(Event event) {
        JsonNode told = JsonMapper.shared().readTree(event.payload());
        return new Check(
                event.at(),
                event.actor(),
                told.path("blocks").asLong(0),
                told.path("events").asLong(0),
                told.path("head").asString(""),
                told.path("findings").asLong(0));
    }

    /// Checks the whole chain and puts on record what came of it. What it found is for those to read who
    /// [#mayReadFindings].
    ///
    /// @param keptHead a head that was kept elsewhere and must still be in the chain
    public LedgerVerifier.Report verify(Optional<String> keptHead, LedgerVerifier.Progress progress) {
        RequestContext context = RequestContext.current();
        context.requireOnWorkspace(Right.AUDIT);
        if (!verifying.compareAndSet(false, true)) {
            throw BUSY.because("The chain is being checked already. Ask for its status in a while.");
        }
        try {
            LedgerVerifier.Report report = ledger.verifier().verify(keptHead, progress);
            db.tx(sql -> {
                ledger.append(
                        sql,
                        VERIFIED,
                        EVENTS,
                        Map.of(
                                "blocks", report.blocks(),
                                "events", report.events(),
                                "head", report.head(),
                                "findings", report.findings().size(),
                                "address", context.address()));
                return 0;
            });
            return report;
        } finally {
            verifying.set(false);
        }
    }

    /// Findings may be about any workspace.
    public boolean mayReadFindings() {
        return RequestContext.current().allows(Right.ADMIN, EVENTS);
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
