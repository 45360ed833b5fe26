"""Cases of scikit-learn, exported by sdk/python, on the tables it carries."""
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import pandas
import xgboost
from sklearn import (calibration, cluster, compose, decomposition, discriminant_analysis, ensemble, feature_extraction,
                     feature_selection, impute, linear_model, model_selection, multiclass, naive_bayes, neighbors,
                     neural_network, pipeline, preprocessing, svm, tree)
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from parity import with_boundaries

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "sdk" / "python"))
from millwright.export import export  # noqa: E402

warnings.filterwarnings("ignore")
SUMS = 1e-9  # how far sums in another order may be off, in numbers about 1 to 1,000


def people(seed=11):
    """A table with texts, whole numbers, missing values: the wine table with its classes named and its numbers cut."""
    wine = load_wine(as_frame=True).frame
    rng = np.random.default_rng(seed)
    frame = pandas.DataFrame({
        "region": pandas.Series(np.array(["Aosta", "Bari", "Como", "Diano", "Enna"], dtype=object)[
            np.digitize(wine["alcohol"], [12, 12.6, 13.2, 13.8])], dtype=object),
        "colour": pandas.Series(np.array(["red", "white", "rosé"], dtype=object)[
            np.digitize(wine["hue"], [0.8, 1.1])], dtype=object),
        "year": (2000 + np.digitize(wine["color_intensity"], range(2, 10))).astype("int64"),
        "acid": wine["malic_acid"], "ash": wine["ash"], "flavanoids": wine["flavanoids"]})
    frame.loc[rng.random(len(frame)) < 0.1, "acid"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.1, "region"] = None
    return frame, wine["proline"].to_numpy(), wine["target"].to_numpy()


def answers(model, rows, extra=()):
    """What the model itself answers, under the exporter's names."""
    found = {}
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(model, "classes_") or hasattr(last, "offset_") or hasattr(last, "cluster_centers_"):
        found["label"] = model.predict(rows)
    elif hasattr(model, "predict"):
        found["prediction"] = model.predict(rows)
    else:
        made = model.transform(rows)
        found["features"] = made.toarray() if hasattr(made, "toarray") else made
    if "label" in found and hasattr(model, "predict_proba"):
        found["probabilities"] = model.predict_proba(rows)
    if "label" in found and hasattr(model, "decision_function"):
        found["decision"] = model.decision_function(rows)
    return found


class Cases:
    def __init__(self, suite):
        self.suite = suite

    def add(self, name, model, rows, *, fit=None, target=None, skip=(), boundaries=False, missing=False, absolute=SUMS, ulps=2,
            single=False):
        """skip: answers the exporter gives that are not compared, because the model has none."""
        fitted = model.fit(rows if fit is None else fit, target) if target is not None else model.fit(rows if fit is None else fit)
        content = export(fitted, rows if isinstance(rows, (pandas.DataFrame, pandas.Series)) else None)
        asked = rows
        if boundaries:
            # scikit-learn refuses what is not finite, but NaN where a model takes it.
            asked = with_boundaries(rows, thresholds(fitted, rows.shape[1]), not_finite=False, extremes=False)
            if missing:
                asked = np.vstack([asked, np.full((1, rows.shape[1]), np.nan)])
        expected = {key: value for key, value in answers(fitted, asked).items() if key not in skip}
        if isinstance(asked, pandas.DataFrame):
            inputs = {column: asked[column].to_numpy() for column in asked.columns}
        else:
            inputs = {"input": np.asarray(asked)}
        self.suite.add(name, "millwright", {"model.millwright.safetensors": content}, inputs, expected, ulps=ulps,
                       single=single, absolute=absolute)


def thresholds(model, features):
    """What the trees of a model compare each feature with."""
    found = [[] for _ in range(features)]
    flat = [each for each in np.ravel(getattr(model, "estimators_", [model])) if hasattr(each, "tree_")]
    for each in flat:
        for feature, threshold in zip(each.tree_.feature, each.tree_.threshold):
            if feature >= 0:
                found[feature].append(threshold)
    for stage in getattr(model, "_predictors", []):
        for predictor in stage:
            for node in predictor.nodes:
                if not node["is_leaf"] and not node["is_categorical"]:
                    found[node["feature_idx"]].append(node["num_threshold"])
    return [[each for each in column if np.isfinite(each)] for column in found]


def sklearn_cases(suite):
    cases = Cases(suite)
    cancer, diabetes, iris, digits, wine = load_breast_cancer(), load_diabetes(), load_iris(), load_digits(), load_wine()
    positive = diabetes.target / 100
    grades = diabetes.target // 100
    linear(cases, cancer, diabetes, iris, positive, grades)
    preparation(cases, wine, iris)
    other(cases, cancer, diabetes, iris, digits)
    forests(cases, cancer, diabetes, iris)
    mixed(cases)


def linear(cases, cancer, diabetes, iris, positive, grades):
    make = pipeline.make_pipeline
    scale = preprocessing.StandardScaler
    cases.add("LinearRegression", linear_model.LinearRegression(), diabetes.data, target=diabetes.target)
    cases.add("Ridge", linear_model.Ridge(), diabetes.data, target=diabetes.target)
    cases.add("LassoCV", linear_model.LassoCV(), diabetes.data, target=diabetes.target)
    cases.add("ElasticNet, scaled", make(scale(), linear_model.ElasticNet()), diabetes.data, target=diabetes.target)
    cases.add("HuberRegressor", linear_model.HuberRegressor(max_iter=1000), diabetes.data, target=diabetes.target)
    cases.add("PoissonRegressor", linear_model.PoissonRegressor(), diabetes.data, target=positive)
    cases.add("TweedieRegressor", linear_model.TweedieRegressor(power=1.5, link="log"), diabetes.data, target=positive)
    cases.add("PLSRegression", PLSRegression(3), diabetes.data, target=diabetes.target)
    cases.add("LogisticRegression, two classes", make(scale(), linear_model.LogisticRegression()), cancer.data,
              target=cancer.target)
    cases.add("LogisticRegression, names of classes", make(scale(), linear_model.LogisticRegression()), iris.data,
              target=iris.target_names[iris.target])
    cases.add("LogisticRegressionCV", make(scale(), linear_model.LogisticRegressionCV(use_legacy_attributes=False)
                                           if "use_legacy_attributes" in linear_model.LogisticRegressionCV().get_params()
                                           else linear_model.LogisticRegressionCV()), cancer.data, target=cancer.target)
    cases.add("RidgeClassifier", linear_model.RidgeClassifier(), iris.data, target=iris.target)
    cases.add("SGDClassifier, log_loss", make(scale(), linear_model.SGDClassifier(loss="log_loss", random_state=1)), iris.data,
              target=iris.target)
    cases.add("LinearSVC", make(scale(), svm.LinearSVC()), cancer.data, target=cancer.target)
    cases.add("LinearDiscriminantAnalysis", discriminant_analysis.LinearDiscriminantAnalysis(), iris.data, target=iris.target)
    cases.add("GridSearchCV of a pipeline", model_selection.GridSearchCV(
        make(scale(), linear_model.LogisticRegression()), {"logisticregression__C": [0.1, 1]}), cancer.data, target=cancer.target)
    cases.add("OneVsRestClassifier", multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), iris.data,
              target=iris.target)
    cases.add("TransformedTargetRegressor, expm1", compose.TransformedTargetRegressor(
        linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1), diabetes.data, target=diabetes.target)
    cases.add("SVR", make(scale(), svm.SVR()), diabetes.data, target=diabetes.target)
    for kernel in ("rbf", "poly", "sigmoid", "linear"):
        cases.add(f"SVC {kernel}, two classes", make(scale(), svm.SVC(kernel=kernel)), cancer.data, target=cancer.target)
    cases.add("SVC, three classes", svm.SVC(), iris.data, target=iris.target_names[iris.target])
    cases.add("SVC, four classes, one against one", svm.SVC(decision_function_shape="ovo"), diabetes.data, target=grades)


def preparation(cases, wine, iris):
    rng = np.random.default_rng(2)
    holes = wine.data.copy()
    holes[rng.random(holes.shape) < 0.1] = np.nan
    signed = wine.data - wine.data.mean(axis=0)
    exact = {"absolute": 0.0}
    cases.add("SimpleImputer, median, indicator", impute.SimpleImputer(strategy="median", add_indicator=True), holes, **exact)
    cases.add("MissingIndicator", impute.MissingIndicator(), holes, **exact)
    cases.add("MinMaxScaler, clipped", preprocessing.MinMaxScaler(clip=True), wine.data, fit=wine.data[:100], **exact)
    cases.add("MaxAbsScaler", preprocessing.MaxAbsScaler(), signed, **exact)
    cases.add("RobustScaler", preprocessing.RobustScaler(), wine.data, **exact)
    for norm in ("l1", "l2", "max"):
        cases.add(f"Normalizer {norm}", preprocessing.Normalizer(norm), signed, ulps=8, **exact)
    cases.add("Binarizer", preprocessing.Binarizer(threshold=2.0), wine.data, **exact)
    cases.add("KBinsDiscretizer, ordinal", preprocessing.KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf"),
              wine.data, **exact)
    cases.add("KBinsDiscretizer, one-hot", preprocessing.KBinsDiscretizer(4, encode="onehot-dense", strategy="uniform"), wine.data,
              **exact)
    cases.add("PolynomialFeatures 3", preprocessing.PolynomialFeatures(3), iris.data, **exact)
    cases.add("PolynomialFeatures, interactions", preprocessing.PolynomialFeatures(2, interaction_only=True, include_bias=False),
              iris.data, **exact)
    cases.add("PowerTransformer, Yeo-Johnson", preprocessing.PowerTransformer(), signed)
    cases.add("PowerTransformer, Box-Cox", preprocessing.PowerTransformer("box-cox", standardize=False), wine.data)
    cases.add("QuantileTransformer", preprocessing.QuantileTransformer(n_quantiles=50), wine.data, fit=wine.data[:120], ulps=4)
    cases.add("FunctionTransformer log1p", preprocessing.FunctionTransformer(np.log1p), wine.data, **exact)
    cases.add("PCA, whitened", decomposition.PCA(5, whiten=True), wine.data)
    cases.add("TruncatedSVD", decomposition.TruncatedSVD(4), wine.data)
    cases.add("FastICA", decomposition.FastICA(3, random_state=1), iris.data)
    cases.add("FeatureUnion", pipeline.FeatureUnion([("pca", decomposition.PCA(2)), ("scaled", preprocessing.StandardScaler())],
                                                    transformer_weights={"pca": 0.5}), wine.data)
    cases.add("SelectKBest and VarianceThreshold", pipeline.make_pipeline(
        feature_selection.VarianceThreshold(0.1), feature_selection.SelectKBest(k=3), linear_model.LogisticRegression(max_iter=5000)),
        wine.data, target=wine.target)
    documents = load_breast_cancer().DESCR.splitlines() + ["", "naïve café ÉTÉ 12 x_y ½½ Ⅷ Ⅷ", "The THE the ok-ok"]
    documents = np.array([line for line in documents], dtype=object)
    truth = np.array([len(line) % 3 for line in documents])
    for name, made in [("CountVectorizer, pairs", feature_extraction.text.CountVectorizer(ngram_range=(1, 2))),
                       ("TfidfVectorizer", feature_extraction.text.TfidfVectorizer()),
                       ("TfidfVectorizer, sublinear, l1", feature_extraction.text.TfidfVectorizer(sublinear_tf=True, norm="l1"))]:
        cases.add(f"{name}, MultinomialNB", pipeline.make_pipeline(made, naive_bayes.MultinomialNB()), documents, target=truth)
    cases.add("CountVectorizer, ComplementNB", pipeline.make_pipeline(
        feature_extraction.text.CountVectorizer(binary=True), naive_bayes.ComplementNB()), documents, target=truth)


def other(cases, cancer, diabetes, iris, digits):
    make = pipeline.make_pipeline
    scale = preprocessing.StandardScaler
    cases.add("GaussianNB", naive_bayes.GaussianNB(), iris.data, target=iris.target)
    cases.add("BernoulliNB", naive_bayes.BernoulliNB(binarize=3.0), iris.data, target=iris.target)
    cases.add("KNeighborsClassifier", neighbors.KNeighborsClassifier(), cancer.data, target=cancer.target)
    cases.add("KNeighborsRegressor, by distance", neighbors.KNeighborsRegressor(7, weights="distance", p=1), diabetes.data,
              target=diabetes.target)
    cases.add("PCA and KMeans", make(preprocessing.MinMaxScaler(), decomposition.PCA(5), cluster.KMeans(7, n_init=3, random_state=1)),
              cancer.data)
    cases.add("MiniBatchKMeans", cluster.MiniBatchKMeans(4, n_init=3, random_state=1), iris.data)
    for activation in ("relu", "tanh", "logistic"):
        cases.add(f"MLPClassifier {activation}", make(scale(), neural_network.MLPClassifier(
            hidden_layer_sizes=(20, 10), activation=activation, max_iter=200, random_state=1)), iris.data, target=iris.target)
    cases.add("MLPClassifier, two classes", make(scale(), neural_network.MLPClassifier(hidden_layer_sizes=(16,), max_iter=100, random_state=1)),
              cancer.data, target=cancer.target)
    cases.add("MLPRegressor", make(scale(), neural_network.MLPRegressor(hidden_layer_sizes=(16,), max_iter=200, random_state=1)), diabetes.data,
              target=diabetes.target)
    soft = [("a", linear_model.LogisticRegression(max_iter=5000)), ("b", naive_bayes.GaussianNB()),
            ("c", tree.DecisionTreeClassifier(random_state=1, max_depth=3))]
    cases.add("VotingClassifier, soft", ensemble.VotingClassifier(soft, voting="soft", weights=[1, 2, 1]), iris.data,
              target=iris.target)
    cases.add("VotingClassifier, hard", ensemble.VotingClassifier(soft), iris.data, target=iris.target_names[iris.target])
    cases.add("VotingRegressor", ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(
        random_state=1, max_depth=4))]), diabetes.data, target=diabetes.target)
    cases.add("StackingClassifier", ensemble.StackingClassifier(soft, passthrough=True, final_estimator=linear_model.LogisticRegression(
        max_iter=5000)), iris.data, target=iris.target_names[iris.target])
    cases.add("StackingRegressor", ensemble.StackingRegressor([("a", linear_model.Ridge()), ("b", linear_model.Lasso())]),
              diabetes.data, target=diabetes.target)
    for method in ("sigmoid", "isotonic"):
        cases.add(f"CalibratedClassifierCV {method}", calibration.CalibratedClassifierCV(
            linear_model.LogisticRegression(max_iter=10000), method=method), cancer.data, target=cancer.target)
    cases.add("CalibratedClassifierCV, three classes", calibration.CalibratedClassifierCV(svm.LinearSVC()), iris.data,
              target=iris.target)
    cases.add("OneClassSVM", make(scale(), svm.OneClassSVM(nu=0.1)), iris.data)


def forests(cases, cancer, diabetes, iris):
    trees = {"absolute": 0.0, "boundaries": True}
    cases.add("DecisionTreeClassifier", tree.DecisionTreeClassifier(random_state=1), cancer.data, target=cancer.target, **trees)
    cases.add("DecisionTreeRegressor", tree.DecisionTreeRegressor(random_state=1), diabetes.data, target=diabetes.target, **trees)
    cases.add("DecisionTreeClassifier, missing values", tree.DecisionTreeClassifier(random_state=1), holes(cancer.data),
              target=cancer.target, missing=True, **trees)
    cases.add("RandomForestClassifier", ensemble.RandomForestClassifier(50, random_state=1), iris.data, target=iris.target, **trees)
    cases.add("RandomForestClassifier, names", ensemble.RandomForestClassifier(30, max_depth=6, random_state=1), cancer.data,
              target=cancer.target_names[cancer.target], **trees)
    cases.add("RandomForestRegressor", ensemble.RandomForestRegressor(50, random_state=1), diabetes.data, target=diabetes.target,
              **trees)
    cases.add("ExtraTreesClassifier", ensemble.ExtraTreesClassifier(30, random_state=1), iris.data, target=iris.target, **trees)
    cases.add("ExtraTreesRegressor", ensemble.ExtraTreesRegressor(20, random_state=1), diabetes.data, target=diabetes.target, **trees)
    cases.add("GradientBoostingClassifier, two classes", ensemble.GradientBoostingClassifier(random_state=1), cancer.data,
              target=cancer.target, **trees)
    cases.add("GradientBoostingClassifier, exponential", ensemble.GradientBoostingClassifier(loss="exponential", random_state=1),
              cancer.data, target=cancer.target, **trees)
    cases.add("GradientBoostingClassifier, three classes", ensemble.GradientBoostingClassifier(n_estimators=30, random_state=1),
              iris.data, target=iris.target, **trees)
    cases.add("GradientBoostingRegressor", ensemble.GradientBoostingRegressor(random_state=1), diabetes.data, target=diabetes.target,
              **trees)
    cases.add("HistGradientBoostingClassifier", ensemble.HistGradientBoostingClassifier(random_state=1), holes(cancer.data),
              target=cancer.target, missing=True, **trees)
    cases.add("HistGradientBoostingClassifier, three classes", ensemble.HistGradientBoostingClassifier(max_iter=30, random_state=1),
              iris.data, target=iris.target, **trees)
    cases.add("HistGradientBoostingRegressor", ensemble.HistGradientBoostingRegressor(random_state=1), holes(diabetes.data),
              target=diabetes.target, missing=True, **trees)
    cases.add("HistGradientBoostingRegressor, Poisson", ensemble.HistGradientBoostingRegressor(loss="poisson", random_state=1),
              diabetes.data, target=diabetes.target / 100, **trees)
    cases.add("BaggingClassifier", ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=4), 15, max_features=0.6,
                                                             random_state=1), cancer.data, target=cancer.target, absolute=1e-15)
    cases.add("IsolationForest", ensemble.IsolationForest(n_estimators=50, random_state=1, max_features=0.7), cancer.data, absolute=1e-15)


def holes(rows, seed=6):
    rows = rows.copy()
    rows[np.random.default_rng(seed).random(rows.shape) < 0.1] = np.nan
    return rows


def mixed(cases):
    frame, proline, target = people()
    numbers, texts = ["acid", "ash", "flavanoids"], ["region", "colour"]
    make = pipeline.make_pipeline

    def columns(encoder, words=True):
        filled = make(impute.SimpleImputer(strategy="most_frequent", missing_values=None), encoder) if words else encoder
        return compose.ColumnTransformer([
            ("numbers", make(impute.SimpleImputer(), preprocessing.StandardScaler()), numbers),
            ("texts", filled, texts), ("year", "passthrough", ["year"])])

    for name, encoder in [("OneHotEncoder", preprocessing.OneHotEncoder()),
                          ("OneHotEncoder, first dropped", preprocessing.OneHotEncoder(drop="first")),
                          ("OneHotEncoder, rare together", preprocessing.OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist")),
                          ("OneHotEncoder, rare together and one dropped", preprocessing.OneHotEncoder(min_frequency=30, drop="first")),
                          ("OrdinalEncoder", preprocessing.OrdinalEncoder()),
                          ("TargetEncoder", preprocessing.TargetEncoder(random_state=1))]:
        cases.add(f"ColumnTransformer: {name}, LogisticRegression", make(columns(encoder), linear_model.LogisticRegression(max_iter=5000)),
                  frame, target=target)
    cases.add("OneHotEncoder, missing is a category", make(columns(preprocessing.OneHotEncoder(), words=False),
                                                           linear_model.Ridge()), frame, target=proline)
    strange = frame.copy()
    strange.loc[:20, "region"] = "Zara"
    strange.loc[21:40, "colour"] = None
    for name, encoder in [("OneHotEncoder, unknown ignored", preprocessing.OneHotEncoder(handle_unknown="ignore")),
                          ("OneHotEncoder, unknown with the rare", preprocessing.OneHotEncoder(
                              min_frequency=40, handle_unknown="infrequent_if_exist")),
                          ("OrdinalEncoder, unknown as -1", preprocessing.OrdinalEncoder(
                              handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)),
                          ("TargetEncoder, unknown", preprocessing.TargetEncoder(random_state=1))]:
        cases.add(f"ColumnTransformer: {name}", make(columns(encoder, words=False), linear_model.Ridge()), strange, fit=frame,
                  target=proline)
    cases.add("TargetEncoder, three classes", make(columns(preprocessing.TargetEncoder(random_state=1)),
                                                   linear_model.LogisticRegression(max_iter=5000)), frame,
              target=np.array(["low", "mid", "high"])[target])
    categorical = frame.assign(region=frame["region"].astype("category"), colour=frame["colour"].astype("category"))
    cases.add("HistGradientBoostingRegressor, categories of a data frame", ensemble.HistGradientBoostingRegressor(
        categorical_features="from_dtype", random_state=1, min_samples_leaf=5), categorical, target=proline, absolute=0.0)
    forest = make(columns(preprocessing.OneHotEncoder()), ensemble.RandomForestClassifier(30, random_state=1))
    cases.add("ColumnTransformer, RandomForestClassifier", forest, frame, target=target, absolute=0.0)
    for name, last in [("XGBClassifier", xgboost.XGBClassifier(n_estimators=20, n_jobs=1)),
                       ("XGBRegressor", xgboost.XGBRegressor(n_estimators=20, n_jobs=1))]:
        cases.add(f"ColumnTransformer, {name}", make(columns(preprocessing.OrdinalEncoder()), last), frame,
                  target=target if "Class" in name else proline, single=True, absolute=0.0)
    for name, last, truth in [("LGBMClassifier, two classes", lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), (target > 0).astype(int)),
                              ("LGBMClassifier, names", lightgbm.LGBMClassifier(n_estimators=20, verbose=-1),
                               np.array(["low", "mid", "high"])[target]),
                              ("LGBMRegressor", lightgbm.LGBMRegressor(n_estimators=20, verbose=-1), proline)]:
        cases.add(f"ColumnTransformer, {name}", make(columns(preprocessing.OrdinalEncoder()), last), frame, target=truth,
                  skip=["decision"], absolute=0.0)
