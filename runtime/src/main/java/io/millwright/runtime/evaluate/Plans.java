package io.millwright.runtime.evaluate;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Trees;
import java.util.List;

/// The plan of each operator: the one place that lists them all.
final class Plans {
    private Plans() {}

    /// @param columns names of the columns it reads, for what is said of a refused value
    static Step.Plan of(Operator operator, List<String> columns) {
        return switch (operator) {
            case Columns.Select select -> ColumnPlans.select(select);
            case Columns.Concat _ -> ColumnPlans::concat;
            case Columns.Cast cast -> ColumnPlans.cast(cast);
            case Preparation.Impute impute -> PreparationPlans.impute(impute);
            case Preparation.ImputeText impute -> PreparationPlans.imputeText(impute);
            case Preparation.Scale scale -> PreparationPlans.scale(scale);
            case Preparation.Flush flush -> PreparationPlans.flush(flush);
            case Preparation.Require require -> PreparationPlans.require(require, columns);
            case Preparation.Normalize normalize -> PreparationPlans.normalize(normalize);
            case Preparation.OneHot oneHot -> CategoryPlans.oneHot(oneHot, columns);
            case Preparation.Encode encode -> CategoryPlans.encode(encode, columns);
            case Preparation.Bucketize bucketize -> PreparationPlans.bucketize(bucketize);
            case Preparation.Polynomial polynomial -> PreparationPlans.polynomial(polynomial);
            case Preparation.Power power -> PreparationPlans.power(power);
            case Preparation.Interpolate interpolate -> PreparationPlans.interpolate(interpolate);
            case Preparation.CountWords words -> WordPlans.countWords(words);
            case Estimator.Linear linear -> EstimatorPlans.linear(linear);
            case Estimator.Distances distances -> EstimatorPlans.distances(distances);
            case Estimator.GaussianLikelihood gaussian -> EstimatorPlans.gaussian(gaussian);
            case Estimator.Neighbors neighbors -> EstimatorPlans.neighbors(neighbors);
            case Estimator.SupportVectors vectors -> EstimatorPlans.supportVectors(vectors);
            case Trees trees -> PackedTrees.fits(trees) ? new PackedTrees(trees) : new WalkedTrees(trees);
            case Outcome.Apply apply -> OutcomePlans.apply(apply);
            case Outcome.Threshold threshold -> OutcomePlans.threshold(threshold);
            case Outcome.Pick pick -> OutcomePlans.pick(pick);
            case Outcome.Label label -> OutcomePlans.label(label);
            case Outcome.Average average -> OutcomePlans.average(average);
            case Outcome.Sum sum -> OutcomePlans.sum(sum);
            case Outcome.Combine combine -> OutcomePlans.combine(combine);
            case Outcome.Reduce reduce -> OutcomePlans.reduce(reduce);
            case Outcome.Vote vote -> OutcomePlans.vote(vote);
            case Outcome.OneAgainstOne decisions -> OutcomePlans.oneAgainstOne(decisions);
        };
    }
}
