"""Starts and stops the processes the peer tests talk to: Millwright, MLflow, moto's S3, PostgreSQL.

Each server binds 127.0.0.1 on a free port, runs in a process group of its own and is ended by its own process id.
"""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
# Has the libraries of models, and Triton's clients.
MODELS_PYTHON = Path(os.environ.get("MILLWRIGHT_TEST_MODELS_PYTHON") or ROOT / "peers/.venv-models/bin/python")
START_DEADLINE_SECONDS = 120
# As the first start with authentication prints it, once.
TOKEN = re.compile(r"mw_[A-Za-z0-9_-]{43}")
READY = re.compile(r"ready at (http://127\.0\.0\.1:\d+)")


class StartFailed(Exception):
    """A server did not come up; the message holds the end of its output."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, seconds, what):
    """Returns the first true answer of `condition`; raises TimeoutError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds} s")
        time.sleep(0.02)


class Server:
    """One running process with a URL. `output` is the file its stdout and stderr go to.

    `env` is set over this process's environment; a None there unsets.
    """

    def __init__(self, command, output, env=None, user=None):
        self.output = Path(output)
        self.url = None
        extra = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        environment = {name: value for name, value in {**os.environ, **(env or {})}.items() if value is not None}
        with open(self.output, "ab") as sink:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                cwd=ROOT, env=environment, start_new_session=True, **extra,
            )

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.output.read_text(errors="replace")

    def await_start(self, is_ready):
        """Waits until `is_ready()` is true; a process that ends before is a StartFailed."""

        def ready_or_dead():
            if self.process.poll() is not None:
                raise StartFailed(f"exit code {self.process.returncode}:\n{self.text()[-4000:]}")
            return is_ready()

        try:
            return wait_until(ready_or_dead, START_DEADLINE_SECONDS, f"start of {self.process.args[:4]}")
        except TimeoutError as late:
            self.kill()
            raise StartFailed(f"{late}\n{self.text()[-4000:]}") from late

    def terminate(self):
        """SIGTERM to the process itself, as an operator would send it. Does not wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds=30):
        self.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        """kill -9 of the process and what it started: the power cut."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def ended(url, place, seconds=60, look=lambda operation: None):
    """The operation at a place of a server when it has ended. `look` is shown it each time it is asked for."""

    def asked():
        operation = requests.get(url + place, timeout=30).json()
        look(operation)
        return operation if operation["state"] != "running" else None

    return wait_until(asked, seconds, place)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status < 500
    except OSError:
        return False


def start_millwright(home, db=None, artifacts=None, lake=None, env=None):
    """Starts `./millwright server` on a free port and waits for its line "ready at http://127.0.0.1:PORT"."""
    home = Path(home)
    home.mkdir(parents=True, exist_ok=True)
    command = [ROOT / "millwright", "server", "--home", home, "--port", "0"]
    if db:
        command += ["--db", db]
    if artifacts:
        command += ["--artifacts", artifacts]
    if lake:
        command += ["--lake", lake]
    if not command[0].exists():
        raise StartFailed(f"{command[0]} does not exist: build Millwright first")
    # A fresh file for each start, so that a restart cannot read its predecessor's ready line.
    output = home.parent / f"{home.name}-{time.monotonic_ns()}.out"
    server = Server(command, output, env)
    server.url = server.await_start(lambda: READY.search(server.text())).group(1)
    return server


def millwright(*arguments, timeout=120):
    """Runs a `./millwright` command to its end."""
    return subprocess.run(
        [str(ROOT / "millwright"), *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout,
    )


def start_mlflow(folder):
    """Starts the MLflow server of this Python on SQLite, artifacts proxied."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", port,
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts",
    ]  # fmt: skip
    server = Server(command, folder / "mlflow.out", {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    server.url = f"http://127.0.0.1:{port}"
    server.await_start(lambda: answers(server.url + "/health"))
    return server


def start_moto(folder):
    """Starts moto's S3 in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    server = Server(command, Path(folder) / "moto.out")
    server.url = f"http://127.0.0.1:{port}"
    server.await_start(lambda: answers(server.url + "/moto-api/"))
    return server


def postgres_programs():
    """The folder with initdb and postgres, or None when PostgreSQL is not installed."""
    candidates = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]))
    if candidates:
        return Path(candidates[-1])
    found = shutil.which("initdb")
    return Path(os.path.realpath(found)).parent if found else None


class Postgres:
    """A throw-away PostgreSQL cluster on TCP only. It refuses to run as root, so root runs it as `postgres`."""

    def __init__(self, folder):
        programs = postgres_programs()
        if programs is None:
            raise StartFailed("PostgreSQL is not installed: run peers/setup.sh")
        self.user = "postgres"
        runner = "postgres" if os.geteuid() == 0 else None
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if runner:
            shutil.chown(self.folder, runner, pwd.getpwnam(runner).pw_gid)
        data = self.folder / "data"
        extra = {"user": runner, "group": pwd.getpwnam(runner).pw_gid, "extra_groups": []} if runner else {}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", self.user, "--auth", "trust", "-E", "UTF8", "--no-sync",
             # Words sorted as people do, as most installations have it: answers must not depend on it.
             "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US"],
            check=True, capture_output=True, cwd="/", **extra,
        )  # fmt: skip
        self.port = free_port()
        output = self.folder.parent / f"{self.folder.name}.out"
        self.server = Server(
            [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", self.port, "-k", ""], output, user=runner
        )
        self.server.await_start(lambda: "ready to accept connections" in self.server.text())
        self._psql = programs / "psql"

    def create_database(self, name):
        """Creates a database and returns the URL for `--db`."""
        self.ask("postgres", f'CREATE DATABASE "{name}"')
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{name}"

    def ask(self, database, sql):
        done = subprocess.run(
            [self._psql, "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, "-d", database,
             "-v", "ON_ERROR_STOP=1", "-Atqc", sql],
            check=True, capture_output=True, text=True, cwd="/",
        )  # fmt: skip
        return done.stdout.strip()

    def stop(self):
        # SIGINT is PostgreSQL's "fast" shutdown: it does not wait for clients to leave.
        if self.server.process.poll() is None:
            self.server.process.send_signal(signal.SIGINT)
        self.server.stop()
