"""A MOJO of H2O, logged by the SDK and MLflow's client, answered without Python and without H2O.

H2O itself is not needed: the MOJO and what H2O answers are those of platform/src/test/resources/mojo.
"""

import json
import sys

import mlflow
import pandas as pd
import pytest
import requests
import servers
from mlflow.models import infer_signature
from steps import deploy

sys.path.insert(0, str(servers.ROOT / "sdk/python"))

import millwright.h2o  # noqa: E402

MOJOS = servers.ROOT / "platform/src/test/resources/mojo"


@pytest.fixture(scope="module")
def server(folder):
    with servers.start_millwright(folder / "h2o-home") as server:
        mlflow.set_tracking_uri(server.url)
        mlflow.set_registry_uri(server.url)
        yield server


def test_a_mojo_is_logged_deployed_and_answers_as_h2o_does(server):
    told = json.loads((MOJOS / "gbm_binomial.json").read_text())
    rows = pd.DataFrame(told["rows"], columns=told["names"]).iloc[:36]
    answers = pd.DataFrame(told["answers"]).iloc[:36]
    mlflow.set_experiment("h2o")
    with mlflow.start_run():
        logged = millwright.h2o.log_model(
            MOJOS / "gbm_binomial.zip", "model", registered_model_name="risk",
            signature=infer_signature(rows, answers), tags={"team": "care"})

    assert set(logged.flavors) == {"h2o_mojo", "python_function"}
    assert logged.flavors["h2o_mojo"] == {
        "data": "model.zip", "h2o_version": "3.46.0.11", "algorithm": "Gradient Boosting Machine"}
    deployed = deploy(server.url, "risk", "risk/1")
    assert deployed["models"][0]["reader"] == "H2O MOJO"
    body = {"dataframe_split": {"columns": list(rows.columns), "data": json.loads(rows.to_json(orient="values", double_precision=15))}}
    answer = requests.post(f"{server.url}/endpoints/risk/invocations", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == answers.to_dict(orient="records")


def test_what_is_no_mojo_is_refused(tmp_path):
    (tmp_path / "model.zip").write_bytes((MOJOS / "gbm_binomial.json").read_bytes())
    with pytest.raises(Exception, match="not a zip file"):
        millwright.h2o.save_model(tmp_path / "model.zip", tmp_path / "saved")
    with pytest.raises(ValueError, match="not empty"):
        millwright.h2o.save_model(MOJOS / "gbm_binomial.zip", tmp_path)
