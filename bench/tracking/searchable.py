"""The runs that are searched. Deterministic, so that both servers answer about the same things."""

import random
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from common.fixtures import FIRST_TIME, insert
from common.rest import Rest
from common.servers import database

FILTER = "metrics.m1 > 0.5 and params.p1 = 'v3'"


@dataclass(frozen=True)
class SearchableRun:
    """One run for the searches: five metrics in [0, 1), five params of four values, five tags."""

    name: str
    start_time: int
    metrics: dict
    params: dict
    tags: dict

    def matches_filter(self):
        return self.metrics["m1"] > 0.5 and self.params["p1"] == "v3"


def searchable_runs(count):
    """An eighth of them matches FILTER: 1,250 of 10,000, more than one page of 1,000."""
    chance = random.Random(7)
    for i in range(count):
        yield SearchableRun(
            name=f"run-{i:06d}",
            start_time=FIRST_TIME + i,
            metrics={f"m{k}": chance.random() for k in range(1, 6)},
            params={f"p{k}": f"v{chance.randrange(4)}" for k in range(1, 6)},
            tags={f"t{k}": f"w{chance.randrange(10)}" for k in range(1, 6)})


def fill_by_rest(url, experiment, count, threads=8):
    """Creates the searchable runs over REST: one create with the tags, one log-batch each."""
    own = threading.local()

    def store(run):
        if not hasattr(own, "rest"):
            own.rest = Rest(url)
        tags = [{"key": key, "value": value} for key, value in run.tags.items()]
        created = own.rest.post("/runs/create", {
            "experiment_id": experiment, "run_name": run.name, "start_time": run.start_time, "tags": tags})
        own.rest.post("/runs/log-batch", {
            "run_id": created["run"]["info"]["run_id"],
            "metrics": [{"key": key, "value": value, "timestamp": run.start_time, "step": 0}
                        for key, value in run.metrics.items()],
            "params": [{"key": key, "value": value} for key, value in run.params.items()]})

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(store, searchable_runs(count)):
            pass


def fill_mlflow_database(home, experiment, count):
    """Writes the searchable runs into MLflow's SQLite file, as its REST calls would have; its server must be stopped."""
    runs, metrics, latest, params, tags = [], [], [], [], []
    for run in searchable_runs(count):
        run_id = uuid.UUID(int=random.Random(run.name).getrandbits(128)).hex
        artifacts = f"mlflow-artifacts:/{experiment}/{run_id}/artifacts"
        runs.append((run_id, run.name, "UNKNOWN", "", "", "", "RUNNING", run.start_time, "", "active", artifacts,
                     int(experiment)))
        metrics += [(key, value, run.start_time, run_id, 0, 0) for key, value in run.metrics.items()]
        latest += [(key, value, run.start_time, 0, 0, run_id) for key, value in run.metrics.items()]
        params += [(key, value, run_id) for key, value in run.params.items()]
        tags += [(key, value, run_id) for key, value in (run.tags | {"mlflow.runName": run.name}).items()]
    connection = sqlite3.connect(database(home))
    with connection:
        insert(connection, "runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
                           "start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)", runs)
        insert(connection, "metrics (key, value, timestamp, run_uuid, step, is_nan)", metrics)
        insert(connection, "latest_metrics (key, value, timestamp, step, is_nan, run_uuid)", latest)
        insert(connection, "params (key, value, run_uuid)", params)
        insert(connection, "tags (key, value, run_uuid)", tags)
    connection.close()
