"""A model of Python code, logged by MLflow's client, answered by worker processes in the environment it records."""

import json
import os
import signal

import mlflow
import pandas as pd
import pytest
import requests
import servers
from mlflow.models import infer_signature

# The environment is made from the package index, as a user's would be.
ENVIRONMENT_SECONDS = 600
# pyarrow, which a worker needs, is left to the server to add.
REQUIREMENTS = [f"mlflow-skinny=={mlflow.__version__}", f"pandas=={pd.__version__}", "cloudpickle"]


@pytest.fixture(scope="module")
def server(folder):
    with servers.start_millwright(folder / "workers-home") as server:
        mlflow.set_tracking_uri(server.url)
        mlflow.set_registry_uri(server.url)
        yield server


def model():
    """Defined in a function so that it is pickled whole: the worker cannot import this file."""

    class Greeting(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            with open(context.artifacts["greetings"], encoding="utf-8") as file:
                self.greetings = json.load(file)

        def predict(self, context, model_input, params=None):
            import os

            import pandas as pd

            print("asked for", len(model_input), "rows")
            if (model_input["age"] < 0).any():
                raise ValueError("nobody is younger than 0")
            return pd.DataFrame({
                "text": [f"{self.greetings[lang]} {name}" for lang, name in zip(model_input["lang"], model_input["name"])],
                "older": model_input["age"] + 1,
                "half": model_input["weight"] / 2,
                "pid": os.getpid(),
            })

    return Greeting()


ROWS = pd.DataFrame({
    "lang": ["de", "en"], "name": ["Åsa", "Bob"], "age": pd.Series([41, 7], dtype="int64"), "weight": [70.5, 0.1],
})


def deploy(url, endpoint, version):
    started = requests.post(f"{url}/api/millwright/v1/endpoints/{endpoint}/deploy", json={"model": version}, timeout=30)
    assert started.status_code == 202, started.text
    steps = set()

    def look(operation):
        steps.add(json.dumps(operation.get("progress")))

    return servers.ended(url, started.headers["location"], ENVIRONMENT_SECONDS, look), steps


def records(url):
    answer = requests.post(
        f"{url}/endpoints/greet/invocations", json={"dataframe_split": ROWS.to_dict(orient="split")}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def is_alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_model_of_code_is_answered_by_workers(server, folder, tmp_path):
    url = server.url
    greetings = tmp_path / "greetings.json"
    greetings.write_text(json.dumps({"de": "Hallo", "en": "Hello"}))
    mlflow.set_experiment("workers")
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(
            name="model", python_model=model(), artifacts={"greetings": str(greetings)}, registered_model_name="greet",
            signature=infer_signature(ROWS, pd.DataFrame({"text": ["a"], "older": [1], "half": [0.5], "pid": [1]})),
            pip_requirements=REQUIREMENTS,
        )
    expected = mlflow.pyfunc.load_model(logged.model_uri).predict(ROWS).drop(columns="pid").to_dict(orient="records")

    operation, steps = deploy(url, "greet", "greet/1")

    assert operation["state"] == "succeeded", operation
    assert any("making the model's Python environment" in step for step in steps), steps
    assert any("adding pyarrow" in step for step in steps), steps
    assert operation["result"]["models"][0]["reader"] == "python"
    answered = records(url)
    assert [{name: value for name, value in row.items() if name != "pid"} for row in answered] == expected

    # The Open Inference Protocol has each column as a tensor.
    metadata = requests.get(f"{url}/v2/models/greet", timeout=30).json()
    assert [each["name"] for each in metadata["inputs"]] == list(ROWS.columns)
    assert [each["name"] for each in metadata["outputs"]] == ["text", "older", "half", "pid"]
    infer = requests.post(f"{url}/v2/models/greet/infer", timeout=60, json={"inputs": [
        {"name": "lang", "datatype": "BYTES", "shape": [2], "data": ROWS["lang"].tolist()},
        {"name": "name", "datatype": "BYTES", "shape": [2, 1], "data": ROWS["name"].tolist()},
        {"name": "age", "datatype": "INT64", "shape": [2], "data": ROWS["age"].tolist()},
        {"name": "weight", "datatype": "FP64", "shape": [2], "data": ROWS["weight"].tolist()},
    ]})
    assert infer.status_code == 200, infer.text
    tensors = {each["name"]: each["data"] for each in infer.json()["outputs"]}
    for name in ("text", "older", "half"):
        assert tensors[name] == [row[name] for row in expected]

    # What the model raises is the caller's, in one line.
    wrong = requests.post(f"{url}/endpoints/greet/invocations", timeout=60, json={
        "dataframe_records": [{"lang": "de", "name": "x", "age": -1, "weight": 1.0}]})
    assert wrong.status_code == 400
    assert "nobody is younger than 0" in wrong.text and "Traceback" not in wrong.text

    # Whoever dies is replaced; nobody notices.
    for _ in range(3):
        os.kill(records(url)[0]["pid"], signal.SIGKILL)
        assert records(url)[0]["text"] == "Hallo Åsa"

    # A version that does not come up changes nothing.
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model", python_model=model(), artifacts={"greetings": __file__}, registered_model_name="greet",
            signature=infer_signature(ROWS), pip_requirements=REQUIREMENTS,
        )
    failed, _ = deploy(url, "greet", "greet/2")
    assert failed["state"] == "failed"
    assert "JSONDecodeError" in json.dumps(failed), failed
    assert records(url)[0]["text"] == "Hallo Åsa"

    # A killed server leaves no worker behind, and the next one serves from the environment that is there.
    worker = records(url)[0]["pid"]
    assert is_alive(worker)
    os.kill(server.pid, signal.SIGKILL)
    servers.wait_until(lambda: not is_alive(worker), 10, "end of the worker")
    with servers.start_millwright(folder / "workers-home") as again:
        servers.wait_until(
            lambda: requests.get(f"{again.url}/v2/models/greet/ready", timeout=30).status_code == 200, 60, "endpoint")
        assert records(again.url)[0]["text"] == "Hallo Åsa"
