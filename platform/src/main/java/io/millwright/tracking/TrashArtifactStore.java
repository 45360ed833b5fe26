package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.util.List;
import java.util.stream.Stream;

/// The SQL of the places where artifacts of purged things lay. A run's or logged model's id is in its place, so nobody
/// comes there again, but for an import that brings the same run once more; it takes the place off this list before its
/// first file.
final class TrashArtifactStore {
    record Place(String workspace, String path) {
        static final Place START = new Place("", "");
    }

    /// @param kept whether the artifacts were to stay
    void remember(Sql sql, String workspace, String path, boolean kept) {
        sql.update(
                "insert into purged_artifacts (workspace, path, kept) values (?, ?, ?)"
                        + " on conflict (workspace, path) do update set kept = excluded.kept",
                workspace,
                path,
                kept ? 1 : 0);
    }

    void forget(Sql sql, String workspace, String path) {
        sql.update("delete from purged_artifacts where workspace = ? and path = ?", workspace, path);
    }

    /// Places where nothing was to stay, by workspace and path.
    ///
    /// @param workspace empty for all
    List<Place> page(Sql sql, String workspace, Place after, int limit) {
        return sql.query(
                "select workspace, path from purged_artifacts where kept = 0 and (workspace = ? or ? = '')"
                        + " and (workspace, path) > (?, ?) order by workspace, path limit ?",
                row -> new Place(row.getString(1), row.getString(2)),
                workspace,
                workspace,
                after.workspace(),
                after.path(),
                limit);
    }

    /// Waits for who is making an experiment or bringing something back to this place, and lets nobody begin until the
    /// transaction ends.
    void lock(Sql sql, Place place) {
        if (!sql.isPostgres()) return; // There is one writer.
        sql.query(
                "select 1 from purged_artifacts where workspace = ? and path = ? for update",
                row -> 1,
                place.workspace(),
                place.path());
        sql.update("lock table experiments in share mode");
    }

    /// Whether nobody owns what lies at or below a place, and nothing there was kept on purpose.
    boolean isAbandoned(Sql sql, Place place) {
        List<Boolean> kept = sql.query(
                "select kept = 1 from purged_artifacts where workspace = ? and (path = ? or (path >= ? and path < ?))",
                row -> row.getBoolean(1),
                place.workspace(),
                place.path(),
                place.path() + "/",
                place.path() + "0");
        // An experiment may keep its artifacts where its maker chose, or under its number.
        List<String> owned = sql
                .query(
                        "select id, artifact_location from experiments where workspace = ?",
                        row -> Stream.of(
                                String.valueOf(row.getLong(1)),
                                ArtifactLocations.ownPath(row.getString(2)).orElse("")),
                        place.workspace())
                .stream()
                .flatMap(paths -> paths)
                .toList();
        return !kept.isEmpty()
                && !kept.contains(true)
                && owned.stream().noneMatch(path -> isWithin(path, place.path()));
    }

    private static boolean isWithin(String path, String directory) {
        return path.equals(directory) || path.startsWith(directory + "/");
    }
}
