"""What every benchmark does: start the servers in turn, measure, print, and keep what is worth it."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from common import report
from common.servers import Attached, Millwright, Mlflow, mlflow_version


@dataclass
class Bench:
    """The settings of a run, and what it keeps between repetitions."""

    work: Path
    quick: bool
    details: list = field(default_factory=list)
    versions: dict = field(default_factory=dict)

    def fresh_home(self, server):
        # Not on top of an earlier one: each repetition starts with an empty store.
        return self.work / server.name / f"home-{time.monotonic_ns()}"

    def discard(self, home):
        shutil.rmtree(home, ignore_errors=True)

    def notice_java(self, server):
        """Keeps the version of the Java that runs the server, which only a running one tells."""
        if isinstance(server, Millwright):
            self.versions["Java"] = report.java_version(server.processes())

    def filled(self, server, name, fill):
        """The home that `fill(home)` has filled, and what it answered as JSON; filled at the first repetition only."""
        name = f"{name}-quick" if self.quick else name
        home = self.work / server.name / name
        answer = home.with_suffix(".filled.json")
        if not answer.exists():
            self.discard(home)
            answered = fill(home)
            answer.write_text(json.dumps(answered))
        return home, json.loads(answer.read_text())


@dataclass(frozen=True)
class Benchmark:
    """One folder of bench/. `versions` tells of what it uses besides the servers; `fill(bench, server)` fills what all its
    measurements share. `peers` are the servers that stand beside Millwright, {name: what makes one}; `table` writes the result."""

    folder: Path
    about: str
    measurements: dict
    alone: dict = field(default_factory=dict)
    bench: Callable = Bench
    ensure_tools: Callable = lambda: None
    versions: Callable = lambda: {}
    fill: Callable | None = None
    ours: Callable = Millwright
    peers: dict = field(default_factory=lambda: {"mlflow": Mlflow})
    table: Callable = report.table
    times_starts: bool = False
    may_attach: bool = False

    @property
    def name(self):
        return self.folder.name

    @property
    def command(self):
        return f"./millwright bench {self.name}"

    def main(self):
        options = self.parse()
        # So that the servers are stopped and the stores removed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.ensure_tools()
        servers = self.chosen_servers(options)
        with workplace(options) as work:
            if options.repetitions == 0 and self.fill:
                for server in servers:
                    self.fill(self.bench(work, options.quick), server)
                return
            entries = self.measure_all(options, servers, work)
        print(f"\n{report.preamble(entries)}\n\n{self.table(entries, self.measurements, self.alone)}")
        if self.is_worth_keeping(options):
            results = self.folder / "results"
            path = report.save(entries, results)
            report.write_readme(self.name, results, self.measurements, self.alone, self.table)
            print(f"\nwrote {path.relative_to(report.ROOT)} and bench/README.md")
        else:
            print("\nnot kept: only a full-length run against all servers is")
        sys.exit(1 if any(failed(entry) for entry in entries.values()) else 0)

    def parse(self):
        parser = argparse.ArgumentParser(prog=self.command, description=self.about)
        names = [*self.measurements, *self.alone]
        but = f"; default: all but {' and '.join(self.alone)}, which are of Millwright alone" if self.alone else ""
        parser.add_argument("--repetitions", type=int, default=3, metavar="N",
                            help=f"of each measurement (default 3){'; 0 only fills the stores' if self.fill else ''}")
        parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}{but}")
        several = len(self.peers) > 1
        parser.add_argument("--against", choices=(*self.peers, "none", "all") if several else ("millwright", "mlflow", "both"),
                            default="all" if several else "both")
        parser.add_argument("--quick", action="store_true", help="short and small, for development; nothing is kept")
        parser.add_argument("--work", metavar="DIR", help="where the stores lie while it runs (default: the system's "
                                                          "temporary directory; its disk matters)")
        parser.add_argument("--keep", action="store_true",
                            help="keep the filled stores in --work, and use those that are there")
        if self.may_attach:
            parser.add_argument("--millwright-url", metavar="URL", help="measure a server that already runs")
        options = parser.parse_args()
        if options.keep and not options.work:
            parser.error("--keep needs --work DIR, where the stores are kept")
        options.millwright_url = getattr(options, "millwright_url", None)
        options.only = options.only or list(self.measurements) or list(self.alone)
        return options

    def chosen_servers(self, options):
        servers = []
        if options.against in ("millwright", "both") or len(self.peers) > 1:
            servers.append(Attached("millwright", options.millwright_url) if options.millwright_url else self.ours())
        if self.is_alone(options):
            return servers
        for name, make in self.peers.items():
            if options.against not in (name, "both", "all"):
                continue
            if name == "mlflow" and mlflow_version() is None:
                sys.exit(f"mlflow is not installed for {sys.executable}; install it, or leave it out by --against")
            servers.append(make())
        return servers

    def measure_all(self, options, servers, work):
        bench = self.bench(work, options.quick)
        machine, versions = report.machine(work), report.versions() | self.versions()
        began = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        entries = {}
        if self.times_starts:
            warm_up_starts(servers, bench)
        for name in options.only:
            bench.details = []
            repetitions = 1 if name in self.alone else options.repetitions
            values, failures = self.measure_one(name, repetitions, servers, bench)
            entries[name] = {
                "began": began, "command": " ".join([self.command, *sys.argv[1:]]),
                "repetitions": repetitions, "quick": options.quick,
                "machine": machine, "versions": versions | bench.versions, "values": values, "failures": failures,
                "details": bench.details, "durability": {server.name: report.durability(work, server.name)
                                                         for server in servers}}
        return entries

    def measure_one(self, name, repetitions, servers, bench):
        """({server: {metric: [numbers]}}, failures); the servers take turns, and the one that begins changes."""
        values, failures = {}, []
        measurement = self.alone[name] if name in self.alone else self.measurements[name]
        for repetition in range(repetitions):
            order = servers if repetition % 2 == 0 else servers[::-1]
            for server in order:
                if name in self.alone and server.name != "millwright":
                    continue
                print(f"{time.strftime('%H:%M:%S')} {name}, {server.name}, repetition {repetition + 1}", flush=True)
                try:
                    measured = measurement.measure(bench, server)
                except Exception as error:  # one server's failure is a result, and must not cost the other its numbers
                    traceback.print_exc()
                    failures.append({"server": server.name, "repetition": repetition + 1,
                                     "error": f"{type(error).__name__}: {error}"})
                    continue
                lists = {key: found if isinstance(found, list) else [found] for key, found in measured.items()}
                print("         " + ", ".join(f"{key} {report.spread(found)}" for key, found in lists.items()), flush=True)
                bench.details.append({"server": server.name, "repetition": repetition + 1,
                                      "idle_seconds_after_ready": server.idle_seconds})
                for key, found in lists.items():
                    values.setdefault(server.name, {}).setdefault(key, []).extend(found)
        return values, failures

    def is_alone(self, options):
        return all(name in self.alone for name in options.only)

    def is_worth_keeping(self, options):
        both = options.against in ("both", "all") or self.is_alone(options)
        return both and not options.quick and not options.millwright_url and options.repetitions > 0


@contextmanager
def workplace(options):
    if options.keep:
        kept = Path(options.work).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    work = Path(tempfile.mkdtemp(prefix="millwright-bench-", dir=options.work))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def warm_up_starts(servers, bench):
    """One start that does not count, so that no counted one reads its program from a cold disk."""
    for server in servers:
        home = bench.fresh_home(server)
        with server.running(home, settled=False):
            bench.notice_java(server)
        bench.discard(home)


def failed(entry):
    """Whether Millwright failed a measurement or answered a request with an error."""
    errors = [value for key, numbers in entry["values"].get("millwright", {}).items()
              if "errors" in key for value in numbers]
    return any(errors) or any(failure["server"] == "millwright" for failure in entry["failures"])
