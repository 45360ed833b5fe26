package io.millwright.lineage;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.tracking.DatasetInput;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What a dataset that was logged with MLflow's `log_input` may be, as far as its own words tell.
///
/// Source: MLflow 3.17's dataset sources, whose JSON names a table or a place each in a field of its
/// own.
///
/// @param candidates tables of our catalog that it may name, the likeliest first
/// @param columns those that its schema has; empty when it says nothing of them
/// @param namespace of what it is when no candidate is there
/// @param name of what it is when no candidate is there
record MlflowInput(List<Candidate> candidates, List<String> columns, String namespace, String name) {
    /// Ids of Iceberg's snapshots are random and long; a shorter digest is no such id.
    private static final Pattern SNAPSHOT_ID = Pattern.compile("[1-9]\\d{14,18}");

    private static final List<String> NAMES = List.of("delta_table_name", "table_name", "table", "name");
    private static final List<String> PLACES = List.of("url", "uri", "path");
    private static final Pattern OURS = Pattern.compile("(?:millwright://|dataset:)([^@/?#]+)(?:@([^/?#]+))?");
    private static final Pattern SNAPSHOT = Pattern.compile("snapshot:([^@/?#]+)@(\\d{1,19})");
    private static final Pattern CATALOG =
            Pattern.compile(".*/iceberg/v1/[^/]+/namespaces/([^/]+)/tables/([^/]+?)(?:@([^/]+))?/?");
    private static final Pattern API = Pattern.compile(".*/api/millwright/v1/datasets/([^/]+?)(?:@([^/]+))?(?:/.*)?");
    private static final Pattern IN_QUERY = Pattern.compile("(?:^|.*&)(?:snapshot_id|snapshot-id|version)=([^&]+).*");
    private static final int MOST_COLUMNS = 2_000;

    MlflowInput {
        candidates = List.copyOf(candidates);
        columns = List.copyOf(columns);
    }

    /// @param at which version it names; empty for the latest of that time
    record Candidate(DatasetName name, Optional<At> at) {}

    static MlflowInput of(DatasetInput input) {
        JsonNode source = json(input.source());
        Set<Candidate> candidates = new LinkedHashSet<>();
        Optional<At> byDigest = SNAPSHOT_ID.matcher(input.digest()).matches() ? at(input.digest()) : Optional.empty();
        List<String> places = places(source, input.source());
        for (String text : places) addLink(candidates, text, byDigest);
        addLink(candidates, input.name(), byDigest);
        for (String field : NAMES) {
            String table = source.path(field).asString("");
            if (!table.isEmpty()) addName(candidates, table, versionOf(source).or(() -> byDigest));
        }
        // A plain name is too weak a hint by itself, but with a snapshot's id as the digest it is one.
        if (byDigest.isPresent()) addName(candidates, input.name(), byDigest);
        // What MLflow takes for a local path may be a table's name; a file of that name is then no candidate.
        if (input.sourceType().equals("local")) {
            for (String text : places) addName(candidates, text, byDigest);
        }
        String place =
                places.stream().filter(text -> !text.isBlank()).findFirst().orElse("");
        String table = NAMES.stream()
                .map(field -> source.path(field).asString(""))
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("");
        String name = !table.isEmpty() ? table : !place.isEmpty() ? place : input.name() + "@" + input.digest();
        return new MlflowInput(List.copyOf(candidates), columns(input.schema()), namespace(input, name), name);
    }

    private static String namespace(DatasetInput input, String name) {
        int scheme = name.indexOf("://");
        return scheme > 0 && scheme < 20
                ? name.substring(0, scheme)
                : input.sourceType().isEmpty() ? "mlflow" : input.sourceType();
    }

    private static JsonNode json(@Nullable String text) {
        if (text == null || text.isBlank()) return Json.MAPPER.createObjectNode();
        try {
            return Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return Json.MAPPER.createObjectNode(); // A client may send any text.
        }
    }

    private static List<String> places(JsonNode source, String text) {
        List<String> places = new ArrayList<>();
        for (String field : PLACES) {
            String place = source.path(field).asString("");
            if (!place.isEmpty()) places.add(place);
        }
        boolean isText = source.isString()
                || (source.isObject() && source.isEmpty() && !text.strip().startsWith("{"));
        if (places.isEmpty() && isText) places.add(source.isString() ? source.asString() : text.strip());
        return places;
    }

    private static Optional<At> versionOf(JsonNode source) {
        JsonNode snapshot = source.path("snapshot_id");
        return snapshot.isMissingNode() || snapshot.isNull() ? Optional.empty() : at(snapshot.asString(""));
    }

    private static void addLink(Set<Candidate> candidates, String text, Optional<At> otherwise) {
        Matcher ours = OURS.matcher(text);
        if (ours.matches()) {
            add(candidates, ours.group(1), at(ours.group(2)).or(() -> otherwise));
            return;
        }
        Matcher snapshot = SNAPSHOT.matcher(text);
        if (snapshot.matches()) {
            add(candidates, snapshot.group(1), at(snapshot.group(2)));
            return;
        }
        if (!text.startsWith("http://") && !text.startsWith("https://")) return;
        try {
            URI uri = new URI(text);
            String path = uri.getRawPath() == null ? "" : uri.getRawPath();
            Matcher query = IN_QUERY.matcher(uri.getRawQuery() == null ? "" : uri.getRawQuery());
            Optional<At> asked = query.matches() ? at(query.group(1)) : Optional.empty();
            Matcher catalog = CATALOG.matcher(path);
            if (catalog.matches()) {
                String name = decoded(catalog.group(1)).replace('\u001f', '.') + "." + decoded(catalog.group(2));
                add(candidates, name, asked.or(() -> at(catalog.group(3))).or(() -> otherwise));
                return;
            }
            Matcher api = API.matcher(path);
            if (api.matches()) {
                add(
                        candidates,
                        decoded(api.group(1)),
                        asked.or(() -> at(api.group(2))).or(() -> otherwise));
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            return; // It names none of our tables.
        }
    }

    /// A name as Spark writes it may have the catalog's before it.
    private static void addName(Set<Candidate> candidates, String text, Optional<At> at) {
        String plain = text.replace("`", "");
        add(candidates, plain, at);
        int dot = plain.indexOf('.');
        if (dot > 0 && plain.indexOf('.', dot + 1) > 0) add(candidates, plain.substring(dot + 1), at);
    }

    private static void add(Set<Candidate> candidates, String name, Optional<At> at) {
        try {
            candidates.add(new Candidate(DatasetName.parse(name), at));
        } catch (Failure e) {
            return; // It is no name of a table.
        }
    }

    private static Optional<At> at(@Nullable String version) {
        if (version == null || version.isBlank()) return Optional.empty();
        try {
            return Optional.of(At.version(version.strip()));
        } catch (Failure e) {
            return Optional.empty();
        }
    }

    private static String decoded(String segment) {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static List<String> columns(@Nullable String schema) {
        List<String> names = new ArrayList<>();
        for (JsonNode column : json(schema).path("mlflow_colspec")) {
            String name = column.path("name").asString("");
            if (name.isEmpty() || names.size() == MOST_COLUMNS) return List.of();
            names.add(name);
        }
        return names;
    }
}
