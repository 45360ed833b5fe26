"""Asks MLflow 3.17.2 what each filter and order of `platform/src/test/resources/search/*.txt` means.

    python peers/search_oracle.py            tells which cases differ, exit code 1 if any
    python peers/search_oracle.py --update   writes MLflow's answers into the files

A case, ended by a blank line:

    filter                    or: order, with one clause per line
    metrics.a>1
    ----
    METRIC "a" > 1            one line per clause, or: error <message>
    differs: why              only where we differ on purpose. Then our answer stands above, MLflow's below
    error <MLflow's message>  or: crash <exception>, which MLflow's server answers with 500

To add a case write its first part and `----`, then `--update`. A case without `differs:` is ours and MLflow's alike.
Each filter is also run against a real (empty) SQLite store: half of MLflow's checks sit there.
"""

import json
import os
import re
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore
from mlflow.utils import search_utils
from mlflow.utils.search_logged_model_utils import parse_filter_string

CASES = Path(__file__).parent.parent / "platform/src/test/resources/search"
ENTITIES = {
    "attribute": "ATTRIBUTE", "attributes": "ATTRIBUTE", "metric": "METRIC", "metrics": "METRIC",
    "parameter": "PARAM", "params": "PARAM", "tag": "TAG", "tags": "TAG", "dataset": "DATASET",
}
CANONICAL = {
    "runs": {"created": "start_time", "Created": "start_time",
             "run name": "run_name", "Run name": "run_name", "Run Name": "run_name"},
    "logged_models": {"creation_timestamp_ms": "creation_timestamp", "creation_time": "creation_timestamp",
                      "last_updated_timestamp_ms": "last_updated_timestamp"},
    "registered_models": {"timestamp": "last_updated_timestamp"},
}  # fmt: skip
NUMERIC = {
    "runs": {"start_time", "end_time"},
    "experiments": {"creation_time", "last_update_time"},
    "logged_models": {"creation_timestamp", "last_updated_timestamp"},
    "registered_models": {"last_updated_timestamp"},
    "model_versions": {"version_number", "creation_timestamp", "last_updated_timestamp"},
}


class Oracle:
    def __init__(self, folder):
        # One file each: both bring the same tables.
        self.tracking = TrackingStore(f"sqlite:///{folder}/tracking.db", f"{folder}/artifacts")
        self.registry = RegistryStore(f"sqlite:///{folder}/registry.db")

    def answer(self, kind, what, lines):
        try:
            if what == "order":
                return self.order(kind, [line for line in lines])
            return self.filter(kind, "\n".join(lines))
        except MlflowException as e:
            # Stores wrap what their database or their own code threw.
            if e.__cause__ and not isinstance(e.__cause__, MlflowException | SyntaxError):
                return [f"crash {type(e.__cause__).__name__}"]
            return ["error " + one_line(sorted_sets(e.message))]
        except Exception as e:
            return [f"crash {type(e).__name__}"]

    def filter(self, kind, text):
        if kind == "logged_models":
            clauses = [(c.entity.type.value, c.entity.key, c.op, c.value) for c in parse_filter_string(text)]
        else:
            parser = {
                "runs": search_utils.SearchUtils,
                "experiments": search_utils.SearchExperimentsUtils,
                "registered_models": search_utils.SearchModelUtils,
                "model_versions": search_utils.SearchModelVersionUtils,
            }[kind]
            clauses = [(c["type"], c["key"], c["comparator"], c["value"]) for c in parser.parse_search_filter(text)]
        self.search(kind, filter_string=text)
        return [self.clause(kind, *clause) for clause in clauses]

    def clause(self, kind, entity, key, comparator, value):
        entity, key = self.field(kind, entity, key)
        numeric = entity == "METRIC" or entity == "ATTRIBUTE" and key in NUMERIC[kind]
        if kind == "experiments" and entity == "ATTRIBUTE" and key == "experiment_id":
            value = tuple(str(int(v)) for v in value) if isinstance(value, tuple) else str(int(value))
        if value is None:
            right = ""
        elif numeric:
            right = " " + number(value)
        elif isinstance(value, tuple):
            right = " [" + ", ".join(quoted(v) for v in value) + "]"
        else:
            right = " " + quoted(value)
        return f"{entity} {quoted(key)} {comparator.upper()}{right}"

    def order(self, kind, clauses):
        if kind == "logged_models":
            asked = [{"field_name": clause, "ascending": True} for clause in clauses]
            self.search(kind, order_by=asked)
            orders = [(*(c.split(".", 1) if "." in c else ("attribute", c)), True) for c in clauses]
        else:
            utils = search_utils
            parse = {
                "runs": utils.SearchUtils.parse_order_by_for_search_runs,
                "experiments": utils.SearchExperimentsUtils.parse_order_by_for_search_experiments,
                "registered_models": lambda c: (
                    "attribute", *utils.SearchUtils.parse_order_by_for_search_registered_models(c)),
                "model_versions": utils.SearchModelVersionUtils.parse_order_by_for_search_model_versions,
            }[kind]  # fmt: skip
            self.search(kind, order_by=clauses)
            orders = [parse(clause) for clause in clauses]
        rendered = []
        for entity, key, ascending in orders:
            entity, key = self.field(kind, entity, key)
            rendered.append(f"{entity} {quoted(key)} {'ASC' if ascending else 'DESC'}")
        return rendered

    @staticmethod
    def field(kind, entity, key):
        entity = ENTITIES[entity]
        return entity, CANONICAL.get(kind, {}).get(key, key) if entity == "ATTRIBUTE" else key

    def search(self, kind, **asked):
        if kind == "runs":
            self.tracking.search_runs(["0"], asked.get("filter_string"), ViewType.ALL, order_by=asked.get("order_by"))
        elif kind == "experiments":
            self.tracking.search_experiments(ViewType.ALL, **asked)
        elif kind == "logged_models":
            self.tracking.search_logged_models(["0"], **asked)
        elif kind == "registered_models":
            self.registry.search_registered_models(**asked)
        else:
            self.registry.search_model_versions(**asked)


def number(value):
    plain = format(Decimal(str(value)), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def one_line(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def sorted_sets(message):
    """Python shows sets in an order of chance; we show them sorted."""

    def in_order(match):
        return "{" + ", ".join(sorted(match.group(1).split(", "))) + "}"

    return re.sub(r"\{('[^{}]*')\}", in_order, message)


def blocks(text):
    """The cases and, between them, comments and blank lines, each a list of lines."""
    block, body = [], False
    for line in text.split("\n"):
        if not block and line not in ("filter", "order"):
            yield [line]
            continue
        block.append(line)
        body = body or line == "----"
        if body and line == "":
            yield block
            block, body = [], False
    if block:
        yield [*block, ""]


def main(update):
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        oracle = Oracle(folder)
        for path in sorted(CASES.glob("*.txt")):
            written = []
            for block in blocks(path.read_text()):
                if block[0] not in ("filter", "order"):
                    written.append("\n".join(block))
                    continue
                rule = block.index("----")
                asked, expected = block[1:rule], block[rule + 1 : -1]
                differs = next((i for i, line in enumerate(expected) if line.startswith("differs:")), None)
                kept = [] if differs is None else expected[: differs + 1]
                answer = oracle.answer(path.stem, block[0], asked)
                if [*kept, *answer] != expected:
                    differing += 1
                    print(f"{path.name}: {asked}\n  is   {expected[len(kept):]}\n  says {answer}")
                if differs is None and answer and answer[0].startswith("crash"):
                    print(f"{path.name}: {asked} crashes MLflow; needs a `differs:`")
                written.append("\n".join([*block[: rule + 1], *kept, *answer, ""]))
            if update:
                path.write_text("\n".join(written).rstrip("\n") + "\n")
    print(f"{differing} cases {'updated' if update else 'differ'}")
    return 0 if update or not differing else 1


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
