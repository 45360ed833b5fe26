"""Trains the three models that are served, logs them with MLflow, and writes what asks them.

    train.py TRACKING_URI FOLDER

Into FOLDER go, for each model NAME: `NAME/` (the model as MLflow logged it), `NAME.millwright.safetensors` (exported, for
the figures in process) and `NAME.json`: the rows that are asked, and what the library itself answers to the first of them.
Everything follows from one seed.
"""

import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import xgboost
from mlflow.models import infer_signature
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))

import millwright.export

ROWS = 16_000
CHECKED = 50
DIGITS = 6


def linear(random):
    """20 features, two classes."""
    x = random.normal(size=(20_000, 20)) * random.uniform(0.5, 20, 20) + random.uniform(-5, 5, 20)
    y = (x @ random.normal(size=20) + random.normal(size=20_000) > 0).astype(int)
    return x, make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, y)


def trees(random):
    """500 trees of depth 8 on 50 features; noise enough that they are full."""
    x = random.normal(size=(40_000, 50)).round(DIGITS)
    y = np.sin(x[:, :10]).sum(axis=1) + x[:, 10] * x[:, 11] + random.normal(size=40_000)
    model = xgboost.XGBRegressor(n_estimators=500, max_depth=8, learning_rate=0.05, n_jobs=2, random_state=7)
    return x, model.fit(x, y)


def segments(random):
    """34 features to 5 components to 7 segments."""
    centres = random.normal(size=(7, 34)) * 4
    x = centres[random.integers(0, 7, 20_000)] + random.normal(size=(20_000, 34)) * 2
    steps = StandardScaler(), MinMaxScaler(), PCA(5, random_state=7), KMeans(7, n_init=4, random_state=7)
    return x, make_pipeline(*steps).fit(x)


def log(name, model, x):
    answers = model.predict(x[:CHECKED])
    told = {"name": "model", "registered_model_name": name, "signature": infer_signature(x[:CHECKED], answers)}
    with mlflow.start_run(run_name=name):
        if name == "trees":
            mlflow.xgboost.log_model(model, model_format="json", pip_requirements=["xgboost"], **told)
        else:
            mlflow.sklearn.log_model(model, serialization_format="cloudpickle", **told)
    return answers


def main(tracking, folder):
    mlflow.set_tracking_uri(tracking)
    mlflow.set_experiment("serving")
    for seed, make in enumerate((linear, trees, segments)):
        random = np.random.default_rng(seed)
        name = make.__name__
        x, model = make(random)
        # Rows as clients write them: a few digits after the point.
        rows = x[:ROWS].round(DIGITS)
        answers = log(name, model, rows)
        mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{name}/1", dst_path=folder / name)
        millwright.export.save(model, folder / f"{name}.millwright.safetensors")
        (folder / f"{name}.json").write_text(json.dumps({"rows": rows.tolist(), "answers": answers.tolist()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
