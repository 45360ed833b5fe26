"""Ways to load a server: wrk for many streams, curl for timing single ones."""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path

from common import load
from common.benchmark import Bench
from common.report import output
from common.rest import Rest, RestError

HERE = Path(__file__).parent


class LoadBench(Bench):
    @property
    def warm_up(self):
        return 3 if self.quick else 20

    def seconds(self, connections):
        """How long a load runs. At 32 connections longer than the 30 s for which MLflow's pool makes a caller wait."""
        if self.quick:
            return 4
        return 15 if connections <= 8 else 40


def tool_versions():
    return {"wrk": output("wrk", "-v", line=r"^wrk (\S+)"), "curl": output("curl", "--version", line=r"^curl (\S+)")}


def ensure_tools():
    load.ensure_tools({"wrk": "wrk", "curl": "curl"})


def wrk(url, request, connections, seconds, token=None, **options):
    """As common.load's; `request` names the file beside this one that makes the requests."""
    return load.wrk(url, HERE / f"{request}.lua", connections, seconds, token, **options)


def curl(*arguments):
    """One curl process, one connection. Answers (status, bytes down, bytes up, seconds) for every request in it."""
    form = "%{http_code} %{size_download} %{size_upload} %{time_total}\n"
    finished = subprocess.run(["curl", "-sS", "-w", form, *arguments], capture_output=True, text=True)
    if finished.returncode != 0:
        raise RuntimeError(f"curl failed: {finished.stderr[-500:]}")
    rows = [line.split() for line in finished.stdout.splitlines()]
    return [(int(status), int(down), int(up), float(seconds)) for status, down, up, seconds in rows]


def curl_seconds(url, count, body=None):
    """Sends the same request `count` times one after the other; the seconds of each. All must answer 200."""
    arguments = ["-H", "Content-Type: application/json", "--data-binary", json.dumps(body)] if body else []
    rows = curl(*arguments, *(["-o", os.devnull, url] * count))
    bad = [row for row in rows if row[0] != 200]
    if bad or len(rows) != count:
        raise RuntimeError(f"{url}: {len(rows)} answers of {count}, bad: {bad[:3]}")
    return [seconds for *_, seconds in rows]


def sequential_seconds(url, warm_up, seconds, body=None):
    """Warms up for `warm_up` seconds, then times about `seconds` worth of requests: 5 at least, 300 at most."""
    once = curl_seconds(url, 1, body)[0]
    began = time.monotonic()
    while time.monotonic() - began < warm_up:
        once = min(curl_seconds(url, max(1, min(20, int(1 / max(once, 1e-4)))), body))
    return curl_seconds(url, max(5, min(300, int(seconds / max(once, 1e-4)))), body)


def settle(url, experiment, deadline_seconds=90, token=None):
    """Waits until writes are answered promptly again: what a finished load left behind must not fall into the next."""
    rest, prompt, deadline = Rest(url, token=token), 0, time.monotonic() + deadline_seconds
    while prompt < 3 and time.monotonic() < deadline:
        began = time.monotonic()
        try:
            rest.post("/runs/create", {"experiment_id": experiment, "start_time": 1, "run_name": "settle"})
            prompt = prompt + 1 if time.monotonic() - began < 0.5 else 0
        except (OSError, http.client.HTTPException, RestError):
            prompt = 0
            time.sleep(0.5)
    rest.close()
    return prompt >= 3
