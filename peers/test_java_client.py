"""MLflow's Java client gets from Millwright exactly what it gets from MLflow's own server."""

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from answers import Answers, differences

PROJECT = Path(__file__).resolve().parent / "java"


@pytest.fixture(scope="module")
def command():
    subprocess.run(["mvn", "-B", "-q", "-f", str(PROJECT / "pom.xml"), "process-classes"], check=True, timeout=600)
    target = PROJECT / "target"
    classpath = f"{target / 'classes'}{os.pathsep}{(target / 'classpath.txt').read_text().strip()}"
    return [str(Path(os.environ["JAVA_HOME"], "bin", "java")) if os.environ.get("JAVA_HOME") else "java", "-cp", classpath, "JavaClientFlow"]


def play(command, url, folder):
    """The steps as `differences` takes them."""
    prefix = uuid.uuid4().hex[:12]
    # The client runs `mlflow` for artifacts.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([*command, url, prefix], env={**os.environ, "PATH": path}, cwd=folder,
                          capture_output=True, text=True, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    answers = Answers(prefix)
    for line in done.stdout.splitlines():
        step, _, answer = line.partition("\t")
        answers.note(step, read(answer))
    return answers.steps


def read(answer):
    # protobuf's JSON writes 64-bit integers as texts; those of the server's clock differ from run to run.
    plain = re.sub(r"\b(1[6-9]\d|[23]\d\d)\d{10}\b", "<time>", answer)
    # As `Answers` knows the field: it is a number that depends on what else the server holds.
    plain = plain.replace('"experimentId"', '"experiment_id"')
    refused = re.fullmatch(r"status (\d+) (\{.*\})", plain)
    try:
        if not refused:
            return json.loads(plain)
        body = json.loads(refused[2])
        return {"status": refused[1], "error_code": body.get("error_code"), "message": body.get("message")}
    except ValueError:
        return plain


def test_the_java_client_gets_the_same_answers(command, millwright_url, mlflow_url, folder):
    of_mlflow = play(command, mlflow_url, folder)
    of_millwright = play(command, millwright_url, folder)

    broken = [(step, answer) for _, step, answer in of_mlflow if str(answer).startswith("broke off")]
    assert broken == []
    assert len(of_mlflow) > 30
    assert differences(of_millwright, of_mlflow) == ""
