"""OpenLineage's own clients tell a real server what jobs read and wrote; the server tells a collector what it did itself."""

import http.server
import json
import os
import subprocess
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

import mlflow
import pandas
import pytest
import requests
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import column_lineage_dataset, parent_run, schema_dataset
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpCompression, HttpConfig, HttpTransport

import servers

JAVA = Path(__file__).resolve().parent / "java-openlineage"
PRODUCER = "https://example.org/python"
DEADLINE_SECONDS = 60


class Lineage:
    """Millwright's own questions about lineage, and a dataset made of a CSV."""

    def __init__(self, url, token=None):
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method, path, **arguments):
        return requests.request(method, self.url + "/api/millwright/v1" + path, headers=self.headers, timeout=60, **arguments)

    def reached(self, question, node, **query):
        """URNs with their distance; nothing while the node is not known."""
        answer = self.call("GET", f"/lineage/{question}", params={"node": node, **query})
        if answer.status_code == 404:
            return {}
        answer.raise_for_status()
        return {one["urn"]: one["distance"] for group in answer.json()["groups"] for one in group["nodes"]}

    def await_reached(self, question, node, expected):
        """What happened a moment ago is known within about a second."""
        def found():
            reached = self.reached(question, node)
            return reached if expected <= reached.keys() else None

        return servers.wait_until(found, DEADLINE_SECONDS, f"{question} of {node}")

    def commit(self, dataset, text):
        """Sends a CSV as a version; its snapshot's URN."""
        mode = "append" if self.call("GET", f"/datasets/{dataset}").status_code == 200 else "create"
        upload = self.call("POST", f"/datasets/{dataset}/uploads?name=people.csv", data=text.encode())
        upload.raise_for_status()
        made = self.call("POST", f"/datasets/{dataset}/versions", json={"upload": upload.json()["upload"], "mode": mode})
        made.raise_for_status()

        def version():
            operation = self.call("GET", f"/operations/{made.json()['operation_id']}").json()
            assert operation["state"] in ("running", "succeeded"), operation
            return operation.get("result")

        done = servers.wait_until(version, DEADLINE_SECONDS, "a commit") if "operation_id" in made.json() else made.json()
        return f"snapshot:{dataset}@{done['snapshot_id']}"


def client(url, token=None, compression=None):
    config = HttpConfig(url=url, compression=compression, retry={"total": 0},
                        **({"auth": ApiKeyTokenProvider({"api_key": token})} if token else {}))  # fmt: skip
    return OpenLineageClient(transport=HttpTransport(config))


def now():
    return datetime.now(timezone.utc).isoformat()


def columns(field, namespace, name, origin):
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            field: column_lineage_dataset.Fields(
                inputFields=[
                    column_lineage_dataset.InputField(
                        namespace=namespace, name=name, field=origin,
                        transformations=[column_lineage_dataset.Transformation(type="DIRECT", subtype="IDENTITY")],
                    )  # fmt: skip
                ]
            )
        }
    )


def run_event(state, run, job, inputs, outputs, facets=None):
    return RunEvent(eventType=state, eventTime=now(), run=Run(run, facets or {}), job=Job("python", job), producer=PRODUCER,
                    inputs=inputs, outputs=outputs)  # fmt: skip


@pytest.fixture(scope="module")
def lineage(millwright_url):
    return Lineage(millwright_url)


def test_the_python_client_leads_from_a_file_through_a_dataset_to_a_dashboard(lineage):
    lineage.commit("ol_python.people", "id,year\n1,2015\n2,2016\n")
    emitter, load, publish = client(lineage.url), str(uuid.uuid4()), str(uuid.uuid4())
    bucket = InputDataset("s3://bucket", "python/people.csv", facets={
        "schema": schema_dataset.SchemaDatasetFacet(fields=[schema_dataset.SchemaDatasetFacetFields("y", "int")])})  # fmt: skip
    people = OutputDataset("millwright", "ol_python.people",
                           facets={"columnLineage": columns("year", "s3://bucket", "python/people.csv", "y")})  # fmt: skip
    parent = parent_run.ParentRunFacet(run=parent_run.Run(str(uuid.uuid4())), job=parent_run.Job("python", "dag"))
    for state in (RunState.START, RunState.COMPLETE):
        emitter.emit(run_event(state, load, "load", [bucket], [people], {"parent": parent}))
    # The same table under the address of our catalog, as Spark names it, compressed.
    emitter = client(lineage.url, compression=HttpCompression.GZIP)
    emitter.emit(run_event(RunState.COMPLETE, publish, "publish", [InputDataset(lineage.url + "/iceberg", "ol_python.people")],
                           [OutputDataset("tableau", "python-dashboard")]))  # fmt: skip

    impact = lineage.await_reached("impact", "external:s3://bucket/python/people.csv", {"external:tableau/python-dashboard"})
    assert {f"job-run:{load}", f"job-run:{publish}", "dataset:ol_python.people"} <= impact.keys()
    of_column = lineage.reached("impact", "external-column:s3://bucket/python/people.csv#y")
    assert of_column["column:ol_python.people#year"] == 1
    provenance = lineage.reached("provenance", "external:tableau/python-dashboard")
    assert {"job:python/load", "job:python/dag", "external:s3://bucket/python/people.csv"} <= provenance.keys()
    assert lineage.reached("provenance", "column:ol_python.people#year") == {
        "external-column:s3://bucket/python/people.csv#y": 1}  # fmt: skip


def test_saying_it_again_changes_nothing(lineage):
    run, emitter = str(uuid.uuid4()), client(lineage.url)
    event = run_event(RunState.COMPLETE, run, "again", [InputDataset("again", "a")], [OutputDataset("again", "b")])
    emitter.emit(event)
    before = lineage.call("GET", "/lineage", params={"node": "external:again/a", "depth": 10}).json()
    emitter.emit(event)
    assert lineage.call("GET", "/lineage", params={"node": "external:again/a", "depth": 10}).json() == before
    events = lineage.call("GET", "/audit/events", params={"entity": "job:python/again"}).json()["events"]
    assert len(events) <= 1


def test_a_job_and_a_dataset_have_lineage_without_a_run(lineage):
    client(lineage.url).emit(JobEvent(eventTime=now(), job=Job("python", "static"), producer=PRODUCER,
                                      inputs=[InputDataset("static", "in")], outputs=[OutputDataset("static", "out")]))  # fmt: skip
    assert lineage.reached("impact", "external:static/in") == {"job:python/static": 1, "external:static/out": 2}


@pytest.mark.parametrize(("change", "told"), [
    ({"eventTime": "yesterday"}, "'eventTime' is '\"yesterday\"', expected a time"),
    ({"eventType": "DONE"}, "'eventType' is '\"DONE\"', expected one of"),
    ({"run": {"runId": "7"}}, "'run.runId' is '\"7\"', expected a UUID"),
    ({"job": {"name": "x"}}, "'job.namespace' is missing, expected a text"),
    ({"inputs": [{"namespace": "a"}]}, "'inputs[0].name' is missing, expected a text"),
    ({"inputs": "all"}, "'inputs' is '\"all\"', expected a list of datasets"),
])  # fmt: skip
def test_a_wrong_event_is_refused_with_what_was_got_and_expected(lineage, change, told):
    right = {"eventType": "COMPLETE", "eventTime": now(), "producer": PRODUCER, "run": {"runId": str(uuid.uuid4())},
             "job": {"namespace": "n", "name": "j"}, "inputs": [], "outputs": []}  # fmt: skip
    assert requests.post(lineage.url + "/api/v1/lineage", json=right, timeout=30).status_code == 201
    answer = requests.post(lineage.url + "/api/v1/lineage", json={**right, **change}, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert told in answer.json()["message"]
    batch = requests.post(lineage.url + "/api/v1/lineage/batch", json=[right, {**right, **change}], timeout=30)
    assert batch.status_code == 400
    assert told.replace("'", "'[1].", 1) in batch.json()["message"]
    assert requests.post(lineage.url + "/api/v1/lineage/batch", json=[right], timeout=30).status_code == 200


def test_a_run_that_logs_a_table_leads_from_its_snapshot(lineage, tracking):
    first = lineage.commit("ol_mlflow.people", "id,year\n1,2015\n2,2016\n")
    second = lineage.commit("ol_mlflow.people", "id,year\n3,2017\n")
    table = pandas.DataFrame({"id": [1, 2], "year": [2015, 2016]})
    source = lineage.url + "/iceberg/v1/default/namespaces/ol_mlflow/tables/people"
    with mlflow.start_run() as pinned:
        mlflow.log_input(mlflow.data.from_pandas(table, source=source + "?version=1", name="people"), context="training")
    with mlflow.start_run() as latest:
        mlflow.log_input(mlflow.data.from_pandas(table[["id"]], source=source, name="people"), context="training")
    tracking.create_registered_model("ol-churn")
    version = tracking.create_model_version("ol-churn", f"runs:/{pinned.info.run_id}/model", pinned.info.run_id)
    tracking.set_registered_model_alias("ol-churn", "champion", version.version)

    impact = lineage.await_reached("impact", first, {"alias:ol-churn@champion"})
    assert impact[f"run:{pinned.info.run_id}"] == 1
    assert f"run:{latest.info.run_id}" not in impact.keys() - lineage.reached("impact", second).keys()
    lineage.await_reached("impact", second, {f"run:{latest.info.run_id}"})
    year = lineage.await_reached("impact", "column:ol_mlflow.people#year", {"alias:ol-churn@champion"})
    assert f"run:{latest.info.run_id}" not in year
    came_from = lineage.reached("provenance", "alias:ol-churn@champion")
    assert {first, "dataset:ol_mlflow.people", "column:ol_mlflow.people#id", "model-version:ol-churn/1"} <= came_from.keys()
    assert second not in came_from


@pytest.fixture(scope="module")
def java():
    subprocess.run(["mvn", "-B", "-q", "-f", str(JAVA / "pom.xml"), "process-classes"], check=True, timeout=600)
    classpath = f"{JAVA / 'target/classes'}{os.pathsep}{(JAVA / 'target/classpath.txt').read_text().strip()}"
    program = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"

    def play(url, token, dataset):
        done = subprocess.run([str(program), "-cp", classpath, "OpenLineageFlow", url, token, dataset],
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout.strip().splitlines()[-1].split("\t", 1)

    return play


def test_the_java_client_leads_from_columns_to_columns(lineage, java):
    lineage.commit("ol_java.orders", "id,year\n1,2015\n")
    what, run = java(lineage.url, "", "ol_java.orders")
    assert what == "run", run

    orders = "postgres://db:5432/shop.public.java_orders"
    impact = lineage.reached("impact", f"external:{orders}")
    assert {f"job-run:{run}", "dataset:ol_java.orders"} <= impact.keys()
    assert "column:ol_java.orders#year" in lineage.reached("impact", f"external-column:{orders}#ordered_at")
    static = lineage.reached("impact", "external:kafka://broker:9092/java-static-in")
    assert static == {"job:java/static": 1, "external:kafka://broker:9092/java-static-out": 2}
    assert "external-column:kafka://broker:9092/java-view#b" in lineage.reached(
        "impact", "external-column:kafka://broker:9092/java-static-out#a")  # fmt: skip


def test_both_clients_need_a_token_where_everybody_says_who_they_are(folder, java, monkeypatch):
    with servers.start_millwright(folder / "ol-access", env={"MILLWRIGHT_SERVER_AUTHENTICATION": "on"}) as server:
        token = servers.TOKEN.search(server.text()).group()
        admin = Lineage(server.url, token)
        admin.call("POST", "/users", json={"name": "ann"}).raise_for_status()
        weak = admin.call("POST", "/tokens", json={"owner": "ann", "name": "t"}).json()["token"]
        admin.call("POST", "/grants", json={"subject": "user:ann", "entity": "workspace:default", "role": "viewer"}
                   ).raise_for_status()  # fmt: skip
        event = run_event(RunState.COMPLETE, str(uuid.uuid4()), "secure", [InputDataset("s", "a")], [OutputDataset("s", "b")])
        for wrong, status in ((None, 401), ("mw_no_such_token", 401), (weak, 403)):
            with pytest.raises(requests.HTTPError) as refused:
                client(server.url, wrong).emit(event)
            assert refused.value.response.status_code == status
            assert refused.value.response.json()["code"] == status
        what, why = java(server.url, "", "x.y")
        assert what == "refused" and "401" in why
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        monkeypatch.setenv("OPENLINEAGE_API_KEY", token)
        OpenLineageClient().emit(event)
        assert java(server.url, token, "x.y")[0] == "run"
        assert "external:s/b" in Lineage(server.url, weak).reached("impact", "external:s/a")
        edge = admin.call("GET", "/lineage", params={"node": "external:s/a"}).json()["edges"][0]
        assert (edge["said_by"], edge["said_in"]) == ("admin", "openlineage")


def test_the_graph_is_whole_and_has_nothing_twice_after_kills(folder):
    """What was committed before a kill -9 is in the graph after the start, once."""
    home = folder / "ol-kill"
    snapshots, edges = [], []
    for round in range(3):
        with servers.start_millwright(home) as server:
            lineage = Lineage(server.url)
            snapshots.append(lineage.commit("kill.people", f"id\n{round}\n"))
            if round == 1:
                lineage.await_reached("impact", snapshots[0], {snapshots[1]})
            server.kill()
    with servers.start_millwright(home) as server:
        lineage = Lineage(server.url)
        lineage.await_reached("impact", snapshots[0], set(snapshots[1:]))
        around = lineage.call("GET", "/lineage", params={"node": "dataset:kill.people", "depth": 10}).json()
        edges = [(edge["from"], edge["to"], edge["kind"]) for edge in around["edges"]]
    assert sorted(edges) == sorted(
        [("dataset:kill.people", snapshot, "version") for snapshot in snapshots]
        + [(a, b, "parent") for a, b in zip(snapshots, snapshots[1:])])  # fmt: skip


class Collector:
    """Keeps the events that are posted; answers 503 as often as it is told to, then 201."""

    def __init__(self):
        self.events, self.keys, self.busy = [], set(), 0
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                busy, collector.busy = collector.busy > 0, collector.busy - 1
                if not busy:
                    collector.events.append((self.path, json.loads(body)))
                    collector.keys.add(self.headers["Authorization"])
                self.send_response(503 if busy else 201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of_job(self, name):
        return [event for _, event in self.events if event["job"]["name"] == name]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector():
    listening = Collector()
    yield listening
    listening.close()


def test_a_collector_hears_of_commits_and_runs_also_after_a_kill(folder, collector):
    collector.busy = 2
    settings = {"MILLWRIGHT_LINEAGE_COLLECTOR": collector.url, "MILLWRIGHT_LINEAGE_COLLECTOR_KEY": "key of the collector"}
    home = folder / "ol-out"
    with servers.start_millwright(home, env=settings) as server:
        lineage = Lineage(server.url)
        snapshot = lineage.commit("out.people", "id,year\n1,2015\n")
        tracking = mlflow.MlflowClient(server.url)
        run = tracking.create_run("0")
        dataset = mlflow.data.from_pandas(pandas.DataFrame({"id": [1]}), name="people",
                                          source=server.url + "/iceberg/v1/default/namespaces/out/tables/people")  # fmt: skip
        tracking.log_inputs(run.info.run_id, [mlflow.entities.DatasetInput(dataset._to_mlflow_entity())])
        tracking.set_terminated(run.info.run_id)
        ended = servers.wait_until(lambda: collector.of_job("experiment Default"), DEADLINE_SECONDS, "the run")
        server.kill()
    (committed,) = collector.of_job("commit out.people")
    path, _ = collector.events[0]
    assert path == "/api/v1/lineage"
    assert collector.keys == {"Bearer key of the collector"}
    assert committed["outputs"][0]["facets"]["version"]["datasetVersion"] == snapshot.split("@")[1]
    assert ended[0]["run"]["runId"].replace("-", "") == run.info.run_id
    assert ended[0]["inputs"][0]["name"] == "out.people"

    with servers.start_millwright(home, env=settings) as server:
        Lineage(server.url).commit("out.people", "id,year\n2,2016\n")
        servers.wait_until(lambda: len(collector.of_job("commit out.people")) >= 2, DEADLINE_SECONDS, "the second commit")
        # What it sent, another Millwright takes.
        with servers.start_millwright(folder / "ol-out-other") as other:
            for _, event in collector.events:
                assert requests.post(other.url + "/api/v1/lineage", json=event, timeout=30).status_code == 201
            reached = Lineage(other.url).reached("provenance", f"job-run:{ended[0]['run']['runId']}")
            assert snapshot in reached
            time_of = {event["run"]["runId"] for event in collector.of_job("commit out.people")}
            assert len(time_of) == 2


def test_every_column_of_a_wide_table_may_be_told(lineage):
    """Events of thousands of columns, as Spark sends them, are taken in well under its client's patience."""
    fields = {f"c{i}": column_lineage_dataset.Fields(inputFields=[
        column_lineage_dataset.InputField("wide", "in", f"c{i}")]) for i in range(2000)}  # fmt: skip
    output = OutputDataset("wide", "out", facets={"columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields)})
    began = time.monotonic()
    client(lineage.url).emit(run_event(RunState.COMPLETE, str(uuid.uuid4()), "wide", [InputDataset("wide", "in")], [output]))
    assert time.monotonic() - began < 5
    assert "external-column:wide/out#c1999" in lineage.reached("impact", "external-column:wide/in#c1999")
