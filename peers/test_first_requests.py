"""The first requests of a server's life, all at once: as a page of the web UI asks when it opens."""

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import servers

OWN = "/api/millwright/v1/experiments/0"
PATHS = [f"{OWN}/run-count?filter=metrics.a%20%3E%200", f"{OWN}/runs?column=metrics.a&order_by=metrics.a", f"{OWN}/run-columns",
         f"{OWN}/run-count", f"{OWN}/runs", "/api/2.0/mlflow/experiments/search?max_results=9",
         "/api/2.0/mlflow/registered-models/search", "/api/2.0/mlflow/model-versions/search?filter=name%3D%27a%27"]  # fmt: skip


@pytest.mark.parametrize("attempt", range(3))
def test_the_first_requests_may_come_at_once(folder, attempt):
    start_together = Barrier(len(PATHS))

    def status(url):
        start_together.wait()
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    with servers.start_millwright(folder / f"first requests {attempt}") as server, ThreadPoolExecutor(len(PATHS)) as pool:
        statuses = list(pool.map(status, [server.url + path for path in PATHS]))

    assert statuses == [200] * len(PATHS)
