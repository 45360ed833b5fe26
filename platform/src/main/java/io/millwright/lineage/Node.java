package io.millwright.lineage;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.DatasetName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// A thing in the graph, by its URN.
///
/// @param name what stands behind the kind, as `census.people` in `dataset:census.people`
/// @param parent whose rights it takes where its URN does not tell, as `experiment:7` of a run; else
///     empty
public record Node(NodeKind kind, String name, String parent) {
    /// In bytes: an index of PostgreSQL takes no more.
    static final int LONGEST = 2_000;

    public Node {
        if (name.isEmpty()) throw new IllegalArgumentException("a " + kind.word() + " has a name");
    }

    static Node of(NodeKind kind, String name) {
        return new Node(kind, name, "");
    }

    static Node dataset(DatasetName name) {
        return of(NodeKind.DATASET, name.toString());
    }

    static Node snapshot(DatasetName name, long snapshotId) {
        return of(NodeKind.SNAPSHOT, name + "@" + snapshotId);
    }

    static Node column(DatasetName name, String path) {
        return of(NodeKind.COLUMN, name + "#" + path);
    }

    static Node columns(DatasetName name) {
        return of(NodeKind.COLUMNS, name.toString());
    }

    static Node run(String id, String parent) {
        return new Node(NodeKind.RUN, id, parent);
    }

    static Node loggedModel(String id, String parent) {
        return new Node(NodeKind.LOGGED_MODEL, id, parent);
    }

    static Node model(String name) {
        return of(NodeKind.MODEL, name);
    }

    static Node modelVersion(String model, String number) {
        return of(NodeKind.MODEL_VERSION, model + "/" + number);
    }

    static Node alias(String model, String alias) {
        return of(NodeKind.ALIAS, model + "@" + alias);
    }

    static Node job(String namespace, String name) {
        return of(NodeKind.JOB, namespace + "/" + name);
    }

    static Node external(String namespace, String name) {
        return of(NodeKind.EXTERNAL, namespace + "/" + name);
    }

    static Node externalColumn(String namespace, String name, String field) {
        return of(NodeKind.EXTERNAL_COLUMN, namespace + "/" + name + "#" + field);
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is no URN of a thing in the graph
    static Node parse(String urn) {
        int colon = urn.indexOf(':');
        Optional<NodeKind> kind = colon < 0 ? Optional.empty() : NodeKind.of(urn.substring(0, colon));
        if (kind.isEmpty() || colon == urn.length() - 1) {
            throw INVALID_ARGUMENT.because(
                    "'node' is '%s', expected a URN such as dataset:census.people or model-version:churn/3, of one of %s.",
                    shown(urn),
                    Arrays.stream(NodeKind.values())
                            .map(NodeKind::word)
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        if (isTooLong(urn)) {
            throw INVALID_ARGUMENT.because("'node' is longer than %d bytes: %s", LONGEST, shown(urn));
        }
        return of(kind.get(), urn.substring(colon + 1));
    }

    static boolean isTooLong(String urn) {
        return urn.length() > LONGEST || urn.getBytes(StandardCharsets.UTF_8).length > LONGEST;
    }

    static String shown(String text) {
        return text.length() > 100 ? text.substring(0, 100) + "…" : text;
    }

    String urn() {
        return kind.word() + ":" + name;
    }

    /// Whether the request in hand may know of it. What is part of a thing asks for the right on that
    /// thing.
    boolean isReadable(RequestContext context) {
        return allows(context, Right.READ);
    }

    boolean allows(RequestContext context, Right right) {
        String entity = entity();
        return context.allows(right, entity, parents());
    }

    void require(RequestContext context, Right right) {
        context.require(right, entity(), parents());
    }

    private String entity() {
        return switch (kind) {
            case SNAPSHOT -> "dataset:" + before(name, '@');
            case COLUMN -> "dataset:" + before(name, '#');
            case COLUMNS -> "dataset:" + name;
            case ALIAS -> "model:" + name.substring(0, Math.max(0, name.lastIndexOf('@')));
            case DATASET, RUN, MODEL, MODEL_VERSION, LOGGED_MODEL, JOB, JOB_RUN, EXTERNAL, EXTERNAL_COLUMN, ENDPOINT ->
                urn();
        };
    }

    private String[] parents() {
        return switch (kind) {
            case DATASET -> namespaces(name);
            case SNAPSHOT -> namespaces(before(name, '@'));
            case COLUMN -> namespaces(before(name, '#'));
            case COLUMNS -> namespaces(name);
            case MODEL_VERSION -> new String[] {"model:" + name.substring(0, Math.max(0, name.lastIndexOf('/')))};
            case RUN, MODEL, ALIAS, LOGGED_MODEL, JOB, JOB_RUN, EXTERNAL, EXTERNAL_COLUMN, ENDPOINT ->
                parent.isEmpty() ? new String[0] : new String[] {parent};
        };
    }

    /// A name that is none, as somebody may ask for one, lies in no namespace.
    private static String[] namespaces(String dataset) {
        try {
            return DatasetName.parse(dataset).parents();
        } catch (io.millwright.kernel.Failure e) {
            return new String[0];
        }
    }

    private static String before(String text, char end) {
        int at = text.indexOf(end);
        return at < 0 ? text : text.substring(0, at);
    }
}
