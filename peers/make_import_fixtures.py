"""Fills a tracking store through MLflow's own client with everything an import must bring over.

    python make_import_fixtures.py URI      URI: a server's URL, sqlite:///… or a folder for the file store

Nothing here is committed as data: the tests run this at test time, and so can anybody who wants something to import.
"""

import os
import sys
import tempfile
from pathlib import Path

# The file store is closed unless one insists; who imports from it has had it for long.
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import LoggedModelInput, LoggedModelStatus, Metric, Param, RunTag  # noqa: E402
from mlflow.entities.webhook import WebhookStatus  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

NAN = float("nan")
INFINITE = float("inf")


def fill(uri, points=3_000):
    """Returns the id of a run that is still RUNNING, so that a test may go on with it."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    churn = client.create_experiment("team a/churn: ä", tags={"owner": "ada", "x/y z": "1"})
    odd_values(client, churn)
    long_history(client, churn, points)
    model = trained(client, churn)
    artifacts(client, churn, percent=uri.startswith("http"))
    nested(client, churn)
    trash(client)
    running = client.create_run(churn, run_name="still going").info.run_id
    client.log_metric(running, "loss", 1.0, timestamp=1_700_000_000_000, step=0)
    registered(client, churn, model)
    if uri.startswith("http"):
        webhooks(client)  # The file store has none.
    return running


def registered(client, experiment, model):
    """Registered models whose versions come from a logged model, a run, another version and somewhere else."""
    run = client.create_run(experiment, run_name="registers").info.run_id
    client.log_dict(run, {"weights": [1, 2, 3]}, "model/weights.json")
    client.set_terminated(run)
    source = client.get_run(run).info.artifact_uri + "/model"
    client.create_registered_model("registered", tags={"owner": "ada"}, description="Who leaves, ä")
    client.create_model_version("registered", f"models:/{model}", model_id=model, description="from a logged model")
    client.create_model_version("registered", source, run_id=run, tags={"gate": "passed"})
    client.create_model_version("registered", "s3://elsewhere/model")
    client.create_model_version("registered", source, run_id=run)
    client.delete_model_version("registered", "4")
    client.set_registered_model_alias("registered", "champion", "2")
    client.transition_model_version_stage("registered", "1", "Production")
    client.create_registered_model("empty 'name'")
    try:
        client.copy_model_version("models:/registered/2", "copied")
        client.register_prompt("greeting", "Hello {{name}}", tags={"lang": "en"})
    except MlflowException:
        if uri_of(client).startswith("http"):
            raise  # The file store has neither.


def webhooks(client):
    """At an address that needs no look-up; nothing that they ask for happens after this."""
    url = "https://1.1.1.1/hook"
    client.create_webhook("plain", url, ["registered_model.created", "prompt.created"], description="Tells, ä")
    client.create_webhook("signed", url + "?a=b", ["model_version_alias.deleted"], secret="a secret of the receiver")
    client.create_webhook("asleep", url, ["model_version_tag.set"], status=WebhookStatus.DISABLED)


def uri_of(client):
    return client.tracking_uri


def odd_values(client, experiment):
    run = client.create_run(experiment, start_time=1_600_000_000_000, run_name="odd values").info.run_id
    points = [1.0, NAN, INFINITE, -INFINITE, 1e-300, 0.1 + 0.2, -0.0]
    client.log_batch(
        run,
        metrics=[Metric("loss/train", v, 1_600_000_000_000 + i, i - 3) for i, v in enumerate(points)]
        + [Metric("same step", v, 1_600_000_000_000 - v, 0) for v in (5, 1, 3)],
        params=[Param("empty", ""), Param("a/b", "ä\n\tz "), Param("long", "x" * 6000), Param("null", "null")],
        tags=[RunTag("mlflow.note.content", "# Note\n\nöfter "), RunTag("t/u", ""), RunTag("long", "y" * 8000)],
    )
    client.set_terminated(run, "FAILED", end_time=1_600_000_060_000)


def long_history(client, experiment, points):
    run = client.create_run(experiment, run_name="long").info.run_id
    for begin in range(0, points, 1000):
        steps = range(begin, min(points, begin + 1000))
        client.log_batch(run, metrics=[Metric("loss", 1 / (1 + s), 1_600_000_000_000 + s, s) for s in steps])
    client.set_terminated(run)


def trained(client, experiment):
    """A scikit-learn model with a dataset, and a run that reads the model. Returns the model's id."""
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "label": [0, 1, 1]})
    model = LogisticRegression().fit(frame[["a"]], frame["label"])
    with mlflow.start_run(experiment_id=experiment, run_name="trained"):
        dataset = mlflow.data.from_pandas(frame, name="sales", targets="label")
        mlflow.log_input(dataset, context="training", tags={"split": "a"})
        mlflow.log_params({"C": 1.0, "solver": "lbfgs"})
        info = mlflow.sklearn.log_model(
            model, name="classifier", params={"depth": "3"}, pip_requirements=["scikit-learn"],
            input_example=frame[["a"]],
        )  # fmt: skip
        mlflow.log_metric("accuracy", 1.0, model_id=info.model_id)
    client.set_logged_model_tags(info.model_id, {"stage": "candidate"})
    reader = client.create_run(experiment, run_name="reads the model").info.run_id
    client.log_inputs(reader, models=[LoggedModelInput(info.model_id)])
    client.set_terminated(reader)
    pending = client.create_logged_model(experiment, name="pending", params={"p": "1"})
    failed = client.create_logged_model(experiment, name="failed")
    client.finalize_logged_model(failed.model_id, LoggedModelStatus.FAILED)
    assert pending.model_id != failed.model_id
    return info.model_id


def artifacts(client, experiment, percent):
    """`percent`: MLflow's own client cannot read a name with a percent sign back from a file store."""
    run = client.create_run(experiment, run_name="artifacts").info.run_id
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "top.txt": b"top",
            "empty": b"",
            "deep/er/ä ö +.txt": "üml".encode(),
            "deep/100 %.txt" if percent else "deep/all.txt": b"%",
            "deep/data.bin": bytes(range(256)) * 8192,
        }
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        client.log_artifacts(run, folder)
    client.set_terminated(run)


def nested(client, experiment):
    with mlflow.start_run(experiment_id=experiment, run_name="parent"):
        for i in range(3):
            with mlflow.start_run(experiment_id=experiment, run_name=f"child {i}", nested=True):
                mlflow.log_param("i", i)


def trash(client):
    run = client.create_run("0", run_name="deleted").info.run_id
    client.log_param(run, "p", "1")
    client.delete_run(run)
    gone = client.create_experiment("gone", tags={"k": "v"})
    client.log_metric(client.create_run(gone).info.run_id, "m", 1.5)
    client.delete_experiment(gone)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(fill(sys.argv[1]))
