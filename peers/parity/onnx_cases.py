"""Cases of ONNX files, as skl2onnx and onnxmltools write them; what is right is what ONNX Runtime answers.

A case whose `use` is MAPPED is computed by our operators and by OnnxSession, one whose `use` is WHOLE by OnnxSession only.
"""
import warnings

import lightgbm
import numpy as np
import onnx
import onnxruntime
import xgboost
from onnx import TensorProto, helper
from onnxmltools.convert import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor, StackingClassifier)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (Binarizer, KBinsDiscretizer, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder,
                                   PolynomialFeatures, RobustScaler, StandardScaler)
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boosted import with_missing
from parity import with_boundaries

warnings.filterwarnings("ignore")
ROWS = {"zipmap": False}


def thresholds(model, features):
    """By column, what the trees of an ONNX file compare with."""
    found = [[] for _ in range(features)]
    for node in model.graph.node:
        if node.op_type.startswith("TreeEnsemble"):
            at = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            values = at.get("nodes_values") or onnx.numpy_helper.to_array(at["nodes_values_as_tensor"])
            for mode, feature, value in zip(at["nodes_modes"], at["nodes_featureids"], values):
                if mode != b"LEAF":
                    found[feature].append(value)
    return found


def answers(model, inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    named = dict(zip([each.name for each in session.get_outputs()], session.run(None, inputs)))
    return {name: as_rows(value) for name, value in named.items()}


def as_rows(value):
    """A list of maps from label to number is a row for each, in the order of the labels."""
    return np.array([list(each.values()) for each in value]) if isinstance(value, list) and isinstance(value[0], dict) else value


def add(suite, name, model, inputs, use="MAPPED", **bounds):
    suite.add(name, "onnx", {"model.onnx": model.SerializeToString()}, inputs, answers(model, inputs), use=use,
              **{"ulps": 2, "single": True, **bounds})


def table(suite, name, estimator, data, target=None, rows=None, options=None, finite=False, kind=np.float32, use="MAPPED",
          trees=False, **bounds):
    """One case of a table of numbers, with the rows real, at thresholds, and extreme."""
    estimator.fit(data.data if rows is None else rows, data.target if target is None else target)
    width = data.data.shape[1]
    type_ = {np.float32: FloatTensorType, np.float64: DoubleTensorType}[kind]([None, width])
    model = to_onnx(estimator, initial_types=[("X", type_)], options=options)
    real = (data.data if rows is None else rows)[::3]
    asked = with_boundaries(real, thresholds(model, width) if trees else (), not_finite=not finite, extremes=trees)
    with np.errstate(over="ignore"):
        asked = asked.astype(kind)
    add(suite, name, model, {"X": asked}, use, **bounds)


def tree_cases(suite):
    cancer, diabetes, iris, digits = load_breast_cancer(), load_diabetes(), load_iris(), load_digits()
    tree = {"trees": True}
    logistic = {"trees": True, "absolute": 1.5e-7}
    table(suite, "decision tree regressor", DecisionTreeRegressor(), diabetes, **tree)
    table(suite, "random forest, two classes", RandomForestClassifier(30, random_state=0), cancer, options=ROWS, **tree)
    table(suite, "random forest, ten classes", RandomForestClassifier(20, random_state=0), digits, options=ROWS, **tree)
    table(suite, "random forest regressor", RandomForestRegressor(30, random_state=0), diabetes, **tree)
    table(suite, "random forest, maps of probabilities, text labels", RandomForestClassifier(9, random_state=0), iris,
          target=iris.target_names[iris.target], **tree)
    table(suite, "random forest of float64", RandomForestClassifier(9, random_state=0), cancer, options=ROWS,
          kind=np.float64, **tree)
    table(suite, "extra trees", ExtraTreesClassifier(20, random_state=0), iris, options=ROWS, **tree)
    table(suite, "gradient boosting, two classes", GradientBoostingClassifier(n_estimators=30), cancer, options=ROWS, **logistic)
    table(suite, "gradient boosting, three classes", GradientBoostingClassifier(n_estimators=30), iris, options=ROWS, **logistic)
    table(suite, "gradient boosting regressor", GradientBoostingRegressor(n_estimators=30), diabetes, **tree)
    missing = with_missing(cancer.data)
    table(suite, "hist gradient boosting, two classes, with missing values", HistGradientBoostingClassifier(max_iter=30), cancer,
          rows=missing, options=ROWS, **logistic)
    table(suite, "hist gradient boosting, three classes", HistGradientBoostingClassifier(max_iter=30), iris, options=ROWS, **logistic)
    table(suite, "hist gradient boosting regressor", HistGradientBoostingRegressor(max_iter=30), diabetes, **tree)


def boosted_cases(suite):
    cancer, diabetes, iris = load_breast_cancer(), load_diabetes(), load_iris()
    for library, convert, classifier, regressor in (
            ("XGBoost", convert_xgboost, xgboost.XGBClassifier(n_estimators=30, n_jobs=1), xgboost.XGBRegressor(n_estimators=30, n_jobs=1)),
            ("LightGBM", convert_lightgbm, lightgbm.LGBMClassifier(n_estimators=30, n_jobs=1, verbose=-1),
             lightgbm.LGBMRegressor(n_estimators=30, n_jobs=1, verbose=-1))):
        for data, estimator, what in ((cancer, classifier, "two classes"), (iris, classifier, "three classes"),
                                      (diabetes, regressor, "regression")):
            rows = with_missing(data.data)
            width = rows.shape[1]
            options = {"zipmap": False} if library == "LightGBM" else {}
            model = convert(estimator.fit(rows, data.target), initial_types=[("X", ToolsFloat([None, width]))], **options)
            with np.errstate(over="ignore"):
                asked = with_boundaries(rows[::3], thresholds(model, width)).astype(np.float32)
            add(suite, f"{library}, {what}", model, {"X": asked}, absolute=1.5e-7)


def linear_cases(suite):
    cancer, diabetes, iris, wine = load_breast_cancer(), load_diabetes(), load_iris(), load_wine()
    table(suite, "logistic regression behind a scaler, maps of probabilities",
          make_pipeline(StandardScaler(), LogisticRegression()), cancer, absolute=1e-6)
    table(suite, "logistic regression behind a clipped scaler, three classes",
          make_pipeline(MinMaxScaler(clip=True), LogisticRegression()), iris, options=ROWS, absolute=1e-6)
    table(suite, "logistic regression of imputed, binarised columns",
          make_pipeline(SimpleImputer(), Binarizer(threshold=1.0), LogisticRegression()), iris, rows=with_missing(iris.data),
          options=ROWS, absolute=1e-6)
    table(suite, "linear regression", LinearRegression(), diabetes, absolute=1e-4)
    table(suite, "linear regression of normalised rows", make_pipeline(Normalizer(), RobustScaler(), LinearRegression()), diabetes,
          absolute=1e-4)
    table(suite, "Poisson regression", PoissonRegressor(), diabetes, absolute=2e-4)
    table(suite, "ridge classifier", RidgeClassifier(), iris, options=ROWS, absolute=1e-5)
    # skl2onnx 1.20 does not convert it inside a pipeline ("Option 'zipmap' not in ...").
    table(suite, "linear support vectors", LinearSVC(), cancer, rows=StandardScaler().fit_transform(cancer.data), absolute=1e-5)
    table(suite, "PCA and logistic regression", make_pipeline(PCA(3), LogisticRegression()), iris, options=ROWS, absolute=1e-6)
    table(suite, "k-means", KMeans(3, random_state=0), iris, absolute=1e-4)
    table(suite, "k-means behind a scaler", make_pipeline(StandardScaler(), KMeans(4, random_state=0)), wine, absolute=1e-5)
    table(suite, "network of rectified units, three classes",
          make_pipeline(StandardScaler(), MLPClassifier((16, 8), max_iter=300, random_state=0)), wine, options=ROWS, absolute=1e-6)
    table(suite, "network of tanh, two classes",
          make_pipeline(StandardScaler(), MLPClassifier((8,), activation="tanh", max_iter=300, random_state=0)), cancer, options=ROWS,
          absolute=1e-6)
    table(suite, "network, regression",
          make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(16,), max_iter=300, random_state=0)), diabetes, absolute=1e-4)
    table(suite, "support vector classifier, three classes", SVC(), iris, options=ROWS, absolute=1e-5)
    table(suite, "support vector classifier, two classes", make_pipeline(StandardScaler(), SVC()), cancer, options=ROWS, absolute=1e-5)
    table(suite, "products of columns", make_pipeline(StandardScaler(), PolynomialFeatures(2), LinearRegression()), iris, absolute=1e-5)
    table(suite, "bins of columns", make_pipeline(KBinsDiscretizer(4, encode="ordinal"), LogisticRegression()), iris, options=ROWS,
          finite=True, absolute=1e-6)
    table(suite, "one against the rest", OneVsRestClassifier(LogisticRegression(max_iter=1000)), iris, options=ROWS, finite=True,
          absolute=1e-6)
    table(suite, "stacked models", StackingClassifier([("linear", LogisticRegression(max_iter=3000)), ("tree", DecisionTreeClassifier(max_depth=2))]),
          cancer, options=ROWS, finite=True, absolute=1e-6)
    table(suite, "calibrated trees", CalibratedClassifierCV(DecisionTreeClassifier(max_depth=3, random_state=0)), cancer, options=ROWS,
          trees=True, absolute=1e-6)
    table(suite, "linear discriminants", LinearDiscriminantAnalysis(), iris, options=ROWS, absolute=1e-6)
    table(suite, "stochastic gradient descent", make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=0)), iris,
          options=ROWS, finite=True, absolute=1e-6)
    table(suite, "support vector classifier, polynomial", make_pipeline(StandardScaler(), SVC(kernel="poly")), wine, options=ROWS,
          absolute=1e-5)
    table(suite, "support vector regression", SVR(), diabetes, absolute=1e-4)


def mixed_case(suite, name, encoder):
    """Texts and numbers in columns of their own."""
    wine = load_wine()
    rng = np.random.default_rng(8)
    soils = np.array(["chalk", "clay", "gravel", "loam"], dtype=object)[np.digitize(wine.data[:, 0], [12.4, 13.0, 13.6])]
    slopes = rng.integers(0, 4, len(soils))
    numbers = wine.data[:, 1:4].astype(np.float32)
    import pandas
    frame = pandas.DataFrame({"soil": soils, "slope": slopes, "acid": numbers[:, 0], "ash": numbers[:, 1], "alkali": numbers[:, 2]})
    columns = ColumnTransformer([("texts", encoder, ["soil", "slope"]), ("numbers", StandardScaler(), ["acid", "ash", "alkali"])])
    pipeline = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(frame, wine.target)
    types = [("soil", StringTensorType([None, 1])), ("slope", Int64TensorType([None, 1]))]
    types += [(each, FloatTensorType([None, 1])) for each in ("acid", "ash", "alkali")]
    model = to_onnx(pipeline, initial_types=types, options=ROWS)
    known = isinstance(encoder, OneHotEncoder)
    soils = np.append(soils, ["granite", "", "Chalk"] if known else [])
    slopes = np.append(slopes, [9, 0, -1] if known else []).astype(np.int64)
    numbers = np.vstack([numbers, numbers[:3]]) if known else numbers
    inputs = {"soil": soils.reshape(-1, 1), "slope": slopes.reshape(-1, 1)}
    inputs |= {name: numbers[:, i:i + 1] for i, name in enumerate(("acid", "ash", "alkali"))}
    add(suite, name, model, inputs, absolute=1e-6)


def graph(nodes, inputs, outputs, constants=(), opset=21, ml=3):
    """A model written by hand: inputs and outputs are {name: (element type, shape)}."""
    made = helper.make_graph(nodes, "graph", [helper.make_tensor_value_info(name, *each) for name, each in inputs.items()],
                             [helper.make_tensor_value_info(name, *each) for name, each in outputs.items()],
                             [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in dict(constants).items()])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml)],
                             ir_version=10)


def ml_node(name, inputs, outputs, **attributes):
    return helper.make_node(name, inputs, outputs, domain="ai.onnx.ml", **attributes)


def stump(trees, modes, values, tracks):
    """Attributes of trees of one split each."""
    count = len(modes)
    return {"nodes_treeids": np.repeat(range(count), 3).tolist(), "nodes_nodeids": [0, 1, 2] * count,
            "nodes_featureids": sum([[i % 3, 0, 0] for i in range(count)], []),
            "nodes_modes": sum([[mode, "LEAF", "LEAF"] for mode in modes], []),
            "nodes_values": sum([[value, 0.0, 0.0] for value in values], []),
            "nodes_truenodeids": [1, 0, 0] * count, "nodes_falsenodeids": [2, 0, 0] * count,
            "nodes_missing_value_tracks_true": sum([[each, 0, 0] for each in tracks], []),
            f"{trees}_treeids": np.repeat(range(count), 2).tolist(), f"{trees}_nodeids": [1, 2] * count}


def mode_cases(suite):
    """Every way a split compares, at and around its threshold, and with NaN."""
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"] * 4
    values = np.repeat([0.0, 1.5, -2.5e-3, 1e-40], 4).astype(np.float32).tolist()
    tracks = [0, 0, 0, 0, 1, 1, 1, 1] * 2
    asked = np.array([[each] * 3 for base in (0.0, -0.0, 1.5, -2.5e-3, 1e-40) for each in
                      (np.float32(base), np.nextafter(np.float32(base), np.float32(9)), np.nextafter(np.float32(base), np.float32(-9)))]
                     + [[np.nan] * 3, [np.inf] * 3, [-np.inf] * 3, [np.nan, 0, 1]], dtype=np.float32)
    rng = np.random.default_rng(2)
    weights = rng.normal(size=32).astype(np.float32).tolist()
    table_in, ids = {"X": (TensorProto.FLOAT, [None, 3])}, {"target_ids": [0, 1] * 16, "target_weights": weights}
    for name, chosen, extra in (("all comparisons, summed", modes, {}), ("all comparisons, averaged", modes, {"aggregate_function": "AVERAGE"}),
                                ("less and its opposite", ["BRANCH_LT", "BRANCH_GTE"] * 8, {})):
        node = ml_node("TreeEnsembleRegressor", ["X"], ["Y"], n_targets=2, base_values=[0.25, -7.0],
                       **stump("target", chosen, values, tracks), **ids, **extra)
        add(suite, f"trees: {name}", graph([node], table_in, {"Y": (TensorProto.FLOAT, [None, 2])}), {"X": asked})
    labels = {"label": (TensorProto.INT64, [None]), "scores": (TensorProto.FLOAT, [None, 2])}
    for sign, given in (("of both signs", weights), ("positive", (np.abs(weights) * 0.06).tolist())):
        for class_id in (0, 1):
            for transform in ("NONE", "LOGISTIC"):
                node = ml_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], classlabels_int64s=[4, 7],
                               post_transform=transform, class_ids=[class_id] * 32, class_weights=given,
                               **stump("class", modes, values, tracks))
                add(suite, f"trees: two classes, leaves {sign}, of class {class_id}, {transform}",
                    graph([node], table_in, labels), {"X": asked}, absolute=1.5e-7)


def operator_cases(suite):
    """Operators by themselves."""
    rng = np.random.default_rng(3)
    real = np.vstack([rng.normal(size=(20, 4)) * 3, [[0, -0.0, 1, -1], [0.5, 2, 1e-3, 40], [1e-40, 1e30, -1e30, 7], [np.nan] * 4]]).astype(np.float32)
    wide, narrow, column = (TensorProto.FLOAT, [None, 4]), (TensorProto.FLOAT, [None, 1]), (TensorProto.FLOAT, [None])
    one = {"X": wide}
    make = helper.make_node
    for name in ("Relu", "Tanh", "Sigmoid", "Exp", "Abs", "Neg", "Reciprocal", "Floor", "Ceil", "Softmax", "LogSoftmax", "Log", "Sqrt"):
        add(suite, f"operator {name}", graph([make(name, ["X"], ["Y"])], one, {"Y": wide}), {"X": real}, absolute=1e-6)
    row, number = np.array([[2, -0.5, 3, 1]], dtype=np.float32), np.float32(0.7)
    for name in ("Add", "Sub", "Mul", "Div"):
        nodes = [make(name, ["X", "row"], ["right"]), make(name, ["X", "X"], ["self"]), make(name, ["X", "number"], ["scalar"]),
                 make("Gather", ["X", "first"], ["head"], axis=1), make(name, ["X", "head"], ["widened"])]
        nodes += [make(name, ["row", "X"], ["left"])] if name != "Div" else []
        out = {node.output[0]: wide for node in nodes if node.output[0] != "head"}
        add(suite, f"operator {name}", graph(nodes, one, out, {"row": row, "number": number, "first": np.array([0])}), {"X": real})
    for name in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        nodes = [make(name, ["X", "half"], ["is"]), make("Cast", ["is"], ["right"], to=1), make("Not", ["is"], ["not"]),
                 make("Cast", ["not"], ["other"], to=1), make(name, ["half", "X"], ["is2"]), make("Cast", ["is2"], ["left"], to=1)]
        add(suite, f"operator {name}", graph(nodes, one, {"right": wide, "other": wide, "left": wide}, {"half": np.float32(0.5)}), {"X": real})
    axis, finite = np.array([1]), real[:21]
    nodes = [make(name, ["X", "axis"], [name], keepdims=keep) for name, keep in
             (("ReduceSum", 1), ("ReduceSumSquare", 0), ("ReduceProd", 1), ("ReduceMean", 1))]
    out = {"ReduceSum": narrow, "ReduceSumSquare": column, "ReduceProd": narrow, "ReduceMean": narrow}
    add(suite, "operators of a row", graph(nodes, one, out, {"axis": axis}), {"X": finite}, absolute=1e-5)
    nodes = [make("Gather", ["X", "which"], ["some"], axis=1), make("Gather", ["X", "last"], ["plain"], axis=1),
             make("Unsqueeze", ["plain", "axis"], ["tall"]), make("Squeeze", ["tall", "axis"], ["flat"]),
             make("Concat", ["some", "tall", "X"], ["joined"], axis=-1), make("Flatten", ["joined"], ["table"]),
             make("Reshape", ["table", "shape"], ["whole"]), make("Clip", ["whole", "low", "high"], ["Y"]),
             make("ArgMax", ["some"], ["most"], axis=1, keepdims=0), make("ArgMin", ["some"], ["least"], axis=-1)]
    out = {"Y": (TensorProto.FLOAT, [None, 7]), "flat": column, "most": (TensorProto.INT64, [None]), "least": (TensorProto.INT64, [None, 1])}
    add(suite, "columns moved", graph(nodes, one, out, {"which": np.array([2, -1]), "last": np.array(-1), "axis": axis, "shape": np.array([-1, 7]),
                                                      "low": np.float32(-1.5), "high": np.float32(2)}), {"X": real})
    nodes = [make("Gemm", ["X", "B", "C"], ["Y"], alpha=0.5, beta=2.0, transB=1), make("MatMul", ["X", "v"], ["Z"])]
    matrix = rng.normal(size=(3, 4)).astype(np.float32)
    add(suite, "products", graph(nodes, one, {"Y": (TensorProto.FLOAT, [None, 3]), "Z": column},
                                 {"B": matrix, "C": matrix[0, :3], "v": matrix[1]}), {"X": finite}, absolute=1e-5)
    nodes = [ml_node("Normalizer", ["X"], ["sums"], norm="L1"), ml_node("Imputer", ["X"], ["full"], imputed_value_floats=[1.0, 2.0, 3.0, 4.0],
                                                                          replaced_value_float=float("nan")),
             ml_node("Scaler", ["X"], ["scaled"], offset=[1.0], scale=[0.3])]
    add(suite, "operators of ai.onnx.ml", graph(nodes, one, {node.output[0]: wide for node in nodes}), {"X": real})
    add(suite, "operator Normalizer, L2", graph([ml_node("Normalizer", ["X"], ["Y"], norm="L2")], one, {"Y": wide}), {"X": finite})
    # ONNX Runtime refuses NaN here, where ours is 0.
    add(suite, "operator Binarizer", graph([ml_node("Binarizer", ["X"], ["Y"], threshold=0.5)], one, {"Y": wide}), {"X": finite})
    encoder_case(suite)


def encoder_case(suite):
    words = np.array([["a"], ["b"], ["c"], ["d"], [""]], dtype=object)
    counts = np.array([[1], [2], [3], [-7], [2**40]], dtype=np.int64)
    sizes = np.array([[1.5], [np.nan], [0.0], [-0.0], [2.9]], dtype=np.float32)
    nodes = [ml_node("LabelEncoder", ["words"], ["places"], keys_strings=["a", "b", "d"], values_int64s=[5, 6, 7], default_int64=-3),
             ml_node("LabelEncoder", ["counts"], ["names"], keys_int64s=[1, 3], values_strings=["one", "three"], default_string="many"),
             ml_node("LabelEncoder", ["words"], ["others"], keys_strings=["a", "b"], values_strings=["b", "a"]),
             ml_node("LabelEncoder", ["sizes"], ["weights"], keys_floats=[1.5, 0.0], values_floats=[9.0, 8.0], default_float=0.5),
             ml_node("OneHotEncoder", ["counts"], ["spots"], cats_int64s=[3, 1, 2]),
             ml_node("OneHotEncoder", ["words"], ["cut"], cats_strings=["d", "a"]),
             helper.make_node("Flatten", ["spots"], ["flat"]), helper.make_node("Flatten", ["cut"], ["flat2"]),
             helper.make_node("Cast", ["counts"], ["spelled"], to=TensorProto.STRING),
             helper.make_node("Add", ["counts", "ten"], ["more"])]
    of = lambda type_, width=1: (type_, [None, width])
    inputs = {"words": of(TensorProto.STRING), "counts": of(TensorProto.INT64), "sizes": of(TensorProto.FLOAT)}
    outputs = {"places": of(TensorProto.INT64), "names": of(TensorProto.STRING), "others": of(TensorProto.STRING), "weights": of(TensorProto.FLOAT),
               "flat": of(TensorProto.FLOAT, 3), "flat2": of(TensorProto.FLOAT, 2), "spelled": of(TensorProto.STRING),
               "more": of(TensorProto.INT64)}
    add(suite, "encoders of texts, whole and real numbers", graph(nodes, inputs, outputs, {"ten": np.array([10])}, ml=2),
        {"words": words, "counts": counts, "sizes": sizes})


def whole_cases(suite):
    iris = load_iris()
    table(suite, "nearest neighbours", KNeighborsClassifier(), iris, options=ROWS, finite=True, use="WHOLE")
    table(suite, "naive Bayes", GaussianNB(), iris, options=ROWS, finite=True, use="WHOLE", absolute=1e-6)


def onnx_cases(suite):
    tree_cases(suite)
    boosted_cases(suite)
    linear_cases(suite)
    mixed_case(suite, "one-hot and numbers, texts among the inputs", OneHotEncoder(handle_unknown="ignore"))
    mixed_case(suite, "ordinal codes and numbers, texts among the inputs", OrdinalEncoder())
    mode_cases(suite)
    operator_cases(suite)
    whole_cases(suite)
