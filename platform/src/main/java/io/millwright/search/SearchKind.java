package io.millwright.search;

import static io.millwright.search.Attribute.number;
import static io.millwright.search.Attribute.text;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// What is searched for, and the words each search understands: its entities, its attributes, its comparisons.
public enum SearchKind {
    RUNS(
            Map.ofEntries(
                    Map.entry("metric", Entity.METRIC),
                    Map.entry("metrics", Entity.METRIC),
                    Map.entry("parameter", Entity.PARAM),
                    Map.entry("parameters", Entity.PARAM),
                    Map.entry("param", Entity.PARAM),
                    Map.entry("params", Entity.PARAM),
                    Map.entry("tag", Entity.TAG),
                    Map.entry("tags", Entity.TAG),
                    Map.entry("attribute", Entity.ATTRIBUTE),
                    Map.entry("attributes", Entity.ATTRIBUTE),
                    Map.entry("attr", Entity.ATTRIBUTE),
                    Map.entry("run", Entity.ATTRIBUTE),
                    Map.entry("dataset", Entity.DATASET),
                    Map.entry("datasets", Entity.DATASET)),
            List.of(
                    text("run_id").inLists(),
                    text("run_name").filteredAs("run_name", "run name", "Run name", "Run Name"),
                    text("status"),
                    text("user_id"),
                    text("artifact_uri"),
                    number("start_time")
                            .filteredAs("start_time", "created", "Created")
                            .orderedAs("start_time", "created", "Created"),
                    number("end_time"))),

    EXPERIMENTS(
            Map.of("attribute", Entity.ATTRIBUTE, "tag", Entity.TAG, "tags", Entity.TAG),
            List.of(
                    text("name"),
                    text("experiment_id").inLists(),
                    number("creation_time"),
                    number("last_update_time"))),

    LOGGED_MODELS(
            Map.of(
                    "attributes", Entity.ATTRIBUTE,
                    "metrics", Entity.METRIC,
                    "params", Entity.PARAM,
                    "tags", Entity.TAG),
            List.of(
                    text("name").inLists(),
                    text("model_id").inLists(),
                    text("model_type").inLists(),
                    text("status").inLists(),
                    text("source_run_id").inLists(),
                    text("experiment_id").inLists(),
                    number("creation_timestamp")
                            .filteredAs("creation_timestamp", "creation_time", "creation_timestamp_ms")
                            .orderedAs("creation_timestamp", "creation_time", "creation_timestamp_ms"),
                    number("last_updated_timestamp")
                            .filteredAs("last_updated_timestamp", "last_updated_time", "last_updated_timestamp_ms")
                            .orderedAs("last_updated_timestamp", "last_updated_time", "last_updated_timestamp_ms"))),

    REGISTERED_MODELS(
            Map.of("attribute", Entity.ATTRIBUTE, "tag", Entity.TAG, "tags", Entity.TAG),
            List.of(
                    text("name").inLists(),
                    number("last_updated_timestamp").filteredAs().orderedAs("timestamp", "last_updated_timestamp"))),

    MODEL_VERSIONS(
            Map.of("attribute", Entity.ATTRIBUTE, "tag", Entity.TAG, "tags", Entity.TAG),
            List.of(
                    text("name").inLists(),
                    text("run_id").inLists().orderedAs(),
                    text("source_path").orderedAs(),
                    number("version_number"),
                    number("creation_timestamp").filteredAs(),
                    number("last_updated_timestamp").filteredAs()));

    /// The keys of [Entity#DATASET].
    static final Set<String> DATASET_KEYS = Set.of("name", "digest", "context");

    private static final Set<Comparison> NUMERIC =
            set(Comparison.EQ, Comparison.NE, Comparison.LT, Comparison.LE, Comparison.GT, Comparison.GE);
    private static final Set<Comparison> TEXT = set(Comparison.EQ, Comparison.NE, Comparison.LIKE, Comparison.ILIKE);
    private static final Set<Comparison> TEXT_AND_LISTS =
            set(Comparison.EQ, Comparison.NE, Comparison.LIKE, Comparison.ILIKE, Comparison.IN, Comparison.NOT_IN);
    private static final Set<Comparison> TEXT_AND_PRESENCE = set(
            Comparison.EQ,
            Comparison.NE,
            Comparison.LIKE,
            Comparison.ILIKE,
            Comparison.IS_NULL,
            Comparison.IS_NOT_NULL);
    private static final Set<Comparison> IDENTITY = set(Comparison.EQ, Comparison.NE, Comparison.IN, Comparison.NOT_IN);

    private final Map<String, Entity> entities;
    private final List<Attribute> attributes;
    private final Map<String, Attribute> filterNames;
    private final Map<String, Attribute> orderNames;

    SearchKind(Map<String, Entity> entities, List<Attribute> attributes) {
        this.entities = entities;
        this.attributes = attributes;
        this.filterNames = byName(attributes, Attribute::filterNames);
        this.orderNames = byName(attributes, Attribute::orderNames);
    }

    /// Spelling to entity, as in `metrics.loss`. A key without an entity is an attribute's.
    public Map<String, Entity> entities() {
        return entities;
    }

    public List<Attribute> attributes() {
        return attributes;
    }

    /// What a filter may ask of a field of this kind.
    public Set<Comparison> comparisons(Field field) {
        return switch (field.entity()) {
            case METRIC -> NUMERIC;
            case DATASET -> TEXT_AND_LISTS;
            case ATTRIBUTE -> attributeComparisons(field.key());
            case PARAM, TAG ->
                switch (this) {
                    case RUNS, EXPERIMENTS -> TEXT_AND_PRESENCE;
                    case LOGGED_MODELS -> TEXT_AND_LISTS;
                    case REGISTERED_MODELS, MODEL_VERSIONS -> TEXT;
                };
        };
    }

    private Set<Comparison> attributeComparisons(String name) {
        // Ids of experiments are numbers in quotes: a pattern over them means nothing.
        if (this == EXPERIMENTS && name.equals("experiment_id")) return IDENTITY;
        boolean numeric =
                attributes.stream().anyMatch(a -> a.numeric() && a.name().equals(name));
        return numeric ? NUMERIC : TEXT_AND_LISTS;
    }

    Optional<Attribute> filterAttribute(String name) {
        return Optional.ofNullable(filterNames.get(name));
    }

    Optional<Attribute> orderAttribute(String name) {
        return Optional.ofNullable(orderNames.get(name));
    }

    Set<String> filterNames() {
        return filterNames.keySet();
    }

    Set<String> orderNames() {
        return orderNames.keySet();
    }

    private static Map<String, Attribute> byName(List<Attribute> attributes, Function<Attribute, Set<String>> namesOf) {
        var byName = new HashMap<String, Attribute>();
        for (var attribute : attributes) {
            for (var name : namesOf.apply(attribute)) byName.put(name, attribute);
        }
        return Map.copyOf(byName);
    }

    private static Set<Comparison> set(Comparison first, Comparison... rest) {
        return Collections.unmodifiableSet(EnumSet.of(first, rest));
    }
}
