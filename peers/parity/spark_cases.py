"""python spark_cases.py TABLES FOLDER: fits Spark ML's stages and pipelines and writes the cases; needs pyspark."""
import json
import math
import pathlib
import sys
import tempfile

import numpy as np
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import (
    DecisionTreeClassifier, GBTClassifier, LinearSVC, LogisticRegression, MultilayerPerceptronClassifier, NaiveBayes,
    RandomForestClassifier)
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import (
    PCA, Binarizer, Bucketizer, ChiSqSelector, Imputer, IndexToString, MaxAbsScaler, MinMaxScaler, Normalizer,
    OneHotEncoder, PolynomialExpansion, QuantileDiscretizer, RobustScaler, StandardScaler, StringIndexer,
    UnivariateFeatureSelector, VarianceThresholdSelector, VectorAssembler, VectorSizeHint, VectorSlicer)
from pyspark.ml.linalg import DenseVector, SparseVector, Vectors
from pyspark.ml.regression import (
    DecisionTreeRegressor, GBTRegressor, GeneralizedLinearRegression, LinearRegression, RandomForestRegressor)
from pyspark.sql import SparkSession

from parity import Suite, with_boundaries

INFINITY = math.inf
ANSWERS = {"prediction": "prediction", "probability": "probabilities", "rawPrediction": "raw"}


def session():
    spark = (SparkSession.builder.master("local[1]")
             .config("spark.ui.enabled", "false")
             .config("spark.ui.showConsoleProgress", "false")
             .config("spark.driver.memory", "1g")
             .config("spark.driver.host", "127.0.0.1")
             .config("spark.driver.bindAddress", "127.0.0.1")
             .config("spark.sql.shuffle.partitions", "1")
             .config("spark.sql.adaptive.enabled", "false")
             .config("spark.sql.codegen.wholeStage", "false")
             .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
             .getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    return spark


class Cases:
    def __init__(self, spark, tables, folder):
        self.spark = spark
        self.tables = {name: (np.array(table["data"]), np.array(table["target"])) for name, table in tables.items()}
        self.suite = Suite(folder)

    def frame(self, columns):
        """{name: values, or rows of a vector}: a data frame of one part, so that rows stay in order."""
        made = [[Vectors.dense(each) if np.ndim(each) else plain(each) for each in values]
                for values in columns.values()]
        return self.spark.createDataFrame(list(zip(*made)), list(columns)).coalesce(1)

    def table(self, name, **more):
        data, target = self.tables[name]
        return self.frame({"features": data, "label": target, **more})

    def add(self, name, model, inputs, outputs=None, **bounds):
        """inputs: as for frame. outputs: {Spark's column: ours}; what a predictor makes unless given."""
        if isinstance(model, list):
            model = PipelineModel(model)
        made = model.transform(self.frame(inputs))
        outputs = outputs or {column: ours for column, ours in ANSWERS.items() if column in made.columns}
        rows = made.select(*outputs).collect()
        with tempfile.TemporaryDirectory() as work:
            saved = pathlib.Path(work) / "model"
            model.write().save(saved.as_uri())
            files = {f"model/{each.relative_to(saved)}": each.read_bytes()
                     for each in sorted(saved.rglob("*")) if each.is_file() and not each.name.endswith(".crc")}
        self.suite.add(name, "spark", files, {name: np.array(values) for name, values in inputs.items()},
                       {ours: [number(row[column]) for row in rows] for column, ours in outputs.items()},
                       model="model", **bounds)


def plain(value):
    return None if value is None else value if isinstance(value, str) else float(value)


def number(value):
    return value.toArray().tolist() if isinstance(value, (DenseVector, SparseVector)) else value


def thresholds(*trees):
    """For each feature what the trees compare it with."""
    found = {}

    def walk(node):
        if node.numDescendants() == 0:
            return
        split = node.split()
        if split.getClass().getSimpleName() == "ContinuousSplit":
            found.setdefault(split.featureIndex(), []).append(split.threshold())
        walk(node.leftChild())
        walk(node.rightChild())

    for tree in trees:
        walk(tree._java_obj.rootNode())
    return [found.get(i, []) for i in range(max(found) + 1)]


def scaler_cases(cases):
    wine = cases.tables["wine"][0].copy()
    wine[:, 3] = 7.0
    train = cases.frame({"x": wine})
    rows = {"x": with_boundaries(wine[::3])}
    finite = {"x": with_boundaries(wine[::3], not_finite=False)}
    size = VectorSizeHint(inputCol="x", size=wine.shape[1])
    scalers = [
        ("StandardScaler", StandardScaler(inputCol="x", outputCol="y"), rows),
        ("StandardScaler, means", StandardScaler(inputCol="x", outputCol="y", withMean=True, withStd=False), rows),
        ("StandardScaler, both", StandardScaler(inputCol="x", outputCol="y", withMean=True), rows),
        ("MinMaxScaler", MinMaxScaler(inputCol="x", outputCol="y", min=-2.0, max=3.0), finite),
        ("MaxAbsScaler", MaxAbsScaler(inputCol="x", outputCol="y"), rows),
        ("RobustScaler", RobustScaler(inputCol="x", outputCol="y"), rows),
        ("RobustScaler, both", RobustScaler(inputCol="x", outputCol="y", withCentering=True), rows),
    ]
    for name, scaler, asked in scalers:
        cases.add(name, scaler.fit(train), asked, {"y": "y"}, ulps=0)
    for p in (1.0, 2.0, INFINITY):
        cases.add(f"Normalizer {p}", [size, Normalizer(inputCol="x", outputCol="y", p=p)],
                  {"x": np.vstack([wine[::3], np.zeros((1, 13))])}, {"y": "y"}, ulps=0)
    cases.add("PCA", PCA(inputCol="x", outputCol="y", k=4).fit(train), {"x": wine}, {"y": "y"}, ulps=2, absolute=1e-12)
    cases.add("Binarizer of a vector", [size, Binarizer(inputCol="x", outputCol="y", threshold=2.0)], rows, {"y": "y"})
    cases.add("PolynomialExpansion", [VectorSizeHint(inputCol="x", size=4),
                                      PolynomialExpansion(inputCol="x", outputCol="y", degree=3)],
              {"x": wine[::5, :4]}, {"y": "y"}, ulps=0)
    cases.add("VectorSlicer", [size, VectorSlicer(inputCol="x", outputCol="y", indices=[5, 0, 3])], rows, {"y": "y"})
    labelled = cases.table("wine")
    size = VectorSizeHint(inputCol="features", size=13)
    selectors = [
        ChiSqSelector(numTopFeatures=5, outputCol="y"),
        UnivariateFeatureSelector(outputCol="y").setFeatureType("continuous").setLabelType("categorical")
        .setSelectionThreshold(6),
        VarianceThresholdSelector(outputCol="y", varianceThreshold=1.0),
    ]
    for selector in selectors:
        cases.add(type(selector).__name__, [size, selector.fit(labelled)], {"features": wine[::3]}, {"y": "y"})


def column_cases(cases):
    colours = np.array(["red", "blue", "red", "green", "blue", "red", "x y", "Ä"] * 5, dtype=object)
    sizes = np.array(["s", "m", "l", "m"] * 10, dtype=object)
    train = cases.frame({"colour": colours, "size": sizes})
    odd = {"colour": np.array(["red", "blue", "green", "violet", None, "x y", "Ä"], dtype=object),
           "size": np.array(["s", None, "m", "l", "Ä", "m", "s"], dtype=object)}
    indexer = StringIndexer(inputCols=["colour", "size"], outputCols=["c", "s"])
    cases.add("StringIndexer", indexer.fit(train), {"colour": colours, "size": sizes}, {"c": "c", "s": "s"})
    keeping = indexer.copy().setHandleInvalid("keep").fit(train)
    cases.add("StringIndexer, keep", keeping, odd, {"c": "c", "s": "s"})
    one = StringIndexer(inputCol="colour", outputCol="c", stringOrderType="alphabetAsc").fit(train)
    cases.add("StringIndexer of one, IndexToString", [one, IndexToString(inputCol="c", outputCol="t")],
              {"colour": colours}, {"t": "t"})
    indexed = keeping.transform(train)
    for drop in (True, False):
        for invalid in ("error", "keep"):
            encoder = OneHotEncoder(inputCols=["c", "s"], outputCols=["d", "t"], dropLast=drop, handleInvalid=invalid)
            model = encoder.fit(indexed)
            asked = {"c": [0.0, 1.0, 2.0, 3.0, 4.0], "s": [0.0, 1.0, 2.0, 1.0, 0.0]}
            if invalid == "keep":
                asked = {"c": [*asked["c"], 5.0, 9.0], "s": [*asked["s"], 3.0, 17.0]}
            cases.add(f"OneHotEncoder, dropLast {drop}, {invalid}", model, asked, {"d": "d", "t": "t"})
    values = cases.tables["diabetes"][0][:, :2].copy()
    values[::7, 0] = math.nan
    values[::5, 1] = -1
    frame = cases.frame({"a": values[:, 0], "b": values[:, 1]})
    for strategy in ("mean", "median", "mode"):
        imputer = Imputer(inputCols=["a", "b"], outputCols=["c", "d"], strategy=strategy)
        cases.add(f"Imputer, {strategy}", imputer.fit(frame), {"a": values[:, 0], "b": values[:, 1]},
                  {"c": "c", "d": "d"}, ulps=0)
    cases.add("Imputer, -1 is missing", Imputer(inputCol="b", outputCol="d", missingValue=-1.0).fit(frame),
              {"b": values[:, 1]}, {"d": "d"}, ulps=0)
    splits = [-INFINITY, -0.05, 0.0, 0.02, INFINITY]
    edges = [each for split in splits[1:-1] for each in (split, np.nextafter(split, -1), np.nextafter(split, 1))]
    # Not -0, which Spark sorts below an edge at 0 (Arrays.binarySearch), and we do not.
    asked = {"a": [*edges, -INFINITY, INFINITY, 1e300]}
    cases.add("Bucketizer", Bucketizer(inputCol="a", outputCol="b", splits=splits), asked, {"b": "b"})
    ends = Bucketizer(inputCol="a", outputCol="b", splits=[0.0, 1.0, 2.0], handleInvalid="keep")
    cases.add("Bucketizer, with ends, keep", ends, {"a": [0.0, 1.0, 2.0, math.nan, 0.5, 1.5]}, {"b": "b"})
    discretizer = QuantileDiscretizer(inputCols=["a", "b"], outputCols=["c", "d"], numBuckets=4, handleInvalid="keep")
    cases.add("QuantileDiscretizer", discretizer.fit(frame), {"a": values[:, 0], "b": values[:, 1]},
              {"c": "c", "d": "d"})
    binarizer = Binarizer(inputCols=["a", "b"], outputCols=["c", "d"], thresholds=[0.0, 0.01])
    cases.add("Binarizer", binarizer, {"a": values[:, 0], "b": values[:, 1]}, {"c": "c", "d": "d"})
    assembler = VectorAssembler(inputCols=["a", "v", "b"], outputCol="y", handleInvalid="keep")
    cases.add("VectorAssembler, keep, with a vector", [VectorSizeHint(inputCol="v", size=2), assembler],
              {"a": values[:, 0], "v": values, "b": values[:, 1]}, {"y": "y"})


def linear_cases(cases):
    cancer, _ = cases.tables["cancer"]
    iris, _ = cases.tables["iris"]
    diabetes, target = cases.tables["diabetes"]
    sums = {"ulps": 2, "absolute": 1e-12}
    asked = {"features": cancer}
    for name, model in [
        ("LogisticRegression", LogisticRegression(maxIter=20)),
        ("LogisticRegression, L1", LogisticRegression(maxIter=20, regParam=0.1, elasticNetParam=1.0)),
        ("LogisticRegression, threshold 0.8", LogisticRegression(maxIter=20, threshold=0.8)),
        ("LogisticRegression, threshold 1", LogisticRegression(maxIter=20, threshold=1.0)),
        ("LogisticRegression, thresholds", LogisticRegression(maxIter=20, thresholds=[0.3, 0.9])),
        ("LogisticRegression, no raw column", LogisticRegression(maxIter=20, rawPredictionCol="")),
        ("LogisticRegression, multinomial of two", LogisticRegression(maxIter=20, family="multinomial")),
        ("LinearSVC", LinearSVC(maxIter=20)),
        ("LinearSVC, threshold", LinearSVC(maxIter=20, threshold=0.7)),
    ]:
        cases.add(name, model.fit(cases.table("cancer")), asked, **sums)
    for name, model in [
        ("LogisticRegression of three", LogisticRegression(maxIter=20)),
        ("LogisticRegression of three, thresholds", LogisticRegression(maxIter=20, thresholds=[0.5, 0.0, 0.2])),
        ("LogisticRegression of three, sparse",
         LogisticRegression(maxIter=20, regParam=0.2, elasticNetParam=1.0)),
    ]:
        cases.add(name, model.fit(cases.table("iris")), {"features": iris}, **sums)
    asked = {"features": diabetes}
    cases.add("LinearRegression", LinearRegression().fit(cases.table("diabetes")), asked, **sums)
    cases.add("LinearRegression, huber", LinearRegression(loss="huber").fit(cases.table("diabetes")), asked, **sums)
    share = cases.frame({"features": diabetes, "label": (target > 140).astype(float)})
    offset = np.linspace(0, 0.3, len(target))
    whole = cases.frame({"features": diabetes, "label": np.round(target / 10), "offset": offset})
    for family, link, frame in [
        ("gaussian", None, whole), ("gaussian", "log", whole), ("gaussian", "inverse", whole),
        ("binomial", None, share), ("binomial", "cloglog", share), ("poisson", None, whole),
        ("poisson", "sqrt", whole), ("poisson", "identity", whole), ("gamma", None, whole), ("gamma", "log", whole),
    ]:
        model = GeneralizedLinearRegression(family=family, maxIter=10, regParam=0.01)
        if link:
            model = model.setLink(link)
        cases.add(f"GeneralizedLinearRegression {family} {link or 'default'}", model.fit(frame), asked, **sums)
    tweedie = GeneralizedLinearRegression(family="tweedie", variancePower=1.5, maxIter=10, regParam=0.1)
    cases.add("GeneralizedLinearRegression tweedie", tweedie.fit(whole), asked, **sums)
    offsets = GeneralizedLinearRegression(family="poisson", offsetCol="offset", linkPredictionCol="eta", maxIter=10)
    cases.add("GeneralizedLinearRegression, offset", offsets.fit(whole), {**asked, "offset": offset},
              {"prediction": "prediction", "eta": "link"}, **sums)
    for layers in ([4, 3], [4, 5, 3], [4, 6, 5, 3]):
        network = MultilayerPerceptronClassifier(layers=layers, maxIter=30, seed=3)
        cases.add(f"MultilayerPerceptronClassifier {layers}", network.fit(cases.table("iris")), {"features": iris},
                  **sums)


def other_cases(cases):
    iris, target = cases.tables["iris"]
    wine, kinds = cases.tables["wine"]
    sums = {"ulps": 2, "absolute": 1e-12}
    for kind in ("multinomial", "complement", "gaussian"):
        model = NaiveBayes(modelType=kind).fit(cases.table("wine"))
        cases.add(f"NaiveBayes {kind}", model, {"features": wine}, ulps=2, absolute=1e-12)
    bits = (wine > np.median(wine, axis=0)).astype(float)
    bernoulli = NaiveBayes(modelType="bernoulli").fit(cases.frame({"features": bits, "label": kinds}))
    cases.add("NaiveBayes bernoulli", bernoulli, {"features": bits}, **sums)
    for measure in ("euclidean", "cosine"):
        model = KMeans(k=5, seed=2, distanceMeasure=measure).fit(cases.table("iris"))
        cases.add(f"KMeans {measure}", model, {"features": iris})


def tree_cases(cases):
    iris, _ = cases.tables["iris"]
    cancer, _ = cases.tables["cancer"]
    diabetes, target = cases.tables["diabetes"]
    for name, table, rows, estimator, bounds in [
        ("DecisionTreeClassifier", "iris", iris, DecisionTreeClassifier(), {"ulps": 0}),
        ("DecisionTreeClassifier, thresholds", "iris", iris, DecisionTreeClassifier().setThresholds([0.2, 0.7, 0.1]),
         {"ulps": 0}),
        ("DecisionTreeClassifier, deep", "cancer", cancer, DecisionTreeClassifier(maxDepth=15, maxBins=200),
         {"ulps": 0}),
        ("DecisionTreeRegressor", "diabetes", diabetes, DecisionTreeRegressor(maxDepth=8), {"ulps": 0}),
        ("RandomForestClassifier", "iris", iris, RandomForestClassifier(numTrees=15, seed=1), {"ulps": 0}),
        ("RandomForestClassifier, two", "cancer", cancer, RandomForestClassifier(numTrees=30, seed=1), {"ulps": 0}),
        ("RandomForestRegressor", "diabetes", diabetes, RandomForestRegressor(numTrees=20, seed=1), {"ulps": 0}),
        # Spark sums boosted trees by BLAS, in an order that is the processor's: what 15 terms of this size may differ by.
        ("GBTClassifier", "cancer", cancer, GBTClassifier(maxIter=15, seed=1), {"absolute": 5e-15}),
        ("GBTRegressor", "diabetes", diabetes, GBTRegressor(maxIter=15, seed=1), {"absolute": 5e-13}),
    ]:
        model = estimator.fit(cases.table(table))
        asked = with_boundaries(rows[::2], thresholds(*(model.trees if hasattr(model, "trees") else [model])))
        cases.add(name, model, {"features": asked}, **bounds)
    # What the columns of a VectorAssembler are, its categories too, a tree learns from the data frame.
    rng = np.random.default_rng(1)
    kinds = np.array([f"k{i}" for i in rng.permutation(12)[np.digitize(target, np.quantile(target, np.linspace(0.1, 0.9, 11)))]],
                     dtype=object)
    kinds = np.where(rng.random(len(kinds)) < 0.3, np.array([f"k{i}" for i in rng.integers(0, 12, len(kinds))], object), kinds)
    frame = cases.frame({"kind": kinds, "age": diabetes[:, 0], "bmi": diabetes[:, 2], "label": target})
    asked = {"kind": np.array([*kinds, "never", None], dtype=object), "age": np.append(diabetes[:, 0], [0.0, 0.1]),
             "bmi": np.append(diabetes[:, 2], [0.0, 0.1])}
    for name, estimator, bounds in [
        ("DecisionTreeRegressor of categories", DecisionTreeRegressor(maxDepth=6), {"ulps": 0}),
        ("RandomForestRegressor of categories", RandomForestRegressor(numTrees=10, seed=1), {"ulps": 0}),
        ("GBTRegressor of categories", GBTRegressor(maxIter=10, seed=1), {"absolute": 5e-13}),
    ]:
        pipeline = Pipeline(stages=[
            StringIndexer(inputCol="kind", outputCol="k", handleInvalid="keep"),
            VectorAssembler(inputCols=["k", "age", "bmi"], outputCol="features"), estimator])
        cases.add(name, pipeline.fit(frame), asked, **bounds)


def pipeline_cases(cases):
    wine, kinds = cases.tables["wine"]
    rng = np.random.default_rng(9)
    cellar = np.array(["north", "south", "hill", "valley"], dtype=object)[rng.integers(0, 4, len(kinds))]
    cellar[rng.random(len(kinds)) < 0.05] = None
    colour = np.where(wine[:, 9] > 5, "dark", "light").astype(object)
    alcohol = wine[:, 0].copy()
    alcohol[::9] = math.nan
    names = np.array(["barolo", "grignolino", "barbera"], dtype=object)[kinds.astype(int)]
    columns = {"cellar": cellar, "colour": colour, "alcohol": alcohol, "acid": wine[:, 1], "ash": wine[:, 2]}
    frame = cases.frame({**columns, "name": names})
    label = StringIndexer(inputCol="name", outputCol="label", stringOrderType="alphabetAsc").fit(frame)
    prepared = label.transform(frame)
    stages = [
        StringIndexer(inputCols=["cellar", "colour"], outputCols=["c1", "c2"], handleInvalid="keep"),
        OneHotEncoder(inputCols=["c1", "c2"], outputCols=["h1", "h2"]),
        Imputer(inputCol="alcohol", outputCol="filled"),
        QuantileDiscretizer(inputCol="acid", outputCol="grade", numBuckets=4),
        VectorAssembler(inputCols=["filled", "acid", "ash"], outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        VectorAssembler(inputCols=["h1", "h2", "grade", "scaled"], outputCol="features"),
    ]
    asked = {**columns, "cellar": np.where(np.arange(len(kinds)) % 11 == 0, "unknown", cellar)}
    back = IndexToString(inputCol="prediction", outputCol="kind", labels=label.labels)
    answers = {**ANSWERS, "kind": "kind"}
    for name, estimator, bounds in [
        ("logistic regression", LogisticRegression(maxIter=30), {"absolute": 1e-12}),
        ("random forest", RandomForestClassifier(numTrees=12, seed=4), {"ulps": 0}),
        ("perceptron", MultilayerPerceptronClassifier(layers=[10, 6, 3], maxIter=30, seed=4), {"absolute": 1e-12}),
    ]:
        model = Pipeline(stages=[*stages, estimator, back]).fit(prepared)
        cases.add(f"pipeline from texts and numbers to names: {name}", model, asked, answers, **bounds)
    inner = Pipeline(stages=stages)
    model = Pipeline(stages=[inner, KMeans(k=3, seed=1)]).fit(prepared)
    cases.add("pipeline in a pipeline: k-means", model, asked)
    cases.add("pipeline of transformers", Pipeline(stages=stages).fit(prepared), asked, {"features": "features"})


def main(tables, folder):
    cases = Cases(session(), json.loads(pathlib.Path(tables).read_text()), folder)
    for write in (scaler_cases, column_cases, linear_cases, other_cases, tree_cases, pipeline_cases):
        write(cases)
    print(f"{cases.suite.count} cases")


main(*sys.argv[1:])
