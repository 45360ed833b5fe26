package io.millwright.governance;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;

/// The audit trail, wired.
public record AuditSlice(AuditService service) {
    public static AuditSlice wire(Db db, Ledger ledger) {
        return new AuditSlice(new AuditService(db, ledger));
    }

    public void addRoutes(Routes routes, Operations operations) {
        new AuditApi(service, operations).addRoutes(routes);
    }
}
