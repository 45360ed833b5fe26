package io.millwright.lake;

import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import java.util.HashMap;
import java.util.Map;

/// Adds up what the store would hold less if several trees went, one after the other: content they share is
/// freed by the last that has it. Changes nothing.
public final class FreedSpace {
    private final Db db;
    private final EntryStore entries;
    private final ArtifactService artifacts;
    /// How many references to a content would be gone, for contents that somebody else still refers to.
    private final Map<String, Long> gone = new HashMap<>();

    FreedSpace(Db db, EntryStore entries, ArtifactService artifacts) {
        this.db = db;
        this.entries = entries;
        this.artifacts = artifacts;
    }

    /// What a tree holds; what it would free after all those asked for before are gone.
    ///
    /// @param path in the workspace in hand, apart from all paths asked for before
    public SpaceReport without(String path) {
        SpaceReport alone = artifacts.spaceUnder(path);
        if (alone.ownBytes() == alone.bytes()) return alone;
        ArtifactPath at = ArtifactPath.of(path);
        long freed = alone.ownBytes();
        String workspace = RequestContext.current().workspace();
        for (EntryStore.Shared shared : db.read(sql -> entries.sharedBelow(sql, workspace, at))) {
            long references = gone.merge(shared.blob(), shared.here(), Long::sum);
            if (references < shared.everywhere()) continue;
            freed += shared.sizeBytes();
            gone.remove(shared.blob());
        }
        return new SpaceReport(alone.files(), alone.bytes(), freed);
    }
}
