package io.millwright.runtime.format;

/// A file is no model of ours, or a damaged one. The message says what was got and what was expected.
public final class MalformedModel extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedModel(String message) {
        super(message);
    }

    MalformedModel(String message, Throwable cause) {
        super(message, cause);
    }
}
