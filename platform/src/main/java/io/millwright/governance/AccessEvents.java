package io.millwright.governance;

import io.millwright.governance.EventBudget.LeftOut;
import io.millwright.governance.EventBudget.Source;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// What the ledger learns of access; each event carries the address it came from.
final class AccessEvents {
    private static final Principal ANONYMOUS = new Principal("anonymous");
    private static final String SIGN_IN_FAILED = "sign-in.failed";
    private static final String REFUSED = "access.refused";
    /// Follows the type of the events that were not recorded one by one.
    private static final String LEFT_OUT = "-left-out";

    private final Db db;
    private final Ledger ledger;
    private final EventBudget budget;

    AccessEvents(Db db, Ledger ledger, LongSupplier nanos) {
        this.db = db;
        this.ledger = ledger;
        this.budget = new EventBudget(nanos);
    }

    /// In the transaction in hand.
    void append(Sql sql, String type, String urn, Map<String, ?> payload) {
        Map<String, Object> all = new LinkedHashMap<>(payload);
        String address = RequestContext.current().address();
        if (!address.isEmpty()) all.put("address", address);
        ledger.append(sql, type, urn, all);
    }

    /// @param credential what was shown, not the secret: `token <id>` or `password of <user>`
    void signedIn(Principal who, String credential) {
        as(who, "sign-in.succeeded", urn(who), Map.of("with", credential));
    }

    /// @param claimed the name that was given; told only where it could be one, since people type passwords there
    void signInFailed(String claimed, String why) {
        if (!budget.take(new Source(SIGN_IN_FAILED, RequestContext.current().address()))) return;
        String urn = urn(Subject.isName(claimed) ? new Principal(claimed) : ANONYMOUS);
        as(ANONYMOUS, SIGN_IN_FAILED, urn, Map.of("why", why));
    }

    /// That the principal in hand was refused.
    void refused(String method, String path, String why) {
        Principal who = RequestContext.current().principal();
        if (!budget.take(new Source(REFUSED, who.name()))) return;
        as(who, REFUSED, urn(who), Map.of("method", method, "path", path, "why", why));
    }

    /// One event for each source whose minute is over, with how many of its events were left out.
    void tellLeftOut() {
        tell(budget.over());
    }

    /// As [#tellLeftOut], also of the minute in hand: nobody else counted it, and this process ends.
    void tellAllLeftOut() {
        tell(budget.all());
    }

    private void tell(List<LeftOut> leftOut) {
        for (int i = 0; i < leftOut.size(); i++) {
            try {
                tell(leftOut.get(i));
            } catch (RuntimeException e) {
                budget.giveBack(leftOut.subList(i, leftOut.size()));
                throw e;
            }
        }
    }

    /// In the context of the process: the requests may have named several workspaces, and workspaces that are none.
    private void tell(LeftOut leftOut) {
        Source source = leftOut.source();
        boolean signIn = source.type().equals(SIGN_IN_FAILED);
        Principal who = signIn ? ANONYMOUS : new Principal(source.who());
        Map<String, Object> what = new LinkedHashMap<>(Map.of("count", leftOut.count()));
        if (signIn) what.put("address", source.who());
        as(who, source.type() + LEFT_OUT, urn(who), what);
    }

    private static String urn(Principal who) {
        return "principal:" + who.name();
    }

    private void as(Principal who, String type, String urn, Map<String, ?> payload) {
        RequestContext.current()
                .as(who)
                .call(() -> db.tx(sql -> {
                    append(sql, type, urn, payload);
                    return 0;
                }));
    }
}
