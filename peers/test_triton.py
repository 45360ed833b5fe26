"""An XGBoost model served, and asked by Triton's clients over REST (JSON and binary) and gRPC."""

import json
import subprocess
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import servers
import xgboost
from mlflow.models import infer_signature
from steps import deploy

HERE = Path(__file__).resolve().parent


@pytest.mark.skipif(not servers.MODELS_PYTHON.exists(), reason=f"{servers.MODELS_PYTHON} is made by peers/setup.sh")
def test_tritons_clients_get_what_xgboost_answers(tracking, millwright_url, tmp_path):
    random = np.random.default_rng(7)
    frame = pd.DataFrame(random.normal(size=(500, 3)), columns=["age", "income", "visits"])
    # A missing value goes the way that was learnt for it.
    frame.iloc[::7, 1] = np.nan
    target = frame["age"] * 2 - frame["income"].fillna(1) + (frame["visits"] > 0)
    model = xgboost.XGBRegressor(n_estimators=20, max_depth=4).fit(frame, target)
    mlflow.set_experiment("triton")
    with mlflow.start_run():
        mlflow.xgboost.log_model(
            model, name="model", registered_model_name="visits", pip_requirements=["xgboost"],
            signature=infer_signature(frame, model.predict(frame)), model_format="json",
        )
    deploy(millwright_url, "visits", "visits")
    asked = frame.head(100)
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({
        "names": list(frame.columns), "rows": asked.to_numpy().tolist(), "answers": model.predict(asked).tolist(),
    }))

    flow = subprocess.run(
        [servers.MODELS_PYTHON, HERE / "triton_flow.py", millwright_url, "visits", file],
        capture_output=True, text=True, timeout=120,
    )

    assert flow.stdout.strip() == "ok", flow.stdout + flow.stderr
