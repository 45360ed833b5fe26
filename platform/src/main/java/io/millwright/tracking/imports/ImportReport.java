package io.millwright.tracking.imports;

import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportNotes.Dealing;
import io.millwright.tracking.imports.ImportNotes.Note;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What an import did, for people and for programs.
///
/// @param source from where, without passwords
/// @param target the database
/// @param dryRun whether nothing was written
public record ImportReport(
        String source, String target, boolean dryRun, ImportCounts counts, ImportNotes notes, Duration took) {
    private static final int EXAMPLES = 5;

    /// Whether everything that has a place here is here.
    public boolean isComplete() {
        return notes.of(Dealing.FAILED).isEmpty();
    }

    public String json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("source", source).put("target", target).put("dry_run", dryRun).put("complete", isComplete());
        json.put("seconds", took.toMillis() / 1000.0);
        ObjectNode numbers = json.putObject("counts");
        for (Of what : Of.values()) numbers.put(what.title(), counts.get(what));
        for (Dealing dealing : Dealing.values()) {
            ObjectNode kinds = json.putObject(dealing.name().toLowerCase(Locale.ROOT));
            notes.of(dealing).forEach((kind, note) -> {
                ObjectNode one = kinds.putObject(kind).put("count", note.count());
                note.examples().forEach(one.putArray("examples")::add);
            });
        }
        return json.toPrettyString();
    }

    public String text() {
        StringBuilder text = new StringBuilder(
                dryRun ? "At " + source + ", nothing was written:" : "From " + source + " into " + target + ":");
        text.append("\n\n");
        line(text, "experiments", ofThree(Of.EXPERIMENTS_NEW, Of.EXPERIMENTS_MERGED, Of.EXPERIMENTS_KNOWN));
        line(text, "runs", ofFour(Of.RUNS_NEW, Of.RUNS_UPDATED, Of.RUNS_UNCHANGED, Of.RUNS_FAILED));
        line(
                text,
                "logged models",
                ofFour(
                        Of.LOGGED_MODELS_NEW,
                        Of.LOGGED_MODELS_UPDATED,
                        Of.LOGGED_MODELS_UNCHANGED,
                        Of.LOGGED_MODELS_FAILED));
        line(
                text,
                "models",
                ofKnown(Of.REGISTERED_MODELS_NEW, Of.REGISTERED_MODELS_KNOWN, Of.REGISTERED_MODELS_FAILED));
        line(
                text,
                "model versions",
                ofFour(
                        Of.MODEL_VERSIONS_NEW,
                        Of.MODEL_VERSIONS_UPDATED,
                        Of.MODEL_VERSIONS_UNCHANGED,
                        Of.MODEL_VERSIONS_FAILED));
        if (!dryRun) line(text, "model aliases", number(Of.MODEL_ALIASES));
        line(text, "webhooks", ofKnown(Of.WEBHOOKS_NEW, Of.WEBHOOKS_KNOWN, Of.WEBHOOKS_FAILED));
        if (!dryRun) line(text, "metric points", number(Of.METRIC_POINTS));
        line(text, "params, tags", number(Of.PARAMS) + ", " + number(Of.TAGS));
        line(text, "dataset inputs", number(Of.DATASET_INPUTS));
        if (!dryRun) {
            line(text, "artifacts", number(Of.ARTIFACT_FILES) + " files, " + bytes(counts.get(Of.ARTIFACT_BYTES)));
        }
        line(text, "time", "%.1f s".formatted(took.toMillis() / 1000.0));
        notes(text, "Left out, because there is no place for it yet:", notes.of(Dealing.LEFT_OUT));
        notes(text, "Kept, but not as it was:", notes.of(Dealing.CHANGED));
        String failed = dryRun ? "Could not be read:" : "Failed; the same command again tries these again:";
        notes(text, failed, notes.of(Dealing.FAILED));
        return text.toString();
    }

    private String ofThree(Of isNew, Of merged, Of known) {
        if (dryRun) return number(isNew);
        return "%s new, %s joined one of the same name, %s known"
                .formatted(number(isNew), number(merged), number(known));
    }

    private String ofKnown(Of isNew, Of known, Of failed) {
        if (dryRun) return number(isNew);
        return "%s new, %s known, %s failed".formatted(number(isNew), number(known), number(failed));
    }

    private String ofFour(Of isNew, Of updated, Of unchanged, Of failed) {
        if (dryRun) return number(isNew);
        return "%s new, %s brought up to date, %s unchanged, %s failed"
                .formatted(number(isNew), number(updated), number(unchanged), number(failed));
    }

    private String number(Of what) {
        return "%,d".formatted(counts.get(what));
    }

    /// As in `1.5 GB`.
    public static String bytes(long bytes) {
        if (bytes < 1000) return bytes + " B";
        int power = (int) Math.min(4, Math.log10(bytes) / 3);
        return "%.1f %cB".formatted(bytes / Math.pow(1000, power), " kMGT".charAt(power));
    }

    private static void line(StringBuilder text, String what, String value) {
        text.append("  %-16s%s%n".formatted(what, value));
    }

    private static void notes(StringBuilder text, String title, Map<String, Note> notes) {
        if (notes.isEmpty()) return;
        text.append('\n').append(title).append('\n');
        notes.forEach((kind, note) -> {
            text.append("  %s: %,d%n".formatted(kind, note.count()));
            note.examples().stream()
                    .limit(EXAMPLES)
                    .forEach(example -> text.append("      ").append(example).append('\n'));
            if (!note.examples().isEmpty() && note.count() > EXAMPLES) text.append("      …\n");
        });
    }
}
