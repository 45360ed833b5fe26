package io.millwright.search;

import static io.millwright.search.PythonText.clip;
import static io.millwright.search.PythonText.list;
import static io.millwright.search.PythonText.repr;
import static io.millwright.search.PythonText.set;
import static io.millwright.search.PythonText.tuple;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.util.List;
import java.util.stream.Collectors;

/// What MLflow says when a filter or an order is wrong. Each of its searches has its own words for it.
final class Wording {
    private Wording() {}

    static Failure blankFilter(SearchKind kind, String filter) {
        return kind == SearchKind.LOGGED_MODELS
                ? invalid("Invalid filter string: %s. Expected a single SQL expression.", repr(clip(filter)))
                : invalid("Invalid filter '%s'. Could not be parsed.", clip(filter));
    }

    static Failure severalExpressions(SearchKind kind, String filter) {
        String shown = repr(clip(filter));
        return kind == SearchKind.LOGGED_MODELS
                ? invalid("Invalid filter string: %s. Expected a single SQL expression.", shown)
                : invalid("Search filter contained multiple expression %s. Provide AND-ed expression list.", shown);
    }

    static Failure strays(SearchKind kind, String filter, List<String> strays) {
        return switch (kind) {
            case RUNS ->
                invalid(
                        "Invalid clause(s) in filter string: %s",
                        clip(strays.stream().map(s -> "'" + s + "'").collect(Collectors.joining(", "))));
            case EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS ->
                invalid("Invalid clause(s) in filter string: %s", clip(String.join(", ", strays)));
            case LOGGED_MODELS ->
                invalid(
                        "Invalid filter string: %s. Expected a list of comparisons separated by 'AND' "
                                + "(e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').",
                        repr(clip(filter)));
        };
    }

    static Failure notAField(String text) {
        return invalid("Invalid comparison clause. Expected 'Identifier' found '%s'", clip(text));
    }

    static Failure unknownEntity(SearchKind kind, String spelling) {
        return switch (kind) {
            case RUNS ->
                invalid(
                        "Invalid entity type '%s'. Valid values are %s",
                        clip(spelling), list(List.of("metric", "parameter", "tag", "attribute", "dataset")));
            case EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS ->
                invalid(
                        "Invalid entity type '%s'. Valid entity types are %s",
                        clip(spelling), tuple(List.of("attribute", "tag", "tags")));
            case LOGGED_MODELS ->
                invalid(
                        "Invalid entity type: %s. Expected one of %s.",
                        repr(clip(spelling)), list(List.of("attributes", "metrics", "params", "tags")));
        };
    }

    static Failure unknownAttribute(SearchKind kind, String key) {
        return invalid("Invalid attribute key '%s' specified. Valid keys are '%s'", clip(key), set(kind.filterNames()));
    }

    static Failure unknownDatasetKey(String key) {
        return invalid(
                "Invalid dataset key '%s' specified. Valid keys are '%s'", clip(key), set(SearchKind.DATASET_KEYS));
    }

    static Failure presenceNotAsked(SearchKind kind, Entity entity, String key) {
        return kind == SearchKind.EXPERIMENTS
                ? invalid("IS NULL / IS NOT NULL is only supported for tags, not for attribute '%s'", clip(key))
                : invalid(
                        "IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%s'",
                        singular(entity), clip(key));
    }

    static Failure notANumber(Field field, String key, String found) {
        return field.entity() == Entity.METRIC
                ? invalid("Expected numeric value type for metric. Found %s", clip(found))
                : invalid("Expected numeric value type for numeric attribute: %s. Found %s", key, clip(found));
    }

    static Failure notAWholeNumber(Field field, String shown) {
        return invalid("Invalid value for numeric attribute '%s': %s", field.key(), clip(shown));
    }

    static Failure numberOutOfRange(String found) {
        return invalid(
                "Number out of range: %s. Expected at most 1000 digits and an exponent within 10000.", clip(found));
    }

    static Failure notQuoted(String found) {
        return invalid(
                "Parameter value is either not quoted or unidentified quote types used for string value %s. "
                        + "Use either single or double quotes.",
                clip(found));
    }

    static Failure notAText(SearchKind kind, Field field, String found) {
        return switch (field.entity()) {
            case PARAM, TAG, METRIC ->
                invalid(
                        "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s",
                        singular(field.entity()), clip(found));
            case DATASET -> invalid("Expected a quoted string value for dataset attributes. Got value %s", clip(found));
            case ATTRIBUTE ->
                kind == SearchKind.REGISTERED_MODELS || kind == SearchKind.MODEL_VERSIONS
                        ? invalid(
                                "Expected a quoted string value or a list of quoted string values for attributes. "
                                        + "Got value %s",
                                clip(found))
                        : invalid("Expected a quoted string value for attributes. Got value %s", clip(found));
        };
    }

    static Failure numberForText(SearchKind kind) {
        var numeric = kind.attributes().stream()
                .filter(Attribute::numeric)
                .map(Attribute::name)
                .toList();
        return invalid("Only the '%s' attributes support comparison with numeric values.", set(numeric));
    }

    static Failure listForOneValue(SearchKind kind) {
        var listable = kind.attributes().stream()
                .filter(Attribute::listable)
                .map(Attribute::name)
                .sorted()
                .toList();
        return invalid("Only %s attributes support comparison with a list of quoted string values.", list(listable));
    }

    static Failure experimentId(String text) {
        return invalid("Invalid experiment ID '%s'. Experiment ID must be a valid integer.", clip(text));
    }

    static Failure comparator(SearchKind kind, Field field, String comparator) {
        return switch (kind) {
            case RUNS -> generalComparator(kind, field, comparator);
            case EXPERIMENTS -> {
                if (field.entity() == Entity.TAG) yield invalid("Invalid comparator for tag: %s", comparator);
                if (field.key().equals("experiment_id")) {
                    yield invalid("Invalid comparator for experiment_id: %s", comparator);
                }
                yield generalComparator(kind, field, comparator);
            }
            case REGISTERED_MODELS, MODEL_VERSIONS -> {
                if (field.entity() == Entity.TAG) yield invalid("Invalid comparator for tag: %s", comparator);
                String which = field.key().equals("version_number") ? " version_number" : "";
                yield invalid("Invalid comparator for attribute%s: %s", which, comparator);
            }
            case LOGGED_MODELS ->
                invalid(
                        "Invalid comparison operator for %s: %s. Expected one of %s.",
                        loggedModelField(field),
                        repr(comparator),
                        tuple(
                                kind.comparisons(field).contains(Comparison.LT)
                                        ? List.of("<", "<=", ">", ">=", "=", "!=")
                                        : List.of("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")));
        };
    }

    private static Failure generalComparator(SearchKind kind, Field field, String comparator) {
        var symbols = kind.comparisons(field).stream().map(Comparison::symbol).toList();
        // MLflow forgets the last quote for all but texts.
        boolean closed =
                field.entity() == Entity.PARAM || kind.comparisons(field).contains(Comparison.IN);
        String quote = closed && field.entity() != Entity.DATASET ? "'" : "";
        return invalid("Invalid comparator '%s' not one of '%s%s", comparator, set(symbols), quote);
    }

    static Failure unreadableOrder(String clause) {
        return invalid("Invalid order_by clause '%s'. Could not be parsed.", clip(clause));
    }

    static Failure unknownDirection(String clause) {
        return invalid("Invalid ordering key in order_by clause '%s'.", clip(clause));
    }

    static Failure unorderableLoggedModelField(String text) {
        return invalid("Invalid order by field name: %s. Only metrics are supported.", clip(text));
    }

    static Failure unorderableEntity(SearchKind kind, Field field, String text) {
        return switch (kind) {
            case RUNS -> invalid("Invalid identifier type '%s'", singular(field.entity()));
            case EXPERIMENTS -> invalid("Invalid order_by entity: %s", singular(field.entity()));
            case LOGGED_MODELS -> unorderableLoggedModelField(text);
            case REGISTERED_MODELS -> unknownOrderKey(kind, text);
            case MODEL_VERSIONS -> unknownOrderKey(kind, field.key());
        };
    }

    static Failure unknownOrderAttribute(SearchKind kind, String text, String key) {
        return switch (kind) {
            case RUNS, EXPERIMENTS, MODEL_VERSIONS ->
                invalid("Invalid attribute key '%s' specified. Valid keys are '%s'", clip(key), set(kind.orderNames()));
            case LOGGED_MODELS -> invalid("Invalid order by field name: %s", clip(text));
            case REGISTERED_MODELS -> unknownOrderKey(kind, text);
        };
    }

    private static Failure unknownOrderKey(SearchKind kind, String key) {
        return kind == SearchKind.REGISTERED_MODELS
                ? invalid(
                        "Invalid order by key '%s' specified. Valid keys are '%s'",
                        clip(key), set(List.of("name", "timestamp")))
                : invalid("Invalid order by key '%s' specified. Valid keys are %s", clip(key), set(kind.orderNames()));
    }

    static Failure duplicateOrder(List<String> clauses) {
        return invalid("`order_by` contains duplicate fields: %s", clip(list(clauses)));
    }

    static Failure tooLong(String what, int length, int limit) {
        return invalid("The %s has %d characters, at most %d are allowed.", what, length, limit);
    }

    static Failure tooMany(String what, int count, int limit) {
        return invalid("%s: %d, at most %d are allowed; split the search.", what, count, limit);
    }

    private static String singular(Entity entity) {
        return switch (entity) {
            case ATTRIBUTE -> "attribute";
            case METRIC -> "metric";
            case PARAM -> "parameter";
            case TAG -> "tag";
            case DATASET -> "dataset";
        };
    }

    private static String loggedModelField(Field field) {
        String entity = field.entity() == Entity.PARAM ? "param" : singular(field.entity());
        return entity + "s." + field.key();
    }

    private static Failure invalid(String message, Object... args) {
        return ErrorCode.INVALID_ARGUMENT.because(message, args);
    }
}
