"""What is measured of the lake. Each measurement runs both sides in turns and answers {name: number or numbers}."""

import http.client
import json
import re
import shutil
import statistics
import subprocess
import time
import urllib.parse
from pathlib import Path

from common.servers import resident

HERE = Path(__file__).resolve().parent
DUCKDB = HERE / ".venv-duckdb" / "bin" / "python"
WHYLOGS = HERE / ".venv-whylogs" / "bin" / "python"
API = "/api/millwright/v1"
THREADS = 2
REPETITIONS = 5

# 20 columns: whole numbers, fractions, categories of few and of many values, dates, times and a flag.
COLUMNS = ["range as id"]
COLUMNS += [f"(hash(range * 31 + {i}) % 100000)::bigint as i{i}" for i in range(5)]
COLUMNS += [f"round((hash(range * 17 + {i}) % 1000000007)::double / 1000, 3) as d{i}" for i in range(6)]
COLUMNS += [f"'cat' || (hash(range * 13 + {i}) % {100000 if i == 3 else 50}) as s{i}" for i in range(4)]
COLUMNS += ["date '2015-01-01' + (range % 2000)::int as day", "timestamp '2015-01-01' + interval (range) second as at",
            "range % 2 = 0 as flag", "(hash(range) % 100)::int as age"]  # fmt: skip

QUERIES = {
    "group": "select s1, count(*), avg(d1), max(i2) from {} where day between date '2016-01-01' and date '2016-12-31'"
             " and i0 < 50000 group by 1 order by 1",
    "join": "select count(*), avg(a.d2) from {} a join (select distinct i1 from {} where age = 7 and i0 < 2000) b"
            " on a.i1 = b.i1 where a.d1 > 500000",
    "needle": "select id, s0, d5 from {} where i1 = 77 and s0 = 'cat7' order by id limit 100",
}  # fmt: skip


class Duck:
    """DuckDB in a Python of its own, asked line by line: each statement answers its seconds and its rows."""

    PROGRAM = """
import json, sys, time, duckdb
connection = duckdb.connect()
connection.execute(f"set threads = {int(sys.argv[1])}")
connection.execute("set enable_progress_bar = false")
for line in sys.stdin:
    began = time.perf_counter()
    rows = connection.execute(json.loads(line)).fetchall()
    print(json.dumps([time.perf_counter() - began, len(rows)]), flush=True)
"""

    def __enter__(self):
        self.process = subprocess.Popen(
            [DUCKDB, "-c", self.PROGRAM, str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __call__(self, text):
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)


class Lake:
    """One running server."""

    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url).netloc

    def ask(self, method, path, body=None, **headers):
        # In the pieces that the command of Millwright sends, not in http.client's 8 kB.
        connection = http.client.HTTPConnection(self.address, timeout=3600, blocksize=1 << 20)
        connection.request(method, API + path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def commit(self, dataset, mode, file):
        """A file becomes a version, as `millwright data add` and `append` have it."""
        with open(file, "rb") as content:
            upload = self.ask("POST", f"/datasets/{dataset}/uploads?name={file.name}", content,
                              **{"content-length": str(file.stat().st_size)})  # fmt: skip
        answer = self.ask("POST", f"/datasets/{dataset}/versions", json.dumps({"upload": upload["upload"], "mode": mode}))
        while answer.get("state") == "running":
            time.sleep(0.02)
            answer = self.ask("GET", f"/operations/{answer['operation_id']}")
        if answer.get("state", "succeeded") != "succeeded":
            raise RuntimeError(str(answer))

    def sql(self, text):
        return self.ask("POST", "/sql", json.dumps({"sql": text}), **{"content-type": "application/json"})


def rows(bench, millions):
    return millions * (50_000 if bench.quick else 1_000_000)


def data(bench, duck, millions, kind):
    """A file of generated rows, made once."""
    file = bench.work / f"lake-{rows(bench, millions)}.{kind}"
    if not file.exists():
        duck(f"copy (select {', '.join(COLUMNS)} from range({rows(bench, millions)})) to '{file}' (format {kind})")
    return file


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ratio(ours, theirs):
    return statistics.median(ours) / statistics.median(theirs)


def measure_append(bench, server):
    """Sending, reading, committing and flushing to disk, against DuckDB's `COPY … TO parquet` of the same file."""
    found = {}
    with Duck() as duck:
        files = {kind: data(bench, duck, 10, kind) for kind in ("csv", "parquet")}
        home = bench.fresh_home(server)
        with server.running(home) as url:
            lake = Lake(url)
            peak = 0
            for kind, file in files.items():
                reader = "read_csv" if kind == "csv" else "read_parquet"
                target = bench.work / "copy.parquet"
                ours, theirs = [], []
                lake.commit(f"bench.{kind}", "create", file)
                for _ in range(3):
                    theirs.append(duck(f"copy (from {reader}('{file}')) to '{target}' (format parquet)")[0])
                    target.unlink()
                    ours.append(timed(lambda: lake.commit(f"bench.{kind}", "append", file)))
                found |= {f"{kind}_ours": ours, f"{kind}_copy": theirs, f"{kind}_ratio": ratio(ours, theirs)}
            peak = resident(server.processes(), "VmHWM")
        found["append_peak"] = peak
        bench.discard(home)
    return found


APPEND_LINES = [
    ("csv_ours", "append a CSV of 10 million rows × 20 columns, from its first byte sent", "s", None),
    ("csv_copy", "DuckDB's COPY of it to Parquet, in process", "s", None),
    ("csv_ratio", "ours ÷ COPY (70 % of its rate is 1.43)", "×", 1.43),
    ("parquet_ours", "append a Parquet file of the same rows", "s", None),
    ("parquet_copy", "DuckDB's COPY of it to Parquet, in process", "s", None),
    ("parquet_ratio", "ours ÷ COPY (70 % of its rate is 1.43)", "×", 1.43),
    ("append_peak", "highest resident memory of the server", "MiB", None),
]


def measure_query(bench, server):
    """Over HTTP, through catalog, gate and sandbox to JSON, against DuckDB on the same files in process."""
    found = {}
    with Duck() as duck:
        file = data(bench, duck, 10, "parquet")
        home = bench.fresh_home(server)
        with server.running(home) as url:
            lake = Lake(url)
            lake.commit("bench.people", "create", file)
            lake.ask("GET", "/datasets/bench.people/profile")  # So that nothing else runs beside what is measured.
            files = sorted(str(each) for each in home.glob("lake/default/bench/people-*/data/*.parquet"))
            plain = f"read_parquet({files})"
            for name, text in QUERIES.items():
                ours, theirs = [], []
                for repetition in range(2 * REPETITIONS + 2):
                    taken = timed(lambda: lake.sql(text.replace("{}", "bench.people")))
                    seconds, _ = duck(text.replace("{}", plain))
                    if repetition > 1:  # The first ones read cold files and start the sandbox.
                        ours.append(taken * 1000)
                        theirs.append(seconds * 1000)
                found |= {f"{name}_ours": ours, f"{name}_duckdb": theirs, f"{name}_ratio": ratio(ours, theirs)}
        bench.discard(home)
    return found


QUERY_LINES = [
    line
    for name, what in (("group", "filter and group 10 million rows"), ("join", "filter and join 10 million rows"),
                       ("needle", "a hundred of 10 million rows"))
    for line in (
        (f"{name}_ours", f"{what}: over HTTP, sandboxed", "ms", None),
        (f"{name}_duckdb", "DuckDB on the same files, in process", "ms", None),
        (f"{name}_ratio", "ours ÷ DuckDB", "×", 1.3),
    )
]  # fmt: skip


def measure_profile(bench, server):
    """All columns' counts, sketches and frequent values, against whylogs on the same rows as a pandas frame."""
    program = ("import sys, time, pandas, whylogs; frame = pandas.read_parquet(sys.argv[1]); began = time.perf_counter();"
               " whylogs.log(frame).view(); print(time.perf_counter() - began)")  # fmt: skip
    with Duck() as duck:
        file = data(bench, duck, 1, "parquet")
    home = bench.fresh_home(server)
    ours, theirs = [], []
    with server.running(home) as url:
        lake = Lake(url)
        lake.commit("bench.people", "create", file)
        lake.ask("GET", "/datasets/bench.people/profile")
        sketches = home.glob("lake/default/bench/people-*/profiles")
        folder = next(sketches)
        for _ in range(REPETITIONS):
            for sketch in folder.iterdir():
                sketch.unlink()
            ours.append(timed(lambda: lake.ask("GET", "/datasets/bench.people/profile")))
        for _ in range(2):
            done = subprocess.run([WHYLOGS, "-c", program, file], capture_output=True, text=True, check=True)
            theirs.append(float(re.search(r"[\d.]+\s*$", done.stdout).group()))
        peak = resident(server.processes(), "VmHWM")
    bench.discard(home)
    return {"profile_ours": ours, "profile_whylogs": theirs, "profile_ratio": ratio(ours, theirs), "profile_peak": peak}


PROFILE_LINES = [
    ("profile_ours", "profile through the server, the file read from Parquet", "s", None),
    ("profile_whylogs", "whylogs, the frame in memory already", "s", None),
    ("profile_ratio", "ours ÷ whylogs", "×", 0.125),
    ("profile_peak", "highest resident memory of the server", "MiB", None),
]


def measure_commits(bench, server):
    """pyiceberg appends one row at a time, here and with its own catalog in SQLite; it refreshes the table by each."""
    import pyarrow
    import requests
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.catalog.sql import SqlCatalog

    home = bench.fresh_home(server)
    commits = 100 if bench.quick else 1000
    row = pyarrow.table({"id": [1], "name": ["a"]})
    waited = [0.0]
    send = requests.Session.send

    def timed_send(session, request, **options):
        began = time.perf_counter()
        try:
            return send(session, request, **options)
        finally:
            waited[0] += (time.perf_counter() - began) * 1000

    def append(table):
        """Milliseconds of an append, and those of them that were spent waiting for a server."""
        waited[0] = 0.0
        return timed(lambda: table.append(row)) * 1000, waited[0]

    requests.Session.send = timed_send
    try:
        with server.running(home) as url:
            catalog = RestCatalog("bench", uri=f"{url}/iceberg")
            catalog.create_namespace("bench")
            table = catalog.create_table("bench.busy", schema=row.schema)
            whole, server_part = zip(*(append(table) for _ in range(commits)))
            lake = Lake(url)
            file = bench.work / "row.csv"
            file.write_text("id,name\n1,a\n")
            lake.commit("bench.files", "create", file)
            own = [timed(lambda: lake.commit("bench.files", "append", file)) * 1000 for _ in range(commits)]
    finally:
        requests.Session.send = send
    bench.discard(home)
    local = bench.work / "pyiceberg-sql"
    local.mkdir()
    catalog = SqlCatalog("peer", uri=f"sqlite:///{local / 'catalog.db'}", warehouse=f"file://{local}")
    catalog.create_namespace("bench")
    table = catalog.create_table("bench.busy", schema=row.schema)
    peer = [append(table)[0] for _ in range(commits)]
    shutil.rmtree(local)
    found = {}
    # Neighbours' medians: a single commit says little.
    for name, millis in (("commit", whole), ("server", server_part), ("peer", peer), ("own", own)):
        first, last = list(millis[5:15]), list(millis[-10:])
        found |= {f"{name}_first": first, f"{name}_last": last, f"{name}_ratio": ratio(last, first)}
    return found


COMMIT_LINES = [
    line
    for name, what, limit in (
        ("server", "pyiceberg appends a row: waiting for Millwright, around the 10th", 2),
        ("commit", "pyiceberg's whole append of it, its own copying of metadata with it, around the 10th", 2),
        ("peer", "the whole append with pyiceberg's own SqlCatalog on SQLite, around the 10th", None),
        ("own", "append of a file by Millwright's own API, around the 10th", 2),
    )
    for line in (
        (f"{name}_first", what, "ms", None),
        (f"{name}_last", "the same, around the last of 1,000", "ms", None),
        (f"{name}_ratio", "last ÷ first", "×", limit),
    )
]
