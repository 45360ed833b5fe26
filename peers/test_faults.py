"""What one client, or a few, may ask of the server as it ships, with its small heap: it refuses, or it answers; it goes on."""

import http.client
import json
import re
import threading
import urllib.parse

import pytest
import servers

POINTS = 100_000
BATCH = 1000


@pytest.fixture(scope="module")
def server(folder):
    with servers.start_millwright(folder / "faults-home") as running:
        yield running


def ask(server, method, path, body=None, headers=()):
    """One request on a connection of its own: (status, body)."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=120)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **dict(headers)})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def post(server, path, message):
    status, body = ask(server, "POST", "/api/2.0/mlflow/" + path, json.dumps(message))
    assert status == 200, body
    return json.loads(body)


def gauge(server, name):
    text = ask(server, "GET", "/metrics")[1].decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))


def together(count, work):
    """What `work(number)` answered, in `count` threads at once; what it raised is raised."""
    answers = [None] * count
    failures = []

    def run(number):
        try:
            answers[number] = work(number)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return answers


def assert_whole(server):
    """It serves, it has not run out of memory, and its budgets are given back."""
    for name in ("millwright_http_body_bytes", "millwright_http_parsing_bytes"):
        servers.wait_until(lambda name=name: gauge(server, name) == 0, 30, f"{name} of 0")
    assert post(server, "runs/create", {"experiment_id": "0"})["run"]["info"]["status"] == "RUNNING"
    log = server.text()
    assert "out of memory" not in log and "OutOfMemoryError" not in log
    assert "request failed" not in log


BIG_BODIES = {
    "empty arrays": b"[[]" + b",[]" * 6_600_000 + b"]",
    "empty objects": b'{"a":[{}' + b",{}" * 6_600_000 + b"]}",
    "numbers": b'{"a":[1' + b",1" * 9_900_000 + b"]}",
    "one text": b'{"name":"' + b"x" * 19_900_000 + b'"}',
    "one text beyond Latin-1": b'{"name":"' + b"x" * 19_900_000 + "€".encode() + b'"}',
    "many names": b"{" + b",".join(b'"k%d":1' % i for i in range(1_400_000)) + b"}",
    "a text of escapes": b'{"name":"' + rb"\u00e9" * 3_300_000 + b'"}',
}


@pytest.mark.parametrize("body", BIG_BODIES.values(), ids=BIG_BODIES)
def test_eight_bodies_of_20_mb_at_once(server, body):
    answers = together(8, lambda _: ask(server, "POST", "/api/2.0/mlflow/experiments/create", body))

    for status, answer in answers:
        assert status in (400, 413, 429), (status, answer[:300])
        assert "error_code" in json.loads(answer)
    assert_whole(server)


def test_many_small_bodies_full_of_arrays(server):
    body = b"[[]" + b",[]" * 90_000 + b"]"
    answers = together(64, lambda _: ask(server, "POST", "/api/2.0/mlflow/experiments/create", body))

    assert {status for status, _ in answers} == {400}
    assert_whole(server)


@pytest.fixture(scope="module")
def long_run(server):
    run_id = post(server, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
    for start in range(0, POINTS, BATCH):
        metrics = [
            {"key": "loss", "value": step / 7, "timestamp": 1_700_000_000_000 + step, "step": step}
            for step in range(start, start + BATCH)
        ]
        post(server, "runs/log-batch", {"run_id": run_id, "metrics": metrics})
    return run_id


def test_32_long_histories_at_once(server, long_run):
    path = f"/api/2.0/mlflow/metrics/get-history?run_id={long_run}&metric_key=loss"
    answers = together(32, lambda _: ask(server, "GET", path))

    good = [body for status, body in answers if status == 200]
    assert {status for status, _ in answers} <= {200, 429}
    assert good
    for body in set(good):
        points = json.loads(body)["metrics"]
        assert [point["step"] for point in points] == list(range(POINTS))
        assert all(point["value"] == point["step"] / 7 for point in points)
    assert_whole(server)


def test_a_reader_that_stops_reading_holds_nobody_up(server, long_run):
    path = f"/api/2.0/mlflow/metrics/get-history?run_id={long_run}&metric_key=loss"
    silent = [http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=120) for _ in range(16)]
    try:
        for connection in silent:
            connection.request("GET", path)

        status, body = ask(server, "GET", path + "&max_results=5")
        assert status == 200
        assert len(json.loads(body)["metrics"]) == 5
        status, body = ask(server, "GET", path)
        assert status == 200
        assert len(json.loads(body)["metrics"]) == POINTS
    finally:
        for connection in silent:
            connection.close()
    assert_whole(server)


def test_searches_for_thousands_of_large_runs_at_once(server):
    experiment = post(server, "experiments/create", {"name": "large runs"})["experiment_id"]
    value = "v" * 6000
    count = 1500
    names = set()

    def create(number):
        for i in range(number, count, 8):
            run = post(server, "runs/create", {"experiment_id": experiment, "run_name": f"r{i}"})["run"]["info"]
            params = [{"key": f"p{k}", "value": value} for k in range(5)]
            post(server, "runs/log-batch", {"run_id": run["run_id"], "params": params})
            names.add(f"r{i}")

    together(8, create)
    search = json.dumps({"experiment_ids": [experiment], "max_results": 50_000})
    answers = together(16, lambda _: ask(server, "POST", "/api/2.0/mlflow/runs/search", search))

    assert {status for status, _ in answers} <= {200, 429}
    good = [body for status, body in answers if status == 200]
    assert good
    for body in set(good):
        found = json.loads(body)["runs"]
        assert sorted(run["info"]["run_name"] for run in found) == sorted(names)
        assert all(len(run["data"]["params"]) == 5 for run in found)
    assert_whole(server)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_sigterm_with_everything_in_flight(folder, request, database):
    db = request.getfixturevalue("postgres").create_database("stopped") if database == "postgres" else None
    home = folder / f"busy-{database}-home"
    server = servers.start_millwright(home, db=db)
    stuck = []
    try:
        run_id = post(server, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        for start in range(0, POINTS, BATCH):
            metrics = [{"key": "m", "value": 1, "timestamp": step, "step": step} for step in range(start, start + BATCH)]
            post(server, "runs/log-batch", {"run_id": run_id, "metrics": metrics})

        def begin(method, path, headers=(), first=b""):
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(first)
            stuck.append(connection)

        history = f"/api/2.0/mlflow/metrics/get-history?run_id={run_id}&metric_key=m"
        begin("GET", history)  # Nobody reads it.
        begin("PUT", "/api/2.0/mlflow-artifacts/artifacts/half.bin", [("Content-Length", "1000000")], b"half")
        begin("POST", "/api/2.0/mlflow/runs/create", [("Content-Length", "100"), ("Content-Type", "application/json")])
        servers.wait_until(lambda: gauge(server, "millwright_http_requests_in_flight") >= 4, 30, "requests in flight")

        server.terminate()
        server.process.wait(5)
    finally:
        for connection in stuck:
            connection.close()
        server.kill()
    assert "stopped" in server.text()
    with servers.start_millwright(home, db=db) as again:
        assert len(json.loads(ask(again, "GET", history)[1])["metrics"]) == POINTS
        assert ask(again, "GET", "/api/2.0/mlflow-artifacts/artifacts/half.bin")[0] == 404
