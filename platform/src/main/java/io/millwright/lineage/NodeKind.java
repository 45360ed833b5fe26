package io.millwright.lineage;

import java.util.Arrays;
import java.util.Optional;

/// What stands in the graph. The codes are stored: none is ever given to another kind.
public enum NodeKind {
    DATASET(1, "dataset"),
    SNAPSHOT(2, "snapshot"),
    COLUMN(3, "column"),
    /// All columns of a dataset at once: what has read it and did not say which of them hangs on this.
    COLUMNS(4, "columns"),
    RUN(5, "run"),
    MODEL(6, "model"),
    MODEL_VERSION(7, "model-version"),
    ALIAS(8, "alias"),
    LOGGED_MODEL(9, "logged-model"),
    /// Of OpenLineage.
    JOB(10, "job"),
    /// One run of a [#JOB].
    JOB_RUN(11, "job-run"),
    /// A dataset that lies elsewhere.
    EXTERNAL(12, "external"),
    EXTERNAL_COLUMN(13, "external-column"),
    ENDPOINT(14, "endpoint");

    private static final NodeKind[] BY_CODE = new NodeKind[15];

    static {
        for (NodeKind kind : values()) BY_CODE[kind.code] = kind;
    }

    private final int code;
    private final String word;

    NodeKind(int code, String word) {
        this.code = code;
        this.word = word;
    }

    int code() {
        return code;
    }

    /// How its URNs begin.
    public String word() {
        return word;
    }

    static NodeKind of(int code) {
        return BY_CODE[code];
    }

    static Optional<NodeKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word.equals(word)).findFirst();
    }
}
