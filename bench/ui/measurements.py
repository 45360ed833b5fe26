"""What is measured in the browser: each time on a server started for it, several times, each in a new browser context."""

import functools
import json
import os
import subprocess

import data
from common.report import Measurement, Metric
from common.servers import ROOT

PASSES = 5
QUICK_PASSES = 2
HERE = ROOT / "bench" / "ui"


@functools.cache
def filters(size):
    return data.filters(size.runs, PASSES + 1)


def chromium():
    """The browser's path, or nothing. UI tests find it the same way."""
    found = subprocess.run(["sh", str(ROOT / "ui" / "test" / "chromium.sh")], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def filled(bench, server):
    """(home, where what lies in it)."""
    return bench.filled(server, "screens", lambda home: data.fill(server, home, size_of(bench)))


def size_of(bench):
    return data.QUICK if bench.quick else data.FULL


def in_browser(measurement, bench, server):
    """Answers {key: [numbers]}."""
    size = size_of(bench)
    home, places = filled(bench, server)
    with server.running(home) as url:
        bench.notice_java(server)
        asked = {
            "measurement": measurement, "server": server.name, "url": url, "chromium": chromium(), "places": places,
            "passes": QUICK_PASSES if bench.quick else PASSES, "curve": data.CURVE,
            "newest": f"run-{size.runs - 1:06d}", "widest": f"wide-{size.name_runs - 1:03d}",
            "filters": filters(size) if measurement == "filter" else [], "pictures": os.environ.get("BENCH_PICTURES")}
        finished = subprocess.run(["node", str(HERE / "screens.mjs"), json.dumps(asked)], capture_output=True, text=True)
    if finished.returncode != 0:
        raise RuntimeError(f"{measurement} at {server.name}: {finished.stderr[-1500:]}")
    return json.loads(finished.stdout)["values"]


def measurement(name, title, metrics):
    return Measurement(title, functools.partial(in_browser, name), metrics)


MEASUREMENTS = {
    "table": measurement("table", "Table", [
        Metric("shown", "100,000 runs: first rows with values", "ms"),
        Metric("usable", "100,000 runs: a click on a row answered", "ms", limit=1000)]),
    "scroll": measurement("scroll", "Scroll", [
        Metric("scroll_rows", "rows in the document while scrolling", "", limit=60, every=True),
        Metric("scroll_frame", "longest time between two frames while scrolling", "ms", limit=50, every=True),
        Metric("scroll_long", "longest task or long animation frame while scrolling", "ms", limit=50, every=True),
        Metric("scroll_pixels", "scrolled as far as", "px", True)]),
    "filter": measurement("filter", "Filter", [
        Metric("filter", "filter over 100,000 runs, until its rows are shown", "ms", limit=300)]),
    "curves": measurement("curves", "Curves", [
        Metric("curves_after_data", "20 series of 100,000 points, from their data to drawn", "ms", limit=300),
        Metric("curves_data", "20 series of 100,000 points, from navigation to their data", "ms"),
        Metric("curves_drawn", "20 series of 100,000 points, from navigation to drawn", "ms")]),
    "live": measurement("live", "Live", [
        Metric("live", "log_metric until an open run page shows it", "ms", limit=1000),
        Metric("live_reload", "the same, by a reload: until it is shown again", "ms")]),
    "names": measurement("names", "Names", [
        Metric("names_shown", "12,000 metric names: first rows", "ms"),
        Metric("names_usable", "12,000 metric names: a click on a row answered", "ms", limit=1000),
        Metric("names_columns", "12,000 metric names: column picker open", "ms", limit=1000)]),
}
