"""Millwright alone: how long impact and provenance take on a graph of a million edges.

`measure_lineage` and `LINEAGE_LINES` are for bench/lake/run.py. By itself, with a built Millwright:

    peers/.venv/bin/python bench/lake/lineage.py [--edges 1000000] [--repetitions 9]
"""

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from common.rest import Rest
from common.servers import Millwright

EDGES = 1_000_000
REPETITIONS = 9
LIMIT_MILLIS = 1000

# As NodeKind and EdgeKind have them.
DATASET, SNAPSHOT, COLUMN, COLUMNS, RUN, MODEL, VERSION_NODE, ALIAS = 1, 2, 3, 4, 5, 6, 7, 8
VERSION, PARENT, INPUT, MEMBER, REGISTERED, STANDS_FOR = 1, 2, 3, 5, 7, 8


class Graph:
    """Datasets made from datasets, runs that read them, and models; all of it comes from the first dataset."""

    def __init__(self, edges, seed=5):
        self.nodes, self.edges, self.ids = [], [], {}
        self.random = random.Random(seed)
        datasets, snapshots = 200, max(2, edges // 5000)
        for number in range(datasets):
            self.dataset(number, snapshots)
        run = 0
        while len(self.edges) < edges:
            self.run(run, datasets, snapshots)
            run += 1

    def node(self, kind, urn):
        known = self.ids.get(urn)
        if known is None:
            self.nodes.append((len(self.nodes) + 1, urn, kind))
            known = self.ids[urn] = len(self.nodes)
        return known

    def edge(self, source, target, kind):
        self.edges.append((source, target, kind, self.nodes[source - 1][2], self.nodes[target - 1][2]))

    def dataset(self, number, snapshots):
        name = f"lake.d{number}"
        dataset, columns = self.node(DATASET, f"dataset:{name}"), self.node(COLUMNS, f"columns:{name}")
        for column in range(20):
            self.edge(self.node(COLUMN, f"column:{name}#c{column}"), columns, MEMBER)
        before = None
        for version in range(snapshots):
            snapshot = self.node(SNAPSHOT, f"snapshot:{name}@{version}")
            self.edge(dataset, snapshot, VERSION)
            if before:
                self.edge(before, snapshot, PARENT)
            before = snapshot
            if number:
                self.reads(snapshot, number, version + 1)

    def reads(self, reader, datasets, snapshots):
        """Two snapshots of datasets before it, and all of their columns."""
        for other in {self.random.randrange(datasets) for _ in range(2)}:
            self.edge(self.ids[f"snapshot:lake.d{other}@{self.random.randrange(snapshots)}"], reader, INPUT)
            self.edge(self.ids[f"columns:lake.d{other}"], reader, INPUT)

    def run(self, number, datasets, snapshots):
        run = self.node(RUN, f"run:{number:032x}")
        self.reads(run, datasets, snapshots)
        model, version = f"m{number // 20}", number % 20 + 1
        made = self.node(VERSION_NODE, f"model-version:{model}/{version}")
        self.edge(run, made, REGISTERED)
        self.edge(self.node(MODEL, f"model:{model}"), made, VERSION)
        if version == 1:
            self.edge(made, self.node(ALIAS, f"alias:{model}@champion"), STANDS_FOR)

    def write(self, database):
        with sqlite3.connect(database) as connection:
            connection.executemany("INSERT INTO lineage_nodes (id, workspace, urn, kind, parent, first_seen, gone_at)"
                                   " VALUES (?, 'default', ?, ?, '', 1, 0)", self.nodes)
            connection.execute("INSERT INTO lineage_reports (id, workspace, request_id, actor, source, at)"
                               " VALUES (1, 'default', 'bench', 'bench', 'bench', 1)")
            connection.executemany(
                "INSERT INTO lineage_edges (source, target, kind, term, source_kind, target_kind, first_seen, last_seen,"
                " ended_at, report) VALUES (?, ?, ?, 0, ?, ?, 1, 1, 0, 1)", sorted(set(self.edges)))
        connection.close()


def questions(graph):
    """By name: the path of a question, of which the first walks nearly the whole graph."""
    last = graph.ids and next(urn for _, urn, kind in reversed(graph.nodes) if kind == VERSION_NODE)
    return {
        "impact_all": ("impact", "dataset:lake.d0"),
        "impact_column": ("impact", "column:lake.d150#c7"),
        "impact_snapshot": ("impact", "snapshot:lake.d190@1"),
        "provenance_model": ("provenance", last),
        "around": (None, "columns:lake.d100"),
    }


def path_of(question, node):
    at = "/api/millwright/v1/lineage" + (f"/{question}" if question else "")
    return f"{at}?node={urllib.parse.quote(node, safe='')}"


def measure_lineage(bench, server, edges=EDGES, repetitions=REPETITIONS, tell=lambda *_: None):
    """Answers {name: number}; times are medians in ms over one kept-alive connection, `…_max` the longest."""
    home = bench.fresh_home(server)
    with server.running(home):
        pass # It makes its tables.
    graph = Graph(edges // 20 if bench.quick else edges)
    graph.write(home / "millwright.db")
    values = {"edges": len(set(graph.edges)), "nodes": len(graph.nodes)}
    with server.running(home) as url:
        rest = Rest(url)
        for name, (question, node) in questions(graph).items():
            path, millis = path_of(question, node), []
            answer = rest.call("GET", path)
            for _ in range(repetitions):
                began = time.perf_counter()
                rest.call("GET", path)
                millis.append((time.perf_counter() - began) * 1000)
            values[name], values[name + "_max"] = statistics.median(millis), max(millis)
            walked = answer.get("edges_walked", len(answer.get("edges", [])))
            values[name + "_edges"] = walked
            tell(name, node, walked, min(millis), statistics.median(millis), max(millis))
        rest.close()
    bench.discard(home)
    return values


LINEAGE_LINES = [
    ("edges", "edges in the graph", "", None),
    ("impact_all", "impact of a dataset that all comes from", "ms", LIMIT_MILLIS),
    ("impact_all_edges", "edges walked for it", "", None),
    ("impact_column", "impact of a column", "ms", LIMIT_MILLIS),
    ("impact_column_edges", "edges walked for it", "", None),
    ("impact_snapshot", "impact of a snapshot", "ms", LIMIT_MILLIS),
    ("provenance_model", "provenance of a model version", "ms", LIMIT_MILLIS),
    ("provenance_model_edges", "edges walked for it", "", None),
    ("around", "the graph around a node, depth 3", "ms", LIMIT_MILLIS),
]


class Alone:
    """What measure_lineage needs of a Bench when nothing else is measured."""

    quick = False

    def __init__(self, work):
        self.work = Path(work)

    def fresh_home(self, server):
        return self.work / f"home-{time.monotonic_ns()}"

    def discard(self, home):
        pass # The whole folder goes at the end.


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=EDGES)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millwright-bench-") as work:
        measure_lineage(
            Alone(work), Millwright(), options.edges, options.repetitions,
            lambda name, node, walked, least, middle, most: print(
                f"{name:18} {node:45} {walked:>9,} edges: min {least:.1f}, median {middle:.1f}, max {most:.1f} ms"))


if __name__ == "__main__":
    main()
