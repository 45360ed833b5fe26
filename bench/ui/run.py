"""Millwright's user interface and MLflow's side by side, in a browser: `./millwright bench ui`. See bench/README.md."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common.benchmark import Benchmark
from common.report import output
from common.servers import ROOT
from measurements import MEASUREMENTS, chromium, filled


def ensure_tools():
    if shutil.which("node") is None:
        sys.exit("Node 20.19 or newer is missing; install it, as by: sudo apt-get install nodejs npm")
    if not (ROOT / "ui" / "node_modules" / "playwright-core").is_dir():
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit"], cwd=ROOT / "ui", check=True)
    if chromium() is None:
        sys.exit("Chromium is missing; install it, as by: sudo apt-get install chromium, or name it in CHROMIUM")


def tool_versions():
    return {"Chromium": output(chromium(), "--version", line=r"([\d.]{5,})"),
            "Node": output("node", "--version", line=r"v(\S+)")}


if __name__ == "__main__":
    Benchmark(Path(__file__).resolve().parent, __doc__, MEASUREMENTS, ensure_tools=ensure_tools,
              versions=tool_versions, fill=filled).main()
