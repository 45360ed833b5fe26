package io.millwright.views;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.tracking.ExperimentService;
import java.time.Clock;
import java.util.List;

/// Saved views, wired.
public record ViewsSlice(ViewService service) {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("views", "V001__create_views"));

    /// Also wherever the trash is emptied: views go with their experiment.
    public static ViewsSlice wire(Db db, Ledger ledger, Clock clock, Ids ids, ExperimentService experiments) {
        ViewService service = new ViewService(db, ledger, clock, ids, experiments);
        service.follow();
        return new ViewsSlice(service);
    }

    public void addRoutes(Routes routes) {
        new ViewApi(service).addRoutes(routes);
    }
}
