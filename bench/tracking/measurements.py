"""What is measured on both servers. Each measurement runs once per repetition and server, on a server started for it."""

import hashlib
import json
import os
import subprocess
import time

import registry
import searchable
from common import fixtures
from common.load import percentile
from common.report import Measurement, Metric
from common.rest import API, Rest
from common.servers import Attached, Mlflow, memory
from load import curl, sequential_seconds, settle, wrk

MB = 1_000_000
CONNECTIONS = (8, 32)
RUNS = 32
MEMORY_AFTER_SECONDS = 5


def measure_ready(bench, server):
    if isinstance(server, Attached):
        return {}
    home = bench.fresh_home(server)
    with server.running(home, settled=False):
        new = server.ready_seconds
    with server.running(home, settled=False):
        time.sleep(MEMORY_AFTER_SECONDS)
        pids = server.processes()
        pss, rss = memory(pids)
        existing = server.ready_seconds
    bench.discard(home)
    return {"ready": existing, "ready_new": new, "pss": pss, "rss": rss, "processes": len(pids)}


def measure_writes(bench, server, request, options):
    """Warms up and loads at each number of connections. `options(rest, experiment)` gives the request's own options."""
    values = {}
    home = bench.fresh_home(server)
    with server.running(home) as url:
        rest = Rest(url)
        experiment = fixtures.create_experiment(rest, request)
        own = options(rest, experiment)
        rest.close()
        first = 100_000
        for connections in CONNECTIONS:
            wrk(url, request, connections, bench.warm_up, first=first, **own)
            settle(url, experiment)
            first += 100_000
            result = wrk(url, request, connections, bench.seconds(connections), first=first, **own)
            first += 100_000
            bench.details.append({"server": server.name, "request": request, "connections": connections, **result})
            values |= {
                f"rate_{connections}": result["answered_per_second"],
                f"p50_{connections}": result["latency_us"]["p50"] / 1000,
                f"p99_{connections}": result["latency_us"]["p99"] / 1000,
                f"errors_{connections}": result["error_count"],
                f"stalled_{connections}": result["stalled_at_end"]}
            settle(url, experiment)
    bench.discard(home)
    return values


def measure_create_run(bench, server):
    return measure_writes(bench, server, "create-run", lambda rest, experiment: {"experiment": experiment})


def measure_log_metric(bench, server):
    return measure_writes(bench, server, "log-metric", several_runs)


def measure_log_batch(bench, server):
    return measure_writes(bench, server, "log-batch", several_runs)


def several_runs(rest, experiment):
    return {"runs": ",".join(fixtures.create_runs(rest, experiment, RUNS))}


def measure_history(bench, server):
    points = 10_000 if bench.quick else 100_000

    def fill(home):
        with server.running(home) as url:
            rest = Rest(url)
            run = fixtures.create_runs(rest, fixtures.create_experiment(rest, "history"), 1)[0]
            fixtures.log_series(rest, run, ["loss"], points)
            return run

    home, run = bench.filled(server, "history", fill)
    with server.running(home) as url:
        answer = Rest(url).get("/metrics/get-history", run_id=run, metric_key="loss")
        check(len(answer["metrics"]) == points and "next_page_token" not in answer, server, "history is incomplete")
        check([metric["step"] for metric in answer["metrics"]] == list(range(points)), server, "history is unordered")
        path = f"{url}{API}/metrics/get-history?run_id={run}&metric_key=loss"
        seconds = sequential_seconds(path, bench.warm_up, bench.seconds(8))
    return {"p50": percentile(seconds, 0.5) * 1000, "p99": percentile(seconds, 0.99) * 1000}


def measure_search(bench, server):
    count = 2_000 if bench.quick else 10_000

    def fill(home):
        with server.running(home) as url:
            rest = Rest(url)
            experiment = fixtures.create_experiment(rest, "search")
            rest.close()
            if not isinstance(server, Mlflow):
                searchable.fill_by_rest(url, experiment, count)
        # By REST this would take MLflow several minutes, and nothing here depends on how the rows came in.
        if isinstance(server, Mlflow):
            searchable.fill_mlflow_database(home, experiment, count)
        return experiment

    home, experiment = bench.filled(server, "search", fill)
    matching = [run.name for run in searchable.searchable_runs(count) if run.matches_filter()]
    values = {}
    with server.running(home) as url:
        for limit in (1000, 100):
            body = {"experiment_ids": [experiment], "filter": searchable.FILTER}
            if limit != 1000:
                body["max_results"] = limit
            names = [run["info"]["run_name"] for run in Rest(url).post("/runs/search", body)["runs"]]
            # Newest first, which is the default order.
            check(names == matching[::-1][:limit], server, f"search answers {len(names)} other runs than expected")
            seconds = sequential_seconds(f"{url}{API}/runs/search", bench.warm_up, bench.seconds(8), body)
            text = json.dumps(body)
            ask = {"path": f"{API}/runs/search", "body": text}
            wrk(url, "ask", 8, bench.warm_up, **ask)
            result = wrk(url, "ask", 8, bench.seconds(8), **ask)
            bench.details.append({"server": server.name, "request": "search", "limit": limit, **result})
            values |= {
                f"p50_{limit}": percentile(seconds, 0.5) * 1000,
                f"p99_{limit}": percentile(seconds, 0.99) * 1000,
                f"rate8_{limit}": result["answered_per_second"],
                f"p50_8_{limit}": result["latency_us"]["p50"] / 1000,
                f"p99_8_{limit}": result["latency_us"]["p99"] / 1000,
                f"errors8_{limit}": result["error_count"]}
    return values


def measure_artifact(bench, server):
    size = (10 if bench.quick else 100) * MB
    big, small = random_file(bench, size), random_file(bench, MB)
    with open(big, "rb") as file:
        expected = sha256(file)
    home = bench.fresh_home(server)
    ups, downs = [], []
    with server.running(home) as url:
        rest = Rest(url)
        info = fixtures.create_run(rest, fixtures.create_experiment(rest, "artifact"), "artifact")
        root = info["artifact_uri"].removeprefix("mlflow-artifacts:").lstrip("/")
        # Each curl is a new connection: enough small ones that every worker has moved a file.
        for number in range(20):
            target = f"{url}/api/2.0/mlflow-artifacts/artifacts/{root}/small-{number}.bin"
            timed_transfer(["-H", "Expect:", "-T", str(small), target], MB, up=True)
            timed_transfer([target], MB, up=False)
        # The first of four is warm-up too.
        for number in range(4):
            target = f"{url}/api/2.0/mlflow-artifacts/artifacts/{root}/big-{number}.bin"
            # Without "Expect: 100-continue", for which curl would wait and the MLflow client does not ask.
            ups += timed_transfer(["-H", "Expect:", "-T", str(big), target], size, up=True)
            downs += timed_transfer([target], size, up=False)
            with subprocess.Popen(["curl", "-sS", target], stdout=subprocess.PIPE) as download:
                check(sha256(download.stdout) == expected, server, "an artifact came back changed")
    bench.discard(home)
    up, down = percentile(ups[1:], 0.5), percentile(downs[1:], 0.5)
    return {"up": up, "down": down, "up_rate": size / MB / up, "down_rate": size / MB / down}


def random_file(bench, size):
    path = bench.work / f"random-{size}.bin"
    if not path.exists():
        with open(path, "wb") as file:
            for _ in range(size // MB):
                file.write(os.urandom(MB))
    return path


def timed_transfer(arguments, size, up):
    status, received, sent, seconds = curl("-o", os.devnull, *arguments)[0]
    if status != 200 or (sent if up else received) != size:
        raise RuntimeError(f"{arguments[-1]}: status {status}, {sent} bytes up, {received} bytes down")
    return [seconds]


def sha256(stream):
    return hashlib.file_digest(stream, "sha256").hexdigest()


def check(holds, server, what):
    if not holds:
        raise RuntimeError(f"{server.name}: {what}")


def write_metrics(what, target):
    lines = []
    for connections in CONNECTIONS:
        p99_target = 1 if connections == 32 else None
        lines += [
            Metric(f"rate_{connections}", f"{what}, {connections} connections", "1/s", True, target),
            Metric(f"p50_{connections}", f"{what}, {connections} connections, p50", "ms"),
            Metric(f"p99_{connections}", f"{what}, {connections} connections, p99", "ms", target=p99_target),
            Metric(f"errors_{connections}", f"{what}, {connections} connections, errors", "", is_errors=True),
            Metric(f"stalled_{connections}", f"{what}, {connections} connections, hanging at the end", "",
                   is_errors=True)]
    return lines


def search_metrics(limit):
    what = f"search, {limit:,} results"
    return [
        Metric(f"p50_{limit}", f"{what}, p50", "ms", target=20),
        Metric(f"p99_{limit}", f"{what}, p99", "ms"),
        Metric(f"rate8_{limit}", f"{what}, 8 connections", "1/s", True, 20),
        Metric(f"p50_8_{limit}", f"{what}, 8 connections, p50", "ms"),
        Metric(f"p99_8_{limit}", f"{what}, 8 connections, p99", "ms"),
        Metric(f"errors8_{limit}", f"{what}, 8 connections, errors", "", is_errors=True)]


MEASUREMENTS = {
    "ready": Measurement("Start", measure_ready, [
        Metric("ready", "ready, existing store", "s", target=10),
        Metric("ready_new", "ready, new store", "s", target=10),
        Metric("pss", "memory 5 s after ready (Pss)", "MiB", target=8),
        Metric("rss", "memory 5 s after ready (sum of Rss)", "MiB"),
        Metric("processes", "processes", "")]),
    "create-run": Measurement("Create run", measure_create_run, write_metrics("create run", 40)),
    "log-metric": Measurement("Log metric", measure_log_metric, write_metrics("log-metric", 60)),
    "log-batch": Measurement("Log batch", measure_log_batch, write_metrics("log-batch of 1,000 metrics", 8)),
    "history": Measurement("History", measure_history, [
        Metric("p50", "history of 100,000 points, p50", "ms", target=20),
        Metric("p99", "history of 100,000 points, p99", "ms")]),
    "search": Measurement("Search", measure_search, search_metrics(1000) + search_metrics(100)),
    "artifact": Measurement("Artifact", measure_artifact, [
        Metric("up", "artifact of 100 MB up", "s", target=2),
        Metric("down", "artifact of 100 MB down", "s", target=2),
        Metric("up_rate", "artifact of 100 MB up", "MB/s", True),
        Metric("down_rate", "artifact of 100 MB down", "MB/s", True)]),
    "registry": Measurement("Registry", registry.measure_registry, [
        Metric("create_rate", "create model version, 8 connections", "1/s", True, 20),
        Metric("create_p50", "create model version, 8 connections, p50", "ms"),
        Metric("create_p99", "create model version, 8 connections, p99", "ms"),
        Metric("create_errors", "create model version, 8 connections, errors", "", is_errors=True),
        Metric("alias_rate", "version by alias, 8 connections", "1/s", True, 20),
        Metric("alias_p50", "version by alias, 8 connections, p50", "ms"),
        Metric("alias_p99", "version by alias, 8 connections, p99", "ms"),
        Metric("alias_errors", "version by alias, 8 connections, errors", "", is_errors=True),
        Metric("search_p50", "search of 10,000 versions, 1,000 results, p50", "ms", target=20),
        Metric("search_p99", "search of 10,000 versions, 1,000 results, p99", "ms")]),
}
