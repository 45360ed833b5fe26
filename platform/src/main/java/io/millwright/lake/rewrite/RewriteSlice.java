package io.millwright.lake.rewrite;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.tables.TablesSlice;
import java.nio.file.Path;
import java.util.Optional;

/// Rewriting, wired.
public final class RewriteSlice {
    private static final long MEMORY = 1L << 30;

    private final RewriteService service;
    private final ErasureService erasures;

    private RewriteSlice(RewriteService service, ErasureService erasures) {
        this.service = service;
        this.erasures = erasures;
    }

    /// @param spill for what does not fit into memory
    public static RewriteSlice wire(TablesSlice tables, QueryService queries, Path spill) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        Rewriter rewriter = new Rewriter(tables.service(), new Duck.Caps(MEMORY, threads, Optional.of(spill)));
        return new RewriteSlice(
                new RewriteService(tables.service(), rewriter),
                new ErasureService(tables.service(), tables.erasures(), queries));
    }

    public void addRoutes(Routes routes, Operations operations) {
        new RewriteApi(service, erasures, operations).addRoutes(routes);
    }
}
