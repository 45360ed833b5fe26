"""Millwright's serving beside MLServer and MLflow's scoring server: `./millwright bench serving`. See bench/README.md."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent))

from common.benchmark import Benchmark
from common.load import ensure_tools as ensure_loaders
from common.report import output
from measurements import MEASUREMENTS, ServingBench, table
from servers import PYTHON, MillwrightServing, MlflowServing, MlServer


def ensure_tools():
    """Also MLServer, which has a Python of its own."""
    ensure_loaders({"wrk": "wrk", "h2load": "nghttp2-client"})
    stamp = PYTHON.parents[1] / ".stamp"
    wanted = (HERE / "requirements.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"bench: making {PYTHON.parents[1].name} from requirements.txt", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", PYTHON.parents[1]], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                    "-r", HERE / "requirements.txt"], check=True)  # fmt: skip
    stamp.write_text(wanted)


def tool_versions():
    told = "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in ('mlserver', 'scikit-learn', 'xgboost')))"
    return {"MLServer's Python": output(str(PYTHON), "-c", told), "wrk": output("wrk", "-v", line=r"^wrk (\S+)"),
            "h2load": output("h2load", "--version", line=r"(nghttp2/\S+)")}


if __name__ == "__main__":
    Benchmark(HERE, __doc__, MEASUREMENTS, bench=ServingBench, ensure_tools=ensure_tools, versions=tool_versions,
              ours=MillwrightServing, peers={"mlserver": MlServer, "mlflow": MlflowServing}, table=table).main()
