package io.millwright.runtime.read;

import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Matrix;
import java.util.ArrayList;
import java.util.List;

/// A row of a Parquet file as Spark ML writes it, with its vectors and matrices.
record SparkRow(StructAccessor fields) {
    /// A vector or a matrix longer than this is none of a model's; a sparse one costs nothing to claim.
    private static final long MAX_NUMBERS = 1L << 25;

    /// Types of `VectorUDT` and `MatrixUDT`.
    private static final int SPARSE = 0;

    double number(String name) {
        return fields.getDouble(name);
    }

    int integer(String name) {
        return fields.getInt(name);
    }

    boolean flag(String name) {
        return fields.getBoolean(name);
    }

    SparkRow row(String name) {
        return new SparkRow(struct(name));
    }

    double[] numbers(String name) {
        return list(fields, name).doubles().toArray();
    }

    int[] integers(String name) {
        return list(fields, name).ints().toArray();
    }

    List<List<String>> textLists(String name) {
        List<List<String>> lists = new ArrayList<>();
        for (PqList each : list(fields, name).lists()) lists.add(List.copyOf(each.strings()));
        return lists;
    }

    double[] vector(String name) {
        PqStruct vector = struct(name);
        double[] values = list(vector, "values").doubles().toArray();
        if (vector.getInt("type") != SPARSE) return values;
        double[] all = new double[checked(name, vector.getInt("size"))];
        int[] indices = list(vector, "indices").ints().toArray();
        for (int i = 0; i < indices.length; i++) all[indices[i]] = values[i];
        return all;
    }

    Matrix matrix(String name) {
        PqStruct matrix = struct(name);
        int rows = matrix.getInt("numRows");
        int columns = matrix.getInt("numCols");
        boolean byRow = matrix.getBoolean("isTransposed");
        double[] values = list(matrix, "values").doubles().toArray();
        double[] all = new double[checked(name, (long) rows * columns)];
        if (matrix.getInt("type") != SPARSE) {
            for (int i = 0; i < values.length; i++) {
                all[byRow ? i : i % rows * columns + i / rows] = values[i];
            }
        } else {
            int[] starts = list(matrix, "colPtrs").ints().toArray();
            int[] indices = list(matrix, "rowIndices").ints().toArray();
            for (int major = 0; major + 1 < starts.length; major++) {
                for (int i = starts[major]; i < starts[major + 1]; i++) {
                    all[byRow ? major * columns + indices[i] : indices[i] * columns + major] = values[i];
                }
            }
        }
        return new Matrix(rows, columns, Doubles.of(all));
    }

    private PqStruct struct(String name) {
        if (fields.isNull(name)) throw new UnreadableModel("column '%s' is empty".formatted(name));
        return fields.getStruct(name);
    }

    private static PqList list(StructAccessor fields, String name) {
        if (fields.isNull(name)) throw new UnreadableModel("column '%s' is empty".formatted(name));
        return fields.getList(name);
    }

    private static int checked(String name, long size) {
        if (size < 0 || size > MAX_NUMBERS) {
            throw new UnreadableModel(
                    "column '%s' has %d numbers, at most %d are read".formatted(name, size, MAX_NUMBERS));
        }
        return (int) size;
    }
}
