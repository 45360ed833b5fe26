package io.millwright.runtime;

import java.util.List;

/// Operators that hold what was learnt.
public sealed interface Estimator extends Operator
        permits Estimator.Linear,
                Estimator.Distances,
                Estimator.GaussianLikelihood,
                Estimator.Neighbors,
                Estimator.SupportVectors,
                Trees {

    /// `weights · x + bias`: linear and logistic regression, PCA and every other linear projection, a
    /// layer of a network.
    ///
    /// Libraries sum the products in an order of their own (BLAS); results differ by at most
    /// `columns * 2^-52 * sum |w x|` (2^-23 in float32).
    ///
    /// @param weights a row for each output
    record Linear(Matrix weights, Doubles bias, Precision precision) implements Estimator {
        public Linear {
            if (weights.rows() != bias.size()) {
                throw new IllegalArgumentException("%d rows, %d biases".formatted(weights.rows(), bias.size()));
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, weights.columns());
            return Shape.numbers(weights.rows());
        }
    }

    /// How far a row is from each centre: k-means, nearest centroid.
    ///
    /// @param centers a row for each
    record Distances(Matrix centers, Metric metric, Precision precision) implements Estimator {
        public enum Metric {
            EUCLIDEAN,
            SQUARED_EUCLIDEAN,
            MANHATTAN,
            COSINE
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, centers.columns());
            return Shape.numbers(centers.rows());
        }
    }

    /// Gaussian naive Bayes: for each class the logarithm of its prior and of the row's density.
    ///
    /// `log prior - 1/2 sum log(2 pi variance) - 1/2 sum (x - mean)^2 / variance`
    ///
    /// @param means a row for each class
    /// @param variances a row for each class, > 0
    record GaussianLikelihood(Matrix means, Matrix variances, Doubles logPriors) implements Estimator {
        public GaussianLikelihood {
            if (means.rows() != variances.rows()
                    || means.columns() != variances.columns()
                    || means.rows() != logPriors.size()) {
                throw new IllegalArgumentException("means, variances and priors do not fit each other");
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, means.columns());
            return Shape.numbers(means.rows());
        }
    }

    /// The mean of what the k nearest rows of the training set had; of two as near, the one that
    /// stands first.
    ///
    /// @param rows the training set
    /// @param values what each had: the target, or 1 in the place of its class
    /// @param byDistance whether each counts by 1 / distance, one at distance 0 alone then counting
    record Neighbors(Matrix rows, Matrix values, int k, boolean byDistance, Distances.Metric metric)
            implements Estimator {
        public Neighbors {
            if (rows.rows() != values.rows()) {
                throw new IllegalArgumentException("%d rows, %d values".formatted(rows.rows(), values.rows()));
            }
            if (k < 1 || k > rows.rows()) {
                throw new IllegalArgumentException("%d neighbours of %d rows".formatted(k, rows.rows()));
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, rows.columns());
            return Shape.numbers(values.columns());
        }
    }

    /// Weighed similarities to support vectors: `weights · kernel(x, vectors) + bias`.
    ///
    /// @param vectors a row for each
    /// @param weights for each output a row with a weight for each vector
    record SupportVectors(
            Kernel kernel, double gamma, double constant, int degree, Matrix vectors, Matrix weights, Doubles bias)
            implements Estimator {
        /// `x·v`, `exp(-gamma |x-v|^2)`, `(gamma x·v + constant)^degree`, `tanh(gamma x·v + constant)`
        public enum Kernel {
            LINEAR,
            RBF,
            POLYNOMIAL,
            SIGMOID
        }

        public SupportVectors {
            if (weights.columns() != vectors.rows() || weights.rows() != bias.size()) {
                throw new IllegalArgumentException("vectors, weights and bias do not fit each other");
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, vectors.columns());
            return Shape.numbers(weights.rows());
        }
    }
}
