package io.millwright.lineage;

/// How one thing came from another. The codes are stored: none is ever given to another kind.
public enum EdgeKind {
    /// A dataset and its snapshot, a model and its version.
    VERSION(1),
    /// A snapshot and the one made on it; a run that made another do its work.
    PARENT(2),
    /// What was read, and who read it or was made from it.
    INPUT(3),
    /// A column, and the column or the thing that was made from it.
    COLUMN(4),
    /// A column, and all columns of its dataset.
    MEMBER(5),
    /// Who made something, and what it made.
    OUTPUT(6),
    /// A run or a logged model, and the version it was registered as.
    REGISTERED(7),
    /// A version, and the alias that stands for it: for a time.
    ALIAS(8),
    /// A job and one of its runs.
    JOB_RUN(9),
    /// A thing under its old name and under its new one, where the new one stood in the graph before.
    RENAMED(10);

    private static final EdgeKind[] BY_CODE = new EdgeKind[11];

    static {
        for (EdgeKind kind : values()) BY_CODE[kind.code] = kind;
    }

    private final int code;

    EdgeKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static EdgeKind of(int code) {
        return BY_CODE[code];
    }

    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
