"""What is measured of serving. Each measurement runs once per repetition and server, on a server started for it."""

import http.client
import json
import re
import statistics
import subprocess
import time
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bodies import BATCH, body, pool
from common.benchmark import Bench
from common.load import percentile, wrk
from common.report import Measurement, better, rounded, spread, yes
from common.servers import Millwright, memory
from servers import MODELS, PYTHON, MlflowServing, store

HERE = Path(__file__).resolve().parent
CONNECTIONS = (1, 8, 64)
LOGS = ("off", "on", "sync")
LOG_TURNS = 5
CHECKED = 50
IN_PROCESS_ROUNDS = 5
MEMORY_AFTER_SECONDS = 5
TYPES = {"oip": "application/json", "mlflow": "application/json", "binary": "application/octet-stream"}


class ServingBench(Bench):
    @property
    def warm_up(self):
        return 8 if self.quick else 20

    @property
    def seconds(self):
        return 5 if self.quick else 15


@dataclass(frozen=True)
class Line:
    """One line of the result. `times` is how many times better than a peer it has to be, {peer: factor}; 1 is better at all.
    `most` and `least` are what the median of ours must keep to."""

    key: str
    label: str
    unit: str
    more_is_better: bool = False
    times: dict = field(default_factory=dict)
    most: float | None = None
    least: float | None = None
    is_errors: bool = False


PEERS = {"mlserver": "MLServer", "mlflow": "MLflow"}


def table(entries, measurements, alone):
    """Markdown for the measured entries, {measurement name: entry}."""
    lines = [f"| | unit | Millwright: median (min–max) | {' | '.join(f'{name}: median (min–max)' for name in PEERS.values())}"
             f" | {' | '.join(f'better than {name}' for name in PEERS.values())} | target | met |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, entry in entries.items():
        lines += [table_line(line, entry["values"]) for line in measurements[name].metrics]
    for name, entry in entries.items():
        lines += [f"\n**{name} failed** at {failure['server']}, repetition {failure['repetition']}: "
                  f"{failure['error'].partition(chr(10))[0][:300]}" for failure in entry["failures"]]
    return "\n".join(lines)


def table_line(line, values):
    ours = values.get("millwright", {}).get(line.key, [])
    theirs = {peer: values.get(peer, {}).get(line.key, []) for peer in PEERS}
    ratios = {peer: None if line.is_errors else better(line, ours, found) for peer, found in theirs.items()}
    targets, met = [], []
    if line.is_errors:
        targets, met = ["0"], [max(ours) == 0] if ours else []
    if line.most is not None:
        targets.append(f"≤ {rounded(line.most)}")
        met += [statistics.median(ours) <= line.most] if ours else []
    if line.least is not None:
        targets.append(f"≥ {rounded(line.least)}")
        met += [statistics.median(ours) >= line.least] if ours else []
    for peer, factor in line.times.items():
        targets.append(f"better than {PEERS[peer]}" if factor == 1 else f"≥ {factor}× {PEERS[peer]}")
        if ratios[peer] is not None:
            met.append(ratios[peer] > 1 if factor == 1 else ratios[peer] >= factor)
    shown = [spread(ours), *(spread(found) for found in theirs.values()),
             *("" if ratio is None else f"{rounded(ratio)}×" for ratio in ratios.values())]
    return f"| {line.label} | {line.unit} | {' | '.join(shown)} | {', '.join(targets)} | {yes(all(met)) if met else ''} |"


def one_row(stored):
    """What a server has to answer to be ready."""
    def asked(server, model):
        protocol = server.protocols[0]
        return server.path(model, protocol), body(protocol, stored.rows(model)["rows"][:1])[0]

    return asked


@contextmanager
def serving(bench, server, model, settled=True):
    stored = store(bench)
    with server.running(server.begin(bench, stored, model, one_row(stored)), settled) as url:
        yield url, stored


def check(server, url, stored, model, protocol):
    """Answers must be those of the library that trained the model."""
    known = stored.rows(model)
    content, head = body(protocol, known["rows"][:CHECKED])
    headers = {"Content-Type": TYPES[protocol]} | ({"Inference-Header-Content-Length": str(head)} if head >= 0 else {})
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    connection.request("POST", server.path(model, protocol), content, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{server.name}, {model}, {protocol}: {answer.status} {text[:300]}")
    if protocol == "binary":
        return
    found = json.loads(text)
    same(server, model, found["predictions"] if protocol == "mlflow" else found["outputs"][0]["data"], known)


def same(server, model, found, known):
    wanted = known["answers"][:CHECKED]
    if len(found) != len(wanted) or any(abs(a - b) > 1e-4 * max(1, abs(b)) for a, b in zip(found, wanted)):
        raise RuntimeError(f"{server.name} answers {found[:5]} … for {model}, the library {wanted[:5]} …")


def load(bench, server, url, stored, model, protocol, size, connections, seconds):
    return wrk(url, HERE / "rows.lua", connections, seconds, path=server.path(model, protocol),
               file=pool(bench, stored, model, protocol, size), type=TYPES[protocol])


def measure_rows(model):
    """One row a request, another one each time."""
    def measure(bench, server):
        found = {}
        with serving(bench, server, model) as (url, stored):
            for protocol in server.protocols:
                check(server, url, stored, model, protocol)
                load(bench, server, url, stored, model, protocol, 1, 8, bench.warm_up)
                for connections in CONNECTIONS:
                    result = load(bench, server, url, stored, model, protocol, 1, connections, bench.seconds)
                    bench.details.append({"server": server.name, "model": model, "protocol": protocol,
                                          "connections": connections, **result})
                    found |= {f"{protocol}_{connections}_rate": result["answered_per_second"],
                              f"{protocol}_{connections}_p50": result["latency_us"]["p50"] / 1000,
                              f"{protocol}_{connections}_p99": result["latency_us"]["p99"] / 1000,
                              f"{protocol}_{connections}_errors": result["error_count"]}
        return found

    return measure


def measure_batches(bench, server):
    """1,000 rows of JSON a request."""
    found = {}
    for model in MODELS:
        with serving(bench, server, model) as (url, stored):
            for protocol in server.protocols:
                load(bench, server, url, stored, model, protocol, BATCH, 8, bench.warm_up)
                result = load(bench, server, url, stored, model, protocol, BATCH, 8, bench.seconds)
                bench.details.append({"server": server.name, "model": model, "protocol": protocol, "rows": BATCH, **result})
                found |= {f"{model}_{protocol}_rows": BATCH * result["answered_per_second"],
                          f"{model}_{protocol}_errors": result["error_count"]}
    return found


def measure_formats(bench, server):
    """JSON, binary tensors and gRPC by the same generator, which sends the same request again and again. It has no
    peer in MLflow, and MLServer has no binary tensors over REST."""
    found = {}
    if isinstance(server, MlflowServing):
        return found
    for model in MODELS:
        with serving(bench, server, model) as (url, stored):
            known = stored.rows(model)
            for size in (1, BATCH):
                for form in ("oip", "binary", "grpc") if isinstance(server, Millwright) else ("oip", "grpc"):
                    request = bench.work / f"{model}-{form}-{size}.body"
                    run = grpc_request if form == "grpc" else rest_request
                    arguments = run(server, url, stored, model, form, known, size, request)
                    h2load(bench.warm_up, *arguments)
                    result = h2load(bench.seconds, *arguments)
                    bench.details.append({"server": server.name, "model": model, "form": form, "rows": size, **result})
                    found |= {f"{model}_{form}_{size}_rate": result["rate"] * size, f"{model}_{form}_{size}_p50": result["p50"],
                              f"{model}_{form}_{size}_errors": result["errors"]}
                for form in ("binary", "grpc"):
                    if f"{model}_{form}_{size}_rate" in found:
                        found[f"{model}_{form}_{size}_ratio"] = (found[f"{model}_{form}_{size}_rate"]
                                                                 / found[f"{model}_oip_{size}_rate"])
    return found


def rest_request(server, url, stored, model, form, known, size, request):
    check(server, url, stored, model, form)
    content, head = body(form, known["rows"][:size])
    request.write_bytes(content)
    length = [] if head < 0 else ["-H", f"inference-header-content-length: {head}"]
    return ["--h1", "-d", request, "-H", f"content-type: {TYPES[form]}", *length, url + server.path(model, form)]


def grpc_request(server, url, stored, model, form, known, size, request):
    rows = request.with_suffix(".rows")
    rows.write_text(json.dumps(known["rows"][:max(size, CHECKED)]))
    asked = subprocess.run([PYTHON, HERE / "frames.py", server.grpc, model, rows, request],
                           capture_output=True, text=True, check=True)
    same(server, model, json.loads(asked.stdout)[:CHECKED], known)
    if size < CHECKED:
        rows.write_text(json.dumps(known["rows"][:size]))
        subprocess.run([PYTHON, HERE / "frames.py", server.grpc, model, rows, request], capture_output=True, check=True)
    return ["-d", request, "-H", "content-type: application/grpc", "-H", "te: trailers",
            f"http://{server.grpc}/inference.GRPCInferenceService/ModelInfer"]


def h2load(seconds, *arguments, connections=8):
    """One request at a time on each connection. h2load's log has microseconds of each."""
    log = Path(f"{arguments[arguments.index('-d') + 1]}.log")
    log.unlink(missing_ok=True)
    done = subprocess.run(["h2load", f"-c{connections}", "-m1", "-t1", f"-D{seconds}", f"--log-file={log}",
                           *map(str, arguments)], capture_output=True, text=True, timeout=seconds + 120)
    told = re.search(r"^requests: .*? (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout, re.M)
    if done.returncode != 0 or not told:
        raise RuntimeError(f"h2load failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    millis = [int(line.split()[2]) / 1000 for line in log.read_text().splitlines()]
    log.unlink()
    succeeded, failed, *_ = map(int, told.groups())
    return {"rate": succeeded / seconds, "errors": failed, "p50": percentile(millis, 0.5), "p99": percentile(millis, 0.99)}


def measure_ready(bench, server):
    """From a cold start to the first answers; memory afterwards. A server that has one model is started for each."""
    seconds, pss, rss, processes = [], 0, 0, 0
    for model in ("trees",) if server.serves_all else MODELS:
        with serving(bench, server, model, settled=False) as (url, stored):
            time.sleep(MEMORY_AFTER_SECONDS)
            used = memory(server.processes())
            pss, rss, processes = pss + used[0], rss + used[1], processes + len(server.processes())
            seconds.append(server.ready_seconds)
            # The most it holds is seen when it has worked.
    with serving(bench, server, "trees") as (url, stored):
        load(bench, server, url, stored, "trees", server.protocols[0], 1, 8, bench.warm_up)
        load(bench, server, url, stored, "trees", server.protocols[0], BATCH, 8, bench.warm_up)
        worked = memory(server.processes())[0]
    return {"ready": max(seconds), "pss": pss, "rss": rss, "processes": processes, "worked": worked}


def measure_log(bench, server):
    """What keeping predictions costs: one row at 8 connections, the policy changed in turns."""
    found = {}
    if not isinstance(server, Millwright):
        return found
    for model in MODELS:
        rates = {policy: [] for policy in LOGS}
        with serving(bench, server, model) as (url, stored):
            load(bench, server, url, stored, model, "oip", 1, 8, bench.warm_up)
            for _ in range(LOG_TURNS):
                for policy in LOGS:
                    keep(url, model, policy)
                    result = load(bench, server, url, stored, model, "oip", 1, 8, max(3, bench.seconds // 3))
                    bench.details.append({"server": server.name, "model": model, "log": policy, **result})
                    rates[policy].append(result["answered_per_second"])
            keep(url, model, "on")
        found |= {f"{model}_log_{policy}_rate": statistics.median(all) for policy, all in rates.items()}
        found[f"{model}_log_cost"] = 100 * (1 - found[f"{model}_log_on_rate"] / found[f"{model}_log_off_rate"])
    return found


def keep(url, model, policy):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    connection.request("PUT", f"/api/millwright/v1/endpoints/{model}/policy", json.dumps({"log": policy}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{model}: the policy was answered {answer.status} {answer.read()[:300]}")
    connection.close()


def measure_in_process(bench, server):
    """The same models without a server."""
    if not isinstance(server, Millwright):
        return {}
    stored, found = store(bench), {}
    with server.running(stored.home, settled=False):
        bench.notice_java(server)
        program = Path(f"/proc/{server.process.pid}/exe").resolve()
    jar = HERE.parents[1] / "platform" / "target" / "millwright-platform.jar"
    for model in MODELS:
        done = subprocess.run(
            [program, "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-cp", jar, HERE / "InProcess.java",
             stored.models / f"{model}.millwright.safetensors", stored.models / f"{model}.json",
             str(2 if bench.quick else IN_PROCESS_ROUNDS)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{model} in process: {done.stderr[-500:]}")
        told = json.loads(done.stdout)
        found |= {f"{model}_one": told["one"], f"{model}_many": told["many"]}
    return found


def rows_lines(model, mlserver, mlflow):
    lines = []
    for protocol, peer, what in (("oip", "mlserver", "OIP"), ("mlflow", "mlflow", "/invocations")):
        factor = mlserver if peer == "mlserver" else mlflow
        for connections in CONNECTIONS:
            key = f"{protocol}_{connections}"
            label = f"{model}, one row, {what}, {connections} connection{'s' if connections > 1 else ''}"
            asked = {peer: factor} if factor and connections > 1 else {}
            lines += [
                Line(f"{key}_rate", label, "1/s", True, asked),
                Line(f"{key}_p50", f"{label}, p50", "ms", most=0.2 if connections == 1 else None),
                Line(f"{key}_p99", f"{label}, p99", "ms", times={peer: 1} if connections == 64 else {},
                     most=20 if connections == 64 else None),
                Line(f"{key}_errors", f"{label}, errors", "", is_errors=True)]
    return lines


def batch_lines():
    targets = {"linear": {"mlserver": 1.5}, "trees": {"mlserver": 2.5, "mlflow": 7}, "segments": {"mlserver": 3}}
    lines = []
    for model in MODELS:
        for protocol, peer, what in (("oip", "mlserver", "OIP"), ("mlflow", "mlflow", "/invocations")):
            factor = targets[model].get(peer)
            label = f"{model}, {BATCH:,} rows of JSON, {what}, 8 connections"
            lines += [Line(f"{model}_{protocol}_rows", label, "rows/s", True, {peer: factor} if factor else {}),
                      Line(f"{model}_{protocol}_errors", f"{label}, errors", "", is_errors=True)]
    return lines


def format_lines():
    forms = {"oip": "JSON", "binary": "binary tensors", "grpc": "gRPC"}
    lines = []
    for model in MODELS:
        for size in (1, BATCH):
            for form, word in forms.items():
                label = f"{model}, {size:,} row{'s' if size > 1 else ''}, {word}, the same again and again"
                lines += [Line(f"{model}_{form}_{size}_rate", label, "rows/s", True),
                          Line(f"{model}_{form}_{size}_p50", f"{label}, p50", "ms"),
                          Line(f"{model}_{form}_{size}_errors", f"{label}, errors", "", is_errors=True)]
                if form != "oip":
                    lines.append(Line(f"{model}_{form}_{size}_ratio", f"{label}, ÷ JSON", "×", True, least=1))
    return lines


MEASUREMENTS = {
    "ready": Measurement("Start and memory", measure_ready, [
        Line("ready", "started until each of three models has answered", "s", most=1),
        Line("pss", "memory then, three models (Pss)", "MiB", most=400),
        Line("rss", "memory then, three models (sum of Rss)", "MiB"),
        Line("worked", "memory after one-row and 1,000-row loads (Pss)", "MiB", most=400),
        Line("processes", "processes", "")]),
    "linear": Measurement("Linear", measure_rows("linear"), rows_lines("linear", 15, None)),
    "trees": Measurement("Trees", measure_rows("trees"), rows_lines("trees", 20, 30)),
    "segments": Measurement("Segments", measure_rows("segments"), rows_lines("segments", 15, None)),
    "batches": Measurement("Batches", measure_batches, batch_lines()),
    "formats": Measurement("Formats", measure_formats, format_lines()),
    "log": Measurement("Prediction log", measure_log, [
        line for model in MODELS
        for line in (*(Line(f"{model}_log_{policy}_rate", f"{model}, one row, 8 connections, log {policy}", "1/s", True)
                       for policy in LOGS),
                     Line(f"{model}_log_cost", f"{model}, what log on costs", "%", most=15))]),
    "in-process": Measurement("In process", measure_in_process, [
        line for model, most in (("linear", 200), ("trees", 7_000), ("segments", None))
        for line in (Line(f"{model}_one", f"{model}, in process, one thread, a row alone", "ns/row", most=most),
                     Line(f"{model}_many", f"{model}, in process, one thread, 64 rows", "ns/row", most=most))]),
}
