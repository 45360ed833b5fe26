package io.millwright.runtime.evaluate;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Precision;
import java.util.Arrays;

final class EstimatorPlans {
    /// From so many outputs on, the loop runs over them inside: it is then a vector one, and each sum
    /// is still in order.
    private static final int WIDE = 4;

    private EstimatorPlans() {}

    static Step.Plan linear(Estimator.Linear operator) {
        double[] bias = operator.bias().toArray();
        if (operator.precision() == Precision.FLOAT32) return singleLinear(operator.weights(), bias);
        return bias.length < WIDE ? narrowLinear(operator.weights(), bias) : wideLinear(operator.weights(), bias);
    }

    private static Step.Plan narrowLinear(Matrix matrix, double[] bias) {
        double[] weights = matrix.values().toArray();
        int width = matrix.columns();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                int start = row * width;
                for (int output = 0; output < bias.length; output++) {
                    int first = output * width;
                    double sum = 0;
                    for (int i = 0; i < width; i++) sum += weights[first + i] * from[start + i];
                    to[at++] = sum + bias[output];
                }
            }
        };
    }

    private static Step.Plan wideLinear(Matrix matrix, double[] bias) {
        double[] columns = transposed(matrix);
        int width = matrix.columns();
        int outputs = bias.length;
        return (in, out) -> {
            double[] sums = new double[outputs];
            return rows -> {
                double[] from = in[0].numbers();
                double[] to = out.numbers();
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(sums, 0);
                    for (int i = 0; i < width; i++) {
                        double value = from[row * width + i];
                        int first = i * outputs;
                        for (int output = 0; output < outputs; output++)
                            sums[output] += columns[first + output] * value;
                    }
                    for (int output = 0; output < outputs; output++)
                        to[row * outputs + output] = sums[output] + bias[output];
                }
            };
        };
    }

    private static Step.Plan singleLinear(Matrix matrix, double[] bias) {
        float[] columns = floats(transposed(matrix));
        float[] biases = floats(bias);
        int width = matrix.columns();
        int outputs = bias.length;
        return (in, out) -> {
            float[] sums = new float[outputs];
            return rows -> {
                double[] from = in[0].numbers();
                double[] to = out.numbers();
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(sums, 0);
                    for (int i = 0; i < width; i++) {
                        float value = (float) from[row * width + i];
                        int first = i * outputs;
                        for (int output = 0; output < outputs; output++)
                            sums[output] += columns[first + output] * value;
                    }
                    for (int output = 0; output < outputs; output++)
                        to[row * outputs + output] = sums[output] + biases[output];
                }
            };
        };
    }

    private static double[] transposed(Matrix matrix) {
        double[] transposed = new double[matrix.rows() * matrix.columns()];
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                transposed[column * matrix.rows() + row] = matrix.get(row, column);
            }
        }
        return transposed;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) floats[i] = (float) values[i];
        return floats;
    }

    static Step.Plan distances(Estimator.Distances operator) {
        double[] centers = operator.centers().values().toArray();
        int count = operator.centers().rows();
        int width = operator.centers().columns();
        boolean single = operator.precision() == Precision.FLOAT32;
        Estimator.Distances.Metric metric = operator.metric();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                for (int center = 0; center < count; center++) {
                    double distance = distance(metric, from, row * width, centers, center * width, width);
                    to[at++] = single ? (float) distance : distance;
                }
            }
        };
    }

    private static double distance(
            Estimator.Distances.Metric metric, double[] a, int atA, double[] b, int atB, int width) {
        return switch (metric) {
            case EUCLIDEAN -> Math.sqrt(squared(a, atA, b, atB, width));
            case SQUARED_EUCLIDEAN -> squared(a, atA, b, atB, width);
            case MANHATTAN -> {
                double sum = 0;
                for (int i = 0; i < width; i++) sum += Math.abs(a[atA + i] - b[atB + i]);
                yield sum;
            }
            case COSINE -> {
                double product = 0;
                double squaresA = 0;
                double squaresB = 0;
                for (int i = 0; i < width; i++) {
                    product += a[atA + i] * b[atB + i];
                    squaresA += a[atA + i] * a[atA + i];
                    squaresB += b[atB + i] * b[atB + i];
                }
                double norms = Math.sqrt(squaresA) * Math.sqrt(squaresB);
                yield norms == 0 ? 1 : 1 - product / norms;
            }
        };
    }

    private static double squared(double[] a, int atA, double[] b, int atB, int width) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            double difference = a[atA + i] - b[atB + i];
            sum += difference * difference;
        }
        return sum;
    }

    static Step.Plan gaussian(Estimator.GaussianLikelihood operator) {
        double[] means = operator.means().values().toArray();
        double[] variances = operator.variances().values().toArray();
        int classes = operator.means().rows();
        int width = operator.means().columns();
        double[] constants = new double[classes];
        for (int each = 0; each < classes; each++) {
            double sum = 0;
            for (int i = 0; i < width; i++) sum += Math.log(2 * Math.PI * variances[each * width + i]);
            constants[each] = -0.5 * sum;
        }
        Doubles priors = operator.logPriors();
        return (in, out) -> rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0, at = 0; row < rows; row++) {
                for (int each = 0; each < classes; each++) {
                    double sum = 0;
                    for (int i = 0; i < width; i++) {
                        double difference = from[row * width + i] - means[each * width + i];
                        sum += difference * difference / variances[each * width + i];
                    }
                    to[at++] = priors.get(each) + (constants[each] - 0.5 * sum);
                }
            }
        };
    }

    static Step.Plan neighbors(Estimator.Neighbors operator) {
        double[] training = operator.rows().values().toArray();
        double[] values = operator.values().values().toArray();
        int count = operator.rows().rows();
        int width = operator.rows().columns();
        int outputs = operator.values().columns();
        int k = operator.k();
        return (in, out) -> {
            double[] distances = new double[k];
            int[] nearest = new int[k];
            return rows -> {
                double[] from = in[0].numbers();
                for (int row = 0; row < rows; row++) {
                    int found = 0;
                    for (int other = 0; other < count; other++) {
                        double distance =
                                distance(operator.metric(), from, row * width, training, other * width, width);
                        if (found == k && !(distance < distances[k - 1])) continue;
                        int place = found < k ? found++ : k - 1;
                        while (place > 0 && distances[place - 1] > distance) {
                            distances[place] = distances[place - 1];
                            nearest[place] = nearest[place - 1];
                            place--;
                        }
                        distances[place] = distance;
                        nearest[place] = other;
                    }
                    mean(operator.byDistance(), distances, nearest, values, out.numbers(), row * outputs, outputs);
                }
            };
        };
    }

    private static void mean(
            boolean byDistance,
            double[] distances,
            int[] nearest,
            double[] values,
            double[] to,
            int start,
            int outputs) {
        boolean exact = byDistance && distances[0] == 0;
        double total = 0;
        Arrays.fill(to, start, start + outputs, 0);
        for (int i = 0; i < nearest.length; i++) {
            double weight = !byDistance ? 1 : exact ? (distances[i] == 0 ? 1 : 0) : 1 / distances[i];
            total += weight;
            for (int j = 0; j < outputs; j++) to[start + j] += weight * values[nearest[i] * outputs + j];
        }
        for (int j = 0; j < outputs; j++) to[start + j] /= total;
    }

    static Step.Plan supportVectors(Estimator.SupportVectors operator) {
        double[] vectors = operator.vectors().values().toArray();
        int count = operator.vectors().rows();
        int width = operator.vectors().columns();
        double[] weights = operator.weights().values().toArray();
        double[] bias = operator.bias().toArray();
        return (in, out) -> {
            double[] similarities = new double[count];
            return rows -> {
                double[] from = in[0].numbers();
                double[] to = out.numbers();
                for (int row = 0; row < rows; row++) {
                    for (int i = 0; i < count; i++) {
                        similarities[i] = similarity(operator, from, row * width, vectors, i * width, width);
                    }
                    for (int output = 0; output < bias.length; output++) {
                        double sum = 0;
                        for (int i = 0; i < count; i++) sum += weights[output * count + i] * similarities[i];
                        to[row * bias.length + output] = sum + bias[output];
                    }
                }
            };
        };
    }

    private static double similarity(
            Estimator.SupportVectors operator, double[] a, int atA, double[] b, int atB, int width) {
        if (operator.kernel() == Estimator.SupportVectors.Kernel.RBF) {
            return Math.exp(-operator.gamma() * squared(a, atA, b, atB, width));
        }
        double product = 0;
        for (int i = 0; i < width; i++) product += a[atA + i] * b[atB + i];
        return switch (operator.kernel()) {
            case LINEAR -> product;
            case POLYNOMIAL -> power(operator.gamma() * product + operator.constant(), operator.degree());
            case SIGMOID -> Math.tanh(operator.gamma() * product + operator.constant());
            case RBF -> throw new IllegalStateException("computed above");
        };
    }

    /// By squaring, as LIBSVM does.
    private static double power(double base, int exponent) {
        double result = 1;
        for (int left = exponent; left > 0; left /= 2, base *= base) if (left % 2 == 1) result *= base;
        return result;
    }
}
