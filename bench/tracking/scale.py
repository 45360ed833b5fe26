"""Millwright alone with much data: do answers stay about as quick, and memory small, as the store grows?"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import searchable
from common import fixtures
from common.load import percentile
from common.rest import API, Rest
from common.servers import Attached, resident
from load import sequential_seconds

KEYS = [f"metric{key}" for key in range(10)]
RATIO_LIMIT = 10
MEMORY_LIMIT_MIB = 400


class MemoryWatch:
    """Samples the resident memory of the server's processes and keeps the highest of each phase."""

    def __init__(self, server):
        self._server = server
        self._stopped = threading.Event()
        self.phase = "start"
        self.peaks = {}
        self.high_water = 0.0

    def _sample(self):
        while not self._stopped.wait(0.25):
            pids = self._server.processes()
            self.peaks[self.phase] = max(self.peaks.get(self.phase, 0), resident(pids))
            # The kernel's own peak sees what falls between two samples; kept because it dies with the process.
            self.high_water = max([self.high_water, *(resident([pid], "VmHWM") for pid in pids)])

    @contextmanager
    def watching(self):
        if isinstance(self._server, Attached):
            yield self
            return
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            thread.join()


def measure_scale(bench, server):
    """Answers {name: number}; times are medians in ms.

    Points: 10 runs of 10 keys with 100,000 points each are 10 million. The first run alone is the store of 1 million.
    Runs: the same search over two experiments of one store, of 10,000 and of 100,000 runs.
    """
    part = 20 if bench.quick else 1
    points, short, runs = 100_000 // part, 10_000 // part, (10_000 // part, 100_000 // part)
    values = {}
    with server.running(bench.fresh_home(server)) as url, MemoryWatch(server).watching() as watch:
        rest = Rest(url)
        experiment = fixtures.create_experiment(rest, "points")
        ids = fixtures.create_runs(rest, experiment, 10)
        brief = fixtures.create_runs(rest, experiment, 1)[0]

        def history_millis(run, count):
            got = len(rest.get("/metrics/get-history", run_id=run, metric_key=KEYS[0])["metrics"])
            if got != count:
                raise RuntimeError(f"history of {count} points answers {got}")
            path = f"{url}{API}/metrics/get-history?run_id={run}&metric_key={KEYS[0]}"
            return percentile(sequential_seconds(path, bench.warm_up, 10), 0.5) * 1000

        watch.phase = "load 1 M points"
        fixtures.log_series(rest, brief, KEYS[:1], short)
        fixtures.log_series(rest, ids[0], KEYS, points)
        watch.phase = "history, 1 M points"
        values["history_long_1m"] = history_millis(ids[0], points)
        values["history_short_1m"] = history_millis(brief, short)

        watch.phase = "load 10 M points"
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda run: fixtures.log_series(Rest(url), run, KEYS, points), ids[1:]))
        values["load_rate"] = 9 * len(KEYS) * points / (time.monotonic() - began)
        watch.phase = "history, 10 M points"
        values["history_long_10m"] = history_millis(ids[0], points)
        values["history_short_10m"] = history_millis(brief, short)

        body = {"filter": "metrics.m1 > 0.5", "order_by": ["metrics.m2 DESC"]}
        for name, count in zip(("10k", "100k"), runs):
            watch.phase = f"load {name} runs"
            searched = fixtures.create_experiment(rest, f"runs-{name}")
            searchable.fill_by_rest(url, searched, count)
            watch.phase = f"search {name} runs"
            check_search(rest, searched, count, body)
            question = body | {"experiment_ids": [searched]}
            seconds = sequential_seconds(f"{url}{API}/runs/search", bench.warm_up, 10, question)
            values[f"search_{name}"] = percentile(seconds, 0.5) * 1000
    if watch.peaks:  # None of a server that was not started here: no number rather than a 0 that meets the limit.
        values["memory"] = max([watch.high_water, *watch.peaks.values()])
    bench.details.append({"server": server.name, "request": "scale", "memory_peaks_mib": watch.peaks,
                          "largest_process_high_water_mib": watch.high_water})
    return values | {
        "ratio_length": values["history_long_10m"] / values["history_short_10m"],
        "ratio_store_long": values["history_long_10m"] / values["history_long_1m"],
        "ratio_store_short": values["history_short_10m"] / values["history_short_1m"],
        "ratio_search": values["search_100k"] / values["search_10k"]}


def check_search(rest, experiment, count, body):
    expected = sorted((run for run in searchable.searchable_runs(count) if run.metrics["m1"] > 0.5),
                      key=lambda run: -run.metrics["m2"])[:1000]
    got = rest.post("/runs/search", body | {"experiment_ids": [experiment]})["runs"]
    if [run["info"]["run_name"] for run in got] != [run.name for run in expected]:
        raise RuntimeError(f"search over {count} runs answers {len(got)} other runs than expected")


# (key, label, unit, limit that the number must stay under)
SCALE_LINES = [
    ("load_rate", "points loaded over REST, 4 connections", "1/s", None),
    ("history_short_1m", "history of 10,000 points, store of 1 M", "ms", None),
    ("history_long_1m", "history of 100,000 points, store of 1 M", "ms", None),
    ("history_short_10m", "history of 10,000 points, store of 10 M", "ms", None),
    ("history_long_10m", "history of 100,000 points, store of 10 M", "ms", None),
    ("ratio_length", "100,000 / 10,000 points, store of 10 M", "×", RATIO_LIMIT),
    ("ratio_store_short", "10 M / 1 M store, 10,000 points", "×", RATIO_LIMIT),
    ("ratio_store_long", "10 M / 1 M store, 100,000 points", "×", RATIO_LIMIT),
    ("search_10k", "search over 10,000 runs, metric filter and order", "ms", None),
    ("search_100k", "search over 100,000 runs, metric filter and order", "ms", None),
    ("ratio_search", "100,000 / 10,000 runs", "×", RATIO_LIMIT),
    ("memory", "highest resident memory", "MiB", MEMORY_LIMIT_MIB),
]
