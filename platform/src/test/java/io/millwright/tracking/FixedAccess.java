package io.millwright.tracking;

import io.millwright.kernel.Access;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import java.util.List;
import java.util.Set;

/// A reader who sees some experiments and some runs.
record FixedAccess(Visible experiments, Visible runs) implements Access {
    /// Who sees no experiment but these runs.
    static FixedAccess onlyRuns(String... ids) {
        return new FixedAccess(Visible.NOTHING, new Visible(false, Set.of(ids), Set.of()));
    }

    /// Who sees everything but these runs.
    static FixedAccess allButRuns(String... ids) {
        return new FixedAccess(Visible.EVERYTHING, new Visible(true, Set.of(), Set.of(ids)));
    }

    RequestContext context() {
        return new RequestContext("test", new Principal("reader"), RequestContext.DEFAULT_WORKSPACE, this, "");
    }

    @Override
    public boolean allows(Right right, String workspace, String entity, List<String> parents) {
        String id = entity.substring(entity.indexOf(':') + 1);
        if (!entity.startsWith("run:")) return experiments.shows(id);
        boolean hidden = runs.hidden().contains(id);
        boolean ofShown = parents.stream().anyMatch(urn -> experiments.shows(urn.substring(urn.indexOf(':') + 1)));
        return !hidden && (ofShown || runs.shown().contains(id));
    }

    @Override
    public Visible visible(Right right, String workspace, String kind) {
        return kind.equals("run") ? runs : experiments;
    }
}
