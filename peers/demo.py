"""A small, real training on scikit-learn's wine data, tracked by MLflow's own client. Run by `./millwright demo`.

Needs MLFLOW_TRACKING_URI; the Python is that of peers/.venv, or any other with MLflow 3 and scikit-learn.
"""

import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

EPOCHS = 25
# Strength of regularisation, learning rate.
SETTINGS = [(1e-4, 0.001), (1e-4, 0.01), (1e-3, 0.05), (1e-1, 0.01)]


class Clock:
    """Prints each step with the time it took."""

    def __init__(self):
        self.start = self.last = time.perf_counter()

    def say(self, text):
        now = time.perf_counter()
        print(f"  {now - self.last:6.2f} s  {text}", flush=True)
        self.last = now


def main():
    url = os.environ.get("MLFLOW_TRACKING_URI", "").rstrip("/")
    if not url.startswith("http"):
        sys.exit("MLFLOW_TRACKING_URI is not set: start a server and give its address, as in http://127.0.0.1:5000")
    clock = Clock()
    print(f"Millwright demo: classifying 178 wines by 13 measurements, tracked at {url}\n")

    import mlflow
    import numpy as np
    from mlflow.models import infer_signature
    from sklearn.datasets import load_wine
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    clock.say(f"MLflow {mlflow.__version__} and scikit-learn loaded")
    mlflow.set_tracking_uri(url)
    wine = load_wine(as_frame=True)
    frame = wine.frame.astype("float64")
    train, test = train_test_split(frame, test_size=0.3, stratify=frame["target"], random_state=7)
    x, y, x_test, y_test = train[wine.feature_names], train["target"], test[wine.feature_names], test["target"]
    classes = np.unique(y)

    name = f"wine {time.strftime('%Y-%m-%d %H:%M:%S')}"
    experiment_id = mlflow.create_experiment(name, tags={"made by": "millwright demo"})
    mlflow.set_experiment(experiment_id=experiment_id)
    clock.say(f"experiment {experiment_id} '{name}' created")

    models = {}
    for alpha, rate in SETTINGS:
        with mlflow.start_run(run_name=f"alpha={alpha:g} rate={rate:g}") as run:
            mlflow.log_params({"alpha": alpha, "learning_rate": rate, "epochs": EPOCHS, "model": "SGDClassifier"})
            dataset = mlflow.data.from_pandas(train, name="wine", targets="target")
            mlflow.log_input(dataset, context="training")
            scaler = StandardScaler().fit(x)
            classifier = SGDClassifier(loss="log_loss", alpha=alpha, learning_rate="constant", eta0=rate, random_state=7)
            for epoch in range(EPOCHS):
                classifier.partial_fit(scaler.transform(x), y, classes=classes)
                chances = classifier.predict_proba(scaler.transform(x))
                chances_test = classifier.predict_proba(scaler.transform(x_test))
                mlflow.log_metrics(
                    {"loss": log_loss(y, chances, labels=classes), "test_loss": log_loss(y_test, chances_test, labels=classes)},
                    step=epoch,
                )
            model = make_pipeline(scaler, classifier)
            predicted = model.predict(x_test)
            logged = mlflow.sklearn.log_model(
                model, name="wine", signature=infer_signature(x, predicted), input_example=x.head(3),
                pip_requirements=["scikit-learn"], params={"alpha": alpha, "learning_rate": rate},
            )  # fmt: skip
            accuracy = accuracy_score(y_test, predicted)
            mlflow.log_metrics({"accuracy": accuracy, "f1": f1_score(y_test, predicted, average="macro")},
                               model_id=logged.model_id, dataset=dataset)  # fmt: skip
            log_confusion(mlflow, confusion_matrix(y_test, predicted), wine.target_names)
            models[run.info.run_id] = (logged.model_id, predicted)
        clock.say(f"run {run.info.run_name}: accuracy {accuracy:.3f}, loss after {EPOCHS} epochs {log_loss(y_test, chances_test):.3f}")

    client = mlflow.MlflowClient()
    best = client.search_runs([experiment_id], "metrics.accuracy > 0", order_by=["metrics.accuracy DESC", "metrics.test_loss ASC"])[0]
    model_id, expected = models[best.info.run_id]
    clock.say(f"best run found by search: {best.info.run_name}")
    loaded = mlflow.pyfunc.load_model(f"models:/{model_id}")
    if not np.array_equal(loaded.predict(x_test), expected):
        sys.exit("the model loaded from the server predicts otherwise than the one that was logged")
    clock.say(f"model {model_id} loaded back: the same {len(expected)} predictions")
    points = len(client.get_metric_history(best.info.run_id, "test_loss"))
    with tempfile.TemporaryDirectory() as folder:
        client.download_artifacts(best.info.run_id, "confusion", folder)
        files = [f.name for f in Path(folder, "confusion").iterdir()]
    clock.say(f"read back: {points} steps of test_loss, {', '.join(sorted(files))}")

    print(f"\nDone in {time.perf_counter() - clock.start:.1f} s. Look at it (with --keep the server stays):")
    run = f"{url}/ui/runs/{best.info.run_id}"
    print(f"  experiment   {url}/ui/experiments/{experiment_id}")
    print(f"  best run     {run}")
    print(f"  its curve    {run}?tab=metrics")
    print(f"  its files    {run}?tab=artifacts")
    print(f"  its model    {url}/api/2.0/mlflow/logged-models/{model_id}")
    print(f"  in Python    MLFLOW_TRACKING_URI={url}  mlflow.search_runs(['{experiment_id}'])")


def log_confusion(mlflow, matrix, names):
    """As a picture where matplotlib is installed, as text in any case."""
    rows = [f"{name:>10} " + " ".join(f"{n:4}" for n in row) for name, row in zip(names, matrix)]
    mlflow.log_text("\n".join(["rows: true class, columns: predicted", *rows]) + "\n", "confusion/matrix.txt")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(4, 4), layout="tight")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues")
    axes.set(xticks=range(len(names)), yticks=range(len(names)), xticklabels=names, yticklabels=names,
             xlabel="predicted", ylabel="true")  # fmt: skip
    for (i, j), n in [((i, j), matrix[i, j]) for i in range(len(names)) for j in range(len(names))]:
        axes.text(j, i, str(n), ha="center", va="center", color="white" if n > matrix.max() / 2 else "black")
    mlflow.log_figure(figure, "confusion/matrix.png")


if __name__ == "__main__":
    main()
