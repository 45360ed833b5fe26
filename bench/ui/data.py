"""The data behind the screens. Deterministic, so that both servers show the same.

- *runs*: 100,000 runs with 50 metrics, 5 params and 3 tags each.
- *names*: 100 runs with 600 metrics each, of 12,000 names.
- *curves*: 20 runs with one metric of 100,000 points each.
"""

import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from common import fixtures
from common.fixtures import FIRST_TIME, insert
from common.rest import Rest
from common.servers import Mlflow, database

CURVE = "loss"
RUN_MILLIS = 45_000
LAYERS = 1000
FACTS = [f"{what}/{which}" for what in ("weight", "gradient", "activation") for which in ("mean", "std", "min", "max")]
SHARES = 20
# Rows inserted at once into MLflow's file.
CHUNK = 2_000


@dataclass(frozen=True)
class Size:
    runs: int
    name_runs: int
    curves: int
    points: int


FULL = Size(runs=100_000, name_runs=100, curves=20, points=100_000)
QUICK = Size(runs=3_000, name_runs=20, curves=20, points=10_000)


@dataclass(frozen=True)
class Run:
    name: str
    start_time: int
    metrics: dict
    params: dict
    tags: dict

    @property
    def id(self):
        """Where it is inserted without a server that would make one."""
        return f"{random.Random(self.name).getrandbits(128):032x}"


def many_runs(count):
    chance = random.Random(11)
    for i in range(count):
        yield Run(
            name=f"run-{i:06d}", start_time=FIRST_TIME + i * 1000,
            metrics={f"m{k:02d}": round(chance.random(), 6) for k in range(1, 51)},
            params={f"p{k}": f"v{chance.randrange(4)}" for k in range(1, 6)},
            tags={"team": f"team-{i % 7}", "stage": ("draft", "review", "done")[i % 3], "note": f"seed {i}"})


def runs_of_many_names(count):
    """Each has a share of the layers; all together have 12,000 names."""
    chance = random.Random(13)
    for i in range(count):
        yield Run(
            name=f"wide-{i:03d}", start_time=FIRST_TIME + i * 1000,
            metrics={f"layer{layer:03d}/{fact}": round(chance.random(), 6)
                     for layer in range(i % SHARES, LAYERS, SHARES) for fact in FACTS},
            params={"seed": str(i)}, tags={})


def curve_runs(count):
    for i in range(count):
        yield Run(name=f"curve-{i:02d}", start_time=FIRST_TIME + i * 1000, metrics={}, params={"seed": str(i)}, tags={})


def curve(seed):
    """The values of one curve, step by step: falling, with noise."""
    noise = random.Random(seed)
    return lambda step: (1 + seed / 20) / (1 + step / 5000) + 0.05 * noise.gauss(0, 1)


def filters(count, how_many):
    """Filters, each with the name of the newest run that matches it: the first row of its answer."""
    asked = [(0.05 * (1 + n), f"v{n % 4}") for n in range(how_many)]
    first = {}
    for run in many_runs(count):
        for share, value in asked:
            if run.metrics["m07"] < share and run.params["p3"] == value:
                first[share, value] = run.name
    return [{"text": f"metrics.m07 < {share:.2f} and params.p3 = '{value}'", "first": first[share, value]}
            for share, value in asked]


def fill(server, home, size):
    """Fills the store; answers where what lies: {"runs": experiment, "names": …, "curves": …, "curve_runs": [ids]}."""
    with server.running(home) as url:
        places = create_places(Rest(url))
        if not isinstance(server, Mlflow):
            return places | RestFill(url, places, size).everything()
    return places | fill_mlflow(home, places, size)


def create_places(rest):
    places = {name: fixtures.create_experiment(rest, name) for name in ("runs", "names", "curves")}
    for experiment in places.values():
        # Else MLflow's page guesses, and asks whether it guessed right.
        rest.post("/experiments/set-experiment-tag", {
            "experiment_id": experiment, "key": "mlflow.experimentKind", "value": "custom_model_development"})
    return places


class RestFill:
    """What any client would do, by eight at once."""

    def __init__(self, url, places, size):
        self._url, self._places, self._size = url, places, size
        self._own = threading.local()

    def everything(self):
        with ThreadPoolExecutor(8) as pool:
            # In pieces, so that not all runs wait in memory.
            for some in chunks(many_runs(self._size.runs)):
                self.store(pool, "runs", some)
            return self.the_rest(pool)

    def the_rest(self, pool):
        self.store(pool, "names", runs_of_many_names(self._size.name_runs))
        ids = self.store(pool, "curves", curve_runs(self._size.curves))
        list(pool.map(self._draw, enumerate(ids)))
        return {"curve_runs": ids}

    def store(self, pool, place, runs):
        return list(pool.map(lambda run: self._store(self._places[place], run), runs))

    def _rest(self):
        if not hasattr(self._own, "rest"):
            self._own.rest = Rest(self._url)
        return self._own.rest

    def _store(self, experiment, run):
        rest = self._rest()
        run_id = rest.post("/runs/create", {
            "experiment_id": experiment, "run_name": run.name, "start_time": run.start_time, "user_id": "ann",
            "tags": [{"key": key, "value": value} for key, value in run.tags.items()]})["run"]["info"]["run_id"]
        metrics = [{"key": key, "value": value, "timestamp": run.start_time, "step": 0}
                   for key, value in run.metrics.items()]
        params = [{"key": key, "value": value} for key, value in run.params.items()]
        rest.post("/runs/log-batch", {"run_id": run_id, "metrics": metrics, "params": params})
        rest.post("/runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": run.start_time + RUN_MILLIS})
        return run_id

    def _draw(self, numbered):
        seed, run_id = numbered
        fixtures.log_series(self._rest(), run_id, [CURVE], self._size.points, value=curve(seed))


def fill_mlflow(home, places, size):
    """Writes the same rows into MLflow's SQLite file, as its REST calls would have; its server must be stopped. By REST
    it would take hours."""
    connection = sqlite3.connect(database(home))
    # Only while it is filled; what MLflow opens later has its own settings.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -1000000")
    with connection:
        for some in chunks(many_runs(size.runs)):
            insert_runs(connection, places["runs"], some)
        insert_runs(connection, places["names"], list(runs_of_many_names(size.name_runs)))
        drawn = list(curve_runs(size.curves))
        insert_runs(connection, places["curves"], drawn)
        for seed, run in enumerate(drawn):
            insert_curve(connection, run, seed, size.points)
    connection.close()
    return {"curve_runs": [run.id for run in drawn]}


def insert_runs(connection, experiment, runs):
    ids = [run.id for run in runs]
    insert(connection, "runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, "
                       "end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)",
           [(run_id, run.name, "UNKNOWN", "", "", "ann", "FINISHED", run.start_time, run.start_time + RUN_MILLIS, "",
             "active", f"mlflow-artifacts:/{experiment}/{run_id}/artifacts", int(experiment))
            for run_id, run in zip(ids, runs)])
    metrics = [(key, value, run.start_time, 0, 0, run_id) for run_id, run in zip(ids, runs) for key, value in run.metrics.items()]
    insert_some(connection, "metrics (key, value, timestamp, step, is_nan, run_uuid)", metrics)
    insert_some(connection, "latest_metrics (key, value, timestamp, step, is_nan, run_uuid)", metrics)
    insert_some(connection, "params (key, value, run_uuid)",
                [(key, value, run_id) for run_id, run in zip(ids, runs) for key, value in run.params.items()])
    insert_some(connection, "tags (key, value, run_uuid)",
                [(key, value, run_id) for run_id, run in zip(ids, runs)
                 for key, value in (run.tags | {"mlflow.runName": run.name, "mlflow.user": "ann"}).items()])


def insert_curve(connection, run, seed, points):
    value = curve(seed)
    rows = [(CURVE, round(value(step), 6), FIRST_TIME + step, step, 0, run.id) for step in range(points)]
    insert(connection, "metrics (key, value, timestamp, step, is_nan, run_uuid)", rows)
    insert(connection, "latest_metrics (key, value, timestamp, step, is_nan, run_uuid)", rows[-1:])


def insert_some(connection, table, rows):
    if rows:
        insert(connection, table, rows)


def chunks(runs):
    some = []
    for run in runs:
        some.append(run)
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some
