package io.millwright.runtime.read;

import io.millwright.runtime.Model;
import java.nio.file.Path;
import java.util.List;

/// Folders that Spark ML's `model.write.save` makes, of Spark 3.0 and later: a pipeline, or a fitted
/// stage of one.
///
/// Inputs are the columns a pipeline reads and does not make: numbers are float64, texts are texts, a
/// vector is a tensor as wide as its first reader says. Outputs are `prediction`, `probabilities` and
/// `raw` of the last stage that predicts, as far as it has them, and after them the columns nothing
/// reads. Spark tells null from NaN; here both are a missing value. A value at which Spark's job fails
/// (an unseen category, a number outside of a Bucketizer, a missing one in a VectorAssembler) is
/// refused with its row. In a Bucketizer with an edge at 0, -0 is 0 here, and below it in Spark.
///
/// Spark computes in float64 and sums products by BLAS, in an order that depends on the machine.
/// Checked against pyspark 4.1.0.
///
/// Source: github.com/apache/spark, `mllib/src/main/scala/org/apache/spark/ml`.
public final class SparkReader {
    /// Pipelines in pipelines.
    private static final int MAX_DEPTH = 16;

    private static final int MAX_STAGES = 10_000;

    private final SparkColumns columns = new SparkColumns();
    private final SparkFeatures features = new SparkFeatures(columns);
    private final SparkScalers scalers = new SparkScalers(columns);
    private final SparkPredictors predictors = new SparkPredictors(columns);
    private final SparkTrees trees = new SparkTrees(columns);

    private int stages;

    private SparkReader() {}

    /// @param folder what was given to `save`: it has a folder `metadata`
    /// @throws UnreadableModel when it is no model of Spark ML, or has a stage that is not read
    public static Model read(Path folder) {
        SparkStage stage = SparkStage.open(SparkFolder.open(folder));
        SparkReader reader = new SparkReader();
        try {
            reader.add(stage, 0);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new UnreadableModel("the model does not hold together: " + e.getMessage(), e);
        }
        return reader.columns.build(stage);
    }

    private void addAll(SparkStage pipeline, int depth) {
        if (depth > MAX_DEPTH) throw new UnreadableModel("pipelines in pipelines, more than %d".formatted(MAX_DEPTH));
        List<String> names = pipeline.texts("stageUids");
        SparkFolder stages = pipeline.folder().folder("stages");
        int digits = String.valueOf(names.size()).length();
        for (int i = 0; i < names.size(); i++) {
            String folder =
                    "%0{digits}d_%s".replace("{digits}", String.valueOf(digits)).formatted(i, names.get(i));
            add(SparkStage.open(stages.folder(folder)), depth + 1);
        }
    }

    private void add(SparkStage stage, int depth) {
        if (++stages > MAX_STAGES) throw new UnreadableModel("more than %d stages".formatted(MAX_STAGES));
        switch (stage.type()) {
            case "PipelineModel" -> addAll(stage, depth);
            case "VectorAssembler" -> features.assemble(stage);
            case "VectorSizeHint" -> features.sizeHint(stage);
            case "StringIndexerModel" -> features.indexTexts(stage);
            case "IndexToString" -> features.textOfIndex(stage);
            case "OneHotEncoderModel" -> features.oneHot(stage);
            case "ImputerModel" -> features.impute(stage);
            case "Bucketizer" -> features.bucketize(stage);
            case "Binarizer" -> features.binarize(stage);
            case "PolynomialExpansion" -> features.polynomial(stage);
            case "PCAModel" -> features.project(stage);
            case "VectorSlicer" -> features.slice(stage);
            case "ChiSqSelectorModel", "UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel" ->
                features.selectFeatures(stage);
            case "StandardScalerModel" -> scalers.standard(stage);
            case "MinMaxScalerModel" -> scalers.minMax(stage);
            case "MaxAbsScalerModel" -> scalers.maxAbsolute(stage);
            case "RobustScalerModel" -> scalers.robust(stage);
            case "Normalizer" -> scalers.normalize(stage);
            case "LinearRegressionModel" -> predictors.linearRegression(stage);
            case "GeneralizedLinearRegressionModel" -> predictors.generalizedLinear(stage);
            case "LogisticRegressionModel" -> predictors.logisticRegression(stage);
            case "LinearSVCModel" -> predictors.linearSupportVectors(stage);
            case "NaiveBayesModel" -> predictors.naiveBayes(stage);
            case "KMeansModel" -> predictors.kMeans(stage);
            case "MultilayerPerceptronClassificationModel" -> predictors.perceptron(stage);
            case "DecisionTreeClassificationModel" -> trees.classifyingTree(stage);
            case "DecisionTreeRegressionModel" -> trees.regressionTree(stage);
            case "RandomForestClassificationModel" -> trees.classifyingForest(stage);
            case "RandomForestRegressionModel" -> trees.regressionForest(stage);
            case "GBTClassificationModel" -> trees.classifyingBoost(stage);
            case "GBTRegressionModel" -> trees.regressionBoost(stage);
            default ->
                throw new UnreadableModel("Spark's %s is not read; serve it in a Python worker"
                        .formatted(stage.metadata().text("class")));
        }
    }
}
