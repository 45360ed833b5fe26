"""The three servers: what they serve, when they are ready, and what is asked where."""

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from common.servers import Millwright, Server

HERE = Path(__file__).resolve().parent
PYTHON = HERE / ".venv-mlserver" / "bin" / "python"
MODELS = ("linear", "trees", "segments")
DEPLOY_DEADLINE_SECONDS = 900


@dataclass
class Store:
    """What was trained: the store that Millwright serves from, and the models' folders and rows."""

    home: Path
    models: Path

    def rows(self, model):
        return json.loads((self.models / f"{model}.json").read_text())


class Serving:
    """What all three have: a protocol over REST, and a home for the models that are to be served."""

    waking_path = "/health"

    def home(self, bench, store, model):
        raise NotImplementedError

    def path(self, model, protocol):
        return f"/v2/models/{model}/infer"

    def begin(self, bench, store, model, one_row):
        """The home to run on. It counts as ready when every model it serves has answered `one_row(model)`, a path and
        a body."""
        served = MODELS if self.serves_all else (model,)
        self.asked = [one_row(self, each) for each in served]
        return self.home(bench, store, model)

    def _healthy(self):
        return all(self._answers(path, body) for path, body in self.asked)

    def _answers(self, path, body):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class MillwrightServing(Serving, Millwright):
    protocols = ("oip", "mlflow")
    serves_all = True

    def home(self, bench, store, model):
        return store.home

    def path(self, model, protocol):
        return f"/endpoints/{model}/invocations" if protocol == "mlflow" else super().path(model, protocol)

    @property
    def grpc(self):
        return urllib.parse.urlsplit(self.url).netloc


class MlServer(Serving, Server):
    """MLServer with its defaults and its runtimes for scikit-learn and XGBoost, which are faster than its one for
    MLflow."""

    name = "mlserver"
    protocols = ("oip",)
    serves_all = True

    def home(self, bench, store, model):
        home = bench.work / self.name / "models"
        for each in MODELS:
            (home / each).mkdir(parents=True, exist_ok=True)
            runtime, file = (("mlserver_xgboost.XGBoostModel", "model.json") if each == "trees"
                             else ("mlserver_sklearn.SKLearnModel", "model.pkl"))
            (home / each / "model-settings.json").write_text(json.dumps({
                "name": each, "implementation": runtime, "parameters": {"uri": str(store.models / each / file)}}))
        return home

    def command(self, home):
        http_port, grpc_port, metrics_port = free_ports(3)
        self.url, self.grpc = f"http://127.0.0.1:{http_port}", f"127.0.0.1:{grpc_port}"
        (home / "settings.json").write_text(json.dumps({
            "host": "127.0.0.1", "http_port": http_port, "grpc_port": grpc_port, "metrics_port": metrics_port}))
        return [str(PYTHON.with_name("mlserver")), "start", str(home)]


class MlflowServing(Serving, Server):
    """MLflow's scoring server with its defaults, in the environment that trained the models. It has one model."""

    name = "mlflow"
    protocols = ("mlflow",)
    serves_all = False

    def home(self, bench, store, model):
        return store.models / model

    def path(self, model, protocol):
        return "/invocations"

    def command(self, home):
        port, = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        return [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(home), "--env-manager", "local",
                "--host", "127.0.0.1", "--port", str(port)]

    def environment(self):
        # The server that it starts is found on the path.
        found = super().environment()
        path = f"{Path(sys.executable).parent}:{found['PATH']}"
        return found | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PATH": path}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def store(bench):
    """Trained, logged and deployed, once."""
    server = Millwright()
    models = bench.work / "models"

    def fill(home):
        with server.running(home, settled=False) as url:
            models.mkdir(exist_ok=True)
            subprocess.run([sys.executable, HERE / "train.py", url, models], check=True, capture_output=True, text=True)
            for model in MODELS:
                deploy(url, model)
        return list(MODELS)

    home, _ = bench.filled(server, "serving", fill)
    return Store(home, models)


def deploy(url, model):
    def ask(method, path, body=None):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer, json.loads(answer.read())

    answer, told = ask("POST", f"/api/millwright/v1/endpoints/{model}/deploy", json.dumps({"model": model}))
    if answer.status != 202:
        raise RuntimeError(f"deploying {model}: {answer.status} {told}")
    location, deadline = answer.headers["location"], time.monotonic() + DEPLOY_DEADLINE_SECONDS
    while told["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.5)
        _, told = ask("GET", location)
    if told["state"] != "succeeded":
        raise RuntimeError(f"deploying {model}: {told}")
