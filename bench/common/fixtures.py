"""Experiments, runs and series that the servers are filled with."""

import uuid

BATCH = 1000
FIRST_TIME = 1_700_000_000_000


def create_experiment(rest, name):
    # Unique, so that a server that keeps running can be measured again.
    return rest.post("/experiments/create", {"name": f"{name}-{uuid.uuid4().hex[:8]}"})["experiment_id"]


def create_run(rest, experiment, name):
    body = {"experiment_id": experiment, "start_time": FIRST_TIME, "run_name": name}
    return rest.post("/runs/create", body)["run"]["info"]


def create_runs(rest, experiment, count):
    return [create_run(rest, experiment, f"run-{i}")["run_id"] for i in range(count)]


def falling(step):
    return 1 / (1 + step)


def log_series(rest, run, keys, points, first_step=0, value=falling):
    """Logs `points` points for each key by batches of 1,000 metrics."""
    steps_a_batch = BATCH // len(keys)
    for first in range(first_step, first_step + points, steps_a_batch):
        last = min(first + steps_a_batch, first_step + points)
        metrics = ",".join(
            f'{{"key":"{key}","value":{value(step):.6f},"timestamp":{FIRST_TIME + step},"step":{step}}}'
            for step in range(first, last) for key in keys)
        rest.call("POST", "/api/2.0/mlflow/runs/log-batch", f'{{"run_id":"{run}","metrics":[{metrics}]}}'.encode())


def insert(connection, table, rows):
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
