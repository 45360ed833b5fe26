"""Deletion for good: `./millwright gc` and its API, after MLflow's client has deleted things."""

import contextlib
import random
import sqlite3

import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

import servers

KB = 1000


class Home:
    """An installation of its own, whose server comes and goes."""

    def __init__(self, path):
        self.path = path

    @contextlib.contextmanager
    def client(self):
        with servers.start_millwright(self.path) as server:
            client = MlflowClient(tracking_uri=server.url, registry_uri=server.url)
            client.url = server.url
            yield client

    def gc(self, *options):
        done = servers.millwright("gc", "--home", self.path, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def bytes_on_disk(self):
        return sum(f.stat().st_size for f in (self.path / "artifacts" / "blobs").rglob("*") if f.is_file())

    def ask(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}/millwright.db?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()

    def tombstones(self):
        rows = self.ask("SELECT entity FROM ledger_events WHERE type LIKE '%.purged' ORDER BY seq")
        return [entity for (entity,) in rows]

    def verify_ledger(self):
        verified = servers.millwright("ledger", "verify", "--home", self.path)
        assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def run_with_file(client, experiment_id, folder, size, seed):
    """A run that holds one file of random bytes."""
    run_id = client.create_run(experiment_id).info.run_id
    file = folder / "data.bin"
    file.write_bytes(random.Random(seed).randbytes(size))
    client.log_artifact(run_id, str(file))
    client.log_metric(run_id, "loss", 0.5)
    return run_id


def is_gone(client, run_id):
    with pytest.raises(MlflowException) as refused:
        client.get_run(run_id)
    return refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_what_was_deleted_is_shown_then_taken_and_its_bytes_are_free(home, tmp_path):
    with home.client() as client:
        kept = run_with_file(client, "0", tmp_path, 10 * KB, seed=1)
        deleted = run_with_file(client, "0", tmp_path, 20 * KB, seed=2)
        doomed = client.create_experiment("doomed")
        inside = run_with_file(client, doomed, tmp_path, 40 * KB, seed=3)
        model = client.create_logged_model(doomed, name="model")
        weights = tmp_path / "model" / "weights.bin"
        weights.parent.mkdir()
        weights.write_bytes(random.Random(4).randbytes(80 * KB))
        client.log_model_artifacts(model.model_id, str(weights.parent))
        client.delete_run(deleted)
        client.delete_experiment(doomed)
    everything = {f"run:{deleted}", f"run:{inside}", f"experiment:{doomed}", f"logged-model:{model.model_id}"}

    would = home.gc("--dry-run")
    assert home.bytes_on_disk() == 150 * KB
    assert all(entity.split(":")[1] in would for entity in everything)
    assert kept not in would
    assert "Would take away 4 things with 3 files of 140.0 kB, which frees 140.0 kB" in would

    assert "Took away 0 things" in home.gc("--older-than", "1d")
    assert home.bytes_on_disk() == 150 * KB

    assert "Took away 4 things with 3 files of 140.0 kB, which freed 140.0 kB" in home.gc("--older-than", "0s")
    assert home.bytes_on_disk() == 10 * KB
    assert set(home.tombstones()) == everything
    home.verify_ledger()

    with home.client() as client:
        assert is_gone(client, deleted)
        assert is_gone(client, inside)
        assert [f.path for f in client.list_artifacts(kept)] == ["data.bin"]
        assert client.get_experiment_by_name("doomed") is None
        client.create_experiment("doomed")
    assert "Took away 0 things" in home.gc()


def test_artifacts_stay_when_asked_to_also_at_later_collections(home, tmp_path):
    with home.client() as client:
        run_id = run_with_file(client, "0", tmp_path, 20 * KB, seed=1)
        client.delete_run(run_id)

    assert "keep the artifacts" in home.gc("--keep-artifacts")
    home.gc()

    assert home.bytes_on_disk() == 20 * KB
    with home.client() as client:
        assert is_gone(client, run_id)
        url = f"{client.url}/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/data.bin"
        assert len(requests.get(url, timeout=60).content) == 20 * KB


def test_what_a_late_client_stores_is_swept(home, tmp_path):
    with home.client() as client:
        run_id = run_with_file(client, "0", tmp_path, 20 * KB, seed=1)
        client.delete_run(run_id)
    home.gc()
    with home.client() as client:
        url = f"{client.url}/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/late.bin"
        assert requests.put(url, data=b"x" * KB, timeout=60).status_code == 200

    assert f"late-artifacts default    0/{run_id}/artifacts" in home.gc()
    assert home.bytes_on_disk() == 0


def test_a_running_server_collects_every_workspace_page_by_page(home, tmp_path):
    with home.client() as client:
        def call(method, path, workspace="default", **body):
            headers = {"X-MLFLOW-WORKSPACE": workspace}
            answer = requests.request(method, client.url + path, json=body, headers=headers, timeout=60)
            assert answer.status_code == 200, answer.text
            return answer.json()

        def ask_gc(*options):
            done = servers.millwright("gc", "--server", client.url, *options)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        shared = run_with_file(client, "0", tmp_path, 20 * KB, seed=1)
        twin = run_with_file(client, "0", tmp_path, 20 * KB, seed=1)
        theirs = call("POST", "/api/2.0/mlflow/experiments/create", "team", name="theirs")["experiment_id"]
        runs = [
            call("POST", "/api/2.0/mlflow/runs/create", "team", experiment_id=theirs)["run"]["info"]["run_id"]
            for _ in range(120)
        ]
        call("POST", "/api/2.0/mlflow/experiments/delete", "team", experiment_id=theirs)
        client.delete_run(twin)

        space = ask_gc("--space")
        assert [line.split()[:4] for line in space.splitlines()[1:]] == [
            ["0", "default", "1", "1"], [theirs, "team", "0", "120"],
        ]  # fmt: skip
        assert "40.0 kB      20.0 kB  Default" in space
        would = ask_gc("--dry-run")
        assert all(run_id in would for run_id in [*runs, twin])
        assert "Would take away 122 things with 1 files of 20.0 kB, which frees 0 B" in would
        assert "Would take away 1 thing with" in ask_gc("--dry-run", "--workspace", "default")
        assert "Took away 122 things with 1 files of 20.0 kB, which freed 0 B" in ask_gc()
        assert [f.path for f in client.list_artifacts(shared)] == ["data.bin"]
        assert is_gone(client, twin)
    home.verify_ledger()
    workspaces = home.ask("SELECT DISTINCT workspace FROM ledger_events WHERE type = 'experiment.purged'")
    assert workspaces == [("team",)]


def test_a_collection_killed_in_the_middle_is_finished_by_the_next(home, tmp_path):
    with home.client() as client:
        doomed = client.create_experiment("doomed")
        runs = [run_with_file(client, doomed, tmp_path, KB, seed=n) for n in range(200)]
        client.delete_experiment(doomed)

    command = [servers.ROOT / "millwright", "gc", "--home", home.path]
    collection = servers.Server(command, tmp_path / "gc.out")
    servers.wait_until(lambda: len(home.tombstones()) > 10, 60, "the first tombstones")
    collection.kill()
    left = len(runs) + 1 - len(home.tombstones())
    assert left > 0, "the collection was faster than its killer"

    with home.client() as client:
        with pytest.raises(MlflowException):
            client.restore_experiment(doomed)
        assert client.search_runs([doomed], run_view_type=3) == []
    home.verify_ledger()
    assert f"Took away {left} things" in home.gc("--older-than", "30d")

    assert home.bytes_on_disk() == 0
    assert sorted(home.tombstones()) == sorted([f"experiment:{doomed}", *(f"run:{run_id}" for run_id in runs)])
    home.verify_ledger()


def test_a_wrong_age_and_a_wrong_server_are_told(home):
    for options in (["--older-than", "soon"], ["--server", "http://127.0.0.1:1"], ["--server", "localhost:8484"]):
        done = servers.millwright("gc", "--home", home.path, *options)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "millwright: " in done.stderr
        assert "\tat " not in done.stderr, "a stack trace helps nobody"
