"""The two servers: starting, waiting for the first answer, weighing, stopping."""

import http.client
import importlib.metadata
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_SECONDS = 300
IDLE_DEADLINE_SECONDS = 180
IDLE_SHARE = 0.05
WAKING_CONNECTIONS = 40
POLL_SECONDS = 0.005


class Server:
    """One kind of server. `running` starts it on a home directory and stops it at the end of the block.

    `idle_seconds`: how long after ready the last start was busy with itself; None when it never became idle.
    """

    name = ""
    waking_path = "/api/2.0/mlflow/experiments/get?experiment_id=0"

    def __init__(self):
        self.process = None
        self.url = None
        self.ready_seconds = None
        self.idle_seconds = None

    def command(self, home):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    @contextmanager
    def running(self, home, settled=True):
        """`settled` waits until the server is idle and each of its workers has answered: MLflow's job runners and
        workers go on loading for up to 40 s after it is ready, and whatever is timed then is some 10 times slower."""
        home.mkdir(parents=True, exist_ok=True)
        self._start(home)
        try:
            if settled:
                self._await_idle()
                self._wake_workers()
            yield self.url
        finally:
            self._stop()

    def processes(self):
        """The ids of the server's process and all its descendants."""
        return tree(self.process.pid)

    def _start(self, home):
        self.log = home.parent / f"{home.name}.log"
        with open(self.log, "wb") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(
                self.command(home), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=ROOT, env=self.environment(), start_new_session=True)
        try:
            self._await_ready(began)
        except BaseException:
            self._stop()
            raise
        self.ready_seconds = time.monotonic() - began

    def _await_ready(self, began):
        while time.monotonic() - began < START_DEADLINE_SECONDS:
            if self.process.poll() is not None:
                break
            if self._find_url() and self._healthy():
                return
            time.sleep(POLL_SECONDS)
        tail = self.log.read_text(errors="replace")[-1500:]
        raise RuntimeError(f"{self.name} did not become ready; its log ends with:\n{tail}")

    def _await_idle(self):
        """Until the process tree has used less than IDLE_SHARE of one core over 2 s."""
        began = time.monotonic()
        before = cpu_seconds(self.processes())
        self.idle_seconds = None
        while time.monotonic() - began < IDLE_DEADLINE_SECONDS:
            time.sleep(2)
            now = cpu_seconds(self.processes())
            if now - before < 2 * IDLE_SHARE:
                self.idle_seconds = time.monotonic() - began - 2
                return
            before = now
        print(f"         {self.name} was not idle {IDLE_DEADLINE_SECONDS} s after ready; measuring all the same")

    def _wake_workers(self):
        """A new connection each time: any of several workers may take it, and its first request loads its store."""
        for _ in range(WAKING_CONNECTIONS):
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=60)
            connection.request("GET", self.waking_path)
            connection.getresponse().read()
            connection.close()

    def _find_url(self):
        return self.url

    def _healthy(self):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _stop(self):
        """SIGTERM to the server; after 40 s SIGKILL to the whole session started here."""
        session = self.process.pid
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(session, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process, self.url = None, None


class Millwright(Server):
    name = "millwright"

    def command(self, home):
        return [str(ROOT / "millwright"), "server", "--home", str(home), "--port", "0"]

    def _find_url(self):
        if self.url is None:
            found = re.search(r"ready at (http://[\w.\[\]:-]+:\d+)", self.log.read_text(errors="replace"))
            self.url = found and found.group(1)
        return self.url


class Mlflow(Server):
    """MLflow with its defaults; only the telemetry, which would call out of the machine, is off."""

    name = "mlflow"

    def command(self, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
                "--backend-store-uri", f"sqlite:///{database(home)}",
                "--artifacts-destination", str(home / "artifacts")]

    def environment(self):
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "_MLFLOW_"))}
        return plain | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


class Attached(Server):
    """A server that already runs and is not ours to stop."""

    def __init__(self, name, url):
        super().__init__()
        self.name = name
        self.url = url.rstrip("/")

    @contextmanager
    def running(self, home, settled=True):
        yield self.url


def database(home):
    """Where MLflow's SQLite file lies."""
    return home / "mlflow.db"


def tree(root):
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _stat_parent(entry)
            children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def _stat_parent(entry):
    try:
        # The command's name stands in parentheses and may hold blanks: the parent is the second field after it.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return -1


def cpu_seconds(pids):
    """User and system time so far, summed over the processes."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids):
    """(Pss, Rss) in MiB over the processes. Pss counts a page shared by n processes as 1/n in each."""
    pss = rss = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        pss += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        rss += int(re.search(r"^Rss:\s+(\d+)", text, re.M).group(1))
    return pss / 1024, rss / 1024


def resident(pids, field="VmRSS"):
    """MiB of a /proc/*/status field, summed over the processes."""
    total = 0
    for pid in pids:
        try:
            found = re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
        except OSError:
            continue
        total += int(found.group(1)) if found else 0
    return total / 1024


def mlflow_version():
    try:
        return importlib.metadata.version("mlflow")
    except importlib.metadata.PackageNotFoundError:
        return None
