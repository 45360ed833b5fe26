package io.millwright.registry;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of model versions and their tags.
final class VersionStore {
    static final String COLUMNS = "v.model, v.number, v.description, v.stage, v.source, v.location, v.run, v.run_link,"
            + " v.logged_model, v.created_at, v.updated_at";

    /// How many versions' tags one query asks for: always so many, so that its text is the same.
    private static final int KEYS_AT_ONCE = 100;

    private static final String TAGS_OF_SOME = "with k (model, version) as (values "
            + String.join(", ", Collections.nCopies(KEYS_AT_ONCE, "(?, ?)"))
            // SQLite keeps the order of a cross join. Left to itself it reads all tags of the workspace instead.
            + ") select t.model, t.version, t.key, t.value from k cross join model_version_tags t"
            + " where t.workspace = ? and t.model = k.model and t.version = k.version";
    private static final String TAGS_OF_ONE = "select t.model, t.version, t.key, t.value from model_version_tags t"
            + " where t.workspace = ? and t.model = ? and t.version = ?";

    /// @param author who made it
    void insert(Sql sql, String workspace, ModelVersion version, String author) {
        sql.update(
                "insert into model_versions (workspace, model, number, description, stage, source, location, run,"
                        + " run_link, logged_model, created_at, updated_at, author)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                workspace,
                version.model(),
                version.number(),
                version.description(),
                version.stage().number(),
                version.source(),
                version.location(),
                version.run(),
                version.runLink(),
                version.loggedModel(),
                version.createdAt().toEpochMilli(),
                version.updatedAt().toEpochMilli(),
                author);
        version.tags().forEach((key, value) -> setTag(sql, workspace, version.model(), version.number(), key, value));
    }

    /// Who made it; empty for a version made before that was kept.
    Optional<String> author(Sql sql, String workspace, String model, long number) {
        return sql
                .query(
                        "select coalesce(author, '') from model_versions"
                                + " where workspace = ? and model = ? and number = ?",
                        row -> row.getString(1),
                        workspace,
                        model,
                        number)
                .stream()
                .filter(author -> !author.isEmpty())
                .findFirst();
    }

    /// Without aliases.
    Optional<ModelVersion> find(Sql sql, String workspace, String model, long number) {
        List<ModelVersion> found = sql.query(
                "select " + COLUMNS + " from model_versions v where v.workspace = ? and v.model = ? and v.number = ?",
                VersionStore::read,
                workspace,
                model,
                number);
        return withTags(sql, workspace, found).stream().findFirst();
    }

    static ModelVersion read(ResultSet row) throws SQLException {
        return new ModelVersion(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                Stage.ofNumber(row.getInt(4)),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getString(9),
                Instant.ofEpochMilli(row.getLong(10)),
                Instant.ofEpochMilli(row.getLong(11)),
                Map.of(),
                List.of());
    }

    private record Key(String model, long number) {}

    /// One query for each hundred versions.
    List<ModelVersion> withTags(Sql sql, String workspace, List<ModelVersion> versions) {
        Map<Key, Map<String, String>> tags = new HashMap<>();
        Sql.RowVisitor keep =
                row -> tags.computeIfAbsent(new Key(row.getString(1), row.getLong(2)), key -> new HashMap<>())
                        .put(row.getString(3), row.getString(4));
        if (versions.size() == 1) {
            ModelVersion only = versions.getFirst();
            sql.scan(TAGS_OF_ONE, keep, workspace, only.model(), only.number());
        } else {
            for (int from = 0; from < versions.size(); from += KEYS_AT_ONCE) {
                sql.scan(TAGS_OF_SOME, keep, keys(workspace, versions, from));
            }
        }
        return versions.stream()
                .map(v -> v.with(tags.getOrDefault(new Key(v.model(), v.number()), Map.of()), v.aliases()))
                .toList();
    }

    private static Object[] keys(String workspace, List<ModelVersion> versions, int from) {
        Object[] keys = new Object[1 + 2 * KEYS_AT_ONCE];
        for (int i = 0; i < KEYS_AT_ONCE; i++) {
            // Past the end the last one again.
            ModelVersion version = versions.get(Math.min(from + i, versions.size() - 1));
            keys[2 * i] = version.model();
            keys[2 * i + 1] = version.number();
        }
        keys[2 * KEYS_AT_ONCE] = workspace;
        return keys;
    }

    /// The newest version in each stage of some models, in MLflow's order: the stage whose oldest version is
    /// older comes first. Two seeks for each model and stage.
    List<ModelVersion> latest(Sql sql, String workspace, List<RegisteredModel> models) {
        if (models.isEmpty()) return List.of();
        List<Object> binds = new ArrayList<>(List.of(RegistryStore.keys(workspace, models)));
        binds.add(workspace);
        List<ModelVersion> found = sql.query(
                "select " + COLUMNS + " from (select m.name as model, (select max(x.number) from model_versions x"
                        + " where x.workspace = m.workspace and x.model = m.name and x.stage = s.stage) as number"
                        + " from registered_models m, (select 0 as stage union all select 1 union all select 2"
                        + " union all select 3) s where m.workspace = ? and m.name" + RegistryStore.in(models.size())
                        + ") n join model_versions v on v.workspace = ? and v.model = n.model and v.number = n.number"
                        + " order by v.model, (select min(y.number) from model_versions y"
                        + " where y.workspace = v.workspace and y.model = v.model and y.stage = v.stage)",
                VersionStore::read,
                binds.toArray());
        return withTags(sql, workspace, found);
    }

    void describe(Sql sql, String workspace, ModelVersion version, @Nullable String description, Instant now) {
        sql.update(
                "update model_versions set description = ?, updated_at = ?"
                        + " where workspace = ? and model = ? and number = ?",
                description,
                now.toEpochMilli(),
                workspace,
                version.model(),
                version.number());
    }

    void setStage(Sql sql, String workspace, String model, long number, Stage stage, Instant now) {
        sql.update(
                "update model_versions set stage = ?, updated_at = ? where workspace = ? and model = ? and number = ?",
                stage.number(),
                now.toEpochMilli(),
                workspace,
                model,
                number);
    }

    /// The numbers of all in a stage but one.
    List<Long> othersIn(Sql sql, String workspace, String model, Stage stage, long except) {
        return sql.query(
                "select number from model_versions where workspace = ? and model = ? and stage = ? and number <> ?"
                        + " order by number",
                row -> row.getLong(1),
                workspace,
                model,
                stage.number(),
                except);
    }

    void touchAll(Sql sql, String workspace, String model, Instant now) {
        sql.update(
                "update model_versions set updated_at = ? where workspace = ? and model = ?",
                now.toEpochMilli(),
                workspace,
                model);
    }

    void delete(Sql sql, String workspace, String model, long number) {
        sql.update(
                "delete from model_version_tags where workspace = ? and model = ? and version = ?",
                workspace,
                model,
                number);
        sql.update(
                "delete from model_versions where workspace = ? and model = ? and number = ?",
                workspace,
                model,
                number);
    }

    void setTag(Sql sql, String workspace, String model, long number, String key, String value) {
        sql.update(
                "insert into model_version_tags (workspace, model, version, key, value) values (?, ?, ?, ?, ?)"
                        + " on conflict (workspace, model, version, key) do update set value = excluded.value",
                workspace,
                model,
                number,
                key,
                value);
    }

    /// @return false when there was none
    boolean deleteTag(Sql sql, String workspace, String model, long number, String key) {
        return sql.update(
                        "delete from model_version_tags where workspace = ? and model = ? and version = ? and key = ?",
                        workspace,
                        model,
                        number,
                        key)
                == 1;
    }
}
