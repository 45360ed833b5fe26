package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Preparation.Normalize.Norm;
import io.millwright.runtime.Preparation.Scale;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/// Stages that scale vectors. Spark multiplies by the inverse of what others divide by.
final class SparkScalers {
    private final SparkColumns columns;

    SparkScalers(SparkColumns columns) {
        this.columns = columns;
    }

    void standard(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] shift = stage.flag("withMean") ? row.vector("mean") : new double[0];
            double[] factor = stage.flag("withStd") ? inverse(row.vector("std")) : new double[0];
            shiftAndScale(stage, row.vector("std").length, shift, factor);
        });
    }

    void robust(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] shift = stage.flag("withCentering") ? row.vector("median") : new double[0];
            double[] factor = stage.flag("withScaling") ? inverse(row.vector("range")) : new double[0];
            shiftAndScale(stage, row.vector("range").length, shift, factor);
        });
    }

    void maxAbsolute(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] factor = mapped(row.vector("maxAbs"), value -> value == 0 ? 1 : 1 / value);
            shiftAndScale(stage, factor.length, new double[0], factor);
        });
    }

    private static double[] inverse(double[] values) {
        return mapped(values, value -> value == 0 ? 0 : 1 / value);
    }

    private static double[] mapped(double[] values, DoubleUnaryOperator function) {
        return Arrays.stream(values).map(function).toArray();
    }

    /// @param shift empty to shift by nothing
    /// @param factor empty to scale by nothing
    private void shiftAndScale(SparkStage stage, int width, double[] shift, double[] factor) {
        String to = stage.text("outputCol");
        String from = columns.vector(stage.text("inputCol"), width);
        if (shift.length > 0 && factor.length > 0) from = columns.step(to, "shifted", shifted(shift), from);
        columns.makeVector(
                to,
                width,
                factor.length > 0
                        ? scaled(factor, new double[width])
                        : shifted(shift.length > 0 ? shift : new double[width]),
                from);
    }

    private static Scale shifted(double[] shift) {
        double[] ones = new double[shift.length];
        Arrays.fill(ones, 1);
        return scale(Scale.Form.SHIFT_FIRST, shift, ones);
    }

    private static Scale scaled(double[] factor, double[] offset) {
        return scale(Scale.Form.SCALE_FIRST, offset, factor);
    }

    private static Scale scale(Scale.Form form, double[] offset, double[] factor) {
        return new Scale(
                form,
                Doubles.of(offset),
                Doubles.of(factor),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Precision.FLOAT64);
    }

    void minMax(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] lowest = row.vector("originalMin");
            double[] highest = row.vector("originalMax");
            double low = stage.number("min");
            double high = stage.number("max");
            double[] factor = new double[lowest.length];
            double[] offset = new double[lowest.length];
            for (int i = 0; i < factor.length; i++) {
                double range = highest[i] - lowest[i];
                factor[i] = range != 0 ? (high - low) / range : 0;
                // A column that was constant becomes the middle.
                offset[i] = factor[i] != 0 ? low : (low + high) / 2;
            }
            String to = stage.text("outputCol");
            String from = columns.vector(stage.text("inputCol"), factor.length);
            columns.makeVector(
                    to, factor.length, scaled(factor, offset), columns.step(to, "shifted", shifted(lowest), from));
        });
    }

    void normalize(SparkStage stage) {
        double power = stage.number("p");
        Norm norm = power == 1 ? Norm.L1 : power == 2 ? Norm.L2 : Norm.MAX;
        if (norm == Norm.MAX && power != Double.POSITIVE_INFINITY) {
            throw stage.refused("has p %s, and 1, 2 and infinity are read".formatted(power));
        }
        String from = columns.any(stage.text("inputCol"), stage);
        columns.makeVector(
                stage.text("outputCol"),
                columns.width(stage.text("inputCol")),
                new Preparation.Normalize(norm, Precision.FLOAT64),
                from);
    }
}
