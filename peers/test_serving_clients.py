"""Models served, and asked by MLflow's scoring client, by KServe's Python SDK (`kserve_flow.py`), and as the docs show."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import servers
import xgboost
from mlflow import MlflowClient
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from sklearn.cluster import KMeans
from steps import deploy

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KSERVE_PYTHON = Path(os.environ.get("MILLWRIGHT_TEST_KSERVE_PYTHON") or HERE / ".venv-kserve/bin/python")
COMMAND = re.compile(r"(curl|printf|wc|[a-z]+=\S)")


@pytest.fixture(scope="module")
def served(folder):
    """A server with versions 1 to 4 of `churn`, of which 3 is the champion, deployed as its only endpoint."""
    with servers.start_millwright(folder / "serving-clients") as server:
        client = MlflowClient(tracking_uri=server.url, registry_uri=server.url)
        for _ in range(4):
            register(client, "churn", folder, xgboost_files(classifier(), "XGBClassifier"))
        client.set_registered_model_alias("churn", "champion", "3")
        deploy(server.url, "churn", "churn@champion")
        yield server


def classifier():
    frame = customers()
    return xgboost.XGBClassifier(n_estimators=5, max_depth=3).fit(frame, frame["age"] > 45)


def customers():
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"age": random.integers(18, 90, 500) * 1.0, "income": random.normal(4000, 900, 500)})
    frame.loc[::7, "income"] = np.nan
    return frame


def xgboost_files(model, class_name):
    def write(folder):
        model.get_booster().save_model(folder / "model.json")
        (folder / "MLmodel").write_text(
            f"flavors:\n  xgboost: {{data: model.json, model_class: xgboost.sklearn.{class_name}}}\n"
            "  python_function: {loader_module: mlflow.xgboost}\n"
        )

    return write


def exported_files(model, example):
    """What millwright.export leaves in a model's folder."""

    def write(folder):
        subprocess.run(
            [sys.executable, "-c",
             "import pickle, sys; from millwright import export;"
             " model, example, path = pickle.load(sys.stdin.buffer); export.save(model, path, example)"],
            input=__import__("pickle").dumps((model, example, str(folder / "model.millwright.safetensors"))),
            env={**os.environ, "PYTHONPATH": str(ROOT / "sdk/python")}, check=True,
        )
        (folder / "MLmodel").write_text("flavors:\n  sklearn: {pickled_model: model.pkl}\n")

    return write


def register(client, name, folder, write):
    run = client.create_run("0").info.run_id
    files = folder / run
    files.mkdir()
    write(files)
    client.log_artifacts(run, str(files), "model")
    try:
        client.create_registered_model(name)
    except Exception as exists:
        assert "RESOURCE_ALREADY_EXISTS" in str(exists), exists
    client.create_model_version(name, f"runs:/{run}/model", run)


def test_mlflows_scoring_client_asks_the_only_endpoint(served):
    address = urlsplit(served.url)
    client = ScoringServerClient(address.hostname, address.port)
    asked = customers().head(50)
    expected = classifier().predict(asked)

    client.ping()
    client.wait_server_ready(timeout=5)
    answer = client.invoke(asked)

    np.testing.assert_array_equal(answer.get_predictions()[0].to_numpy(), expected)
    # Each of the formats it writes. A dict of arrays it cannot write itself (MLflow 3.17.2 iterates over its names alone).
    by_name = json.dumps({"inputs": {name: asked[name].tolist() for name in asked.columns}})
    for data in (asked.to_numpy(), asked.to_numpy().tolist(), by_name):
        np.testing.assert_array_equal(client.invoke(data).get_predictions()[0].to_numpy(), expected)
    with pytest.raises(Exception, match="error code 400.*lacks the column 'income'"):
        client.invoke(asked[["age"]])


@pytest.mark.skipif(not KSERVE_PYTHON.exists(), reason=f"{KSERVE_PYTHON} is made by peers/setup.sh")
def test_kserves_clients_get_what_xgboost_answers(served, tmp_path):
    asked = customers().head(100)
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({
        "names": list(asked.columns), "rows": asked.to_numpy().tolist(),
        "answers": classifier().predict(asked).tolist(),
    }))

    flow = subprocess.run(
        [KSERVE_PYTHON, HERE / "kserve_flow.py", served.url, "churn", file],
        capture_output=True, text=True, timeout=120,
    )

    assert flow.stdout.strip().endswith("ok"), flow.stdout + flow.stderr


@pytest.fixture(scope="module")
def of_the_docs(served, folder):
    """The same server with the other endpoints that the docs ask: `steps` and `regions`."""
    client = MlflowClient(tracking_uri=served.url, registry_uri=served.url)
    steps = pd.DataFrame({"x": np.arange(20.0)})
    regressor = xgboost.XGBRegressor(n_estimators=3).fit(steps, steps["x"] > 10)
    register(client, "steps", folder, xgboost_files(regressor, "XGBRegressor"))
    regions = KMeans(2, init=np.array([[3.0, 4.0], [1.5, 16.0]]), n_init=1).fit(
        np.array([[1.5, 15], [1.5, 17], [3, 3.5], [3, 4.5]])
    )
    register(client, "regions", folder, exported_files(regions, np.zeros((1, 2))))
    for name in ("steps", "regions"):
        deploy(served.url, name, name)
    return served.url


def examples(page):
    """The `sh` blocks of a page: each a list of (command, what it is shown to print)."""
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
        steps = []
        for line in block.splitlines():
            if steps and (steps[-1][0].endswith("\\") or steps[-1][0].count("'") % 2):
                steps[-1][0] += "\n" + line
            elif COMMAND.match(line):
                steps.append([line, ""])
            elif line:
                steps[-1][1] += line + "\n"
        yield steps


@pytest.mark.parametrize(
    "page", ["docs/protocols/oip.md", "docs/protocols/invocations.md", "docs/design/serving.md"]
)
def test_the_examples_of_the_docs_run_as_written(page, of_the_docs, tmp_path):
    blocks = list(examples(page))
    assert blocks
    address = urlsplit(of_the_docs).netloc
    for steps in blocks:
        settings = ""
        for command, shown in steps:
            here = re.sub(r"(localhost|127\.0\.0\.1):8484", address, command)
            if not command.startswith(("curl", "printf", "wc")):
                settings += here + "\n"
                continue
            script = settings + here.replace("curl ", "curl -sS --fail-with-body ", 1)
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, cwd=tmp_path)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            if shown:
                assert done.stdout.strip() == shown.strip(), command
            comment = re.search(r"# (\d+)$", command)
            if comment:
                assert done.stdout.strip() == comment.group(1), command
            if '"state":"running"' in done.stdout.replace(" ", ""):
                operation = json.loads(done.stdout)
                operation = servers.ended(of_the_docs, f"/api/millwright/v1/operations/{operation['operation_id']}")
                assert operation["state"] == "succeeded", operation
