"""The last MLflow 2 client works, too: many teams have not moved to 3."""

import json
import os
import subprocess
import uuid
from pathlib import Path

PEERS = Path(__file__).resolve().parent
# MLFLOW2_PYTHON names another Python that has MLflow 2, for development.
PYTHON = Path(os.environ.get("MLFLOW2_PYTHON", PEERS / ".venv-mlflow2" / "bin" / "python"))


def test_a_day_with_the_mlflow_2_client(millwright_url, folder):
    assert PYTHON.exists(), f"{PYTHON} is missing: run peers/setup.sh"

    done = subprocess.run(
        [str(PYTHON), str(PEERS / "mlflow2_flow.py"), f"mlflow 2 {uuid.uuid4()}"],
        env={**os.environ, "MLFLOW_TRACKING_URI": millwright_url}, cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said.pop("version").startswith("2.")
    assert said == {
        "status": "FINISHED",
        "params": {"a": "1", "b": "two"},
        "losses": [1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5],
        "files": ["files/deep", "files/top.txt"],
        "downloaded": "down",
        "children": ["0.1", "1.0"],
        "scores": True,
        "automatic C": "7.0",
        "automatic inputs": 1,
        "runs": 4,
        "same predictions": True,
        "model history": 1,
        "experiment tag": "2",
    }
