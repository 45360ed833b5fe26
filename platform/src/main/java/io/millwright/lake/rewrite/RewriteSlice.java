package io.millwright.lake.rewrite;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.tables.TableService;
import java.nio.file.Path;
import java.util.Optional;

/// Rewriting, wired.
public final class RewriteSlice {
    private static final long MEMORY = 1L << 30;

    private final RewriteService service;

    private RewriteSlice(RewriteService service) {
        this.service = service;
    }

    /// @param spill for what does not fit into memory
    public static RewriteSlice wire(TableService tables, Path spill) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        Rewriter rewriter = new Rewriter(tables, new Duck.Caps(MEMORY, threads, Optional.of(spill)));
        return new RewriteSlice(new RewriteService(tables, rewriter));
    }

    public void addRoutes(Routes routes, Operations operations) {
        new RewriteApi(service, operations).addRoutes(routes);
    }
}
