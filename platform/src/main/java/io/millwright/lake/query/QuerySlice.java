package io.millwright.lake.query;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import java.time.Clock;
import java.util.List;

/// Users' SQL, wired.
public final class QuerySlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("lake", "V010__create_queries"));

    private final QueryService service;
    private final SavedQueryService saved;
    private final ResultService results;

    private QuerySlice(QueryService service, SavedQueryService saved, ResultService results) {
        this.results = results;
        this.service = service;
        this.saved = saved;
    }

    public static QuerySlice wire(
            Db db, Ledger ledger, Clock clock, Ids ids, TableService tables, QuerySettings settings) {
        QueryService service = new QueryService(db, ledger, clock, ids, tables, settings).start();
        return new QuerySlice(
                service,
                new SavedQueryService(db, ledger, clock, service.runner()),
                new ResultService(tables, service));
    }

    public QueryService service() {
        return service;
    }

    public void addRoutes(Routes routes) {
        new QueryApi(service, saved, results).addRoutes(routes);
    }

    @Override
    public void close() {
        service.close();
    }
}
