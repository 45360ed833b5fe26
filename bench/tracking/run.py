"""Millwright and MLflow side by side: `./millwright bench tracking`. See bench/README.md."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from authentication import AUTHENTICATION_LINES, measure_authentication
from common.benchmark import Benchmark
from common.report import Alone
from load import LoadBench, ensure_tools, tool_versions
from measurements import MEASUREMENTS
from scale import SCALE_LINES, measure_scale

ALONE = {
    "scale": Alone("Millwright alone, with much data:", measure_scale, SCALE_LINES),
    "authentication": Alone("Millwright alone, open and with authentication, in turns:", measure_authentication,
                            AUTHENTICATION_LINES)}

if __name__ == "__main__":
    Benchmark(Path(__file__).resolve().parent, __doc__, MEASUREMENTS, ALONE, bench=LoadBench, ensure_tools=ensure_tools,
              versions=tool_versions, may_attach=True, times_starts=True).main()
