"""Writes the PMML files of runtime/src/test/resources/pmml, with nyoka (Apache-2.0), and what scikit-learn answers.

    python -m venv somewhere
    somewhere/bin/pip install nyoka==5.5.0 scikit-learn==1.3.2 'pandas<2.2' 'numpy<2' xgboost==1.7.6 lightgbm==4.1.0
    somewhere/bin/python peers/parity/make_pmml_fixtures.py

nyoka stopped before scikit-learn 1.4, so it has no place among the environments of peers/setup.sh. Beside NAME.pmml stands
NAME.json: {"names": […], "rows": [[…], …], "labels": […] or "predictions": […], "probabilities": [[…], …] or null}.
"""

import json
import sys
from pathlib import Path

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from nyoka import lgb_to_pmml, skl_to_pmml, xgboost_to_pmml
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

FOLDER = Path(__file__).resolve().parents[2] / "runtime/src/test/resources/pmml"


def iris():
    data = load_iris(as_frame=True)
    frame = data.data.rename(columns=lambda name: name.split(" (")[0].replace(" ", "_"))
    return frame, data.target


def two_of_iris():
    frame, target = iris()
    return frame[target > 0], target[target > 0] - 1


def diabetes():
    data = load_diabetes(as_frame=True, scaled=False)
    return data.data[["age", "bmi", "bp", "s5"]], data.target


def some_of_diabetes():
    frame, target = diabetes()
    return frame[::10], target[::10]


def write(name, model, data, exporter=skl_to_pmml, *before):
    frame, target = data()
    pipeline = Pipeline([*[(f"step{i}", each) for i, each in enumerate(before)], ("model", model)])
    pipeline.fit(frame, target)
    path = FOLDER / f"{name}.pmml"
    exporter(pipeline, list(frame.columns), "target", str(path))
    rows = frame.iloc[::5]
    answer = {"names": list(frame.columns), "rows": rows.to_numpy().tolist(), "probabilities": None}
    predicted = pipeline.predict(rows)
    if hasattr(pipeline, "predict_proba"):
        answer["labels"] = [str(each) for each in predicted]
        answer["probabilities"] = pipeline.predict_proba(rows).tolist()
    elif isinstance(model, KMeans):
        answer["labels"] = [str(each) for each in predicted]
    else:
        answer["predictions"] = np.asarray(predicted, dtype=float).tolist()
    (FOLDER / f"{name}.json").write_text(json.dumps(answer) + "\n")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    small = {"max_depth": 3, "random_state": 7}
    cases = [
        ("linear", LinearRegression(), diabetes, skl_to_pmml),
        ("linear_scaled", LinearRegression(), diabetes, skl_to_pmml, StandardScaler()),
        ("linear_min_max", LinearRegression(), diabetes, skl_to_pmml, MinMaxScaler()),
        ("logistic", LogisticRegression(max_iter=1000), two_of_iris, skl_to_pmml, StandardScaler()),
        ("multinomial", LogisticRegression(max_iter=1000), iris, skl_to_pmml),
        ("tree", DecisionTreeClassifier(**small), iris, skl_to_pmml),
        ("regression_tree", DecisionTreeRegressor(**small), diabetes, skl_to_pmml),
        ("forest", RandomForestClassifier(5, **small), iris, skl_to_pmml),
        ("regression_forest", RandomForestRegressor(5, **small), diabetes, skl_to_pmml),
        ("boosting", GradientBoostingClassifier(n_estimators=4, **small), iris, skl_to_pmml),
        ("regression_boosting", GradientBoostingRegressor(n_estimators=4, **small), diabetes, skl_to_pmml),
        ("xgboost", XGBClassifier(n_estimators=4, max_depth=3), iris, xgboost_to_pmml),
        ("xgboost_regression", XGBRegressor(n_estimators=4, max_depth=3), diabetes, xgboost_to_pmml),
        ("lightgbm", LGBMClassifier(n_estimators=4, num_leaves=5), iris, lgb_to_pmml),
        ("lightgbm_regression", LGBMRegressor(n_estimators=4, num_leaves=5), diabetes, lgb_to_pmml),
        ("kmeans", KMeans(3, n_init=1, random_state=7), iris, skl_to_pmml),
        ("bayes", GaussianNB(), iris, skl_to_pmml),
        ("perceptron", MLPClassifier((4,), max_iter=800, random_state=7), iris, skl_to_pmml),
        ("perceptron_regression", MLPRegressor((4,), max_iter=300, random_state=7), diabetes, skl_to_pmml, StandardScaler()),
        ("vectors", SVR(C=100, gamma=0.1), some_of_diabetes, skl_to_pmml, StandardScaler()),
    ]
    for name, *case in cases:
        try:
            write(name, *case)
        except Exception as e:
            print(f"{name}: {type(e).__name__}: {e}", file=sys.stderr)


if __name__ == "__main__":
    main()
