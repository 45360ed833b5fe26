"""What an MLflow 2 user does. Run by `test_mlflow2.py` with MLflow 2's own Python; prints one JSON line."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

x, y = load_iris(return_X_y=True)
experiment_id = mlflow.create_experiment(sys.argv[1], tags={"client": "2"})
mlflow.set_experiment(experiment_id=experiment_id)

with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_params({"a": 1, "b": "two"})
    for step in range(5):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
    mlflow.set_tag("kind", "parent")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "deep").mkdir()
        Path(folder, "top.txt").write_text("top")
        Path(folder, "deep", "down.txt").write_text("down")
        mlflow.log_artifacts(folder, "files")
    for c in (0.1, 1.0):
        with mlflow.start_run(run_name=f"child {c}", nested=True):
            mlflow.log_param("C", c)
            mlflow.log_metric("score", LogisticRegression(C=c, max_iter=500).fit(x, y).score(x, y))
    fitted = LogisticRegression(max_iter=500).fit(x, y)
    mlflow.sklearn.log_model(fitted, "model", pip_requirements=["scikit-learn"], signature=mlflow.models.infer_signature(x, y))

mlflow.sklearn.autolog(log_models=False)
LogisticRegression(C=7.0, max_iter=500).fit(x, y)
automatic = mlflow.last_active_run()

client = mlflow.MlflowClient()
children = mlflow.search_runs([experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.C ASC"])
loaded = mlflow.pyfunc.load_model(f"runs:/{parent.info.run_id}/model")
with tempfile.TemporaryDirectory() as folder:
    down = Path(mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, artifact_path="files/deep/down.txt", dst_path=folder))
    downloaded = down.read_text()

print(json.dumps({
    "version": mlflow.__version__,
    "status": client.get_run(parent.info.run_id).info.status,
    "params": client.get_run(parent.info.run_id).data.params,
    "losses": [m.value for m in client.get_metric_history(parent.info.run_id, "loss")],
    "files": sorted(f.path for f in client.list_artifacts(parent.info.run_id, "files")),
    "downloaded": downloaded,
    "children": list(children["params.C"]),
    "scores": bool(children["metrics.score"].between(0.9, 1.0).all()),
    "automatic C": client.get_run(automatic.info.run_id).data.params["C"],
    "automatic inputs": len(client.get_run(automatic.info.run_id).inputs.dataset_inputs),
    "runs": len(client.search_runs([experiment_id])),
    "same predictions": bool(np.array_equal(loaded.predict(x), fitted.predict(x))),
    "model history": len(json.loads(client.get_run(parent.info.run_id).data.tags["mlflow.log-model.history"])),
    "experiment tag": client.get_experiment(experiment_id).tags["client"],
}))  # fmt: skip
