"""Fixtures: a running Millwright, a running MLflow, and clients that fail fast instead of retrying for minutes."""

import os
import tempfile
from pathlib import Path

# Before anybody imports mlflow: no telemetry, no long retries, no progress bars, no Git look-ups.
os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    MLFLOW_HTTP_REQUEST_TIMEOUT="60",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    GIT_PYTHON_REFRESH="quiet",
    MPLBACKEND="Agg",
)
for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
    os.environ.pop(name, None)

import mlflow  # noqa: E402
import pytest  # noqa: E402
from mlflow import MlflowClient  # noqa: E402

pytest.register_assert_rewrite("artifact_checks", "writers")

import script  # noqa: E402
import servers  # noqa: E402


@pytest.fixture(scope="session")
def folder():
    """A scratch folder that every user may enter: PostgreSQL's must be able to."""
    with tempfile.TemporaryDirectory(prefix="millwright-peers-", ignore_cleanup_errors=True) as path:
        os.chmod(path, 0o755)
        yield Path(path)


@pytest.fixture(scope="session")
def millwright_url(folder):
    """The URL of one Millwright shared by the tests that need nothing special; MILLWRIGHT_URL names a running one."""
    running = os.environ.get("MILLWRIGHT_URL")
    if running:
        yield running.rstrip("/")
        return
    with servers.start_millwright(folder / "shared-home") as server:
        yield server.url


@pytest.fixture(scope="session")
def mlflow_url(folder):
    """The URL of a real MLflow server."""
    with servers.start_mlflow(folder / "mlflow") as server:
        yield server.url


@pytest.fixture(scope="session")
def of_mlflow(mlflow_url):
    """What MLflow's own server answers to the script."""
    return script.play(mlflow_url)


@pytest.fixture(scope="session")
def postgres(folder):
    cluster = servers.Postgres(folder / "postgres")
    yield cluster
    cluster.stop()


def let_go():
    """Ends what MLflow's fluent functions have under way, and points them at no server."""
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)


@pytest.fixture(scope="module", autouse=True)
def fluent_state():
    """What a module's tests told MLflow's fluent functions, the next one's do not find."""
    yield
    let_go()
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    mlflow.tracking.fluent._active_experiment_id = None


@pytest.fixture
def tracking(millwright_url):
    """MLflow's fluent functions pointed at Millwright, and left as they were found."""
    mlflow.set_tracking_uri(millwright_url)
    mlflow.set_registry_uri(millwright_url)
    yield MlflowClient(tracking_uri=millwright_url, registry_uri=millwright_url)
    let_go()
    mlflow.autolog(disable=True)
