"""What is measured of the registry on both servers: versions created, found by alias, and searched."""

import sqlite3
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from common.fixtures import FIRST_TIME, create_experiment, insert
from common.load import percentile
from common.rest import API, Rest
from common.servers import Mlflow, database
from load import sequential_seconds, settle, wrk

CONNECTIONS = 8
MODELS = 100
VERSIONS_OF_EACH = 100
FILTER = "tags.tier = 'w3'"
TIERS = 10


def measure_registry(bench, server):
    return measure_create(bench, server) | measure_read(bench, server)


def measure_create(bench, server):
    home = bench.fresh_home(server)
    with server.running(home) as url:
        rest = Rest(url)
        experiment = create_experiment(rest, "settle")
        models = [f"created-{number}" for number in range(CONNECTIONS)]
        for model in models:
            rest.post("/registered-models/create", {"name": model})
        rest.close()
        names = ",".join(models)
        wrk(url, "create-version", CONNECTIONS, bench.warm_up, models=names, first=0)
        settle(url, experiment)
        result = wrk(url, "create-version", CONNECTIONS, bench.seconds(CONNECTIONS), models=names, first=1_000_000)
        bench.details.append({"server": server.name, "request": "create-version", **result})
    bench.discard(home)
    return load_values("create", result)


def load_values(name, result):
    return {f"{name}_rate": result["answered_per_second"], f"{name}_p50": result["latency_us"]["p50"] / 1000,
            f"{name}_p99": result["latency_us"]["p99"] / 1000, f"{name}_errors": result["error_count"]}


def measure_read(bench, server):
    def fill(home):
        with server.running(home) as url:
            if not isinstance(server, Mlflow):
                fill_by_rest(url)
        # By REST this would take MLflow several minutes, and nothing here depends on how the rows came in.
        if isinstance(server, Mlflow):
            fill_mlflow_database(home)
        with server.running(home) as url:
            alias = {"name": model(7), "alias": "champion", "version": "42"}
            Rest(url).post("/registered-models/alias", alias)

    home, _ = bench.filled(server, "registry", fill)
    query = urllib.parse.urlencode({"filter": FILTER, "max_results": 1000})
    alias = f"{API}/registered-models/alias?name={model(7)}&alias=champion"
    with server.running(home) as url:
        version = Rest(url).call("GET", alias)["model_version"]
        if version["version"] != "42":
            raise RuntimeError(f"{server.name}: the alias leads to {version}")
        found = Rest(url).get("/model-versions/search", filter=FILTER, max_results=1000)["model_versions"]
        if {(one["name"], int(one["version"])) for one in found} != set(matching()):
            raise RuntimeError(f"{server.name}: search answers {len(found)} other versions than expected")
        wrk(url, "ask", CONNECTIONS, bench.warm_up, path=alias)
        result = wrk(url, "ask", CONNECTIONS, bench.seconds(CONNECTIONS), path=alias)
        bench.details.append({"server": server.name, "request": "alias", **result})
        seconds = sequential_seconds(f"{url}{API}/model-versions/search?{query}", bench.warm_up, bench.seconds(8))
    return load_values("alias", result) | {
        "search_p50": percentile(seconds, 0.5) * 1000, "search_p99": percentile(seconds, 0.99) * 1000}


def model(number):
    return f"bench-{number:03d}"


def tier(number, version):
    return f"w{(number + version) % TIERS}"


def matching():
    """A tenth of them: 1,000, which is one page."""
    return [(model(number), version) for number in range(MODELS) for version in range(1, VERSIONS_OF_EACH + 1)
            if tier(number, version) == "w3"]


def fill_by_rest(url):
    def of_one(number):
        rest = Rest(url)
        rest.post("/registered-models/create", {"name": model(number)})
        for version in range(1, VERSIONS_OF_EACH + 1):
            rest.post("/model-versions/create", {
                "name": model(number), "source": source(number, version),
                "tags": [{"key": "tier", "value": tier(number, version)}]})
        rest.close()

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(of_one, range(MODELS)):
            pass


def fill_mlflow_database(home):
    """Writes the models into MLflow's SQLite file, as its REST calls would have; its server must be stopped."""
    models, versions, tags = [], [], []
    for number in range(MODELS):
        models.append((model(number), FIRST_TIME, FIRST_TIME))
        for version in range(1, VERSIONS_OF_EACH + 1):
            time = FIRST_TIME + number * VERSIONS_OF_EACH + version
            versions.append((model(number), version, time, time, "None", source(number, version), "READY"))
            tags.append((model(number), version, "tier", tier(number, version)))
    connection = sqlite3.connect(database(home))
    with connection:
        insert(connection, "registered_models (name, creation_time, last_updated_time)", models)
        insert(connection, "model_versions (name, version, creation_time, last_updated_time, current_stage, source, "
                           "status)", versions)
        insert(connection, "model_version_tags (name, version, key, value)", tags)
    connection.close()


def source(number, version):
    return f"s3://bench-bucket/{model(number)}/{version}"
