"""Millwright's lake beside DuckDB itself and whylogs: `./millwright bench lake`. See bench/README.md."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common.benchmark import Benchmark
from common.report import output
from lineage import LINEAGE_LINES, measure_lineage
from measurements import APPEND_LINES, COMMIT_LINES, PROFILE_LINES, QUERY_LINES
from measurements import DUCKDB, WHYLOGS, measure_append, measure_commits, measure_profile, measure_query

from common.report import Alone

HERE = Path(__file__).resolve().parent

ALONE = {
    "append": Alone("A file becomes a version", measure_append, APPEND_LINES),
    "query": Alone("A filtered query", measure_query, QUERY_LINES),
    "profile": Alone("A profile of 1 million rows × 20 columns", measure_profile, PROFILE_LINES),
    "commits": Alone("1,000 commits on one table", measure_commits, COMMIT_LINES),
    "lineage": Alone("Lineage", measure_lineage, LINEAGE_LINES),
}


def ensure_tools():
    """What is measured against has Pythons of its own."""
    for python, requirements in ((DUCKDB, "requirements.txt"), (WHYLOGS, "requirements-whylogs.txt")):
        stamp = python.parents[1] / ".stamp"
        wanted = (HERE / requirements).read_text()
        if stamp.exists() and stamp.read_text() == wanted:
            continue
        print(f"bench: making {python.parents[1].name} from {requirements}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "-r", HERE / requirements], check=True)  # fmt: skip
        stamp.write_text(wanted)


def tool_versions():
    return {"DuckDB": output(str(DUCKDB), "-c", "import duckdb; print(duckdb.__version__)"),
            "whylogs": output(str(WHYLOGS), "-c", "import importlib.metadata as m; print(m.version('whylogs'))")}


if __name__ == "__main__":
    Benchmark(HERE, __doc__, {}, alone=ALONE, ensure_tools=ensure_tools, versions=tool_versions).main()
