package io.millwright.runtime.evaluate;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class PreparationPlans {
    private PreparationPlans() {}

    static Step.Plan impute(Preparation.Impute operator) {
        double[] fill = operator.fill().toArray();
        int[] indicators = operator.indicators().toArray();
        double missing = operator.missing();
        boolean missingIsNaN = Double.isNaN(missing);
        int width = fill.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                int start = row * width;
                for (int i = 0; i < width; i++, at++) {
                    double value = from[start + i];
                    to[at] = (missingIsNaN ? Double.isNaN(value) : value == missing) ? fill[i] : value;
                }
                for (int i : indicators) {
                    double value = from[start + i];
                    to[at++] = (missingIsNaN ? Double.isNaN(value) : value == missing) ? 1 : 0;
                }
            }
        };
    }

    static Step.Plan imputeText(Preparation.ImputeText operator) {
        String[] fill = operator.fill().toArray(String[]::new);
        String missing = operator.missing();
        return (in, out) -> rows -> {
            @Nullable String[] from = in[0].texts();
            @Nullable String[] to = out.texts();
            for (int at = 0; at < rows * fill.length; at++) {
                String value = from[at];
                to[at] = value == null || !missing.isEmpty() && value.equals(missing) ? fill[at % fill.length] : value;
            }
        };
    }

    static Step.Plan scale(Preparation.Scale operator) {
        double[] offset = operator.offset().toArray();
        double[] factor = operator.factor().toArray();
        double low = operator.low();
        double high = operator.high();
        boolean clips = low > Double.NEGATIVE_INFINITY || high < Double.POSITIVE_INFINITY;
        Preparation.Scale.Form form = operator.form();
        boolean single = operator.precision() == Precision.FLOAT32;
        int width = offset.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0; row < rows; row++) {
                int start = row * width;
                if (single) scaleSingle(form, from, to, start, offset, factor);
                else scale(form, from, to, start, offset, factor);
            }
            // Comparisons, and not min and max, so that NaN stays NaN.
            if (clips) {
                for (int at = 0; at < rows * width; at++) {
                    if (to[at] < low) to[at] = low;
                    else if (to[at] > high) to[at] = high;
                }
            }
        };
    }

    private static void scale(
            Preparation.Scale.Form form, double[] from, double[] to, int start, double[] offset, double[] factor) {
        int width = offset.length;
        switch (form) {
            case SHIFT_FIRST -> {
                for (int i = 0; i < width; i++) to[start + i] = (from[start + i] - offset[i]) / factor[i];
            }
            case SCALE_FIRST -> {
                for (int i = 0; i < width; i++) to[start + i] = from[start + i] * factor[i] + offset[i];
            }
            case SHIFT_AND_MULTIPLY -> {
                for (int i = 0; i < width; i++) to[start + i] = (from[start + i] - offset[i]) * factor[i];
            }
        }
    }

    private static void scaleSingle(
            Preparation.Scale.Form form, double[] from, double[] to, int start, double[] offset, double[] factor) {
        for (int i = 0; i < offset.length; i++) {
            float value = (float) from[start + i];
            to[start + i] = switch (form) {
                case SHIFT_FIRST -> (value - (float) offset[i]) / (float) factor[i];
                case SCALE_FIRST -> value * (float) factor[i] + (float) offset[i];
                case SHIFT_AND_MULTIPLY -> (value - (float) offset[i]) * (float) factor[i];
            };
        }
    }

    static Step.Plan flush(Preparation.Flush operator) {
        double distance = operator.distance();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            int count = rows * out.width();
            for (int i = 0; i < count; i++) to[i] = Math.abs(from[i]) <= distance ? 0 : from[i];
        };
    }

    static Step.Plan require(Preparation.Require operator, List<String> columns) {
        double[] low = operator.low().toArray();
        double[] high = operator.high().toArray();
        boolean missingAllowed = operator.missingAllowed();
        int width = low.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                for (int i = 0; i < width; i++, at++) {
                    double value = from[at];
                    if (value >= low[i] && value <= high[i] || missingAllowed && Double.isNaN(value)) continue;
                    throw outside(row, columns.get(i), value, low[i], high[i]);
                }
            }
            System.arraycopy(from, 0, out.numbers(), 0, rows * width);
        };
    }

    private static RefusedValue outside(int row, String column, double value, double low, double high) {
        return new RefusedValue(
                row,
                column,
                Double.isNaN(value)
                        ? "a missing value, which the model was not made for"
                        : "%s, expected %s to %s".formatted(value, low, high));
    }

    static Step.Plan normalize(Preparation.Normalize operator) {
        boolean single = operator.precision() == Precision.FLOAT32;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            int width = out.width();
            for (int row = 0; row < rows; row++) {
                int start = row * width;
                double exact = norm(operator.norm(), from, start, width);
                double norm = single ? (float) exact : exact;
                for (int i = 0; i < width; i++) {
                    double value = norm == 0 ? from[start + i] : from[start + i] / norm;
                    to[start + i] = single ? (float) value : value;
                }
            }
        };
    }

    private static double norm(Preparation.Normalize.Norm norm, double[] values, int start, int width) {
        double sum = 0;
        for (int i = start; i < start + width; i++) {
            switch (norm) {
                case L1 -> sum += Math.abs(values[i]);
                case L2 -> sum += values[i] * values[i];
                case MAX -> sum = Math.max(sum, Math.abs(values[i]));
            }
        }
        return norm == Preparation.Normalize.Norm.L2 ? Math.sqrt(sum) : sum;
    }

    static Step.Plan bucketize(Preparation.Bucketize operator) {
        double[][] edges = operator.edges().stream().map(Doubles::toArray).toArray(double[][]::new);
        boolean onEdgeCounts = operator.onEdgeCounts();
        int width = edges.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int at = 0; at < rows * width; at++) {
                double value = from[at];
                to[at] = Double.isNaN(value) ? value : below(edges[at % width], value, onEdgeCounts);
            }
        };
    }

    /// How many of rising edges are smaller than a value, or equal to it if those count.
    static int below(double[] edges, double value, boolean orEqual) {
        int low = 0;
        int high = edges.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (orEqual ? edges[middle] <= value : edges[middle] < value) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    static Step.Plan polynomial(Preparation.Polynomial operator) {
        int[][] factors = operator.factors().stream().map(Ints::toArray).toArray(int[][]::new);
        int width = operator.columns();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                int start = row * width;
                for (int[] product : factors) {
                    double value = 1;
                    for (int column : product) value *= from[start + column];
                    to[at++] = value;
                }
            }
        };
    }

    static Step.Plan power(Preparation.Power operator) {
        double[] lambdas = operator.lambdas().toArray();
        boolean boxCox = operator.family() == Preparation.Power.Family.BOX_COX;
        int width = lambdas.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int at = 0; at < rows * width; at++) {
                double lambda = lambdas[at % width];
                to[at] = boxCox ? boxCox(from[at], lambda) : yeoJohnson(from[at], lambda);
            }
        };
    }

    private static double boxCox(double value, double lambda) {
        return lambda == 0 ? Math.log(value) : Math.expm1(lambda * Math.log(value)) / lambda;
    }

    /// Near 0 and 2 the power is a logarithm: the same bound as the library's, the spacing of doubles
    /// at 1.
    private static double yeoJohnson(double value, double lambda) {
        double spacing = Math.ulp(1.0);
        if (value >= 0) {
            return Math.abs(lambda) < spacing ? Math.log1p(value) : Math.expm1(lambda * Math.log1p(value)) / lambda;
        }
        return Math.abs(lambda - 2) > spacing
                ? -Math.expm1((2 - lambda) * Math.log1p(-value)) / (2 - lambda)
                : -Math.log1p(-value);
    }

    static Step.Plan interpolate(Preparation.Interpolate operator) {
        double[][] x =
                operator.columns().stream().map(each -> each.x().toArray()).toArray(double[][]::new);
        double[][] y =
                operator.columns().stream().map(each -> each.y().toArray()).toArray(double[][]::new);
        int width = x.length;
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int at = 0; at < rows * width; at++) to[at] = onLine(x[at % width], y[at % width], from[at]);
        };
    }

    private static double onLine(double[] x, double[] y, double value) {
        if (Double.isNaN(value)) return value;
        int last = x.length - 1;
        if (value < x[0]) return y[0];
        // Of points with the same x the last is the one a value on them is read off.
        int right = below(x, value, true);
        if (right > last) return y[last];
        int left = right - 1;
        if (value == x[left]) return y[left];
        double slope = (y[right] - y[left]) / (x[right] - x[left]);
        return slope * (value - x[left]) + y[left];
    }
}
