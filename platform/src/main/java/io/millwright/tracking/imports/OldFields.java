package io.millwright.tracking.imports;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Fields of a run that MLflow gave up before its version 1.0 in favour of tags. A value that its tag lacks becomes the
/// tag.
final class OldFields {
    private static final String SOURCE_TYPE_TAG = "mlflow.source.type";

    private final Map<String, String> tags;
    private final String runId;
    private final ImportNotes notes;

    /// @param tags of the run; changed
    OldFields(Map<String, String> tags, String runId, ImportNotes notes) {
        this.tags = tags;
        this.runId = runId;
        this.notes = notes;
    }

    /// @param type a name, or the number that files hold. LOCAL as a number and UNKNOWN as a name say nothing: newer
    /// versions write them always
    OldFields sourceType(@Nullable String type) {
        if (type == null) return this;
        return switch (type) {
            case "1" -> tag("source_type", SOURCE_TYPE_TAG, "NOTEBOOK");
            case "2" -> tag("source_type", SOURCE_TYPE_TAG, "JOB");
            case "3" -> tag("source_type", SOURCE_TYPE_TAG, "PROJECT");
            case "4", "1000", "UNKNOWN" -> this;
            default -> tag("source_type", SOURCE_TYPE_TAG, type);
        };
    }

    OldFields sourceName(@Nullable String name) {
        return tag("source_name", "mlflow.source.name", name);
    }

    OldFields sourceVersion(@Nullable String commit) {
        return tag("source_version", "mlflow.source.git.commit", commit);
    }

    OldFields entryPoint(@Nullable String name) {
        return tag("entry_point_name", "mlflow.project.entryPoint", name);
    }

    private OldFields tag(String field, String key, @Nullable String value) {
        if (value == null || value.isEmpty() || tags.containsKey(key)) return this;
        tags.put(key, value);
        notes.changed("run field " + field + " is now the tag " + key, runId);
        return this;
    }
}
