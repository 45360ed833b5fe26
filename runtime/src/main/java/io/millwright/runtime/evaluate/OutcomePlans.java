package io.millwright.runtime.evaluate;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import java.util.Arrays;

final class OutcomePlans {
    private OutcomePlans() {}

    static Step.Plan apply(Outcome.Apply operator) {
        boolean single = operator.precision() == Precision.FLOAT32;
        return switch (operator.function()) {
            case SOFTMAX -> (in, out) -> rows -> softmax(in[0].numbers(), out.numbers(), out.width(), rows, single);
            case LOG_SOFTMAX ->
                (in, out) -> rows -> logSoftmax(in[0].numbers(), out.numbers(), out.width(), rows, single);
            case SHARE -> (in, out) -> rows -> share(in[0].numbers(), out.numbers(), out.width(), rows, single);
            case COMPLEMENT_AND_SELF ->
                (in, out) -> rows -> {
                    for (int row = 0; row < rows; row++) {
                        double value = in[0].numbers()[row];
                        out.numbers()[2 * row] = single ? 1 - (float) value : 1 - value;
                        out.numbers()[2 * row + 1] = value;
                    }
                };
            default ->
                (in, out) -> rows -> {
                    double[] from = in[0].numbers();
                    double[] to = out.numbers();
                    int count = rows * out.width();
                    for (int i = 0; i < count; i++) {
                        double value = single ? (float) from[i] : from[i];
                        double result = of(operator.function(), value, single);
                        to[i] = single ? (float) result : result;
                    }
                };
        };
    }

    private static double of(Outcome.Apply.Function function, double x, boolean single) {
        return switch (function) {
            // In float32 each step is rounded: the exponential, the sum, the quotient.
            case SIGMOID -> single ? 1f / (1f + (float) Math.exp(-x)) : 1 / (1 + Math.exp(-x));
            case MIRRORED_SIGMOID -> {
                double upper = of(Outcome.Apply.Function.SIGMOID, Math.abs(x), single);
                yield x < 0 ? 1 - upper : upper;
            }
            case EXP -> Math.exp(x);
            case EXP2 -> Math.pow(2, x);
            case EXPM1 -> Math.expm1(x);
            case LOG -> Math.log(x);
            case LOG2 -> log2(x);
            case LOG10 -> Math.log10(x);
            case LOG1P -> Math.log1p(x);
            case SQRT -> Math.sqrt(x);
            case SQUARE -> x * x;
            case ABSOLUTE -> Math.abs(x);
            case NEGATE -> -x;
            case RECIPROCAL -> 1 / x;
            case TANH -> Math.tanh(x);
            case RELU -> x < 0 ? 0 : x;
            case FLOOR -> Math.floor(x);
            case CEILING -> Math.ceil(x);
            case SOFTMAX, LOG_SOFTMAX, SHARE, COMPLEMENT_AND_SELF ->
                throw new IllegalStateException("of a row: " + function);
        };
    }

    /// Exact for powers of two, as a quotient of logarithms would not be.
    private static double log2(double x) {
        if (!(x > 0) || Double.isInfinite(x)) return Math.log(x);
        int exponent = Math.getExponent(x);
        if (exponent < Double.MIN_EXPONENT) return Math.log(x) / Math.log(2);
        double mantissa = Math.scalb(x, -exponent);
        return mantissa == 1 ? exponent : exponent + Math.log(mantissa) / Math.log(2);
    }

    private static void softmax(double[] from, double[] to, int width, int rows, boolean single) {
        for (int row = 0; row < rows; row++) {
            int start = row * width;
            double max = max(from, start, width);
            double sum = 0;
            for (int i = start; i < start + width; i++) {
                double value = single ? (float) Math.exp((float) from[i] - (float) max) : Math.exp(from[i] - max);
                to[i] = value;
                sum += value;
            }
            for (int i = start; i < start + width; i++) to[i] = single ? (float) to[i] / (float) sum : to[i] / sum;
        }
    }

    private static void logSoftmax(double[] from, double[] to, int width, int rows, boolean single) {
        for (int row = 0; row < rows; row++) {
            int start = row * width;
            double max = max(from, start, width);
            double sum = 0;
            for (int i = start; i < start + width; i++) sum += Math.exp(from[i] - max);
            double log = Math.log(sum);
            for (int i = start; i < start + width; i++) {
                double value = from[i] - max - log;
                to[i] = single ? (float) value : value;
            }
        }
    }

    private static double max(double[] values, int start, int width) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = start; i < start + width; i++) max = Math.max(max, values[i]);
        return max;
    }

    private static void share(double[] from, double[] to, int width, int rows, boolean single) {
        for (int row = 0; row < rows; row++) {
            int start = row * width;
            double sum = 0;
            for (int i = start; i < start + width; i++) sum += from[i];
            double total = single ? (float) sum : sum;
            for (int i = start; i < start + width; i++) {
                double value = total == 0 ? 1.0 / width : from[i] / total;
                to[i] = single ? (float) value : value;
            }
        }
    }

    static Step.Plan threshold(Outcome.Threshold operator) {
        double threshold = operator.threshold();
        boolean orEqual = operator.orEqual();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            int count = rows * out.width();
            for (int i = 0; i < count; i++) to[i] = (orEqual ? from[i] >= threshold : from[i] > threshold) ? 1 : 0;
        };
    }

    static Step.Plan pick(Outcome.Pick operator) {
        boolean largest = operator.largest();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            int width = in[0].width();
            for (int row = 0; row < rows; row++) {
                int start = row * width;
                int best = 0;
                for (int i = 1; i < width && !Double.isNaN(from[start + best]); i++) {
                    double value = from[start + i];
                    double champion = from[start + best];
                    if (Double.isNaN(value) || (largest ? value > champion : value < champion)) best = i;
                }
                out.numbers()[row] = best;
            }
        };
    }

    static Step.Plan label(Outcome.Label operator) {
        return switch (operator.labels()) {
            case Categories.Texts texts -> {
                String[] labels = texts.values().toArray(String[]::new);
                yield (in, out) -> rows -> {
                    for (int row = 0; row < rows; row++) out.texts()[row] = labels[(int) in[0].numbers()[row]];
                };
            }
            case Categories.Numbers numbers -> {
                double[] labels = numbers.values().toArray();
                yield (in, out) -> rows -> {
                    for (int row = 0; row < rows; row++) out.numbers()[row] = labels[(int) in[0].numbers()[row]];
                };
            }
        };
    }

    static Step.Plan average(Outcome.Average operator) {
        double[] weights = operator.weights().toArray();
        double total = Arrays.stream(weights).sum();
        return (in, out) -> rows -> {
            double[] to = out.numbers();
            int count = rows * out.width();
            for (int i = 0; i < count; i++) {
                double sum = 0;
                for (int each = 0; each < weights.length; each++) sum += weights[each] * in[each].numbers()[i];
                to[i] = sum / total;
            }
        };
    }

    static Step.Plan sum(Outcome.Sum operator) {
        boolean single = operator.precision() == Precision.FLOAT32;
        return (in, out) -> rows -> {
            double[] to = out.numbers();
            int count = rows * out.width();
            for (int i = 0; i < count; i++) {
                double sum = in[0].numbers()[i];
                for (int each = 1; each < in.length; each++) {
                    double next = sum + in[each].numbers()[i];
                    sum = single ? (float) next : next;
                }
                to[i] = sum;
            }
        };
    }

    static Step.Plan combine(Outcome.Combine operator) {
        boolean single = operator.precision() == Precision.FLOAT32;
        return (in, out) -> rows -> {
            double[] first = in[0].numbers();
            double[] second = in[1].numbers();
            double[] to = out.numbers();
            int count = rows * out.width();
            for (int i = 0; i < count; i++) {
                double a = single ? (float) first[i] : first[i];
                double b = single ? (float) second[i] : second[i];
                double value = switch (operator.operation()) {
                    case MINUS -> a - b;
                    case TIMES -> a * b;
                    case DIVIDED_BY -> a / b;
                };
                // float64 has more than twice the digits of float32: rounding a second time changes nothing.
                to[i] = single ? (float) value : value;
            }
        };
    }

    static Step.Plan reduce(Outcome.Reduce operator) {
        boolean single = operator.precision() == Precision.FLOAT32;
        Outcome.Reduce.Reduction reduction = operator.reduction();
        return (in, out) -> rows -> {
            int width = in[0].width();
            for (int row = 0; row < rows; row++) {
                double value = reduced(reduction, in[0].numbers(), row * width, width, single);
                out.numbers()[row] = single ? (float) value : value;
            }
        };
    }

    private static double reduced(
            Outcome.Reduce.Reduction reduction, double[] values, int start, int width, boolean single) {
        double result = reduction == Outcome.Reduce.Reduction.PRODUCT ? 1 : 0;
        for (int i = start; i < start + width; i++) {
            double value = single ? (float) values[i] : values[i];
            double next = switch (reduction) {
                case SUM, MEAN -> result + value;
                case SUM_OF_SQUARES -> result + (single ? (float) (value * value) : value * value);
                case PRODUCT -> result * value;
            };
            result = single ? (float) next : next;
        }
        return reduction == Outcome.Reduce.Reduction.MEAN ? result / width : result;
    }

    static Step.Plan vote(Outcome.Vote operator) {
        double[] weights = operator.weights().toArray();
        int places = operator.places();
        return (in, out) -> {
            double[] votes = new double[places];
            return rows -> {
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(votes, 0);
                    for (int each = 0; each < weights.length; each++) {
                        votes[(int) in[each].numbers()[row]] += weights[each];
                    }
                    int best = 0;
                    for (int i = 1; i < places; i++) if (votes[i] > votes[best]) best = i;
                    out.numbers()[row] = best;
                }
            };
        };
    }

    static Step.Plan oneAgainstOne(Outcome.OneAgainstOne operator) {
        int classes = operator.classes();
        return (in, out) -> {
            double[] sums = new double[classes];
            return rows -> {
                int pairs = in[0].width();
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(sums, 0);
                    int to = row * classes;
                    Arrays.fill(out.numbers(), to, to + classes, 0);
                    int at = row * pairs;
                    for (int first = 0; first < classes; first++) {
                        for (int second = first + 1; second < classes; second++, at++) {
                            double decision = in[0].numbers()[at];
                            sums[first] += decision;
                            sums[second] -= decision;
                            out.numbers()[to + (decision > 0 ? first : second)]++;
                        }
                    }
                    for (int i = 0; operator.confidences() && i < classes; i++) {
                        out.numbers()[to + i] += sums[i] / (3 * (Math.abs(sums[i]) + 1));
                    }
                }
            };
        };
    }
}
