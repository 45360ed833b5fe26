"""From raw numbers to the Markdown table: summary, targets, and its place in bench/README.md."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from common.servers import ROOT, mlflow_version

README = ROOT / "bench" / "README.md"
WAITED_MILLIS = 60_000
IN_VAIN = f"not within {WAITED_MILLIS // 1000} s"


@dataclass(frozen=True)
class Metric:
    """One line of the result.

    `target` is how many times better than MLflow it has to be; 1 means better at all. `limit` is what the median of ours
    must stay under, or the highest of ours where `every` one must.
    """

    key: str
    label: str
    unit: str
    more_is_better: bool = False
    target: float | None = None
    is_errors: bool = False
    limit: float | None = None
    every: bool = False


@dataclass(frozen=True)
class Measurement:
    """What is measured on both servers. `measure(bench, server)` answers {key of a metric: number or numbers}; None is a
    number that was waited for in vain."""

    title: str
    measure: Callable
    metrics: list


@dataclass(frozen=True)
class Alone:
    """What is measured on Millwright only, once; `lines` are (key, label, unit, limit that the number must stay under)."""

    title: str
    measure: Callable
    lines: list


def table(entries, measurements, alone):
    """Markdown for the measured entries, {measurement name: entry}."""
    lines = []
    compared = [name for name in measurements if name in entries]
    if compared:
        lines += ["| | unit | Millwright: median (min–max) | MLflow: median (min–max) | Millwright is better | target "
                  "| met |", "|---|---|---|---|---|---|---|"]
        for name in compared:
            lines += [compared_line(metric, entries[name]) for metric in measurements[name].metrics]
    for name, one in alone.items():
        if name in entries:
            values = entries[name]["values"].get("millwright", {})
            lines += ["", one.title, "", "| | unit | median (min–max) | limit | met |", "|---|---|---|---|---|"]
            lines += [alone_line(values.get(key, []), *row) for key, *row in one.lines]
    for name, entry in entries.items():
        lines += [f"\n**{name} failed** at {failure['server']}, repetition {failure['repetition']}: "
                  f"{failure['error'].partition(chr(10))[0][:300]}" for failure in entry["failures"]]
    return "\n".join(lines)


def alone_line(numbers, label, unit, limit):
    bound = f"< {limit}" if limit else ""
    met = yes(max(numbers) < limit) if limit and numbers else ""
    return f"| {label} | {unit} | {spread(numbers)} | {bound} | {met} |"


def compared_line(metric, entry):
    ours, theirs = (entry["values"].get(server, {}).get(metric.key, []) for server in ("millwright", "mlflow"))
    ratio = better(metric, ours, theirs)
    if metric.is_errors:
        target, met = "0", yes(max(ours) == 0) if ours else ""
    elif metric.limit is not None:
        target, met = f"< {rounded(metric.limit)}", within(metric, ours)
    elif metric.target is None:
        target, met = "", ""
    else:
        target = target_text(metric)
        met = "" if ratio is None else yes(ratio > 1 if metric.target == 1 else ratio >= metric.target)
    shown = "" if ratio is None or metric.is_errors else f"{'> ' if in_vain(theirs) else ''}{rounded(ratio)}×"
    return (f"| {metric.label} | {metric.unit} | {spread(ours)} | {spread(theirs)} | {shown} | {target} | {met} |")


def better(metric, ours, theirs):
    """How many times better the median of ours is; None when one is missing or zero."""
    if not ours or not theirs or in_vain(ours):
        return None
    high, low = median(ours), median(theirs)
    if not metric.more_is_better:
        high, low = min(low, WAITED_MILLIS), high
    return high / low if high > 0 and low > 0 else None


def median(numbers):
    """What was waited for in vain counts as longer than anything."""
    return statistics.median(math.inf if number is None else number for number in numbers)


def in_vain(numbers):
    return bool(numbers) and math.isinf(median(numbers))


def within(metric, numbers):
    if not numbers:
        return ""
    highest = max(math.inf if number is None else number for number in numbers)
    return yes((highest if metric.every else median(numbers)) < metric.limit)


def target_text(metric):
    if metric.target == 1:
        return "lower"
    return f"≥ {metric.target}×" if metric.more_is_better or metric.target == 20 else f"≤ 1/{metric.target}"


def spread(numbers):
    found = [number for number in numbers if number is not None]
    if not numbers:
        return "–"
    if not found:
        return IN_VAIN
    if len(numbers) == 1 or (min(found) == max(found) and len(found) == len(numbers)):
        return rounded(found[0])
    most = rounded(max(found)) if len(found) == len(numbers) else IN_VAIN
    middle = IN_VAIN if in_vain(numbers) else rounded(median(numbers))
    return f"**{middle}** ({rounded(min(found))}–{most})"


def rounded(number):
    """Three digits, or all before the point: 0.0123, 1.23, 12.3, 123, 12,345."""
    if number == 0 or abs(number) >= 100 or number == int(number):
        return f"{number:,.0f}"
    digits = 0
    while digits < 4 and abs(number) * 10 ** digits < 100:
        digits += 1
    return f"{number:.{digits}f}"


def yes(holds):
    return "yes" if holds else "**no**"


def preamble(entries):
    """When, how, where and with what the entries were measured; entries of one run share a paragraph."""
    groups = {}
    for name, entry in entries.items():
        groups.setdefault((entry["began"], json.dumps(entry["versions"]), json.dumps(entry["machine"])), []).append(name)
    lines = []
    for (began, versions, machine), names in groups.items():
        entry, machine, versions = entries[names[0]], json.loads(machine), json.loads(versions)
        lines.append(
            f"{', '.join(names)}: {began} UTC, `{entry['command']}`, {entry['repetitions']} repetition(s)"
            f"{', shortened loads and smaller data than the labels say' if entry['quick'] else ''}. "
            f"Machine: {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['kernel']}, "
            f"stores on {machine['file_system']}, fsync of 4 KiB {machine['fsync_millis']} ms (median), "
            f"load before the start {machine['load']}. "
            + "; ".join(f"{key} {value}" for key, value in versions.items() if value) + ".")
    for server in ("millwright", "mlflow"):
        found = {text for entry in entries.values() for text in entry.get("durability", {}).get(server, [])}
        if found:
            lines.append(f"SQLite files of {server}, as found after the run: {'; '.join(sorted(found))}.")
    return "\n\n".join(lines)


def write_readme(name, results, measurements, alone, write_table=table):
    """Puts the newest entry of each measurement into bench/README.md, between the benchmark's marks."""
    entries = {}
    for path in sorted(results.glob("*.json")):
        entries |= json.loads(path.read_text())["measurements"]
    ordered = {each: entries[each] for each in (*measurements, *alone) if each in entries}
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    block = f"{begin}\n{preamble(ordered)}\n\n{write_table(ordered, measurements, alone)}\n{end}"
    text = README.read_text()
    README.write_text(re.sub(f"{begin}.*?{end}", lambda _: block, text, flags=re.S))


def save(entries, results):
    """Adds the entries to the file of the day on which they were begun; measurements made earlier that day and not
    now stay."""
    results.mkdir(exist_ok=True)
    path = results / f"{min(entry['began'] for entry in entries.values())[:10]}.json"
    before = json.loads(path.read_text())["measurements"] if path.exists() else {}
    path.write_text(json.dumps({"measurements": before | entries}, indent=1) + "\n")
    return path


def machine(work):
    """What the numbers depend on; nothing that names the machine."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)
    return {
        "cores": os.cpu_count(), "cpu": cpu.group(1) if cpu else platform.machine(),
        "memory_gib": round(int(memory.group(1)) / 1024 / 1024, 1),
        "kernel": f"{platform.system()} {platform.release()}", "file_system": file_system(work),
        "fsync_millis": fsync_millis(work), "load": " ".join(f"{load:.2f}" for load in os.getloadavg())}


def file_system(path):
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    inside = [mount for mount in mounts if Path(path).resolve().is_relative_to(mount[0])]
    return max(inside, key=lambda mount: len(mount[0]))[1]


def fsync_millis(work):
    """The median of 50; how long a durable commit takes at least."""
    probe, seconds = Path(work) / "fsync", []
    with open(probe, "wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - began)
    probe.unlink()
    return round(statistics.median(seconds) * 1000, 2)


def versions():
    return {
        "Millwright commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "MLflow": mlflow_version(), "Python": platform.python_version()}


def output(*command, line=r"(.+)"):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    found = re.search(line, done.stdout + done.stderr, re.M)
    # wrk -v ends with 1 although it answers.
    return found.group(1).strip() if found and (done.returncode == 0 or command[0] == "wrk") else None


def java_version(pids):
    """Of the Java that runs among the processes, which need not be the one on the path."""
    for pid in pids:
        try:
            program = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            continue
        if program.endswith("/java"):
            return output(program, "-version", line=r'version "([^"]+)"')
    return None


def is_sqlite(path):
    with open(path, "rb") as file:
        return file.read(15) == b"SQLite format 3"


def durability(work, server):
    """How the server's SQLite files under `work` are journaled; `synchronous` belongs to the connection, not the file."""
    found = set()
    for path in (Path(work) / server).rglob("*"):
        if path.is_file() and path.suffix in (".db", ".sqlite") and is_sqlite(path):
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
                default = connection.execute("PRAGMA synchronous").fetchone()[0]
            text = f"{path.name} journal_mode={mode}"
            if server == "mlflow":
                text += f", synchronous={['OFF', 'NORMAL', 'FULL', 'EXTRA'][default]} (the default, not changed)"
            found.add(text)
    return sorted(found)
