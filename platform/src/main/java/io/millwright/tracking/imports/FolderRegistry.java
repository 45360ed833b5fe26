package io.millwright.tracking.imports;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/// The registered models of MLflow's file store: a folder for each in `models`, and in it one for each version.
final class FolderRegistry implements SourceRegistry {
    private static final String VERSION_FOLDER = "version-";
    private static final String DELETED = "Deleted_Internal";

    private final FolderSource source;
    private final Path root;
    private final ImportNotes notes;

    FolderRegistry(FolderSource source, Path root, ImportNotes notes) {
        this.source = source;
        this.root = root;
        this.notes = notes;
    }

    @Override
    public void models(MlflowSource.Visitor<SourceModel> visitor) throws IOException {
        for (Path folder : FolderSource.folders(root)) {
            if (!YamlFile.isIn(folder)) continue;
            SourceModel model;
            try {
                model = model(folder);
            } catch (IOException e) {
                notes.failed("registered model that cannot be read", e.toString());
                continue;
            }
            visitor.visit(model);
        }
    }

    private SourceModel model(Path folder) throws IOException {
        YamlFile meta = YamlFile.in(folder);
        Map<String, Long> aliases = new HashMap<>();
        for (var alias : source.texts(folder.resolve("aliases")).entrySet()) {
            aliases.put(alias.getKey(), number(alias.getValue().strip()));
        }
        return new SourceModel(
                meta.required("name"),
                meta.textOrEmpty("description"),
                time(meta, "creation_timestamp"),
                time(meta, "last_updated_timestamp"),
                source.texts(folder.resolve("tags")),
                aliases);
    }

    @Override
    public void webhooks(MlflowSource.Visitor<SourceWebhook> visitor) {
        // A file store has none.
    }

    @Override
    public void versions(SourceModel model, MlflowSource.Visitor<SourceVersion> visitor) throws IOException {
        for (Path folder : FolderSource.folders(root.resolve(model.name()))) {
            if (!FolderSource.name(folder).startsWith(VERSION_FOLDER) || !YamlFile.isIn(folder)) continue;
            SourceVersion version;
            try {
                version = version(model.name(), folder);
            } catch (IOException e) {
                notes.failed("model version that cannot be read", e.toString());
                continue;
            }
            if (!version.stage().equals(DELETED)) visitor.visit(version);
        }
    }

    private SourceVersion version(String model, Path folder) throws IOException {
        YamlFile meta = YamlFile.in(folder);
        String uri = meta.textOrEmpty("source");
        String location = meta.textOrEmpty("storage_location");
        String loggedModel = meta.text("model_id");
        return new SourceVersion(
                model,
                number(meta.required("version")),
                meta.text("description"),
                meta.textOrEmpty("current_stage"),
                uri,
                location.isEmpty() ? uri : location,
                meta.textOrEmpty("run_id"),
                meta.textOrEmpty("run_link"),
                loggedModel == null ? LoggedModelSources.idIn(uri) : loggedModel,
                time(meta, "creation_timestamp"),
                time(meta, "last_updated_timestamp"),
                source.texts(folder.resolve("tags")));
    }

    private static long number(String text) throws IOException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("a version is '" + text + "', expected a number", e);
        }
    }

    private static Instant time(YamlFile meta, String name) throws IOException {
        OptionalLong millis = meta.number(name);
        return Instant.ofEpochMilli(millis.orElse(0));
    }
}
