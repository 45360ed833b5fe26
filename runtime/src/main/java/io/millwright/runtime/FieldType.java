package io.millwright.runtime;

/// The type of an input or output as its user sees it.
public enum FieldType {
    FLOAT64("float64", Shape.Kind.NUMBERS),
    FLOAT32("float32", Shape.Kind.NUMBERS),
    INT64("int64", Shape.Kind.NUMBERS),
    INT32("int32", Shape.Kind.NUMBERS),
    BOOLEAN("boolean", Shape.Kind.NUMBERS),
    TEXT("text", Shape.Kind.TEXTS);

    private final String word;
    private final Shape.Kind kind;

    FieldType(String word, Shape.Kind kind) {
        this.word = word;
        this.kind = kind;
    }

    /// As it stands in a model's file.
    public String word() {
        return word;
    }

    public Shape.Kind kind() {
        return kind;
    }

    /// @throws IllegalArgumentException for a word that names none
    public static FieldType of(String word) {
        for (FieldType type : values()) {
            if (type.word.equals(word)) return type;
        }
        throw new IllegalArgumentException(
                "'%s' is no type of a field; there are float64, float32, int64, int32, boolean and text"
                        .formatted(word));
    }
}
