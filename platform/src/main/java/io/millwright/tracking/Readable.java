package io.millwright.tracking;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Visible;
import java.util.List;

/// What the request in hand may read of the runs, or of the logged models, in some experiments.
///
/// @param items by their own ids
record Readable(Visible experiments, Visible items) {
    /// @param kind how their URNs begin
    static Readable of(String kind) {
        RequestContext context = RequestContext.current();
        return new Readable(context.readable("experiment"), context.readable(kind));
    }

    /// Those of the experiments in which there may be something to read.
    List<Long> in(List<Long> asked) {
        if (experiments.isEverything()) return asked;
        return asked.stream().filter(this::mayHold).toList();
    }

    private boolean mayHold(long experiment) {
        String id = String.valueOf(experiment);
        boolean granted = experiments.all()
                || experiments.shown().contains(id)
                || !items.shown().isEmpty();
        return granted && !experiments.hidden().contains(id);
    }
}
