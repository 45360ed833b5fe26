package io.millwright.lineage;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Reads events as OpenLineage 2-0-2 has them, and of their facets those that lineage needs. What is
/// not known is passed over, as the specification wants it; what is known and wrong is refused, with
/// its place.
final class OpenLineageReader {
    static final int MOST_DATASETS = 1_000;
    static final int MOST_ORIGINS = 20_000;
    static final int MOST_FIELDS = 5_000;

    private static final int LONGEST = 1_000;
    private static final Set<String> TYPES =
            new TreeSet<>(Set.of("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"));
    private static final Instant EARLIEST = Instant.EPOCH;
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private final String path;
    private int origins;

    private OpenLineageReader(String path) {
        this.path = path;
    }

    /// @param path what stands before names of fields in messages, as `[3].` in a batch
    /// @throws Failure INVALID_ARGUMENT when it is no event
    static OpenLineageEvent read(JsonNode event, String path) {
        return new OpenLineageReader(path).read(event);
    }

    private OpenLineageEvent read(JsonNode event) {
        if (!event.isObject()) throw wrong("", event, "an event: a JSON object");
        Instant time = time(event.path("eventTime"));
        text(event, "", "producer");
        boolean ofRun = event.has("run");
        boolean ofDataset = event.has("dataset");
        if (ofRun && ofDataset) {
            throw INVALID_ARGUMENT.because(
                    "Both '%srun' and '%sdataset' are given, expected one of them: an event is of a run, a job or a"
                            + " dataset.",
                    path, path);
        }
        if (ofDataset) {
            Data data = new Data(event.path("dataset"), "dataset");
            return new OpenLineageEvent(
                    time, "", Optional.empty(), Optional.empty(), List.of(), List.of(), Optional.of(data.read()));
        }
        if (!event.has("job")) {
            throw INVALID_ARGUMENT.because(
                    "'%sjob' is missing, expected an event with a run and a job, with a job, or with a dataset.", path);
        }
        return new OpenLineageEvent(
                time,
                type(event.path("eventType")),
                ofRun ? Optional.of(run(event.path("run"))) : Optional.empty(),
                Optional.of(job(event.path("job"), "job")),
                datasets(event, "inputs"),
                datasets(event, "outputs"),
                Optional.empty());
    }

    private String type(JsonNode type) {
        if (type.isMissingNode() || type.isNull()) return "";
        String word = type.isString() ? type.asString().toUpperCase(Locale.ROOT) : "";
        if (!TYPES.contains(word)) throw wrong("eventType", type, "one of " + TYPES);
        return word;
    }

    private Instant time(JsonNode node) {
        if (!node.isString()) throw wrong("eventTime", node, "a time such as 2026-05-03T12:00:00.000Z");
        String text = node.asString();
        try {
            boolean hasZone = text.matches(".*(Z|z|[+-]\\d{2}:?\\d{2})");
            Instant time = hasZone
                    ? OffsetDateTime.parse(text.replaceFirst("([+-]\\d{2})(\\d{2})$", "$1:$2"))
                            .toInstant()
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC); // Older clients leave the zone out.
            if (!time.isBefore(EARLIEST) && time.isBefore(LATEST)) return time;
        } catch (DateTimeException e) {
            // Told below.
        }
        throw wrong("eventTime", node, "a time such as 2026-05-03T12:00:00.000Z");
    }

    private OpenLineageEvent.Run run(JsonNode run) {
        object(run, "run");
        String id = uuid(run, "run", "runId");
        JsonNode parent = run.path("facets").path("parent");
        if (!parent.isObject()) return new OpenLineageEvent.Run(id, Optional.empty());
        String place = "run.facets.parent";
        object(parent.path("run"), place + ".run");
        return new OpenLineageEvent.Run(
                id,
                Optional.of(new OpenLineageEvent.Parent(
                        uuid(parent.path("run"), place + ".run", "runId"), job(parent.path("job"), place + ".job"))));
    }

    private String uuid(JsonNode of, String place, String field) {
        String text = text(of, place, field);
        try {
            UUID uuid = UUID.fromString(text);
            if (text.length() == 36) return uuid.toString();
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw wrong(place + "." + field, of.path(field), "a UUID");
    }

    private OpenLineageEvent.Job job(JsonNode job, String place) {
        object(job, place);
        var read = new OpenLineageEvent.Job(text(job, place, "namespace"), text(job, place, "name"));
        shortEnough(Node.job(read.namespace(), read.name()), place);
        return read;
    }

    private List<OpenLineageEvent.Data> datasets(JsonNode event, String field) {
        JsonNode all = event.path(field);
        if (all.isMissingNode() || all.isNull()) return List.of();
        if (!all.isArray()) throw wrong(field, all, "a list of datasets");
        if (all.size() > MOST_DATASETS) {
            throw INVALID_ARGUMENT.because(
                    "'%s%s' has %d datasets, expected at most %d.", path, field, all.size(), MOST_DATASETS);
        }
        List<OpenLineageEvent.Data> read = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) read.add(new Data(all.get(i), field + "[" + i + "]").read());
        return read;
    }

    /// One dataset of an event.
    private final class Data {
        private final JsonNode dataset;
        private final String place;

        Data(JsonNode dataset, String place) {
            this.dataset = dataset;
            this.place = place;
        }

        OpenLineageEvent.Data read() {
            object(dataset, place);
            JsonNode facets = dataset.path("facets");
            return new OpenLineageEvent.Data(
                    name(dataset, place),
                    symlinks(facets.path("symlinks").path("identifiers")),
                    facets.path("version").path("datasetVersion").asString(""),
                    fields(facets.path("schema").path("fields")),
                    columns(facets.path("columnLineage").path("fields")),
                    origins(facets.path("columnLineage").path("dataset"), place + ".facets.columnLineage.dataset"));
        }

        private List<OpenLineageEvent.Name> symlinks(JsonNode identifiers) {
            List<OpenLineageEvent.Name> names = new ArrayList<>();
            for (JsonNode one : identifiers) {
                if (names.size() < 20) names.add(name(one, place + ".facets.symlinks.identifiers"));
            }
            return names;
        }

        private List<String> fields(JsonNode fields) {
            if (fields.size() > MOST_FIELDS) {
                throw INVALID_ARGUMENT.because(
                        "'%s%s.facets.schema.fields' has %d fields, expected at most %d.",
                        path, place, fields.size(), MOST_FIELDS);
            }
            return fields.valueStream()
                    .map(field -> checkedField(text(field, place + ".facets.schema.fields", "name")))
                    .toList();
        }

        private List<OpenLineageEvent.Column> columns(JsonNode fields) {
            List<OpenLineageEvent.Column> columns = new ArrayList<>();
            for (var field : fields.properties()) {
                String at = place + ".facets.columnLineage.fields." + Node.shown(field.getKey());
                if (field.getKey().isEmpty()) throw wrong(at, field.getValue(), "the name of a field before it");
                columns.add(new OpenLineageEvent.Column(
                        checkedField(field.getKey()), origins(field.getValue().path("inputFields"), at)));
            }
            return columns;
        }

        private List<OpenLineageEvent.Origin> origins(JsonNode fields, String at) {
            if (fields.isMissingNode() || fields.isNull()) return List.of();
            if (!fields.isArray()) throw wrong(at, fields, "a list of fields");
            List<OpenLineageEvent.Origin> read = new ArrayList<>();
            for (JsonNode field : fields) {
                if (++origins > MOST_ORIGINS) {
                    throw INVALID_ARGUMENT.because(
                            "'%s%s' and the fields before it have more than %d origins. Send the event without columns.",
                            path, at, MOST_ORIGINS);
                }
                String how = field.path("transformations")
                        .valueStream()
                        .map(one -> one.path("type").asString("") + "/"
                                + one.path("subtype").asString(""))
                        .distinct()
                        .limit(5)
                        .collect(Collectors.joining(", "));
                read.add(new OpenLineageEvent.Origin(name(field, at), checkedField(text(field, at, "field")), how));
            }
            return read;
        }

        private String checkedField(String field) {
            if (field.length() > LONGEST) {
                throw INVALID_ARGUMENT.because(
                        "'%s%s' has a field whose name is %d characters long, expected at most %d.",
                        path, place, field.length(), LONGEST);
            }
            return field;
        }

        private OpenLineageEvent.Name name(JsonNode of, String at) {
            var name = new OpenLineageEvent.Name(text(of, at, "namespace"), text(of, at, "name"));
            shortEnough(Node.external(name.namespace(), name.name()), at);
            return name;
        }
    }

    private void object(JsonNode node, String place) {
        if (!node.isObject()) throw wrong(place, node, "an object");
    }

    /// A text that is there. NUL, which no database takes, is none.
    private String text(JsonNode of, String place, String field) {
        JsonNode text = of.path(field);
        String name = place.isEmpty() ? field : place + "." + field;
        if (!text.isString() || text.asString().isBlank() || text.asString().indexOf('\0') >= 0) {
            throw wrong(name, text, "a text");
        }
        return text.asString();
    }

    private void shortEnough(Node node, String place) {
        if (!Node.isTooLong(node.urn())) return;
        throw INVALID_ARGUMENT.because(
                "'%s%s' has a namespace and a name of more than %d bytes together: '%s'",
                path, place, Node.LONGEST - 20, Node.shown(node.name()));
    }

    private Failure wrong(String place, JsonNode got, String expected) {
        String shown = got.isMissingNode() ? "missing" : "'" + Node.shown(got.toString()) + "'";
        String where = path + place;
        String named = where.isEmpty() ? "The event" : "'" + where + "'";
        return INVALID_ARGUMENT.because("%s is %s, expected %s.", named, shown, expected);
    }
}
