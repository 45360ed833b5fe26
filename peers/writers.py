"""Clients that write as fast as they can over bare keep-alive HTTP and remember what the server acknowledged."""

import http.client
import itertools
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

POINTS = 20  # metrics in a batch, all under one key of its own
TIMEOUT = 60


@dataclass(frozen=True)
class Batch:
    """One log-batch request: `POINTS` metrics under `key` at steps 0 …, a param and a tag of the same name."""

    run_id: str
    key: str

    def body(self):
        return {
            "run_id": self.run_id,
            "metrics": [{"key": self.key, "value": step / 8, "timestamp": 1000 + step, "step": step} for step in range(POINTS)],
            "params": [{"key": self.key, "value": f"value of {self.key}"}],
            "tags": [{"key": self.key, "value": f"tag of {self.key}"}],
        }


@dataclass
class Notes:
    """What one writer knows. `acknowledged` were answered with 200; of `unanswered` nobody can tell."""

    runs: list = field(default_factory=list)
    acknowledged: list = field(default_factory=list)
    unanswered: list = field(default_factory=list)
    other_answers: list = field(default_factory=list)
    # (kind, when the request had been sent completely) of each connection that failed.
    failures: list = field(default_factory=list)


class Connection:
    """One keep-alive connection that tells how far a failed request came."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
        self.sent_at = None

    def call(self, method, path, body=None, query=None):
        """Returns (status, JSON). On failure `failure` names what went wrong."""
        self.sent_at = None
        if query:
            path += "?" + urlencode(query)
        if self._http.sock is None:
            self._http.connect()
            self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = None if body is None else json.dumps(body).encode()
        self._http.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        self.sent_at = time.monotonic()
        response = self._http.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content[:1] in (b"{", b"[") else content.decode(errors="replace")

    def close(self):
        self._http.close()

    def failure(self, error):
        """refused: nobody listens. closed: no byte of an answer came. torn: an answer broke off."""
        if isinstance(error, ConnectionRefusedError):
            return "refused"
        if isinstance(error, http.client.IncompleteRead):
            return "torn"
        # RemoteDisconnected is a ConnectionResetError: the connection ended before the status line.
        if isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
            return "closed"
        return f"other: {error!r}"


class Writers:
    """Threads that write until the server goes away or `stop` is called."""

    def __init__(self, url, experiment_id, label, count=6):
        self.notes = [Notes() for _ in range(count)]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(url, experiment_id, f"{label}_{number}", notes), daemon=True)
            for number, notes in enumerate(self.notes)
        ]
        for thread in self._threads:
            thread.start()

    def acknowledged(self):
        return sum(len(n.acknowledged) for n in self.notes)

    def stop(self):
        self._stop.set()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join(TIMEOUT)
            assert not thread.is_alive(), "a writer hangs"

    def _write(self, url, experiment_id, label, notes):
        connection = Connection(url)
        try:
            for number in itertools.count():
                if self._stop.is_set():
                    return
                if number % 100 == 0:
                    run_id = self._create_run(connection, experiment_id, f"{label}_{number}", notes)
                    if run_id is None:
                        continue
                self._log(connection, Batch(run_id, f"{label}_b{number}"), notes)
        except (OSError, http.client.HTTPException) as error:
            notes.failures.append((connection.failure(error), connection.sent_at))
        finally:
            connection.close()

    def _create_run(self, connection, experiment_id, name, notes):
        body = {"experiment_id": experiment_id, "run_name": name, "start_time": 1}
        status, answer = connection.call("POST", "/api/2.0/mlflow/runs/create", body)
        if status != 200:
            notes.other_answers.append((status, answer))
            return None
        run_id = answer["run"]["info"]["run_id"]
        notes.runs.append((run_id, name))
        return run_id

    def _log(self, connection, batch, notes):
        try:
            status, answer = connection.call("POST", "/api/2.0/mlflow/runs/log-batch", batch.body())
        except (OSError, http.client.HTTPException):
            notes.unanswered.append(batch)
            raise
        if status == 200:
            notes.acknowledged.append(batch)
        else:
            notes.unanswered.append(batch)
            notes.other_answers.append((status, answer))


def create_experiment(url, name):
    connection = Connection(url)
    status, answer = connection.call("POST", "/api/2.0/mlflow/experiments/create", {"name": name})
    connection.close()
    assert status == 200, answer
    return answer["experiment_id"]


def check_everything_is_there(url, notes):
    """Every acknowledged run and batch is wholly there, and of the others nothing or all of it."""
    connection = Connection(url)
    runs = {}
    for run_id, name in (run for n in notes for run in n.runs):
        status, answer = connection.call("GET", "/api/2.0/mlflow/runs/get", query={"run_id": run_id})
        assert status == 200, f"acknowledged run {name} is lost: {answer}"
        assert answer["run"]["info"]["run_name"] == name
        data = answer["run"]["data"]
        runs[run_id] = {part: {d["key"]: d for d in data.get(part, [])} for part in ("metrics", "params", "tags")}
    lost, torn = [], []
    for batch, certain in [(b, True) for n in notes for b in n.acknowledged] + [(b, False) for n in notes for b in n.unanswered]:
        query = {"run_id": batch.run_id, "metric_key": batch.key}
        status, answer = connection.call("GET", "/api/2.0/mlflow/metrics/get-history", query=query)
        assert status == 200, answer
        points = [(m["step"], m["timestamp"], m["value"]) for m in answer.get("metrics", [])]
        parts = [batch.key in runs[batch.run_id][part] for part in ("metrics", "params", "tags")]
        if not points and not any(parts):
            if certain:
                lost.append(batch)
        elif points != [(s, 1000 + s, s / 8) for s in range(POINTS)] or not all(parts):
            torn.append((batch, len(points), parts))
    connection.close()
    assert lost == [], f"{len(lost)} acknowledged batches are lost"
    assert torn == [], f"{len(torn)} batches are torn"
