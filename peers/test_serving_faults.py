"""Endpoints under load: killed, switched, shared by two servers. Nothing acknowledged is lost, no request fails."""

import http.client
import json
import os
import random
import subprocess
import threading
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import servers
import steps

HERE = Path(__file__).resolve().parent
SWITCH_SECONDS = float(os.environ.get("PEERS_SWITCH_SECONDS", "20"))
CONNECTIONS = 64
ROUNDS = 3
ANSWERS_PER_ROUND = 2_000


class Caller(threading.Thread):
    """Asks again and again on one connection, until it is told to stop or the server is gone."""

    def __init__(self, url, endpoint, rows=1):
        super().__init__(daemon=True)
        self.netloc = urllib.parse.urlsplit(url).netloc
        self.path = f"/endpoints/{endpoint}/invocations"
        self.body = json.dumps({"inputs": {"x": [3] * rows}})
        self.rows = rows
        self.stopped = False
        self.answers = []
        self.failures = []
        self.start()

    def run(self):
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        while not self.stopped:
            begun = time.monotonic()
            try:
                connection.request("POST", self.path, self.body, {"content-type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except OSError as problem:
                self.failures.append(repr(problem))
                return
            if answer.status != 200:
                self.failures.append((answer.status, text[:300]))
                return
            self.answers.append((begun, time.monotonic(), answer.headers["x-millwright-prediction-id"],
                                 json.loads(text)["predictions"][0]))


def stop(callers):
    for caller in callers:
        caller.stopped = True
    for caller in callers:
        caller.join()


def in_lake(url, endpoint):
    """How often each prediction's rows are there."""
    query = f"select prediction_id, count(*) as n from predictions.{endpoint} where not shadow group by 1"
    answer = requests.post(f"{url}/api/millwright/v1/sql", json={"sql": query, "format": "csv"}, timeout=120)
    if answer.status_code != 200:
        return {}
    return {line.split(",")[0]: int(line.split(",")[1]) for line in answer.text.split("\n")[1:] if line}


@pytest.mark.parametrize("policy", ["on", "sync"])
def test_kill_9_loses_no_prediction_that_was_answered(folder, policy):
    home = folder / f"predictions-{policy}"
    environment = {"MILLWRIGHT_SERVING_LOG_EVERY": "1s"}
    told = {}
    for number in range(ROUNDS):
        server = servers.start_millwright(home, env=environment)
        try:
            if number == 0:
                steps.register(server.url, "steps", 1)
                steps.deploy(server.url, "killed", "steps/1")
                steps.change(server.url, "killed", "policy", {"log": policy}, method="put")
            servers.wait_until(lambda: requests.get(f"{server.url}/v2/models/killed/ready", timeout=30).ok, 60, "endpoint")
            callers = [Caller(server.url, "killed", rows) for rows in (1, 1, 1, 1, 50, 50)]
            servers.wait_until(lambda: sum(len(c.answers) for c in callers) >= ANSWERS_PER_ROUND, 120, "enough answers")
        finally:
            server.kill()
        stop(callers)
        assert [failure for c in callers for failure in c.failures if isinstance(failure, tuple)] == []
        told |= {answer[2]: c.rows for c in callers for answer in c.answers}

    with servers.start_millwright(home, env=environment) as server:
        for prediction in random.Random(7).sample(sorted(told), 20):
            answer = requests.get(f"{server.url}/api/millwright/v1/predictions/{prediction}", timeout=60)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["rows"]) == told[prediction]
        servers.wait_until(lambda: told.keys() <= in_lake(server.url, "killed").keys(), 120, "predictions in the lake")
        found = in_lake(server.url, "killed")
    assert {prediction: found[prediction] for prediction in told} == told  # each row once
    assert len(told) >= ROUNDS * ANSWERS_PER_ROUND
    # What was in flight may have been kept before anybody was told; no more than that.
    assert len(found) - len(told) <= ROUNDS * 6


def test_switches_under_load_fail_no_request(folder):
    with servers.start_millwright(folder / "switched") as server:
        url = server.url
        steps.register(url, "steps", 4)
        steps.deploy(url, "busy", "steps/1")
        # From when on, at the latest, and until when, at most, each version may answer.
        allowed = [(time.monotonic(), {1})]
        callers = [Caller(url, "busy") for _ in range(CONNECTIONS)]
        ends = time.monotonic() + SWITCH_SECONDS
        changes = 0

        def routed(versions):
            """While a change is made both the old and the new may answer."""
            allowed.append((time.monotonic(), allowed[-1][1] | versions))

        def settled(versions):
            allowed.append((time.monotonic(), versions))

        try:
            while time.monotonic() < ends:
                for version in (2, 3):
                    routed({version})
                    steps.deploy(url, "busy", f"steps/{version}")
                    settled({version})
                routed({2})
                steps.change(url, "busy", "rollback", {})
                settled({2})
                routed({4})
                steps.deploy(url, "busy", "steps/4", weight=50)
                settled({2, 4})
                routed({2})
                steps.change(url, "busy", "traffic", {"weights": {"v2": 100}}, method="put")
                settled({2})
                steps.change(url, "busy", "shadows", {"models": ["steps/1", "steps/3"]}, method="put")
                steps.change(url, "busy", "shadows", {"models": []}, method="put")
                routed({1})
                steps.change(url, "busy", "canary", {"model": "steps/1", "steps": [30, 100], "hold_seconds": 600})
                settled({1, 2})
                routed({2})
                steps.change(url, "busy", "rollback", {})
                settled({2})
                routed({1})
                steps.deploy(url, "busy", "steps/1")
                settled({1})
                changes += 10
        finally:
            stop(callers)

    failures = [failure for c in callers for failure in c.failures]
    answers = [answer for c in callers for answer in c.answers]
    print(f"{len(answers)} answers in {SWITCH_SECONDS:.0f} s on {CONNECTIONS} connections, {changes} changes, {len(failures)} failures")
    assert failures == []
    assert changes >= 10 and len(answers) > 1_000
    wrong = [answer for answer in answers if answer[3] not in versions_between(allowed, answer[0], answer[1])]
    assert wrong == []


def versions_between(allowed, begun, ended):
    """Those that may have answered a request: routed at any moment between its beginning and its end."""
    versions = set()
    for place, (since, some) in enumerate(allowed):
        until = allowed[place + 1][0] if place + 1 < len(allowed) else float("inf")
        if since <= ended and until >= begun:
            versions |= some
    return versions


def test_two_servers_serve_the_same_endpoints(folder, postgres):
    database = postgres.create_database("serving")
    artifacts = (folder / "serving-artifacts").as_uri()
    with servers.start_millwright(folder / "one", db=database, artifacts=artifacts) as one, \
            servers.start_millwright(folder / "two", db=database, artifacts=artifacts) as two:
        steps.register(one.url, "steps", 3)
        steps.deploy(one.url, "shared", "steps/1")
        servers.wait_until(lambda: requests.get(f"{two.url}/v2/models/shared/ready", timeout=30).ok, 60, "the other server")
        assert steps.ask(two.url, "shared") == 1

        # Deleted and made again by one, it is the new one everywhere.
        requests.delete(f"{one.url}/api/millwright/v1/endpoints/shared", timeout=30).raise_for_status()
        steps.deploy(one.url, "shared", "steps/2")

        def follows():
            answer = requests.post(f"{two.url}/endpoints/shared/invocations", json={"inputs": {"x": [3]}}, timeout=30)
            return answer.status_code == 200 and answer.json()["predictions"][0] == 2

        servers.wait_until(follows, 60, "the new endpoint")

        # A canary is judged by what both have measured.
        steps.change(one.url, "shared", "canary", {"model": "steps/3", "steps": [50, 100], "hold_seconds": 600})
        servers.wait_until(lambda: {steps.ask(two.url, "shared") for _ in range(20)} == {2, 3}, 60, "the canary")
        for _ in range(200):
            steps.ask(one.url, "shared")
            steps.ask(two.url, "shared")

        def counted():
            canary = requests.get(f"{one.url}/api/millwright/v1/endpoints/shared", timeout=30).json()["canary"]
            # Alone, the one that is asked would have seen about a half of its 200.
            return canary["answered"] > 150

        servers.wait_until(counted, 60, "the counts of both")


@contextmanager
def small_disk(folder, size):
    """A disk of this size at the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs root on Linux")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("when_full", ["serve", "refuse"])
def test_a_full_disk_under_the_prediction_log(folder, when_full):
    home = folder / f"disk-full-{when_full}"
    # Room for one segment of 16 MiB: what comes while it is on its way into the lake finds none.
    with small_disk(home / "serving" / "predictions", "17m"), servers.start_millwright(home) as server:
        url = server.url
        steps.register(url, "steps", 1)
        steps.deploy(url, "full", "steps/1")
        steps.change(url, "full", "policy", {"when_full": when_full}, method="put")
        told, refused = {}, []

        def asked(rows):
            answer = requests.post(f"{url}/endpoints/full/invocations", json={"inputs": {"x": [3] * rows}}, timeout=60)
            if answer.status_code == 200:
                assert answer.json()["predictions"] == [1] * rows
                told[answer.headers["x-millwright-prediction-id"]] = rows
            else:
                refused.append(answer)
            return answer.status_code

        def lost():
            metrics = requests.get(f"{url}/metrics", timeout=30).text
            return sum(float(line.split()[-1]) for line in metrics.splitlines()
                       if line.startswith("millwright_prediction_log_lost"))

        full = (lambda: lost() > 0) if when_full == "serve" else (lambda: len(refused) > 0)
        deadline = time.monotonic() + 120
        while not full():
            assert time.monotonic() < deadline, "the disk was never full"
            asked(100_000)
        # Then it goes on by itself.
        servers.wait_until(lambda: asked(1) == 200, 60, "room for a prediction")
        if when_full == "refuse":
            for answer in refused:
                assert answer.status_code == 503 and "Is the disk full?" in answer.text, answer.text
            wanted = lambda: told.keys() <= in_lake(url, "full").keys()
            servers.wait_until(wanted, 150, "each prediction that was answered, in the lake")
            found = in_lake(url, "full")
            assert {prediction: found[prediction] for prediction in told} == told
        else:
            assert refused == []


def test_a_full_disk_under_a_model_on_its_way(folder):
    home = folder / "disk-full-loading"
    with servers.start_millwright(home) as server:
        url = server.url
        steps.register(url, "steps", 2)
        steps.deploy(url, "kept", "steps/1")
        with small_disk(home / "serving" / "loading", "4k"):
            begun = requests.post(f"{url}/api/millwright/v1/endpoints/kept/deploy", json={"model": "steps/2"}, timeout=60)
            operation = servers.ended(url, begun.headers["location"])
            assert operation["state"] == "failed", operation
            assert "Is the disk full?" in json.dumps(operation)
            assert steps.ask(url, "kept") == 1
        steps.deploy(url, "kept", "steps/2")
        assert steps.ask(url, "kept") == 2


def test_bodies_that_are_too_large_or_too_wide(folder):
    with servers.start_millwright(folder / "bodies") as server:
        url = server.url
        steps.register(url, "steps", 1)
        steps.deploy(url, "wide", "steps/1")
        caller = Caller(url, "wide")

        huge = b'{"inputs": [{"name": "x", "datatype": "FP64", "shape": [20000000], "data": [' + b"1234," * 20_000_000 + b"1]}]}"
        for path in ("/v2/models/wide/infer", "/endpoints/wide/invocations"):
            try:
                answer = requests.post(url + path, data=huge, headers={"content-type": "application/json"}, timeout=120)
            except requests.ConnectionError:
                continue  # It was closed before the rest was sent.
            assert answer.status_code == 413, answer.text
            assert "server.max-body-size" in answer.text

        columns = ["x", *(f"column_{i}" for i in range(99_999))]
        split = {"dataframe_split": {"columns": columns, "data": [[3] * len(columns)]}}
        tensors = {"inputs": [{"name": name, "datatype": "FP64", "shape": [1], "data": [3]} for name in columns]}
        tensor = {"inputs": [{"name": "row", "datatype": "FP64", "shape": [1, 100_000], "data": [3] * 100_000}]}
        for path, body, status in (("/endpoints/wide/invocations", split, 200), ("/v2/models/wide/infer", tensors, 200),
                                   ("/v2/models/wide/infer", tensor, 400)):
            answer = requests.post(url + path, json=body, timeout=120)
            assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
            assert len(answer.text) < 2_000 and sum(map(len, answer.headers.values())) < 10_000
        stop([caller])
        assert caller.failures == [] and len(caller.answers) > 100


@pytest.mark.skipif(not servers.MODELS_PYTHON.exists(), reason=f"{servers.MODELS_PYTHON} is made by peers/setup.sh")
def test_calls_that_are_taken_back(folder):
    with servers.start_millwright(folder / "resets") as server:
        url = server.url
        steps.register(url, "steps", 1)
        steps.deploy(url, "reset", "steps/1")
        caller = Caller(url, "reset")
        flow = subprocess.run([servers.MODELS_PYTHON, HERE / "resets_flow.py", urllib.parse.urlsplit(url).netloc, "reset"],
                              capture_output=True, text=True, timeout=300)
        stop([caller])

        assert flow.returncode == 0, flow.stderr[-2_000:]
        cancelled, answered = (int(part.split()[0]) for part in flow.stdout.split(","))
        assert cancelled > 100 and answered == 500
        assert caller.failures == []
        # Nothing is left of them.
        activity = requests.get(f"{url}/api/millwright/v1/endpoints/reset/activity", timeout=30).json()
        assert sum(variant["failed"] for variant in activity["now"]) == 0
