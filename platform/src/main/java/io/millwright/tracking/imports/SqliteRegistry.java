package io.millwright.tracking.imports;

import static io.millwright.tracking.imports.SqliteFile.text;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The registered models and webhooks in the SQLite file of an MLflow server.
final class SqliteRegistry implements SourceRegistry {
    private static final int PAGE = 500;
    private static final String DELETED = "Deleted_Internal";

    private final SqliteFile file;
    private final SqliteTables tables;
    private final ImportNotes notes;

    SqliteRegistry(SqliteFile file, SqliteTables tables, ImportNotes notes) {
        this.file = file;
        this.tables = tables;
        this.notes = notes;
    }

    @Override
    public void models(MlflowSource.Visitor<SourceModel> visitor) throws IOException {
        if (!tables.has("registered_models")) return;
        List<SourceModel> found = new ArrayList<>();
        String sql =
                "select name, description, creation_time, last_updated_time, %s from registered_models order by name"
                        .formatted(tables.column("registered_models", "workspace", "'default'"));
        file.each(sql, List.of(), row -> {
            String name = row.getString(1);
            if (!text(row, 5).equals("default")) {
                notes.leftOut("registered models of workspaces other than 'default'", name);
                return;
            }
            found.add(new SourceModel(
                    name,
                    text(row, 2),
                    Instant.ofEpochMilli(row.getLong(3)),
                    Instant.ofEpochMilli(row.getLong(4)),
                    Map.of(),
                    Map.of()));
        });
        for (SourceModel model : found) visitor.visit(filled(model));
    }

    private SourceModel filled(SourceModel model) throws IOException {
        Map<String, String> tags = new HashMap<>();
        Map<String, Long> aliases = new HashMap<>();
        if (tables.has("registered_model_tags")) {
            file.each(
                    "select key, value from registered_model_tags where name = ?" + inDefault("registered_model_tags"),
                    List.of(model.name()),
                    row -> tags.put(row.getString(1), text(row, 2)));
        }
        if (tables.has("registered_model_aliases")) {
            file.each(
                    "select alias, version from registered_model_aliases where name = ?"
                            + inDefault("registered_model_aliases"),
                    List.of(model.name()),
                    row -> aliases.put(row.getString(1), row.getLong(2)));
        }
        return new SourceModel(model.name(), model.description(), model.createdAt(), model.updatedAt(), tags, aliases);
    }

    private String inDefault(String table) {
        return tables.has(table, "workspace") ? " and workspace = 'default'" : "";
    }

    @Override
    public void versions(SourceModel model, MlflowSource.Visitor<SourceVersion> visitor) throws IOException {
        String sql = ("select version, description, current_stage, source, %s, run_id, %s, creation_time,"
                        + " last_updated_time from model_versions where name = ? and version > ? and current_stage <> ?"
                        + inDefault("model_versions") + " order by version limit " + PAGE)
                .formatted(
                        tables.column("model_versions", "storage_location"),
                        tables.column("model_versions", "run_link"));
        long after = 0;
        while (true) {
            List<SourceVersion> page = new ArrayList<>();
            file.each(sql, List.of(model.name(), after, DELETED), row -> {
                String source = text(row, 4);
                page.add(new SourceVersion(
                        model.name(),
                        row.getLong(1),
                        row.getString(2),
                        text(row, 3),
                        source,
                        text(row, 5).isEmpty() ? source : text(row, 5),
                        text(row, 6),
                        text(row, 7),
                        LoggedModelSources.idIn(source),
                        Instant.ofEpochMilli(row.getLong(8)),
                        Instant.ofEpochMilli(row.getLong(9)),
                        Map.of()));
            });
            for (SourceVersion version : page) {
                after = version.number();
                visitor.visit(filled(version));
            }
            if (page.size() < PAGE) return;
        }
    }

    private SourceVersion filled(SourceVersion v) throws IOException {
        if (!tables.has("model_version_tags")) return v;
        Map<String, String> tags = new HashMap<>();
        file.each(
                "select key, value from model_version_tags where name = ? and version = ?"
                        + inDefault("model_version_tags"),
                List.of(v.model(), v.number()),
                row -> tags.put(row.getString(1), text(row, 2)));
        return new SourceVersion(
                v.model(),
                v.number(),
                v.description(),
                v.stage(),
                v.source(),
                v.location(),
                v.run(),
                v.runLink(),
                v.loggedModel(),
                v.createdAt(),
                v.updatedAt(),
                tags);
    }

    @Override
    public void webhooks(MlflowSource.Visitor<SourceWebhook> visitor) throws IOException {
        if (!tables.has("webhooks")) return;
        Map<String, List<String>> events = new HashMap<>();
        file.each(
                "select webhook_id, entity, action from webhook_events",
                List.of(),
                row -> events.computeIfAbsent(text(row, 1), id -> new ArrayList<>())
                        .add(row.getString(2) + "." + row.getString(3)));
        List<SourceWebhook> found = new ArrayList<>();
        String sql = ("select webhook_id, name, description, url, status, secret is not null, creation_timestamp,"
                        + " last_updated_timestamp, %s from webhooks where deleted_timestamp is null"
                        + " order by creation_timestamp, webhook_id")
                .formatted(tables.column("webhooks", "workspace", "'default'"));
        file.each(sql, List.of(), row -> {
            if (!text(row, 9).equals("default")) {
                notes.leftOut("webhooks of workspaces other than 'default'", text(row, 2));
                return;
            }
            found.add(new SourceWebhook(
                    text(row, 1),
                    text(row, 2),
                    text(row, 3),
                    text(row, 4),
                    events.getOrDefault(text(row, 1), List.of()),
                    text(row, 5).equals("ACTIVE"),
                    row.getBoolean(6),
                    Instant.ofEpochMilli(row.getLong(7)),
                    Instant.ofEpochMilli(row.getLong(8))));
        });
        for (SourceWebhook webhook : found) visitor.visit(webhook);
    }
}
