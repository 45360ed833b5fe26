"""Several Millwright processes on one PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import script
import servers
import writers

PROCESSES = 4
BATCHES = 60


@pytest.fixture(scope="module")
def database(postgres):
    return postgres.create_database("millwright")


@pytest.fixture(scope="module")
def cluster(folder, database):
    """Four processes, started at the same moment on an empty database."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        starts = [pool.submit(servers.start_millwright, folder / f"pg-home-{n}", db=database) for n in range(PROCESSES)]
    started = [s.result() for s in starts if s.exception() is None]
    try:
        assert [s.exception() for s in starts if s.exception()] == []
        yield started
    finally:
        for server in started:
            server.stop()


def together(count, work):
    """Runs work(0), work(1), … in threads that start at one moment; returns the results."""
    gate = threading.Barrier(count)

    def gated(number):
        gate.wait(60)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(gated, range(count)))


def test_parallel_writers_lose_nothing(cluster):
    experiment_id = writers.create_experiment(cluster[0].url, "parallel")
    connection = writers.Connection(cluster[0].url)
    _, created = connection.call("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": experiment_id, "run_name": "shared"})
    shared = created["run"]["info"]["run_id"]

    def write(number):
        own, notes = writers.Connection(cluster[number % PROCESSES].url), writers.Notes()
        body = {"experiment_id": experiment_id, "run_name": f"own_{number}", "start_time": 1}
        status, answer = own.call("POST", "/api/2.0/mlflow/runs/create", body)
        assert status == 200, answer
        run_id = answer["run"]["info"]["run_id"]
        notes.runs.append((run_id, f"own_{number}"))
        for i in range(BATCHES):
            # Some to a run of its own, some to the run everybody writes to, with a param everybody agrees on.
            batch = writers.Batch(shared if i % 3 == 0 else run_id, f"w{number}_b{i}")
            contested = {"key": "contested", "value": float(number), "timestamp": i, "step": i}
            body = batch.body()
            body["metrics"].append(contested)
            body["params"].append({"key": "agreed", "value": "yes"})
            body["tags"].append({"key": "last", "value": str(number)})
            status, answer = own.call("POST", "/api/2.0/mlflow/runs/log-batch", body)
            assert status == 200, answer
            notes.acknowledged.append(batch)
        own.close()
        return notes

    count = 2 * PROCESSES
    notes = together(count, write)

    notes[0].runs.append((shared, "shared"))
    assert sum(len(n.acknowledged) for n in notes) == count * BATCHES
    for server in cluster:
        writers.check_everything_is_there(server.url, notes)
    _, history = connection.call("GET", "/api/2.0/mlflow/metrics/get-history", query={"run_id": shared, "metric_key": "contested"})
    to_shared = range(0, BATCHES, 3)
    assert sorted((m["value"], m["step"]) for m in history["metrics"]) == [(float(n), i) for n in range(count) for i in to_shared]
    _, answer = connection.call("GET", "/api/2.0/mlflow/runs/get", query={"run_id": shared})
    latest = {m["key"]: m for m in answer["run"]["data"]["metrics"]}["contested"]
    assert (latest["step"], latest["value"]) == (to_shared[-1], float(count - 1))
    _, found = connection.call("POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": [experiment_id], "filter": "params.agreed = 'yes'"})
    assert len(found["runs"]) == count + 1
    connection.close()


def test_of_many_that_create_one_name_only_one_succeeds(cluster):
    def create(number):
        connection = writers.Connection(cluster[number % PROCESSES].url)
        answers = [connection.call("POST", "/api/2.0/mlflow/experiments/create", {"name": f"contested {i}"}) for i in range(20)]
        connection.close()
        return answers

    answers = together(2 * PROCESSES, create)

    for same_name in zip(*answers):
        codes = sorted("created" if status == 200 else answer["error_code"] for status, answer in same_name)
        assert codes == ["RESOURCE_ALREADY_EXISTS"] * (2 * PROCESSES - 1) + ["created"]


def test_of_many_that_log_one_param_differently_only_one_value_stays(cluster):
    experiment_id = writers.create_experiment(cluster[0].url, "params")
    connection = writers.Connection(cluster[0].url)
    _, created = connection.call("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": experiment_id, "run_name": "p"})
    run_id = created["run"]["info"]["run_id"]

    def log(number):
        own = writers.Connection(cluster[number % PROCESSES].url)
        answers = [own.call("POST", "/api/2.0/mlflow/runs/log-parameter", {"run_id": run_id, "key": f"k{i}", "value": str(number)})
                   for i in range(20)]  # fmt: skip
        own.close()
        return answers

    answers = together(2 * PROCESSES, log)

    _, answer = connection.call("GET", "/api/2.0/mlflow/runs/get", query={"run_id": run_id})
    kept = {p["key"]: p["value"] for p in answer["run"]["data"]["params"]}
    for i, same_key in enumerate(zip(*answers)):
        accepted = [str(number) for number, (status, _) in enumerate(same_key) if status == 200]
        refused = {a.get("error_code") for status, a in same_key if status != 200}
        assert (accepted, refused) == ([kept[f"k{i}"]], {"INVALID_PARAMETER_VALUE"})
    connection.close()


@pytest.fixture(scope="module")
def of_postgres(cluster):
    return script.play(cluster[-1].url)


@pytest.mark.parametrize("chapter", [c.__name__ for c in script.CHAPTERS])
def test_same_answers_on_postgres(chapter, of_postgres, of_mlflow):
    script.compare(chapter, of_postgres, of_mlflow)


def test_the_ledger_of_all_processes_is_whole(folder, cluster, database):
    verified = servers.millwright("ledger", "verify", "--home", folder / "pg-home-0", "--db", database)

    assert verified.returncode == 0, verified.stdout + verified.stderr
