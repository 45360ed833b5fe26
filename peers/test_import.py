"""`./millwright import mlflow` against real MLflow: its server, its SQLite file, its file store. What MLflow's own client
reads from both sides must be the same, run by run."""

import json
import math
import sqlite3
import time

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.entities.webhook import WebhookStatus
from mlflow.exceptions import MlflowException

import make_import_fixtures
import servers


class Source:
    """A store that MLflow filled, how its client reads it, and how the import finds it."""

    def __init__(self, uri, arguments, running):
        self.client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self.arguments = arguments
        self.running = running


@pytest.fixture(scope="module")
def server(folder):
    with servers.start_mlflow(folder / "import-server") as running:
        yield Source(running.url, ["--from", running.url], make_import_fixtures.fill(running.url))


@pytest.fixture(scope="module")
def database(folder, server):
    """The same server's file and artifact folder, read past the server."""
    home = folder / "import-server"
    arguments = ["--from", f"sqlite:///{home}/mlflow.db", "--from-artifacts", home / "artifacts"]
    source = Source("http://unused", arguments, server.running)
    source.client = server.client
    return source


@pytest.fixture(scope="module")
def mlruns(folder):
    store = folder / "mlruns"
    return Source(store.as_uri(), ["--from", store], make_import_fixtures.fill(store.as_uri(), points=200))


@pytest.fixture(params=["server", "database", "mlruns"])
def source(request):
    return request.getfixturevalue(request.param)


RUNS = 13


def run_import(home, source, *more, code=0):
    report = home.parent / f"{home.name}-report.json"
    done = servers.millwright(
        "import", "mlflow", "--home", home, "--report", report, *source.arguments, *more, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(report.read_text())


# What the two sides say, in a form that can be compared.


def number(value):
    """MLflow's databases keep an infinity as the largest double; its file store keeps the infinity."""
    if math.isnan(value):
        return "nan"
    return math.copysign(1.7976931348623157e308, value) if math.isinf(value) else value


def pairs(tags):
    return {t.key: t.value for t in tags}


def described(client, experiment, run):
    info = run.info
    history = {
        key: sorted({(m.timestamp, m.step, number(m.value)) for m in client.get_metric_history(info.run_id, key)}, key=str)
        for key in run.data.metrics
    }
    return {
        "experiment": experiment,
        "name": info.run_name,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "stage": info.lifecycle_stage,
        "params": run.data.params,
        "tags": run.data.tags,
        "latest": {key: number(value) for key, value in run.data.metrics.items()},
        "history": history,
        "datasets": [(d.dataset.to_dictionary(), pairs(d.tags)) for d in run.inputs.dataset_inputs],
        "models read": sorted(m.model_id for m in run.inputs.model_inputs),
        "models made": sorted((m.model_id, m.step) for m in run.outputs.model_outputs) if run.outputs else [],
    }


def described_model(experiment, model):
    return {
        "experiment": experiment,
        "name": model.name,
        "type": model.model_type or None,
        "source run": model.source_run_id or None,
        "status": str(model.status),
        "created": model.creation_timestamp,
        "params": model.params,
        "tags": model.tags,
        "metrics": sorted((m.key, number(m.value), m.timestamp, m.step, m.run_id, m.dataset_name) for m in model.metrics or []),
    }


def contents(client, run_id, path=None):
    found = {}
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            found |= contents(client, run_id, entry.path)
        else:
            with open(client.download_artifacts(run_id, entry.path), "rb") as file:
                found[entry.path] = file.read()
    return found


def model_contents(client, model_id, path=None):
    found = {}
    for entry in client.list_logged_model_artifacts(model_id, path):
        if entry.is_dir:
            found |= model_contents(client, model_id, entry.path)
        else:
            uri = client.get_logged_model(model_id).artifact_location + "/" + entry.path
            with open(mlflow.artifacts.download_artifacts(uri, tracking_uri=client.tracking_uri), "rb") as file:
                found[entry.path] = file.read()
    return found


def everything(client):
    """All experiments, runs and logged models of a server by name and id, files included."""
    experiments, runs, models = {}, {}, {}
    for experiment in client.search_experiments(view_type=ViewType.ALL):
        name = experiment.name
        experiments[name] = (experiment.lifecycle_stage, experiment.tags, experiment.creation_time)
        for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL, max_results=1000):
            run = client.get_run(run.info.run_id)
            runs[run.info.run_id] = described(client, name, run) | {"files": contents(client, run.info.run_id)}
        if experiment.lifecycle_stage == "active":
            for model in client.search_logged_models([experiment.experiment_id]):
                files = model_contents(client, model.model_id)
                models[model.model_id] = described_model(name, model) | {"files": files}
    return experiments, runs, models


def test_all_that_mlflow_shows_is_here_too(folder, source, request):
    home = folder / f"import-{request.node.callspec.id}"
    report = run_import(home, source)
    assert report["complete"]

    theirs = everything(source.client)
    with servers.start_millwright(home) as millwright:
        ours = everything(MlflowClient(tracking_uri=millwright.url))

    default = ours[0].pop("Default")
    assert default[0] == theirs[0].pop("Default")[0]
    assert ours[0] == theirs[0]
    assert ours[1].keys() == theirs[1].keys()
    for run_id, run in theirs[1].items():
        assert ours[1][run_id] == run, run["name"]
    assert ours[2].keys() == theirs[2].keys()
    for model_id, model in theirs[2].items():
        assert ours[2][model_id] == model, model["name"]
    assert report["counts"]["runs.new"] == len(theirs[1]) == RUNS

    # A second import writes nothing; a run that went on is brought up to date.
    counts = run_import(home, source)["counts"]
    assert counts["runs.unchanged"] == RUNS
    assert counts["runs.new"] + counts["runs.updated"] + counts["artifact-files"] + counts["metric-points"] == 0
    source.client.log_metric(source.running, "loss", 0.5, timestamp=int(time.time() * 1000), step=len(run_id))
    counts = run_import(home, source)["counts"]
    assert (counts["runs.updated"], counts["runs.unchanged"]) == (1, RUNS - 1)


PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"


def registry(client):
    """All registered models and versions by name and number, with what they hold."""
    models, versions = {}, {}
    names = {m.name for m in client.search_registered_models()}
    names |= {m.name for m in client.search_registered_models(PROMPTS)}
    for name in sorted(names):
        model = client._get_registry_client().store.get_registered_model(name)
        models[name] = (model.description or "", model.tags, model.creation_timestamp, model.aliases)
        for latest in range(1, 6):
            try:
                v = client._get_registry_client().store.get_model_version(name, str(latest))  # prompts too
            except MlflowException:
                continue
            versions[f"{name}/{latest}"] = {
                "description": v.description or "", "stage": v.current_stage, "run": v.run_id or "", "tags": v.tags,
                "created": v.creation_timestamp, "updated": v.last_updated_timestamp,
            }  # fmt: skip
    return models, versions


def test_registered_models_are_here_too(folder, source, request):
    home = folder / f"import-registry-{request.node.callspec.id}"
    report = run_import(home, source)
    theirs = registry(source.client)
    with servers.start_millwright(home) as millwright:
        client = MlflowClient(tracking_uri=millwright.url, registry_uri=millwright.url)
        ours = registry(client)
        sources = {n: client.get_model_version("registered", n).source for n in "123"}
        weights = mlflow.artifacts.download_artifacts("models:/registered@champion", tracking_uri=millwright.url,
                                                      registry_uri=millwright.url)  # fmt: skip
        with open(f"{weights}/weights.json") as file:
            assert json.load(file) == {"weights": [1, 2, 3]}
        again = client.create_model_version("registered", "s3://elsewhere/again")
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]
    assert len(ours[1]) >= 3
    assert sources["2"].startswith("mlflow-artifacts:/")
    assert sources["3"] == "s3://elsewhere/model"
    assert int(again.version) >= 4
    counts = report["counts"]
    assert counts["registered-models.new"] == len(theirs[0])
    assert counts["model-versions.new"] == len(theirs[1])

    counts = run_import(home, source)["counts"]
    assert counts["model-versions.new"] + counts["model-versions.updated"] + counts["registered-models.new"] == 0
    assert counts["model-versions.unchanged"] == len(theirs[1])


def described_webhooks(client):
    return {
        w.webhook_id: {
            "name": w.name, "url": w.url, "events": sorted(str(e) for e in w.events), "description": w.description or "",
            "created": w.creation_timestamp, "updated": w.last_updated_timestamp,
        }
        for w in client.list_webhooks()
    }  # fmt: skip


@pytest.mark.parametrize("name, active", [("server", set()), ("database", {"plain"})])
def test_webhooks_are_here_too_and_silent_until_they_have_their_secret(folder, name, active, request):
    source = request.getfixturevalue(name)
    home = folder / f"import-webhooks-{name}"
    report = run_import(home, source)
    with servers.start_millwright(home) as millwright:
        client = MlflowClient(tracking_uri=millwright.url, registry_uri=millwright.url)
        assert described_webhooks(client) == described_webhooks(source.client)
        assert {w.name for w in client.list_webhooks() if w.status == WebhookStatus.ACTIVE} == active
        signed = next(w for w in client.list_webhooks() if w.name == "signed")
        client.update_webhook(signed.webhook_id, secret="a secret of the receiver", status=WebhookStatus.ACTIVE)
    told = report["changed"]["webhooks without their secret, which are disabled"]["examples"]
    assert "webhook signed came without its secret: set one and enable it" in told
    assert len(told) == (1 if name == "database" else 3)
    assert report["counts"]["webhooks.new"] == 3

    counts = run_import(home, source)["counts"]
    assert (counts["webhooks.new"], counts["webhooks.known"], counts["webhooks.failed"]) == (0, 3, 0)
    with servers.start_millwright(home) as millwright:
        client = MlflowClient(tracking_uri=millwright.url, registry_uri=millwright.url)
        assert client.get_webhook(signed.webhook_id).status == WebhookStatus.ACTIVE


def test_a_model_loads_after_the_import(folder, server):
    home = folder / "import-load"
    run_import(home, server)
    with servers.start_millwright(home) as millwright:
        client = MlflowClient(tracking_uri=millwright.url)
        mlflow.set_tracking_uri(millwright.url)
        (model,) = client.search_logged_models(
            [client.get_experiment_by_name("team a/churn: ä").experiment_id], filter_string="name = 'classifier'"
        )
        loaded = mlflow.sklearn.load_model(f"models:/{model.model_id}")
        assert loaded.predict([[2.0]]).tolist() == [1]


def runs_in(home):
    """How many runs an import has finished there so far."""
    try:
        with sqlite3.connect(f"file:{home}/millwright.db?mode=ro", uri=True, timeout=5) as connection:
            return connection.execute("select count(*) from tracking_imports where entity = 'run'").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # There is no database, or no table, yet.


def test_an_import_that_was_killed_goes_on(folder, database):
    """Killed each time it has come a little further."""
    home = folder / "import-killed"
    home.mkdir()
    command = [servers.ROOT / "millwright", "import", "mlflow", "--home", home, *database.arguments]
    for wanted in (0, 2, 6):
        process = servers.Server(command, folder / "import-killed.out")
        servers.wait_until(lambda: runs_in(home) > wanted or process.process.poll() is not None, 60, "a few runs")
        process.kill()
        assert runs_in(home) < RUNS, "it was too fast to be killed in the middle"

    counts = run_import(home, database)["counts"]
    assert counts["runs.new"] + counts["runs.unchanged"] == RUNS
    assert counts["runs.unchanged"] >= 7
    with servers.start_millwright(home) as millwright:
        ours = everything(MlflowClient(tracking_uri=millwright.url))
    theirs = everything(database.client)
    assert ours[1] == theirs[1]
    assert ours[2] == theirs[2]
    verified = servers.millwright("ledger", "verify", "--home", home)
    assert verified.returncode == 0, verified.stdout


def test_a_dry_run_writes_nothing(folder, source, request):
    home = folder / f"import-dry-{request.node.callspec.id}"
    report = run_import(home, source, "--dry-run")
    assert report["counts"]["runs.new"] == RUNS
    assert not home.exists()


def test_an_import_beside_a_running_server_is_refused_and_says_what_to_do(folder, database):
    home = folder / "import-locked"
    with servers.start_millwright(home):
        done = servers.millwright("import", "mlflow", "--home", home, *database.arguments)
    assert done.returncode == 1
    assert "in use by another Millwright process" in done.stderr


def test_import_into_postgresql_while_its_server_runs(folder, server, postgres):
    url = postgres.create_database("imported")
    home = folder / "import-postgres"
    with servers.start_millwright(home, db=url) as millwright:
        client = MlflowClient(tracking_uri=millwright.url)
        ours = client.create_experiment("ours")
        report = run_import(home, server, "--db", url)
        renumbered = report["changed"]["experiments with a new id, because another experiment has theirs"]
        assert renumbered["count"] == 1
        imported = everything(client)
        # The next experiment's id is none that the import brought along.
        assert int(client.create_experiment("later")) > int(ours)
    assert "ours" in imported[0]
    theirs = everything(server.client)
    assert imported[1] == theirs[1]
    assert imported[2] == theirs[2]


def test_a_wrong_address_is_told_at_once(folder):
    done = servers.millwright("import", "mlflow", "--home", folder / "none", "--from", "http://127.0.0.1:9", timeout=60)
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_an_unknown_path_is_told(folder):
    done = servers.millwright("import", "mlflow", "--home", folder / "none", "--from", folder / "no-such-thing")
    assert done.returncode == 1
    assert "There is nothing at" in done.stderr


def test_millwright_itself_can_be_imported(folder, server):
    """It speaks MLflow's REST, so one Millwright can move into another."""
    first, second = folder / "import-first", folder / "import-second"
    run_import(first, server)
    with servers.start_millwright(first) as millwright:
        client = MlflowClient(tracking_uri=millwright.url)
        copy = Source(millwright.url, ["--from", millwright.url], None)
        assert run_import(second, copy)["complete"]
        theirs = everything(client)
    with servers.start_millwright(second) as millwright:
        ours = everything(MlflowClient(tracking_uri=millwright.url))
    assert ours[1] == theirs[1]
    with pytest.raises(MlflowException):
        client.get_run("0" * 32)
