package io.millwright.serving.predict;

import java.util.List;
import java.util.Optional;

/// Columns of as many rows: what a request asks, what an answer says.
///
/// @param named whether the columns have their sender's names; those of others are taken by place
/// @param form what an answer's columns are to each other
/// @param params what is asked beside the rows, a JSON object that only models in Python look at; empty for none
public record Frame(int rows, List<Column> columns, boolean named, Form form, String params) {
    /// How MLflow's scoring server would write the columns of an answer.
    public enum Form {
        /// The first is the answer, the others are what else is known.
        VALUES,
        /// Each is a part of the answer: an object of arrays.
        COLUMNS,
        /// Each row is an object of them.
        RECORDS
    }

    public Frame {
        columns = List.copyOf(columns);
    }

    public Frame(int rows, List<Column> columns) {
        this(rows, columns, true);
    }

    public Frame(int rows, List<Column> columns, boolean named) {
        this(rows, columns, named, Form.VALUES, "");
    }

    /// An answer.
    public Frame(int rows, List<Column> columns, Form form) {
        this(rows, columns, true, form, "");
    }

    public static Frame unnamed(int rows, List<Column> columns) {
        return new Frame(rows, columns, false);
    }

    public Frame with(String params) {
        return new Frame(rows, columns, named, form, params);
    }

    public Optional<Column> column(String name) {
        for (Column column : columns) {
            if (column.name().equals(name)) return Optional.of(column);
        }
        return Optional.empty();
    }
}
