"""Cases of XGBoost and LightGBM, on the tables scikit-learn carries."""
import json
import warnings

import lightgbm
import numpy as np
import pandas
import xgboost
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from parity import with_boundaries

warnings.filterwarnings("ignore")


def xgboost_thresholds(booster, features):
    found = [[] for _ in range(features)]
    for tree in json.loads(booster.save_raw("json"))["learner"]["gradient_booster"].get("model", {}).get("trees", []):
        for left, feature, condition in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"]):
            if left >= 0:
                found[feature].append(condition)
    return found


def with_missing(rows, share=0.1, seed=3):
    rows = rows.copy()
    rows[np.random.default_rng(seed).random(rows.shape) < share] = np.nan
    return rows


def xgboost_cases(suite):
    cancer, diabetes, iris, digits = load_breast_cancer(), load_diabetes(), load_iris(), load_digits()
    positive = diabetes.target / 100
    ranks = (diabetes.target // 90).astype(int)
    single = {"ulps": 2, "single": True}
    boosters = [
        ("binary:logistic", cancer, cancer.target, {}),
        ("binary:logistic base_score 0.9", cancer, cancer.target, {"objective": "binary:logistic", "base_score": 0.9}),
        ("binary:logitraw", cancer, cancer.target, {}),
        ("binary:hinge", cancer, cancer.target, {}),
        ("reg:logistic", cancer, cancer.target, {}),
        ("reg:squarederror", diabetes, diabetes.target, {}),
        ("reg:squarederror depth 12", diabetes, diabetes.target, {"objective": "reg:squarederror", "max_depth": 12}),
        ("reg:squarederror lossguide", diabetes, diabetes.target,
         {"objective": "reg:squarederror", "grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0}),
        ("reg:absoluteerror", diabetes, diabetes.target, {}),
        ("reg:pseudohubererror", diabetes, diabetes.target, {}),
        ("reg:gamma", diabetes, positive, {}),
        ("reg:tweedie", diabetes, positive, {}),
        ("count:poisson", diabetes, positive, {}),
        ("multi:softprob", iris, iris.target, {"objective": "multi:softprob", "num_class": 3}),
        ("multi:softprob digits", digits, digits.target, {"objective": "multi:softprob", "num_class": 10}),
        ("multi:softmax", iris, iris.target, {"objective": "multi:softmax", "num_class": 3}),
        ("random forest", cancer, cancer.target,
         {"objective": "binary:logistic", "num_parallel_tree": 20, "subsample": 0.8, "eta": 1}),
        ("dart", cancer, cancer.target,
         {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.3, "seed": 1}),
        ("survival:cox", diabetes, positive, {}),
    ]
    for name, data, target, params in boosters:
        params = params or {"objective": name}
        rows = with_missing(data.data)
        booster = xgboost.train({"max_depth": 6, "nthread": 1, **params}, xgboost.DMatrix(rows, target), 30)
        asked = with_boundaries(rows[::2], xgboost_thresholds(booster, rows.shape[1])).astype(np.float32)
        # A DMatrix refuses infinity in float32 only where it was told what is missing; predict as its users do.
        asked[~np.isfinite(asked) & ~np.isnan(asked)] = 3.0e38
        for form in ("json", "ubj"):
            suite.add(f"{name} ({form})", "xgboost", {f"model.{form}": bytes(booster.save_raw(form))},
                      {"input": asked}, {"prediction" if "softprob" not in name else "probabilities":
                                         booster.predict(xgboost.DMatrix(asked))}, use="BOOSTER", **single)
    linear = xgboost.train({"booster": "gblinear", "objective": "reg:squarederror", "nthread": 1, "updater": "coord_descent"},
                           xgboost.DMatrix(diabetes.data, diabetes.target), 30)
    suite.add("gblinear", "xgboost", {"model.ubj": bytes(linear.save_raw("ubj"))}, {"input": diabetes.data.astype(np.float32)},
              {"prediction": linear.predict(xgboost.DMatrix(diabetes.data))}, use="BOOSTER", ulps=4, single=True)
    frame = pandas.DataFrame(cancer.data, columns=[name.replace(" ", "_") for name in cancer.feature_names])
    classifier = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=5, n_jobs=1)
    classifier.fit(frame[:400], cancer.target[:400], eval_set=[(frame[400:], cancer.target[400:])], verbose=False)
    suite.add("XGBClassifier, early stopping, named columns", "xgboost",
              {"model.json": bytes(classifier.get_booster().save_raw("json"))},
              {name: frame[name].to_numpy() for name in frame.columns},
              {"label": classifier.predict(frame), "probabilities": classifier.predict_proba(frame)},
              use="CLASSIFIER", **single)
    several = xgboost.XGBClassifier(n_estimators=20, n_jobs=1).fit(iris.data, iris.target)
    suite.add("XGBClassifier, three classes", "xgboost", {"model.ubj": bytes(several.get_booster().save_raw("ubj"))},
              {"input": iris.data.astype(np.float32)},
              {"label": several.predict(iris.data), "probabilities": several.predict_proba(iris.data)},
              use="CLASSIFIER", **single)
    regressor = xgboost.XGBRegressor(n_estimators=30, n_jobs=1).fit(diabetes.data, np.c_[diabetes.target, positive])
    suite.add("XGBRegressor, two targets", "xgboost", {"model.ubj": bytes(regressor.get_booster().save_raw("ubj"))},
              {"input": diabetes.data.astype(np.float32)}, {"prediction": regressor.predict(diabetes.data)},
              use="REGRESSOR", **single)
    order = np.argsort(np.arange(len(ranks)) // 20, kind="stable")
    ranker = xgboost.XGBRanker(n_estimators=30, n_jobs=1).fit(diabetes.data[order], ranks[order], qid=np.arange(len(ranks)) // 20)
    suite.add("XGBRanker", "xgboost", {"model.ubj": bytes(ranker.get_booster().save_raw("ubj"))},
              {"input": diabetes.data.astype(np.float32)}, {"prediction": ranker.predict(diabetes.data)},
              use="REGRESSOR", **single)
    codes, codes_target = categories()
    for onehot in (1, 100):
        booster = xgboost.train({"max_cat_to_onehot": onehot, "nthread": 1, "objective": "reg:squarederror"},
                                xgboost.DMatrix(codes, codes_target, feature_types=["c", "q"]), 20)
        asked = np.vstack([codes, [[-1, 0.5], [40, 0.5], [1e9, 0.5], [np.nan, 0.1]]]).astype(np.float32)
        answers = booster.predict(xgboost.DMatrix(asked, feature_types=["c", "q"]))
        suite.add(f"categories, one-hot up to {onehot}", "xgboost", {"model.json": bytes(booster.save_raw("json"))},
                  {"input": asked}, {"prediction": answers}, use="BOOSTER", **single)


def categories(seed=5):
    """Categories 0 to 19 and a number, of the wine table: what each category does is known only by its mean."""
    wine = load_wine()
    rng = np.random.default_rng(seed)
    codes = np.digitize(wine.data[:, 0], np.quantile(wine.data[:, 0], np.linspace(0.05, 0.95, 19)))
    shuffled = rng.permutation(20)[codes].astype(float)
    shuffled[rng.random(len(shuffled)) < 0.05] = np.nan
    return np.c_[shuffled, wine.data[:, 1]], wine.data[:, 12]


def lightgbm_thresholds(booster, features):
    found = [[] for _ in range(features)]

    def walk(node):
        if "split_feature" in node:
            if node["decision_type"] == "<=":
                found[node["split_feature"]].append(node["threshold"])
            walk(node["left_child"])
            walk(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        walk(tree["tree_structure"])
    return found


def lightgbm_cases(suite):
    cancer, diabetes, iris, digits = load_breast_cancer(), load_diabetes(), load_iris(), load_digits()
    positive = diabetes.target / 100
    share = (diabetes.target - diabetes.target.min()) / np.ptp(diabetes.target)
    zeros = with_missing(cancer.data)
    zeros[np.random.default_rng(4).random(zeros.shape) < 0.2] = 0
    runs = [
        ("binary", cancer, cancer.target, {}),
        ("binary sigmoid 0.7", cancer, cancer.target, {"objective": "binary", "sigmoid": 0.7}),
        ("binary, unbalanced, leaves 4", cancer, cancer.target, {"objective": "binary", "is_unbalance": True, "num_leaves": 4}),
        ("binary, zero is missing", zeros, cancer.target, {"objective": "binary", "zero_as_missing": True}),
        ("binary, missing not used", cancer, cancer.target, {"objective": "binary", "use_missing": False}),
        ("regression", diabetes, diabetes.target, {}),
        ("regression, 200 leaves", diabetes, diabetes.target, {"objective": "regression", "num_leaves": 200, "min_data_in_leaf": 2}),
        ("regression_l1", diabetes, diabetes.target, {}),
        ("huber", diabetes, diabetes.target, {}),
        ("quantile", diabetes, diabetes.target, {"objective": "quantile", "alpha": 0.9}),
        ("poisson", diabetes, positive, {}),
        ("gamma", diabetes, positive, {}),
        ("tweedie", diabetes, positive, {}),
        ("cross_entropy", diabetes, share, {}),
        ("multiclass", iris, iris.target, {"objective": "multiclass", "num_class": 3}),
        ("multiclass digits", digits, digits.target, {"objective": "multiclass", "num_class": 10}),
        ("multiclassova", iris, iris.target, {"objective": "multiclassova", "num_class": 3}),
        ("rf", cancer, cancer.target, {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}),
        ("dart", cancer, cancer.target, {"objective": "binary", "boosting": "dart", "drop_rate": 0.5}),
        ("goss", diabetes, diabetes.target, {"objective": "regression", "data_sample_strategy": "goss"}),
    ]
    for name, data, target, params in runs:
        rows = data if isinstance(data, np.ndarray) else with_missing(data.data)
        booster = lightgbm.train({"objective": name, "verbose": -1, "num_threads": 1, **params},
                                 lightgbm.Dataset(rows, target), 30)
        asked = with_boundaries(rows[::2], lightgbm_thresholds(booster, rows.shape[1]))
        suite.add(name, "lightgbm", {"model.txt": booster.model_to_string().encode()}, {"input": asked},
                  {"prediction": booster.predict(asked, num_threads=1)})
    ranker = lightgbm.train({"objective": "lambdarank", "verbose": -1, "num_threads": 1},
                            lightgbm.Dataset(diabetes.data, (diabetes.target // 90).astype(int), group=[42] * 10 + [22]), 30)
    suite.add("lambdarank", "lightgbm", {"model.txt": ranker.model_to_string().encode()}, {"input": diabetes.data},
              {"prediction": ranker.predict(diabetes.data)})
    codes, target = categories()
    booster = lightgbm.train({"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_per_group": 3,
                              "cat_smooth": 1, "min_data_in_leaf": 3},
                             lightgbm.Dataset(codes, target, categorical_feature=[0]), 30)
    asked = np.vstack([codes, [[-1, 0.5], [40, 0.5], [1e9, 0.5], [1e18, 0.5], [np.nan, 0.1], [3.7, 0.1]]])
    suite.add("categories", "lightgbm", {"model.txt": booster.model_to_string().encode()}, {"input": asked},
              {"prediction": booster.predict(asked)})
    names = np.array(["oak", "elm", "fir", "yew", "ash"])
    frame = pandas.DataFrame({"tree": pandas.Categorical(names[np.nan_to_num(codes[:, 0], nan=1).astype(int) % 5]),
                              "size": codes[:, 1]})
    booster = lightgbm.train({"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_per_group": 3,
                              "cat_smooth": 1, "min_data_in_leaf": 3}, lightgbm.Dataset(frame, target), 30)
    asked = pandas.DataFrame({"tree": pandas.Categorical(["oak", "elm", "fir", "yew", "ash", None, "palm"]), "size": [1.0] * 7})
    suite.add("categories of a data frame, with one never seen", "lightgbm",
              {"model.txt": booster.model_to_string().encode()},
              {"tree": np.array(["oak", "elm", "fir", "yew", "ash", None, "palm"], dtype=object), "size": [1.0] * 7},
              {"prediction": booster.predict(asked)})
