"""Millwright and MLflow side by side: `./millwright bench tracking`. See bench/README.md."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import report
from load import ensure_tools
from authentication import measure_authentication
from measurements import MEASUREMENTS, Bench
from scale import measure_scale
from servers import Attached, Millwright, Mlflow, mlflow_version


# Of Millwright alone, once.
ALONE = {"scale": measure_scale, "authentication": measure_authentication}


def main():
    options = parse()
    # So that the servers are stopped and the stores removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ensure_tools()
    servers = chosen_servers(options)
    work = Path(tempfile.mkdtemp(prefix="millwright-bench-", dir=options.work))
    try:
        entries = measure_all(options, servers, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{report.preamble(entries)}\n\n{report.table(entries)}")
    if worth_keeping(options):
        path = report.save(entries)
        report.write_readme()
        print(f"\nwrote {path.relative_to(report.ROOT)} and bench/README.md")
    else:
        print("\nnot kept: only a full-length run against both servers is")
    sys.exit(1 if any(failed(entry) for entry in entries.values()) else 0)


def parse():
    parser = argparse.ArgumentParser(prog="./millwright bench tracking", description=__doc__)
    names = [*MEASUREMENTS, *ALONE]
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="of each measurement (default 3)")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME",
                        help=f"of {', '.join(names)}; default: all but {' and '.join(ALONE)}, which "
                             "are of Millwright alone")
    parser.add_argument("--against", choices=("millwright", "mlflow", "both"), default="both")
    parser.add_argument("--quick", action="store_true", help="short and small, for development; nothing is kept")
    parser.add_argument("--millwright-url", metavar="URL", help="measure a server that already runs")
    parser.add_argument("--work", metavar="DIR", help="where the stores lie while it runs (default: the system's "
                                                      "temporary directory; its disk matters)")
    options = parser.parse_args()
    options.only = options.only or list(MEASUREMENTS)
    return options


def chosen_servers(options):
    servers = []
    if options.against in ("millwright", "both"):
        servers.append(Attached("millwright", options.millwright_url) if options.millwright_url else Millwright())
    if options.against in ("mlflow", "both") and not alone(options):
        if mlflow_version() is None:
            sys.exit(f"mlflow is not installed for {sys.executable}; install it, or use --against millwright")
        servers.append(Mlflow())
    return servers


def measure_all(options, servers, work):
    bench = Bench(work, options.quick)
    machine, versions = report.machine(work), report.versions()
    began = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    entries = {}
    versions |= warm_up_starts(servers, bench)
    for name in options.only:
        bench.details = []
        values, failures = measure_one(name, options, servers, bench)
        entries[name] = {
            "began": began, "command": " ".join(["./millwright bench tracking", *sys.argv[1:]]),
            "repetitions": 1 if name in ALONE else options.repetitions, "quick": options.quick,
            "machine": machine, "versions": versions, "values": values, "failures": failures,
            "details": bench.details, "durability": {server.name: report.durability(work, server.name)
                                                     for server in servers}}
    return entries


def warm_up_starts(servers, bench):
    """One start that does not count, so that no counted one reads its program from a cold disk. Answers versions
    that only a running server tells."""
    versions = {}
    for server in servers:
        with server.running(bench.fresh_home(server), settled=False):
            if isinstance(server, Millwright):
                versions["Java"] = report.java_version(server.processes())
    return versions


def measure_one(name, options, servers, bench):
    """({server: {metric: [numbers]}}, failures); the servers take turns, and the one that begins changes."""
    values, failures = {}, []
    repetitions = 1 if name in ALONE else options.repetitions
    measure = ALONE[name] if name in ALONE else MEASUREMENTS[name].measure
    for repetition in range(repetitions):
        order = servers if repetition % 2 == 0 else servers[::-1]
        for server in order:
            if name in ALONE and server.name != "millwright":
                continue
            print(f"{time.strftime('%H:%M:%S')} {name}, {server.name}, repetition {repetition + 1}", flush=True)
            try:
                measured = measure(bench, server)
            except Exception as error:  # one server's failure is a result, and must not cost the other its numbers
                traceback.print_exc()
                failures.append({"server": server.name, "repetition": repetition + 1, "error": f"{type(error).__name__}: {error}"})
                continue
            print("         " + ", ".join(f"{key} {report.rounded(value)}" for key, value in measured.items()), flush=True)
            bench.details.append({"server": server.name, "repetition": repetition + 1,
                                  "idle_seconds_after_ready": server.idle_seconds})
            for key, value in measured.items():
                values.setdefault(server.name, {}).setdefault(key, []).append(value)
    return values, failures


def alone(options):
    return all(name in ALONE for name in options.only)


def worth_keeping(options):
    both = options.against == "both" or alone(options)
    return both and not options.quick and not options.millwright_url


def failed(entry):
    """Whether Millwright failed a measurement or answered a request with an error."""
    errors = [value for key, numbers in entry["values"].get("millwright", {}).items()
              if "errors" in key for value in numbers]
    return any(errors) or any(failure["server"] == "millwright" for failure in entry["failures"])


if __name__ == "__main__":
    main()
