"""wrk as the load generator of all benchmarks, and the tools that they need."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

from common.rest import authorization

WRK_TIMEOUT_SECONDS = 60
SCRIPT = Path(__file__).with_name("load.lua")


def ensure_tools(packages):
    """Installs from Debian what is missing of {tool: package}, or says how."""
    def missing():
        return [tool for tool in packages if shutil.which(tool) is None]

    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-y", "-q", *(packages[tool] for tool in missing())], check=False,
                       stdout=subprocess.DEVNULL)
    if missing():
        names = " ".join(packages[tool] for tool in missing())
        sys.exit(f"missing: {', '.join(missing())}; install with: sudo apt-get install {names}")


def wrk(url, script, connections, seconds, token=None, **options):
    """Runs one closed-loop load; the answer is what load.lua prints, with derived per-second and millisecond numbers.

    `script` is the file that makes the requests."""
    command = ["wrk", f"-t{connections}", f"-c{connections}", f"-d{max(1, round(seconds))}s",
               f"--timeout={WRK_TIMEOUT_SECONDS}s", "-s", str(SCRIPT)]
    command += [f"-H{name}: {value}" for name, value in authorization(token).items()]
    command += [url, "--", str(script), f"connections={connections}"]
    command += [f"{key}={value}" for key, value in options.items()]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
    lines = [line for line in finished.stdout.splitlines() if line.startswith("{")]
    if finished.returncode != 0 or not lines:
        raise RuntimeError(f"wrk failed: {finished.stdout[-500:]} {finished.stderr[-500:]}")
    result = json.loads(lines[-1])
    result["answered_per_second"] = (result["requests"] - result["errors"]["status"]) / (result["duration_us"] / 1e6)
    result["error_count"] = sum(result["errors"].values())
    return result


def percentile(values, share):
    """The nearest-rank percentile, as in load.lua."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * share)) - 1]
