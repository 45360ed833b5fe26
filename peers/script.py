"""A long conversation with a tracking server through MLflow's own client, for `test_same_answers.py`.

`play(url)` returns a list of (chapter, step, answer). Run against two servers, the lists must be equal.
By hand: `python peers/script.py URL [OTHER_URL]` prints the answers of one server, or what two answer differently.

Timestamps given here lie outside `answers.CLOCK`, so that they are compared and not taken for the server's clock.
Runs compared by order never tie on `start_time`: MLflow breaks such ties by random ids.
"""

import io
import itertools
import json
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException

from answers import Answers, differences
from registry_chapters import REGISTRY_CHAPTERS

os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # a 500 is an answer, too
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
T0 = 1_000_000_000_000  # the script's own time, long before the servers' clocks


class Play:
    """What every chapter gets: the client, the recorder, and a shared experiment-making shortcut."""

    def __init__(self, url):
        self.url = url
        # A prefix of letters only, so that it is no id and no invented name.
        letters = uuid.uuid4().hex[:10].translate(str.maketrans("0123456789", "ghijklmnop"))
        self.prefix = f"zz{letters}"
        self.answers = Answers(self.prefix)
        self.ask = self.answers.ask
        self.note = self.answers.note
        mlflow.set_tracking_uri(url)  # some methods of the client (load_table) go by the global one
        self.client = MlflowClient(tracking_uri=url, registry_uri=url)
        self.http = requests.Session()
        self._starts = itertools.count(T0, 1000)

    def name(self, text):
        return f"{self.prefix}_{text}"

    def experiment(self, text, **arguments):
        """Creates an experiment for a chapter. Creation times never tie: the default order of a search is by them."""
        later()
        experiment_id = self.client.create_experiment(self.name(text), **arguments)
        self.answers.experiment(experiment_id)
        return experiment_id

    def run(self, experiment_id, name, **arguments):
        return self.client.create_run(experiment_id, start_time=next(self._starts), run_name=name, **arguments).info.run_id

    def refused(self, step, question):
        """Records only that `question` fails: for mistakes that MLflow answers with 500, as no server must."""
        try:
            question()
        except MlflowException:
            self.note(step, "refused")
        else:
            self.note(step, "accepted")

    def raw(self, step, method, path, body=None, query=None, text=None, headers=None, status_only=False):
        """One bare HTTP request: records status and JSON, which the client would hide."""

        def send():
            data = text if text is not None else None if body is None else json.dumps(body)
            given = {"Content-Type": "application/json"} if data is not None else {}
            response = self.http.request(
                method, self.url + path, params=query, data=data, timeout=60, headers={**given, **(headers or {})}
            )
            try:
                answer = response.json()
            except ValueError:
                answer = response.text if response.status_code < 400 else "<not JSON>"
            if isinstance(answer, dict):
                # Optional since MLflow 3.16; clients do not read them.
                answer.pop("sqlstate", None)
                answer.pop("error_class", None)
            return {"status": response.status_code, "json": None if status_only else answer}

        answer = self.ask(step, send)
        return answer["json"] if answer else {}


def later():
    """Waits until the clock shows another millisecond, with one to spare."""
    then = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 < then + 3:
        time.sleep(0.001)


# ---------------------------------------------------------------------------------------------------- experiments


def experiments(p):
    c, ask = p.client, p.ask
    a = ask("create experiment", lambda: p.experiment("exp_a"), "experiment_id")
    b = ask("create experiment with tags", lambda: p.experiment("exp_b", tags={"team": "vision", "owner": "ann", "n": "7"}), "experiment_id")
    d = ask("create experiment with location", lambda: p.experiment("exp_d", artifact_location="mlflow-artifacts:/elsewhere"), "experiment_id")
    u = ask("create experiment with unicode name", lambda: p.experiment("exp_ü_猫", tags={"ключ": "значение 🌋"}), "experiment_id")

    ask("get experiment", lambda: c.get_experiment(a))
    ask("get experiment with tags", lambda: c.get_experiment(b))
    ask("get experiment with location", lambda: c.get_experiment(d))
    ask("get experiment with unicode name", lambda: c.get_experiment(u))
    ask("get experiment by name", lambda: c.get_experiment_by_name(p.name("exp_b")))
    ask("get experiment by unknown name", lambda: c.get_experiment_by_name(p.name("nobody")))
    ask("default experiment's name", lambda: c.get_experiment("0").name)

    ask("set experiment tag", lambda: c.set_experiment_tag(a, "stage", "draft"))
    ask("set experiment tag again", lambda: c.set_experiment_tag(a, "stage", "final"))
    ask("set experiment tag to a number", lambda: c.set_experiment_tag(a, "number", 3.5))
    ask("set experiment tag with blanks in the key", lambda: c.set_experiment_tag(a, "a key/with:all.sorts-of_it", "x"))
    ask("set long experiment tag", lambda: c.set_experiment_tag(a, "long", "v" * 5000))
    ask("tags are set", lambda: c.get_experiment(a).tags)
    ask("delete experiment tag", lambda: c.delete_experiment_tag(a, "stage"))
    ask("delete absent experiment tag", lambda: c.delete_experiment_tag(a, "stage"))
    ask("tag is gone", lambda: c.get_experiment(a).tags)

    later()
    ask("rename experiment", lambda: c.rename_experiment(a, p.name("exp_a2")))
    renamed = ask("renamed experiment", lambda: c.get_experiment(a))
    p.note("rename moves last_update_time", renamed.last_update_time > renamed.creation_time)
    ask("old name is free", lambda: c.get_experiment_by_name(p.name("exp_a")))
    ask("rename to a taken name", lambda: c.rename_experiment(a, p.name("exp_b")))
    ask("rename to its own name", lambda: c.rename_experiment(a, p.name("exp_a2")))
    ask("create taken name", lambda: c.create_experiment(p.name("exp_b")))

    run = p.run(b, "kept")
    later()
    ask("delete experiment", lambda: c.delete_experiment(b))
    ask("deleted experiment by id", lambda: c.get_experiment(b))
    ask("deleted experiment by name", lambda: c.get_experiment_by_name(p.name("exp_b")).lifecycle_stage)
    ask("run of deleted experiment", lambda: c.get_run(run).info)
    ask("delete deleted experiment", lambda: c.delete_experiment(b))
    ask("create name of deleted experiment", lambda: c.create_experiment(p.name("exp_b")))
    ask("create run in deleted experiment", lambda: c.create_run(b))
    p.refused("rename deleted experiment", lambda: c.rename_experiment(b, p.name("exp_b2")))
    ask("tag deleted experiment", lambda: c.set_experiment_tag(b, "late", "yes"))
    ask("log to a run of a deleted experiment", lambda: c.log_param(run, "late", "yes"))
    ask("runs of deleted experiment, active", lambda: c.search_runs([b]))
    ask("runs of deleted experiment, deleted", lambda: names(c.search_runs([b], run_view_type=ViewType.DELETED_ONLY)))
    ask("restore experiment", lambda: c.restore_experiment(b))
    ask("restored experiment", lambda: c.get_experiment(b))
    ask("run of restored experiment", lambda: c.get_run(run).info.lifecycle_stage)
    ask("restore active experiment", lambda: c.restore_experiment(b))


def experiment_search(p):
    c, ask = p.client, p.ask
    ids = {}
    for number, (name, tags) in enumerate(
        [("alpha", {"kind": "one", "rank": "1"}), ("beta", {"kind": "two"}), ("Beta_2", {"kind": "Two", "rank": "2"}),
         ("gamma%", {}), ("delta", {"kind": "one", "dotted.key": "d", "a b": "blank"})]
    ):  # fmt: skip
        ids[name] = p.experiment(f"find_{name}", tags=tags)
    c.delete_experiment(ids["delta"])
    mine = f"name LIKE '{p.name('find')}%'"

    def found(step, filter_string="", view_type=ViewType.ACTIVE_ONLY, order_by=None, everybody=False):
        full = filter_string if everybody else f"{mine} AND {filter_string}" if filter_string else mine
        ask(step, lambda: [e.name for e in c.search_experiments(
            filter_string=full, view_type=view_type, order_by=order_by, max_results=200)])  # fmt: skip

    found("search experiments")
    found("search experiments, all", view_type=ViewType.ALL)
    found("search experiments, deleted", view_type=ViewType.DELETED_ONLY)
    for text in (
        f"name = '{p.name('find_alpha')}'", f"name != '{p.name('find_alpha')}'", f"name ILIKE '{p.name('FIND_BETA')}%'",
        "name LIKE '%gamma\\%'", "name LIKE '%_eta%'", "tags.kind = 'one'", "tag.kind = 'two'", "tags.kind != 'one'",
        "tags.kind LIKE 'T%'", "tags.kind ILIKE 't%'", "tags.rank IS NULL", "tags.rank IS NOT NULL",
        "tags.`dotted.key` = 'd'", 'tags."a b" = \'blank\'', "attribute.name LIKE '%beta%'", "attr.name LIKE '%beta%'",
        "creation_time > 0", "creation_time < 1000", f"last_update_time >= {T0}", "creation_time != 5",
        f"experiment_id = '{ids['alpha']}'", f"experiment_id IN ('{ids['alpha']}', '{ids['beta']}')",
        f"experiment_id NOT IN ('{ids['alpha']}', '{ids['beta']}')", "tags.kind = 'one' and tags.rank = '1'",
        "tags.kind = 'one' AND tags.kind = 'two'", "name LIKE '%' AND ",
    ):  # fmt: skip
        found(f"experiments where {label(p, text, ids)}", text, view_type=ViewType.ALL)
    for order in (["name"], ["name DESC"], ["name ASC"], ["creation_time DESC"], ["creation_time ASC"],
                  ["experiment_id DESC"], ["last_update_time DESC"], ["attribute.name DESC"], ["last_update_time ASC", "name"]):  # fmt: skip
        found(f"experiments ordered by {order}", order_by=order)

    def pages():
        token, result = None, []
        while True:
            page = c.search_experiments(filter_string=mine, max_results=2, order_by=["name"], page_token=token)
            result.append([e.name for e in page])
            token = page.token
            if not token:
                return result

    ask("experiments page by page", pages)
    for step, text in (
        ("OR", "name = 'a' OR name = 'b'"), ("parentheses", "(name = 'a')"), ("unknown attribute", "colour = 'red'"),
        ("unknown entity", "metrics.a = 1"), ("number for a string", "name = 1"), ("string for a number", "creation_time = 'a'"),
        ("no value", "name ="), ("no comparator", "name 'a'"), ("semicolon", "name = 'a';"), ("IN on name", "name IN ('a')"),
("IS NULL on name", "name IS NULL"), ("unclosed quote", "name = 'a"),
    ):  # fmt: skip
        found(f"bad experiment filter: {step}", text, everybody=True)
    for order in (["tags.kind"], ["colour"], ["name DOWN"], ["name ASC DESC"], [""], ["metrics.a"]):
        found(f"bad experiment order: {order}", order_by=order)
    ask("bad experiment page token", lambda: c.search_experiments(page_token="nonsense!"))
    ask("too many experiments asked", lambda: c.search_experiments(max_results=50001))
    ask("no experiments asked", lambda: c.search_experiments(max_results=0))
    ask("fewer than no experiments asked", lambda: c.search_experiments(max_results=-1))


# ----------------------------------------------------------------------------------------------------------- runs


def runs(p):
    c, ask = p.client, p.ask
    e = p.experiment("runs")
    run = ask("create run", lambda: c.create_run(e, start_time=T0, run_name="first", tags={"color": "red", "n": "1"})).info.run_id
    ask("get run", lambda: c.get_run(run))
    ask("create run without a name", lambda: c.create_run(e, start_time=T0 + 1))
    ask("create run named by tag", lambda: c.create_run(e, start_time=T0 + 2, tags={"mlflow.runName": "by tag"}))
    ask("create run named twice, same", lambda: c.create_run(e, start_time=T0 + 3, run_name="x", tags={"mlflow.runName": "x"}))
    ask("create run named twice, different", lambda: c.create_run(e, run_name="x", tags={"mlflow.runName": "y"}))
    ask("create run with user tag", lambda: c.create_run(e, start_time=T0 + 4, run_name="u", tags={"mlflow.user": "ann"}))
    ask("create run at the client's clock", lambda: c.create_run(e, run_name="now").info)

    ask("rename run", lambda: c.update_run(run, name="second"))
    ask("name tag follows", lambda: c.get_run(run).data.tags)
    ask("rename by tag", lambda: c.set_tag(run, "mlflow.runName", "third"))
    ask("name follows tag", lambda: c.get_run(run).info.run_name)
    for status in ("SCHEDULED", "FAILED", "RUNNING"):
        ask(f"update status {status}", lambda status=status: c.update_run(run, status=status))
        ask(f"status is {status}", lambda: (c.get_run(run).info.status, c.get_run(run).info.end_time))
    ask("update to unknown status", lambda: c.update_run(run, status="SLEEPING"))
    ask("terminate", lambda: c.set_terminated(run, end_time=T0 + 5000))
    ask("terminated run", lambda: c.get_run(run).info)
    ask("terminate as failed", lambda: c.set_terminated(run, "FAILED", T0 + 6000))
    ask("terminated as failed", lambda: c.get_run(run).info)
    ask("terminate as killed at the clock", lambda: c.set_terminated(run, "KILLED"))
    ask("terminated as killed", lambda: c.get_run(run).info)

    child = p.run(e, "child", tags={"mlflow.parentRunId": run})
    ask("parent run", lambda: c.get_parent_run(child).info.run_name)
    ask("no parent run", lambda: c.get_parent_run(run))

    ask("delete run", lambda: c.delete_run(run))
    ask("deleted run", lambda: c.get_run(run).info.lifecycle_stage)
    ask("delete run again", lambda: c.delete_run(run))
    ask("log metric to deleted run", lambda: c.log_metric(run, "a", 1.0))
    ask("log param to deleted run", lambda: c.log_param(run, "a", 1))
    ask("set tag of deleted run", lambda: c.set_tag(run, "a", 1))
    ask("delete tag of deleted run", lambda: c.delete_tag(run, "color"))
    ask("log batch to deleted run", lambda: c.log_batch(run, params=[Param("a", "1")]))
    ask("log input of deleted run", lambda: c.log_inputs(run, [dataset_input("iris", "abc")]))
    ask("update deleted run", lambda: c.update_run(run, name="fourth"))
    ask("terminate deleted run", lambda: c.set_terminated(run))
    ask("restore run", lambda: c.restore_run(run))
    ask("restored run", lambda: c.get_run(run))
    ask("restore run again", lambda: c.restore_run(run))

    no_run, no_experiment = "0" * 31 + "f", "987654321"
    ask("get unknown run", lambda: c.get_run(no_run))
    ask("get misspelt run", lambda: c.get_run("no-such-run"))
    ask("delete unknown run", lambda: c.delete_run(no_run))
    ask("restore unknown run", lambda: c.restore_run(no_run))
    ask("update unknown run", lambda: c.update_run(no_run, name="x"))
    ask("log metric to unknown run", lambda: c.log_metric(no_run, "a", 1.0))
    ask("log param to unknown run", lambda: c.log_param(no_run, "a", 1))
    ask("set tag of unknown run", lambda: c.set_tag(no_run, "a", 1))
    ask("delete tag of unknown run", lambda: c.delete_tag(no_run, "a"))
    ask("log batch to unknown run", lambda: c.log_batch(no_run, params=[Param("a", "1")]))
    ask("log input of unknown run", lambda: c.log_inputs(no_run, [dataset_input("iris", "abc")]))
    ask("list artifacts of unknown run", lambda: c.list_artifacts(no_run))
    ask("create run in unknown experiment", lambda: c.create_run(no_experiment))
    ask("create run in misspelt experiment", lambda: c.create_run("iris"))
    ask("get unknown experiment", lambda: c.get_experiment(no_experiment))
    ask("get misspelt experiment", lambda: c.get_experiment("iris"))
    ask("delete unknown experiment", lambda: c.delete_experiment(no_experiment))
    ask("restore unknown experiment", lambda: c.restore_experiment(no_experiment))
    ask("rename unknown experiment", lambda: c.rename_experiment(no_experiment, p.name("ghost")))
    ask("tag unknown experiment", lambda: c.set_experiment_tag(no_experiment, "a", "b"))
    ask("delete tag of unknown experiment", lambda: c.delete_experiment_tag(no_experiment, "a"))


def params_and_tags(p):
    c, ask = p.client, p.ask
    run = p.run(p.experiment("params"), "params")
    ask("log param", lambda: c.log_param(run, "lr", 0.01))
    ask("log param again", lambda: c.log_param(run, "lr", 0.01))
    ask("log param otherwise", lambda: c.log_param(run, "lr", 0.02))
    for key, value in (("none", None), ("true", True), ("list", [1, 2]), ("empty", ""), ("text", "ü 猫 \n \t \\ \" ' 🌋"),
                       ("a/b", "path"), ("a b.c-d_e:f", "signs"), ("long", "p" * 6000), ("ключ", "key")):  # fmt: skip
        ask(f"log param {key}", lambda key=key, value=value: c.log_param(run, key, value))
    ask("log too long param", lambda: c.log_param(run, "longer", "p" * 6001))
    ask("length of too long param", lambda: len(c.get_run(run).data.params["longer"]))
    ask("params", lambda: c.get_run(run).data.params)

    for key, value in (("a", "1"), ("a", "2"), ("none", None), ("number", 7), ("text", "ü 猫 \n 🌋"), ("empty", ""),
                       ("mlflow.note.content", "# note"), ("a/b:c d", "signs")):  # fmt: skip
        ask(f"set tag {key} to {value}", lambda key=key, value=value: c.set_tag(run, key, value))
    ask("set too long tag", lambda: c.set_tag(run, "long", "t" * 8001))
    ask("length of too long tag", lambda: len(c.get_run(run).data.tags["long"]))
    ask("delete tag", lambda: c.delete_tag(run, "a"))
    ask("delete absent tag", lambda: c.delete_tag(run, "a"))
    ask("tags", lambda: {k: v for k, v in c.get_run(run).data.tags.items() if k != "long"})

    for key in ("", "/abs", "a//b", "../up", "a/./b", "a/../b", "./a", ".", "..", "a/", "tab\tbed", "semi;colon", "q?", "k" * 251):
        show = key if len(key) < 20 else f"{key[0]}*{len(key)}"
        ask(f"log param with key {show!r}", lambda key=key: c.log_param(run, key, "v"))
        ask(f"log metric with key {show!r}", lambda key=key: c.log_metric(run, key, 1.0, T0, 0))
        ask(f"set tag with key {show!r}", lambda key=key: c.set_tag(run, key, "v"))


def metrics(p):
    c, ask = p.client, p.ask
    run = p.run(p.experiment("metrics"), "metrics")
    ask("log metric", lambda: c.log_metric(run, "loss", 0.5, T0, 0))
    ask("log metric, later step", lambda: c.log_metric(run, "loss", 0.25, T0 + 10, 1))
    ask("log metric, earlier step", lambda: c.log_metric(run, "loss", 9.0, T0 + 20, -3))
    ask("log metric, same point", lambda: c.log_metric(run, "loss", 0.25, T0 + 10, 1))
    ask("log metric, same step and later", lambda: c.log_metric(run, "loss", 0.125, T0 + 30, 1))
    ask("log metric, same step and time, smaller", lambda: c.log_metric(run, "loss", 0.1, T0 + 30, 1))
    ask("latest metric", lambda: c.get_run(run).data)
    ask("history", lambda: c.get_metric_history(run, "loss"))
    for key, value in (("nan", float("nan")), ("inf", float("inf")), ("minus_inf", float("-inf")), ("int", 3), ("big", 1e300),
                       ("small", 1e-300), ("third", 1 / 3), ("text", "0.5"), ("true", True),
                       ("a/b c.d-e_f:g", 1.0), ("потеря", 2.0), ("long_int", 2**53 + 1)):  # fmt: skip
        ask(f"log metric {key}", lambda key=key, value=value: c.log_metric(run, key, value, T0, 0))
        ask(f"history of {key}", lambda key=key: c.get_metric_history(run, key))
    ask("log metric that is no number", lambda: c.log_metric(run, "word", "abc", T0, 0))
    ask("log metric None", lambda: c.log_metric(run, "none", None, T0, 0))
    for step, values in (("nan after a number", (1.0, float("nan"))), ("nan after a negative number", (-1.0, float("nan"))),
                         ("number after nan", (float("nan"), 1.0)), ("negative after nan", (float("nan"), -1.0))):  # fmt: skip
        key = step.replace(" ", "_")
        for value in values:
            c.log_metric(run, key, value, T0, 0)
        ask(f"latest of {step}", lambda key=key: c.get_run(run).data.metrics[key])
        ask(f"history of {step}", lambda key=key: c.get_metric_history(run, key))
    ask("log metric, negative time", lambda: c.log_metric(run, "early", 1.0, -1, 0))
    ask("log metric, time 0", lambda: c.log_metric(run, "epoch", 1.0, 0, 0))
    ask("log metric, huge step", lambda: c.log_metric(run, "far", 1.0, T0, 2**62))
    ask("history of huge step", lambda: c.get_metric_history(run, "far"))
    ask("log metric, no time and step", lambda: c.log_metric(run, "clock", 1.0))
    ask("history of no time and step", lambda: c.get_metric_history(run, "clock"))
    ask("history of unknown key", lambda: c.get_metric_history(run, "nothing"))
    ask("history of unknown run", lambda: c.get_metric_history("f" * 32, "loss"))

    points = [Metric("curve", 1.0 / (i + 1), T0 + i * 7 % 50, i) for i in range(300)]
    ask("log a curve", lambda: c.log_batch(run, metrics=points))
    ask("history of a curve", lambda: [(m.step, m.timestamp, m.value) for m in c.get_metric_history(run, "curve")])

    path = "/api/2.0/mlflow/metrics/get-history"
    p.raw("history, raw", "GET", path, query={"run_id": run, "metric_key": "loss"})
    first = p.http.get(p.url + path, params={"run_id": run, "metric_key": "curve", "max_results": 120}, timeout=60).json()
    p.note("first page of history", [m["step"] for m in first["metrics"]])
    p.note("first page of history has a token", bool(first.get("next_page_token")))
    query = {"run_id": run, "metric_key": "curve", "max_results": 200, "page_token": first.get("next_page_token", "")}
    p.raw("last page of history", "GET", path, query=query)
    for count in ("0", "-1"):
        p.raw(f"history, {count} asked", "GET", path, query={"run_id": run, "metric_key": "loss", "max_results": count})
    p.raw("history, bad token", "GET", path, query={"run_id": run, "metric_key": "loss", "page_token": "x", "max_results": 5})
    p.raw("history of nothing, raw", "GET", path, query={"run_id": run, "metric_key": "nothing"})
    p.raw("history without a key", "GET", path, query={"run_id": run})
    p.raw("history without a run", "GET", path, query={"metric_key": "loss"})

    other = p.run(c.get_run(run).info.experiment_id, "other")
    c.log_batch(other, metrics=[Metric("curve", float(i), T0 + i, 2 * i) for i in range(40)])
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    base = [("run_ids", run), ("metric_key", "curve")]
    p.raw("interval", "GET", path, query=base + [("max_results", "10")])
    p.raw("interval from step to step", "GET", path, query=base + [("max_results", "5"), ("start_step", "20"), ("end_step", "80")])
    p.raw("interval with few points", "GET", path, query=base + [("max_results", "50"), ("start_step", "10"), ("end_step", "14")])
    p.raw("interval, start without end", "GET", path, query=base + [("max_results", "5"), ("start_step", "20")])
    p.raw("interval, start after end", "GET", path, query=base + [("max_results", "5"), ("start_step", "9"), ("end_step", "8")])
    p.raw("interval, too many asked", "GET", path, query=base + [("max_results", "2501")])
    p.raw("interval, none asked", "GET", path, query=base + [("max_results", "0")])
    p.raw("interval without runs", "GET", path, query=[("metric_key", "curve"), ("max_results", "5")])
    p.raw("interval without key", "GET", path, query=[("run_ids", run), ("max_results", "5")])
    both = p.http.get(p.url + path, params=[("run_ids", run), ("run_ids", other), ("metric_key", "curve"), ("max_results", "7")],
                      timeout=60).json()  # fmt: skip
    steps = {r: [m["step"] for m in both.get("metrics", []) if m["run_id"] == r] for r in (run, other)}
    p.note("interval of two runs", [steps[run], steps[other]])


def batches(p):
    c, ask = p.client, p.ask
    run = p.run(p.experiment("batches"), "batches")
    ask("log batch", lambda: c.log_batch(
        run, [Metric("m", 1.0, T0, 0), Metric("m", 2.0, T0, 1), Metric("n", 3.0, T0, 0)],
        [Param("p", "1"), Param("q", "2")], [RunTag("t", "x"), RunTag("u", "y")]))  # fmt: skip
    ask("logged batch", lambda: c.get_run(run).data)
    ask("empty batch", lambda: c.log_batch(run))
    ask("batch with a name tag", lambda: c.log_batch(run, tags=[RunTag("mlflow.runName", "renamed")]))
    ask("name after batch", lambda: c.get_run(run).info.run_name)
    ask("batch with a point twice", lambda: c.log_batch(run, metrics=[Metric("twice", 1.0, T0, 0)] * 2))
    ask("history of a point twice", lambda: c.get_metric_history(run, "twice"))
    ask("batch that changes a param", lambda: c.log_batch(
        run, [Metric("torn", 1.0, T0, 0)], [Param("torn", "1"), Param("p", "other")], [RunTag("torn", "1")]))  # fmt: skip
    ask("nothing of it is left", lambda: c.get_run(run).data)
    ask("batch with the same param", lambda: c.log_batch(run, params=[Param("p", "1"), Param("r", "3")]))
    path = "/api/2.0/mlflow/runs/log-batch"
    p.raw("batch with a param twice, same", "POST", path, {"run_id": run, "params": [{"key": "d", "value": "1"}] * 2})
    p.raw("batch with a param twice, different", "POST", path,
          {"run_id": run, "params": [{"key": "d", "value": "1"}, {"key": "d", "value": "2"}]})  # fmt: skip
    p.raw("batch with a tag twice", "POST", path,
          {"run_id": run, "tags": [{"key": "d", "value": "1"}, {"key": "d", "value": "2"}]})  # fmt: skip
    ask("the last tag wins", lambda: c.get_run(run).data.tags)
    ask("1000 metrics", lambda: c.log_batch(run, [Metric(f"k{i}", float(i), T0, 0) for i in range(1000)]))
    ask("1001 metrics", lambda: c.log_batch(run, [Metric("k", float(i), T0, i) for i in range(1001)]))
    ask("101 params", lambda: c.log_batch(run, params=[Param(f"k{i}", "v") for i in range(101)]))
    ask("101 tags", lambda: c.log_batch(run, tags=[RunTag(f"k{i}", "v") for i in range(101)]))
    ask("1001 of all sorts", lambda: c.log_batch(run, [Metric("k", float(i), T0, i) for i in range(1000)], [Param("one", "more")]))
    ask("number of metrics", lambda: len(c.get_run(run).data.metrics))

    metric = {"key": "a", "value": 1, "timestamp": 5, "step": 0}
    for step, body in (
        ("without run", {"metrics": [metric]}), ("without timestamp", {"run_id": run, "metrics": [{"key": "a", "value": 1}]}),
        ("without value", {"run_id": run, "metrics": [metric, {"key": "a", "timestamp": 1}]}),
        ("without metric key", {"run_id": run, "metrics": [{"value": 1, "timestamp": 1}]}),
        ("without param key", {"run_id": run, "params": [{"value": "1"}]}),
        ("with a bad metric key", {"run_id": run, "metrics": [metric, {**metric, "key": "a//b"}]}),
        ("with a bad param key", {"run_id": run, "params": [{"key": "ok", "value": "1"}, {"key": "../x", "value": "1"}]}),
        ("with a bad tag key", {"run_id": run, "tags": [{"key": "/x", "value": "1"}]}),
        ("with a long metric key", {"run_id": run, "metrics": [{**metric, "key": "k" * 251}]}),
        ("with a long param key", {"run_id": run, "params": [{"key": "k" * 251, "value": "1"}]}),
        ("with a long tag key", {"run_id": run, "tags": [{"key": "k" * 251, "value": "1"}]}),
        ("with metrics no list", {"run_id": run, "metrics": "abc"}),
        ("with numbers as texts", {"run_id": run, "metrics": [{"key": "s", "value": "1.5", "timestamp": "17", "step": "2"}]}),
        ("with unknown fields", {"run_id": run, "colour": "red", "params": [{"key": "unknown", "value": "1", "x": 2}]}),
        ("with NaN as text", {"run_id": run, "metrics": [{**metric, "key": "nan", "value": "NaN"}]}),
        ("with Infinity as text", {"run_id": run, "metrics": [{**metric, "key": "inf", "value": "-Infinity"}]}),
    ):  # fmt: skip
        p.raw(f"batch {step}", "POST", path, body)
    ask("what bad batches left", lambda: [
        m for m in c.get_run(run).data._metric_objs if m.key in ("s", "nan", "inf", "ok")], "latest metrics")  # fmt: skip


def run_search(p):
    c, ask = p.client, p.ask
    e, f = p.experiment("search"), p.experiment("search_more")
    specs = [
        # name, status, params, metrics, tags
        ("apple", "FINISHED", {"lr": "0.1", "depth": "3", "model": "tree"}, {"acc": 0.9, "loss": 0.3}, {"team": "red", "a.b": "dot"}),
        ("banana", "FAILED", {"lr": "0.01", "depth": "10"}, {"acc": 0.8, "loss": float("nan")}, {"team": "blue"}),
        ("cherry", "RUNNING", {"lr": "0.1", "model": "Tree"}, {"acc": 0.95}, {"team": "Red", "a b": "blank"}),
        ("Date 50%", "KILLED", {"lr": ""}, {"acc": float("inf"), "loss": -1.5, "val/f1": 0.5}, {}),
        ("elder_berry", "FINISHED", {"model": "linear"}, {"loss": 0.3}, {"team": "green"}),
        ("fig", "SCHEDULED", {}, {}, {"mlflow.user": "ann", "mlflow.source.name": "train.py"}),
        ("gone", "FINISHED", {"lr": "0.1"}, {"acc": 0.9}, {"team": "red"}),
    ]
    ids = {}
    for number, (name, status, params, values, tags) in enumerate(specs):
        run = ids[name] = c.create_run(e, start_time=T0 + number * 1000, run_name=name, tags=tags).info.run_id
        c.log_batch(run, [Metric(k, v, T0 + 1, 1) for k, v in values.items()] + [Metric(k, 0.0, T0, 0) for k in values],
                    [Param(k, v) for k, v in params.items()])  # fmt: skip
        if status in ("FINISHED", "FAILED", "KILLED"):
            c.set_terminated(run, status, T0 + 100_000 - number * 1000)
        elif status != "RUNNING":
            c.update_run(run, status=status)
    c.delete_run(ids["gone"])
    c.log_inputs(ids["apple"], [dataset_input("iris", "d1", "train"), dataset_input("wine", "d2", "test")])
    c.log_inputs(ids["banana"], [dataset_input("iris", "d3", "train")])
    c.create_run(f, start_time=T0 + 50_000, run_name="elsewhere", tags={"team": "red"})

    def found(step, filter_string="", order_by=None, experiments=None, view=ViewType.ACTIVE_ONLY):
        ask(step, lambda: names(c.search_runs([e] if experiments is None else experiments, filter_string, view, 100, order_by)))

    ask("search runs", lambda: c.search_runs([e]))
    found("runs of two experiments", experiments=[e, f])
    found("runs of no experiment", experiments=[])
    found("runs of unknown experiment", experiments=["987654321"])
    found("runs of one known and one unknown experiment", experiments=["987654321", f])
    found("runs, all", view=ViewType.ALL)
    found("runs, deleted", view=ViewType.DELETED_ONLY)
    for text in (
        "metrics.acc = 0.9", "metrics.acc != 0.9", "metric.acc > 0.8", "metrics.acc >= 0.9", "metrics.acc < 0.9", "metrics.acc <= 0.9",
        "metrics.loss < 0", "metrics.loss = -1.5", "metrics.loss > -1e-2", "metrics.loss <= 3e-1", "metrics.`val/f1` = 0.5",
        'metrics."val/f1" > .4', "metrics.acc > 1000000", "metrics.missing = 0", "metrics.missing != 0",
        "params.lr = '0.1'", 'params.lr = "0.1"', "param.lr != '0.1'", "parameters.depth = '10'", "parameter.lr = '0.01'",
        "params.lr = ''", "params.model LIKE 't%'", "params.model LIKE 'T%'", "params.model ILIKE 't%'", "params.model LIKE '%r_e'",
        "params.depth IS NULL", "params.depth IS NOT NULL", "params.missing = 'x'", "params.missing != 'x'",
        "tags.team = 'red'", "tag.team != 'red'", "tags.team LIKE 'r%'", "tags.team ILIKE 'R%'", "tags.team IS NULL",
        "tags.team IS NOT NULL", "tags.`a.b` = 'dot'", "tags.a.b = 'dot'", "tags.'a b' = 'blank'", 'tags."a b" = "blank"',
        "tags.mlflow.user = 'ann'", "tags.mlflow.source.name LIKE '%.py'",
        "attributes.status = 'FINISHED'", "attribute.status != 'FINISHED'", "status = 'RUNNING'", "status = 'running'", "run.status = 'FAILED'",
        "attr.status LIKE 'F%'", "status ILIKE 'f%'", "run_name = 'apple'", "attributes.run_name LIKE '%_berry'", "`run name` = 'fig'",
        "`Run name` = 'fig'", "attributes.`Run Name` ILIKE 'FIG'", "run_name LIKE '%50\\%%'", "run_name != 'apple'", "tags.mlflow.runName = 'apple'",
        f"run_id = '{ids['fig']}'", f"run_id IN ('{ids['fig']}', '{ids['apple']}')", f"run_id NOT IN ('{ids['fig']}')",
        f"attributes.run_id LIKE '{ids['fig'][:12]}%'", f"artifact_uri LIKE '%{ids['fig']}%'", "user_id = 'ann'", "user_id != 'ann'",
        f"start_time = {T0}", f"start_time > {T0 + 2000}", f"attributes.start_time <= {T0 + 2000}", f"created >= {T0 + 3000}", f"end_time < {T0 + 99_000}",
        f"end_time != {T0 + 99_000}", "datasets.name = 'iris'", "dataset.name LIKE 'i%'", "datasets.digest = 'd3'", "datasets.digest != 'd3'",
        "dataset.context = 'train'", "datasets.context ILIKE 'T%'", "datasets.name IN ('wine', 'x')", "datasets.name NOT IN ('iris')", "datasets.digest IN ('d1', 'd3')",
        "datasets.name = 'iris' AND datasets.context = 'test'", "metrics.acc > 0.8 AND params.lr = '0.1' AND tags.team = 'red'",
        "metrics.acc > 0.8 and metrics.acc < 0.95", "status = 'FINISHED' AnD params.model lIkE 'l%'", "tags.team = 'red' AND tags.team = 'blue'",
        "params.lr='0.1'and tags.team='red'", "  metrics.acc   >   0.8  ", "params.model = 'it''s'", "tags.team = 'red' AND", "params.lr = '0.1 AND 0.2'",
        "metrics.acc > -5 AND metrics.loss < +5",
    ):  # fmt: skip
        found(f"runs where {label(p, text, ids)}", text)
    for order in (
        ["metrics.acc"], ["metrics.acc DESC"], ["metrics.loss ASC"], ["metrics.loss DESC"], ["metrics.`val/f1` DESC"], ["metrics.missing"],
        ["params.lr"], ["params.lr DESC"], ["params.model ASC", "metrics.acc DESC"], ["tags.team"], ["tags.team DESC"], ["tag.`a b` ASC"],
        ["status"], ["attributes.status DESC"], ["attribute.start_time"], ["start_time DESC"], ["start_time asc"], ["end_time"], ["end_time DESC"],
        ["run_name"], ["attributes.run_name DESC"], ["`Run Name`"], ["Created DESC"], ["metrics.acc desc", "params.lr"], ["artifact_uri LIKE"], ["parameters.depth"],
    ):  # fmt: skip
        found(f"runs ordered by {order}", order_by=order)
    found("runs filtered and ordered", "metrics.loss <= 0.3", ["metrics.loss DESC", "run_name ASC"])
    found("runs by run_id, the same as sorted", f"run_id IN ('{ids['fig']}')", ["run_id"])
    ask("runs ordered by id", lambda: [r.info.run_id for r in c.search_runs([e], order_by=["run_id ASC"])] == sorted(
        ids[n] for n in ids if n != "gone"))  # fmt: skip

    def pages(size, order_by=None, filter_string=""):
        token, result = None, []
        while True:
            page = c.search_runs([e], filter_string, max_results=size, order_by=order_by, page_token=token)
            result.append(names(page))
            token = page.token
            if not token:
                return result

    ask("runs in pages of 4", lambda: pages(4))
    ask("runs in pages of 6", lambda: pages(6))
    ask("runs in pages of 1, ordered by a metric", lambda: pages(1, ["metrics.loss DESC"]))
    ask("runs in pages of 2, filtered and ordered by a param", lambda: pages(2, ["params.lr"], "metrics.acc > 0"))

    for step, text in (
        ("OR", "metrics.acc > 1 OR metrics.acc < 0"), ("parentheses", "(metrics.acc > 1)"), ("NOT", "NOT metrics.acc > 1"),
        ("BETWEEN", "metrics.acc BETWEEN 0 AND 1"), ("semicolon", "metrics.acc > 1;"), ("two statements", "metrics.acc > 1; DROP TABLE runs"),
        ("number for a param", "params.lr = 0.1"), ("text for a metric", "metrics.acc = '0.9'"), ("word for a metric", "metrics.acc = high"),
        ("bare word for a tag", "tags.team = red"), ("LIKE on a metric", "metrics.acc LIKE '0%'"), ("greater on a param", "params.lr > '0.1'"),
        ("greater on status", "status > 'A'"), ("unknown attribute", "attributes.colour = 'red'"), ("unknown bare key", "colour = 'red'"),
        ("unknown entity", "model.name = 'a'"), ("unknown dataset key", "datasets.profile = 'a'"), ("IN on a param", "params.lr IN ('0.1')"),
        ("IN on a tag", "tags.team IN ('red')"), ("IN on status", "status IN ('FINISHED')"), ("empty IN", "run_id IN ()"), ("IN of numbers", "run_id IN (1, 2)"),
        ("IN without list", "run_id IN 'a'"), ("text for start_time", "start_time > 'now'"), ("no value", "metrics.acc >"), ("no comparator", "metrics.acc"),
        ("only a value", "'red'"), ("swapped", "0.9 < metrics.acc"), ("key against key", "metrics.acc > metrics.loss"), ("unclosed quote", "params.lr = '0.1"),
        ("IS NULL on a metric", "metrics.acc IS NULL"), ("IS NULL on an attribute", "status IS NULL"), ("double equals", "params.lr == '0.1'"),
        ("diamond", "params.lr <> '0.1'"), ("words", "show me the best"),
    ):  # fmt: skip
        found(f"bad run filter: {step}", text)
    for order in (["colour"], ["attributes.colour DESC"], ["metrics.acc DOWN"], ["metrics.acc ASC DESC"], [""], ["acc"], ["datasets.name"],
                  ["metrics.acc, params.lr"], ["model.x"]):  # fmt: skip
        found(f"bad run order: {order}", order_by=order)
    ask("bad run page token", lambda: c.search_runs([e], page_token="nonsense!"))
    ask("too many runs asked", lambda: c.search_runs([e], max_results=50001))
    ask("no runs asked", lambda: names(c.search_runs([e], max_results=0)))
    ask("fewer than no runs asked", lambda: names(c.search_runs([e], max_results=-1)))


# ------------------------------------------------------------------------------------- inputs, outputs, artifacts


def dataset_input(name, digest, context=None, **more):
    tags = [InputTag("mlflow.data.context", context)] if context else []
    fields = {"source_type": "local", "source": json.dumps({"uri": "file.csv"}), **more}
    return DatasetInput(Dataset(name, digest, **fields), tags)


def inputs_and_outputs(p):
    c, ask = p.client, p.ask
    e = p.experiment("inputs")
    run, other = p.run(e, "inputs"), p.run(e, "other")
    ask("log inputs", lambda: c.log_inputs(run, [
        dataset_input("iris", "d1", "train", schema='{"a": "long"}', profile='{"num_rows": 3}'), dataset_input("wine", "d2")]))  # fmt: skip
    ask("logged inputs", lambda: c.get_run(run).inputs)
    ask("log the same input again", lambda: c.log_inputs(run, [dataset_input("iris", "d1", "train")]))
    ask("log the same input for another context", lambda: c.log_inputs(run, [dataset_input("iris", "d1", "eval")]))
    ask("log the same input with another schema", lambda: c.log_inputs(other, [dataset_input("iris", "d1", "eval", schema="{}")]))
    ask("log another digest", lambda: c.log_inputs(other, [dataset_input("iris", "d9", "train", profile="ü 猫")]))
    ask("inputs of the first run", lambda: c.get_run(run).inputs)
    ask("inputs of the other run", lambda: c.get_run(other).inputs)
    ask("input with two tags", lambda: c.log_inputs(other, [DatasetInput(
        Dataset("two", "t", "code", "{}"), [InputTag("a", "1"), InputTag("mlflow.data.context", "test")])]))  # fmt: skip
    ask("inputs with two tags", lambda: [i for i in c.get_run(other).inputs.dataset_inputs if i.dataset.name == "two"])
    ask("no inputs", lambda: c.log_inputs(run, []))
    for step, item in (("long name", dataset_input("n" * 501, "d")), ("long digest", dataset_input("n", "d" * 37)),
                       ("long source", dataset_input("n", "d", source="s" * 65536)), ("long tag key", DatasetInput(
                           Dataset("n", "d", "local", "{}"), [InputTag("k" * 256, "v")])),
                       ("long tag value", DatasetInput(Dataset("n", "d", "local", "{}"), [InputTag("k", "v" * 501)]))):  # fmt: skip
        ask(f"input with a {step}", lambda item=item: c.log_inputs(run, [item]))
    p.raw("dataset summaries", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": [e]})
    p.raw("dataset summaries of nothing", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": []})
    p.raw("inputs without a run", "POST", "/api/2.0/mlflow/runs/log-inputs", {"datasets": []})

    first = c.create_logged_model(e, "in")
    second = c.create_logged_model(e, "out", source_run_id=run)
    ask("log model inputs", lambda: c.log_inputs(run, models=[LoggedModelInput(first.model_id)]))
    ask("log outputs", lambda: c.log_outputs(run, [LoggedModelOutput(second.model_id, 3)]))
    ask("inputs with models", lambda: c.get_run(run).inputs.model_inputs)
    ask("outputs", lambda: c.get_run(run).outputs)
    ask("outputs in a search", lambda: [r.outputs for r in c.search_runs([e], "run_name = 'inputs'")])
    ask("outputs of unknown run", lambda: c.log_outputs("f" * 32, [LoggedModelOutput(second.model_id, 0)]))


def artifacts(p):
    c, ask = p.client, p.ask
    run = p.run(p.experiment("artifacts"), "artifacts")
    ask("no artifacts", lambda: c.list_artifacts(run))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        for name, content in (("a.txt", b"alpha"), ("b/c.bin", bytes(range(256))), ("b/d/e.json", b"{}"), ("b/empty", b""),
                              ("blank name ü.txt", b"blank"), ("100%.txt", b"percent"), ("hash#plus+.txt", b"signs")):  # fmt: skip
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        ask("log artifact", lambda: c.log_artifact(run, tree / "a.txt"))
        ask("log artifact into a folder", lambda: c.log_artifact(run, tree / "a.txt", "deep/er"))
        ask("log artifacts", lambda: c.log_artifacts(run, tree, "all"))
        ask("log artifacts at the root", lambda: c.log_artifacts(run, tree / "b"))
        ask("log artifact again, changed", lambda: ((tree / "a.txt").write_bytes(b"changed"), c.log_artifact(run, tree / "a.txt"))[1])
        for path in (None, "", "deep", "deep/er", "all", "all/b", "all/b/", "all/b/d", "a.txt", "all/a.txt", "nothing", "nothing/at/all"):
            ask(f"list {path!r}", lambda path=path: c.list_artifacts(run, path))
        for path in ("../up", "/etc", "a/../../b", "%2e%2e", "all/%2e%2e/%2e%2e/x"):
            ask(f"list {path!r}", lambda path=path: c.list_artifacts(run, path))

        def download(path):
            into = tempfile.mkdtemp(dir=scratch)
            return contents(c.download_artifacts(run, path, into), into)

        for path in ("a.txt", "all", "all/b/d", "all/b/empty", "all/blank name ü.txt", "all/100%.txt", "all/hash#plus+.txt", ""):
            ask(f"download {path!r}", lambda path=path: download(path))
        ask("download of nothing", lambda: masked(lambda: download("nothing.txt"), run))

    ask("log text", lambda: c.log_text(run, "ü 猫 text\n", "texts/one.txt"))
    ask("log dict as json", lambda: c.log_dict(run, {"b": [1, 2.5, None], "a": {"c": "ü"}}, "dicts/d.json"))
    ask("log dict as yaml", lambda: c.log_dict(run, {"b": [1, 2.5, None], "a": {"c": "ü"}}, "dicts/d.yml"))
    ask("log stream", lambda: c.log_stream(run, io.BytesIO(b"stream" * 1000), "streams/s.bin"))
    ask("log table", lambda: c.log_table(run, {"x": [1, 2], "y": ["a", "b"]}, "tables/t.json"))
    ask("log more of the table", lambda: c.log_table(run, {"x": [3], "y": ["c"]}, "tables/t.json"))
    ask("load table", lambda: c.load_table(c.get_run(run).info.experiment_id, "tables/t.json", [run]).to_dict("list"))
    ask("tag of the table", lambda: c.get_run(run).data.tags.get("mlflow.loggedArtifacts"))
    ask("log figure", lambda: c.log_figure(run, figure(), "figures/f.png"))
    ask("figures", lambda: [(f.path, f.file_size > 0) for f in c.list_artifacts(run, "figures")])
    ask("log image", lambda: c.log_image(run, image(), "images/i.png"))
    ask("log image by key", lambda: c.log_image(run, image(), key="dogs", step=3, timestamp=T0))
    ask("images", lambda: [(f.path, f.file_size > 0) for f in c.list_artifacts(run, "images") if f.path.endswith("i.png")])
    for path in ("texts", "dicts", "streams", "tables"):
        ask(f"list {path}", lambda path=path: c.list_artifacts(run, path))

    p.raw("list artifacts, raw", "GET", "/api/2.0/mlflow/artifacts/list", query={"run_id": run, "path": "all"})
    p.raw("list artifacts by run_uuid", "GET", "/api/2.0/mlflow/artifacts/list", query={"run_uuid": run, "path": "all/b"})
    p.raw("list artifacts of a file, raw", "GET", "/api/2.0/mlflow/artifacts/list", query={"run_id": run, "path": "a.txt"})
    p.raw("list artifacts without a run", "GET", "/api/2.0/mlflow/artifacts/list")
    root = c.get_run(run).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    proxy = f"/api/2.0/mlflow-artifacts/artifacts/{root}"
    p.raw("list through the proxy", "GET", "/api/2.0/mlflow-artifacts/artifacts", query={"path": f"{root}/all"})
    p.raw("list of nothing through the proxy", "GET", "/api/2.0/mlflow-artifacts/artifacts", query={"path": f"{root}/nothing"})
    p.raw("list upwards through the proxy", "GET", "/api/2.0/mlflow-artifacts/artifacts", query={"path": "../.."})
    p.raw("get through the proxy", "GET", f"{proxy}/all/a.txt")
    p.raw("get of nothing through the proxy", "GET", f"{proxy}/no/thing.txt")
    p.raw("get upwards through the proxy", "GET", f"{proxy}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", status_only=True)
    p.raw("put through the proxy", "PUT", f"{proxy}/put.txt", text="put", headers={"Content-Type": "text/plain"}, status_only=True)
    p.raw("get what was put", "GET", f"{proxy}/put.txt")
    p.raw("put upwards through the proxy", "PUT", f"{proxy}/%2e%2e/%2e%2e/%2e%2e/x.txt", text="put", headers={"Content-Type": "text/plain"}, status_only=True)
    p.raw("delete through the proxy", "DELETE", f"{proxy}/put.txt")
    p.raw("delete again through the proxy", "DELETE", f"{proxy}/put.txt")
    p.raw("get what was deleted", "GET", f"{proxy}/put.txt")
    p.raw("delete a folder through the proxy", "DELETE", f"{proxy}/all/b")
    ask("list after delete", lambda: c.list_artifacts(run, "all"))
    p.note("download for the web UI", head_of(p.http.get(f"{p.url}/get-artifact", params={"run_id": run, "path": "a.txt"}, timeout=60)))
    p.note("download through the proxy", head_of(p.http.get(f"{p.url}{proxy}/a.txt", timeout=60)))


def head_of(response):
    return {"status": response.status_code, "text": response.text,
            "headers": {k: response.headers.get(k) for k in ("Content-Disposition", "X-Content-Type-Options")}}  # fmt: skip


def masked(question, run):
    """Runs `question`; keeps only the kind of its failure, whose text holds client-side paths."""
    try:
        return question()
    except Exception as e:
        raise type(e)("<client's text>") from e


def contents(path, root):
    path = Path(path)
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())
    return {str(f.relative_to(root)): f.read_bytes().hex()[:2000] for f in files}


def figure():
    from matplotlib.figure import Figure

    made = Figure(figsize=(1, 1))
    made.subplots().plot([1, 3, 2])
    return made


def image():
    import numpy

    return numpy.arange(48, dtype=numpy.uint8).reshape(4, 4, 3)


# -------------------------------------------------------------------------------------------------- logged models


def logged_models(p):
    c, ask = p.client, p.ask
    e = p.experiment("models")
    run = p.run(e, "trainer")
    later()
    model = ask("create logged model", lambda: c.create_logged_model(
        e, "forest", source_run_id=run, tags={"stage": "dev"}, params={"depth": "3", "trees": "10"}, model_type="classifier"))  # fmt: skip
    later()
    bare = ask("create logged model with nothing", lambda: c.create_logged_model(e))
    ask("get logged model", lambda: c.get_logged_model(model.model_id))
    ask("get bare logged model", lambda: c.get_logged_model(bare.model_id))
    p.raw("get logged model, raw", "GET", f"/api/2.0/mlflow/logged-models/{model.model_id}")
    ask("log model params", lambda: c.log_model_params(model.model_id, {"lr": "0.1", "empty": ""}))
    ask("log model params otherwise", lambda: c.log_model_params(model.model_id, {"lr": "0.2"}))
    ask("params of the model", lambda: c.get_logged_model(model.model_id).params)
    ask("log many model params", lambda: c.log_model_params(bare.model_id, {f"p{i}": str(i) for i in range(150)}))
    ask("number of model params", lambda: len(c.get_logged_model(bare.model_id).params))
    ask("set model tags", lambda: c.set_logged_model_tags(model.model_id, {"stage": "prod", "owner": "ann", "n": 1}))
    ask("delete model tag", lambda: c.delete_logged_model_tag(model.model_id, "owner"))
    ask("delete absent model tag", lambda: c.delete_logged_model_tag(model.model_id, "owner"))
    ask("tags of the model", lambda: c.get_logged_model(model.model_id).tags)
    later()
    ask("finalize", lambda: c.finalize_logged_model(model.model_id, "READY"))
    ready = ask("finalized model", lambda: c.get_logged_model(model.model_id))
    p.note("finalizing moves the time", ready.last_updated_timestamp > ready.creation_timestamp)
    ask("finalize as failed", lambda: c.finalize_logged_model(bare.model_id, "FAILED"))
    ask("status after failure", lambda: c.get_logged_model(bare.model_id).status)

    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "MLmodel").write_text("flavors: {}\n")
        Path(scratch, "data").mkdir()
        Path(scratch, "data", "model.bin").write_bytes(b"\x00\x01" * 50)
        ask("log model artifacts", lambda: c.log_model_artifacts(model.model_id, scratch))
        ask("log model artifact", lambda: c.log_model_artifact(model.model_id, Path(scratch, "MLmodel")))
    ask("list model artifacts", lambda: c.list_logged_model_artifacts(model.model_id))
    ask("list model artifacts in a folder", lambda: c.list_logged_model_artifacts(model.model_id, "data"))
    ask("list model artifacts of nothing", lambda: c.list_logged_model_artifacts(model.model_id, "nothing"))
    path = f"/api/2.0/mlflow/logged-models/{model.model_id}/artifacts/directories"
    p.raw("list model artifacts, raw", "GET", path)
    p.raw("list model artifacts in a folder, raw", "GET", path, query={"artifact_directory_path": "data"})
    p.raw("list model artifacts upwards", "GET", path, query={"artifact_directory_path": "../.."})

    c.log_inputs(run, [dataset_input("iris", "d1", "eval")])
    ask("metric of a model", lambda: c.log_metric(run, "acc", 0.9, T0, 1, model_id=model.model_id))
    ask("later metric of a model", lambda: c.log_metric(run, "acc", 0.95, T0 + 5, 2, model_id=model.model_id))
    ask("metric of a model on a dataset", lambda: c.log_metric(
        run, "f1", 0.5, T0, 1, model_id=model.model_id, dataset_name="iris", dataset_digest="d1"))  # fmt: skip
    ask("batch of metrics of a model", lambda: c.log_batch(run, [
        Metric("auc", 0.7, T0, 1, model_id=model.model_id), Metric("auc", 0.6, T0, 1, model_id=bare.model_id)]))  # fmt: skip
    ask("metrics of the run", lambda: c.get_run(run).data.metrics)
    ask("metrics of the model", lambda: sorted(
        ((m.key, m.value, m.step, m.timestamp, m.dataset_name, m.dataset_digest) for m in c.get_logged_model(model.model_id).metrics), key=str))  # fmt: skip
    ask("metric of an unknown model", lambda: c.log_metric(run, "x", 1.0, T0, 1, model_id="m-" + "f" * 32))
    ask("history of a model's metric", lambda: c.get_metric_history(run, "acc"))

    ask("get unknown model", lambda: c.get_logged_model("m-" + "f" * 32))
    ask("get misspelt model", lambda: c.get_logged_model("forest"))
    ask("finalize unknown model", lambda: c.finalize_logged_model("m-" + "f" * 32, "READY"))
    ask("tag unknown model", lambda: c.set_logged_model_tags("m-" + "f" * 32, {"a": "b"}))
    ask("log params of unknown model", lambda: c.log_model_params("m-" + "f" * 32, {"a": "b"}))
    ask("delete unknown model", lambda: c.delete_logged_model("m-" + "f" * 32))
    ask("create model in unknown experiment", lambda: c.create_logged_model("987654321", "x"))
    for bad in ("a/b", "a:b", "a.b", "a%b", "a\"b", "a'b"):
        ask(f"create model named {bad}", lambda bad=bad: c.create_logged_model(e, bad))
    c.delete_experiment(gone := p.experiment("models_gone"))
    ask("create model in deleted experiment", lambda: c.create_logged_model(gone, "x"))

    ask("delete model", lambda: c.delete_logged_model(bare.model_id))
    ask("get deleted model", lambda: c.get_logged_model(bare.model_id))
    ask("delete deleted model", lambda: c.delete_logged_model(bare.model_id))
    ask("models left", lambda: [m.name for m in c.search_logged_models([e])])


def logged_model_search(p):
    c, ask = p.client, p.ask
    e, f = p.experiment("model_search"), p.experiment("model_search_more")
    run = p.run(e, "trainer")
    c.log_inputs(run, [dataset_input("iris", "d1", "eval"), dataset_input("wine", "d2", "eval")])
    ids = {}
    specs = [
        ("alpha", "tree", {"lr": "0.1"}, {"team": "red"}, {"acc": 0.9}),
        ("beta", "tree", {"lr": "0.2"}, {"team": "blue"}, {"acc": 0.8, "loss": 0.1}),
        ("gamma", "linear", {}, {"team": "red"}, {}),
        ("delta", None, {"lr": "0.1"}, {}, {"loss": 0.3}),
    ]
    for number, (name, kind, params, tags, values) in enumerate(specs):
        later()
        source = run if number % 2 == 0 else None
        made = c.create_logged_model(e, name, source_run_id=source, tags=tags, params=params, model_type=kind)
        ids[name] = made.model_id
        for key, value in values.items():
            c.log_metric(run, key, value, T0 + number, 1, model_id=made.model_id)
    c.log_metric(run, "f1", 0.7, T0, 1, model_id=ids["alpha"], dataset_name="iris", dataset_digest="d1")
    c.log_metric(run, "f1", 0.2, T0 + 1, 1, model_id=ids["alpha"], dataset_name="wine", dataset_digest="d2")
    c.log_metric(run, "f1", 0.5, T0, 1, model_id=ids["beta"], dataset_name="iris", dataset_digest="d1")
    c.finalize_logged_model(ids["alpha"], "READY")
    later()
    c.create_logged_model(f, "elsewhere")
    p.raw("search models, raw", "POST", "/api/2.0/mlflow/logged-models/search", {"experiment_ids": [e]})
    p.raw("search models of no experiment", "POST", "/api/2.0/mlflow/logged-models/search", {"experiment_ids": []})

    def found(step, filter_string=None, order_by=None, experiments=None, datasets=None, count=None):
        ask(step, lambda: [m.name for m in c.search_logged_models(
            experiments or [e], filter_string, datasets=datasets, order_by=order_by, max_results=count)])  # fmt: skip

    found("search models")
    found("search models of two experiments", experiments=[e, f])
    for text in (
        "name = 'alpha'", "attributes.name = 'beta'", "attributes.name LIKE '%a'", "attributes.name ILIKE 'AL%'", "name != 'alpha'",
        "attributes.model_type = 'tree'", "model_type != 'tree'",
        "tags.team = 'red'", "tags.team != 'red'", "params.lr = '0.1'", "params.lr != '0.1'", "params.lr LIKE '0.%'", "metrics.acc > 0.8", "metrics.acc >= 0.8",
        "metrics.loss < 0.2", "metrics.acc > 0.5 AND tags.team = 'blue'", "metrics.f1 > 0.4", f"source_run_id = '{run}'", f"model_id = '{ids['gamma']}'",
        "creation_time > 0", "last_updated_timestamp > 0", f"attributes.experiment_id = '{e}'",
        "attributes.name IN ('alpha', 'gamma')", "name NOT IN ('alpha')", "tags.team IN ('red', 'x')", "tags.team = 'red' AND params.lr = '0.1'",
    ):  # fmt: skip
        found(f"models where {label(p, text, {**ids, 'source': run, 'experiment': e})}", text)
    iris = [{"dataset_name": "iris", "dataset_digest": "d1"}]
    found("models by metric on a dataset", "metrics.f1 > 0.4", datasets=iris)
    for order in (
        [{"field_name": "name"}], [{"field_name": "name", "ascending": False}], [{"field_name": "creation_timestamp", "ascending": True}],
        [{"field_name": "creation_time"}], [{"field_name": "attributes.name"}],
        [{"field_name": "metrics.acc", "ascending": False}], [{"field_name": "metrics.loss", "ascending": True}],
        [{"field_name": "metrics.f1", "ascending": True, "dataset_name": "iris", "dataset_digest": "d1"}],
        [{"field_name": "last_updated_timestamp", "ascending": False}], [{"field_name": "model_type"}, {"field_name": "name", "ascending": False}],
    ):  # fmt: skip
        found(f"models ordered by {order}", order_by=order)

    def pages():
        token, result = None, []
        while True:
            page = c.search_logged_models([e], max_results=3, page_token=token)
            result.append([m.name for m in page])
            token = page.token
            if not token:
                return result

    ask("models page by page", pages)
    for step, text in (
        ("OR", "name = 'a' OR name = 'b'"),
("LIKE on a metric", "metrics.acc LIKE '5'"), ("no value", "name ="), ("greater on a tag", "tags.a > 'b'"),
        ("unknown entity", "datasets.name = 'iris'"),
    ):  # fmt: skip
        found(f"bad model filter: {step}", text)
    found("models by a dataset without a name", "metrics.f1 > 0", datasets=[{"dataset_digest": "d1"}])
    found("models ordered by nothing", order_by=[{"ascending": True}])
    found("models ordered by tags", order_by=[{"field_name": "tags.team"}])
    found("models ordered by an unknown field", order_by=[{"field_name": "colour"}])
    p.refused("bad model page token", lambda: c.search_logged_models([e], page_token="nonsense!"))


# ----------------------------------------------------------------------------------------------------- bare HTTP


def wire(p):
    """What the client hides: the JSON itself, absent fields, aliases of fields, and requests no client sends."""
    api = "/api/2.0/mlflow"
    created = p.raw("create experiment", "POST", f"{api}/experiments/create", {"name": p.name("wire"), "tags": [{"key": "a", "value": "b"}]})
    e = created.get("experiment_id", "")
    p.answers.experiment(e)
    p.raw("get experiment", "GET", f"{api}/experiments/get", query={"experiment_id": e})
    p.raw("get experiment for the web UI", "GET", "/ajax-api/2.0/mlflow/experiments/get", query={"experiment_id": e})
    p.raw("get experiment with a body", "GET", f"{api}/experiments/get", {"experiment_id": e})
    p.raw("get experiment by name", "GET", f"{api}/experiments/get-by-name", query={"experiment_name": p.name("wire")})
    p.raw("get experiment by unknown name", "GET", f"{api}/experiments/get-by-name", query={"experiment_name": p.name("none")})
    p.raw("search experiments by GET", "GET", f"{api}/experiments/search", query={"max_results": 5, "filter": f"name = '{p.name('wire')}'"})
    p.raw("search experiments by POST", "POST", f"{api}/experiments/search", {"max_results": 5, "filter": f"name = '{p.name('wire')}'"})
    p.raw("search experiments, none found", "POST", f"{api}/experiments/search", {"max_results": 5, "filter": "name = 'no such'"})
    p.raw("search experiments without max_results", "POST", f"{api}/experiments/search", {})
    p.raw("search experiments by view type's name", "POST", f"{api}/experiments/search",
          {"max_results": "5", "view_type": "DELETED_ONLY", "filter": f"name = '{p.name('wire')}'"})  # fmt: skip
    p.raw("search experiments by view type's number", "POST", f"{api}/experiments/search",
          {"max_results": 5, "view_type": 3, "filter": f"name = '{p.name('wire')}'"})  # fmt: skip

    run = p.raw("create run", "POST", f"{api}/runs/create", {"experiment_id": e, "start_time": T0, "run_name": "r", "user_id": "ann",
                "tags": [{"key": "t", "value": "v"}]}).get("run", {}).get("info", {}).get("run_id", "")  # fmt: skip
    p.raw("create run with the least", "POST", f"{api}/runs/create", {"experiment_id": e, "run_name": "least"})
    p.raw("create run in camel case", "POST", f"{api}/runs/create", {"experimentId": e, "startTime": str(T0), "runName": "camel"})
    p.raw("log metric", "POST", f"{api}/runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 5})
    p.raw("log metric by run_uuid", "POST", f"{api}/runs/log-metric", {"run_uuid": run, "key": "m", "value": 2.5, "timestamp": "6", "step": "1"})
    p.raw("log metric NaN", "POST", f"{api}/runs/log-metric", {"run_id": run, "key": "nan", "value": "NaN", "timestamp": 5})
    p.raw("log metric infinity", "POST", f"{api}/runs/log-metric", {"run_id": run, "key": "inf", "value": "Infinity", "timestamp": 5})
    p.raw("log parameter", "POST", f"{api}/runs/log-parameter", {"run_id": run, "key": "p", "value": "1"})
    p.raw("log empty parameter", "POST", f"{api}/runs/log-parameter", {"run_id": run, "key": "empty", "value": ""})
    p.raw("set tag", "POST", f"{api}/runs/set-tag", {"run_id": run, "key": "tag", "value": "1"})
    p.raw("set empty tag", "POST", f"{api}/runs/set-tag", {"run_id": run, "key": "empty", "value": ""})
    p.raw("update run", "POST", f"{api}/runs/update", {"run_id": run, "status": "FINISHED", "end_time": T0 + 9})
    p.raw("update run with a number for the status", "POST", f"{api}/runs/update", {"run_id": run, "status": 4})
    p.raw("update run with an empty name", "POST", f"{api}/runs/update", {"run_id": run, "run_name": ""})
    p.raw("update run with nothing", "POST", f"{api}/runs/update", {"run_id": run})
    p.raw("get run", "GET", f"{api}/runs/get", query={"run_id": run})
    p.raw("get run by run_uuid", "GET", f"{api}/runs/get", query={"run_uuid": run})
    p.raw("get run for the web UI", "GET", "/ajax-api/2.0/mlflow/runs/get", query={"run_id": run})
    p.raw("search runs", "POST", f"{api}/runs/search", {"experiment_ids": [e], "filter": "attributes.run_name = 'r'"})
    p.raw("search runs, none found", "POST", f"{api}/runs/search", {"experiment_ids": [e], "filter": "metrics.m > 100"})
    p.raw("search runs of nothing", "POST", f"{api}/runs/search", {})
    p.raw("log empty batch", "POST", f"{api}/runs/log-batch", {"run_id": run})
    p.raw("log model", "POST", f"{api}/runs/log-model", {"run_id": run, "model_json": json.dumps(
        {"run_id": run, "artifact_path": "model", "utc_time_created": "2026-01-01 00:00:00", "flavors": {"f": {}}, "model_uuid": "u", "x": 1})})  # fmt: skip
    p.raw("log model again", "POST", f"{api}/runs/log-model", {"run_id": run, "model_json": json.dumps(
        {"run_id": run, "artifact_path": "model2", "utc_time_created": "2026-01-01 00:00:00", "flavors": {"f": {}}})})  # fmt: skip
    p.ask("models in the tag", lambda: json.loads(p.client.get_run(run).data.tags["mlflow.log-model.history"]))
    p.raw("log model that is no JSON", "POST", f"{api}/runs/log-model", {"run_id": run, "model_json": "{"})
    p.raw("log model without fields", "POST", f"{api}/runs/log-model", {"run_id": run, "model_json": "{}"})
    p.raw("log model without json", "POST", f"{api}/runs/log-model", {"run_id": run})

    for step, path, body in (
        ("create experiment without name", "experiments/create", {}), ("create experiment, empty name", "experiments/create", {"name": ""}),
        ("create experiment, name a number", "experiments/create", {"name": 5}), ("create experiment, name null", "experiments/create", {"name": None}),
        ("create experiment, long name", "experiments/create", {"name": "n" * 501}),
        ("create experiment, bad location", "experiments/create", {"name": p.name("bad"), "artifact_location": "mlflow-artifacts:/a#b"}),
        ("create experiment, runs location", "experiments/create", {"name": p.name("bad"), "artifact_location": "runs:/a/b"}),
        ("create experiment, tags no list", "experiments/create", {"name": p.name("bad"), "tags": "x"}),
        ("delete experiment without id", "experiments/delete", {}), ("delete experiment, id a number", "experiments/delete", {"experiment_id": 987654321}),
        ("delete experiment, id no number", "experiments/delete", {"experiment_id": "abc"}),
        ("restore experiment without id", "experiments/restore", {}),
        ("update experiment without id", "experiments/update", {"new_name": "x"}), ("update experiment without name", "experiments/update", {"experiment_id": e}),
        ("set experiment tag without key", "experiments/set-experiment-tag", {"experiment_id": e, "value": "x"}),
        ("set experiment tag without value", "experiments/set-experiment-tag", {"experiment_id": e, "key": "x"}),
        ("set experiment tag, long key", "experiments/set-experiment-tag", {"experiment_id": e, "key": "k" * 251, "value": "x"}),
        ("set experiment tag, long value", "experiments/set-experiment-tag", {"experiment_id": e, "key": "k", "value": "x" * 20001}),
        ("delete experiment tag without key", "experiments/delete-experiment-tag", {"experiment_id": e}),
        ("create run without experiment", "runs/create", {}), ("create run, experiment a number", "runs/create", {"experiment_id": 0}),
        ("create run, start no number", "runs/create", {"experiment_id": e, "start_time": "now"}),
        ("update run without id", "runs/update", {"status": "FINISHED"}), ("delete run without id", "runs/delete", {}),
        ("delete run, empty id", "runs/delete", {"run_id": ""}), ("restore run without id", "runs/restore", {}),
        ("log metric without id", "runs/log-metric", {"key": "a", "value": 1, "timestamp": 1}), ("log metric without key", "runs/log-metric", {"run_id": run, "value": 1, "timestamp": 1}),
        ("log metric without value", "runs/log-metric", {"run_id": run, "key": "a", "timestamp": 1}), ("log metric without time", "runs/log-metric", {"run_id": run, "key": "a", "value": 1}),
        ("log metric, value a word", "runs/log-metric", {"run_id": run, "key": "a", "value": "abc", "timestamp": 1}),
        ("log metric, time a word", "runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": "abc"}),
        ("log metric, negative time", "runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": -1}),
        ("log metric, step a word", "runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1, "step": "abc"}),
        ("log metric, long key", "runs/log-metric", {"run_id": run, "key": "k" * 251, "value": 1, "timestamp": 1}),
        ("log metric, bad key", "runs/log-metric", {"run_id": run, "key": "a;b", "value": 1, "timestamp": 1}),
        ("log metric, unknown run", "runs/log-metric", {"run_id": "f" * 32, "key": "a", "value": 1, "timestamp": 1}),
        ("log parameter without key", "runs/log-parameter", {"run_id": run, "value": "1"}), ("log parameter without run", "runs/log-parameter", {"key": "a", "value": "1"}),
        ("log parameter without value", "runs/log-parameter", {"run_id": run, "key": "novalue"}),
        ("log parameter, value a number", "runs/log-parameter", {"run_id": run, "key": "number", "value": 5}),
        ("log parameter, bad key", "runs/log-parameter", {"run_id": run, "key": "/a", "value": "1"}), ("log parameter, long key", "runs/log-parameter", {"run_id": run, "key": "k" * 251, "value": "1"}),
        ("set tag without key", "runs/set-tag", {"run_id": run, "value": "1"}), ("set tag without value", "runs/set-tag", {"run_id": run, "key": "novalue"}),
        ("set tag, bad key", "runs/set-tag", {"run_id": run, "key": "a//b", "value": "1"}), ("set tag, long key", "runs/set-tag", {"run_id": run, "key": "k" * 251, "value": "1"}),
        ("set tag without run", "runs/set-tag", {"key": "a", "value": "1"}),
        ("delete tag without key", "runs/delete-tag", {"run_id": run}), ("delete absent tag", "runs/delete-tag", {"run_id": run, "key": "absent"}),
        ("search runs, ids no list", "runs/search", {"experiment_ids": 5}), ("search runs, filter a number", "runs/search", {"experiment_ids": [e], "filter": 5}),
        ("search runs, max a word", "runs/search", {"experiment_ids": [e], "max_results": "many"}), ("search runs, too many", "runs/search", {"experiment_ids": [e], "max_results": 50001}),
        ("search runs, bad token", "runs/search", {"experiment_ids": [e], "page_token": "%%%"}),
        ("outputs without run", "runs/outputs", {"models": []}),
        ("create logged model without experiment", "logged-models", {"name": "x"}), ("create logged model, bad name", "logged-models", {"experiment_id": e, "name": "a/b"}),
    ):  # fmt: skip
        p.raw(step, "POST", f"{api}/{path}", body)
    p.raw("get run without id", "GET", f"{api}/runs/get")
    p.raw("get unknown run", "GET", f"{api}/runs/get", query={"run_id": "f" * 32})
    p.raw("get experiment without id", "GET", f"{api}/experiments/get")
    p.raw("get experiment, id no number", "GET", f"{api}/experiments/get", query={"experiment_id": "abc"})
    p.raw("get experiment by no name", "GET", f"{api}/experiments/get-by-name")
    p.raw("body that is no JSON", "POST", f"{api}/experiments/create", text="{name:", status_only=True)
    p.raw("body as text", "POST", f"{api}/runs/delete", text="{}", headers={"Content-Type": "text/plain"})
    p.raw("body with a charset", "POST", f"{api}/runs/set-tag", {"run_id": run, "key": "charset", "value": "ü"},
          headers={"Content-Type": "application/json; charset=utf-8"})  # fmt: skip
    p.raw("body encoded twice", "POST", f"{api}/runs/set-tag", json.dumps({"run_id": run, "key": "twice", "value": "1"}))
    p.raw("unknown path", "GET", f"{api}/no/such/path", status_only=True)
    p.raw("wrong method", "DELETE", f"{api}/runs/create", {}, status_only=True)
    p.raw("health", "GET", "/health")
    p.ask("version is a version of MLflow 3", lambda: p.http.get(f"{p.url}/version", timeout=60).text.split(".")[0])
    p.raw("run at the end", "GET", f"{api}/runs/get", query={"run_id": run})


def names(runs_):
    return [run.info.run_name for run in runs_]


def label(p, text, ids):
    """A filter as a step's name: without what differs between two servers."""
    for name, known in ids.items():
        text = text.replace(f"'{known}'", f"<id of {name}>")
        if len(known) == 32:
            text = text.replace(known, f"<id of {name}>").replace(known[:12], f"<start of id of {name}>")
    return text.replace(p.prefix, "peer")


CHAPTERS = [
    experiments, experiment_search, runs, params_and_tags, metrics, batches, run_search, inputs_and_outputs, artifacts,
    logged_models, logged_model_search, wire, *REGISTRY_CHAPTERS,
]  # fmt: skip


def play(url, chapters=CHAPTERS):
    """All answers of the server at `url`: a list of (chapter, step, answer)."""
    p = Play(url)
    for chapter in chapters:
        p.answers.chapter(chapter.__name__)
        try:
            chapter(p)
        except Exception as e:  # a chapter that cannot go on must not hide the others
            p.note("the chapter broke off", f"{type(e).__name__}: {e}")
    return p.answers.steps


def of_chapter(steps, chapter):
    return [step for step in steps if step[0] == chapter]


def compare(chapter, mine, theirs):
    """Raises an AssertionError that shows every step of the chapter that was not answered alike."""
    mine, theirs = of_chapter(mine, chapter), of_chapter(theirs, chapter)
    if different := differences(mine, theirs):
        count = different.count("step: ")
        raise AssertionError(f"{count} of {len(theirs)} steps of '{chapter}' differ\n\n{different}")


def main(urls):
    played = [play(url.rstrip("/")) for url in urls]
    if len(played) == 1:
        for chapter, step, answer in played[0]:
            print(f"{chapter} | {step}\n    {json.dumps(answer, ensure_ascii=False)[:600]}")
        return 0
    texts = [f"=== {c.__name__}\n{text}" for c in CHAPTERS
             if (text := differences(of_chapter(played[0], c.__name__), of_chapter(played[1], c.__name__), *urls[:2]))]  # fmt: skip
    print("\n\n".join(texts) or f"no difference in {len(played[0])} steps")
    return 1 if texts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
