package io.millwright.lake.ingest;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.tables.TableService;
import java.time.Clock;

/// Files to datasets, wired.
public final class IngestSlice {
    private final IngestService service;

    private IngestSlice(IngestService service) {
        this.service = service;
    }

    public static IngestSlice wire(TableService tables, Clock clock, Ids ids, IngestSettings settings) {
        return new IngestSlice(new IngestService(tables, new Uploads(settings, clock, ids), settings));
    }

    public void addRoutes(Routes routes, Operations operations) {
        new IngestApi(service, operations).addRoutes(routes);
    }
}
