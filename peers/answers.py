"""Records what a server answers, in a form in which the answers of two servers can be compared.

What must differ between two servers (ids, the clock, invented names) becomes a placeholder numbered in the order of
first sight; everything else stays as it was answered, floats and integers apart.
"""

import difflib
import json
import math
import re
import zlib

import requests
from mlflow.entities import LoggedModel, RunData
from mlflow.entities._mlflow_object import _MlflowObject
from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList

# A server's clock, in ms. The script's own timestamps lie outside and are compared.
CLOCK = range(1_600_000_000_000, 4_000_000_000_000)

HEX_ID = re.compile(r"\b(m-)?[0-9a-f]{32}\b")
INVENTED_NAME = re.compile(r"[a-z]+-[a-z]+-\d{1,4}")
EXPERIMENT_ID = re.compile(
    r"(?P<before>(?:mlflow-artifacts:/|[Ee]xperiment(?: with)? (?:id|ID)[ =]'?|[Tt]he experiment |experiments/))"
    r"(?P<id>\d+)\b"
)
ARTIFACT_PATH = re.compile(r"\b(\d+)(/(?:models/)?(?:m-)?[0-9a-f]{32}/)")
DATABASE_TEXT = re.compile(r"^(?:(?!already exists).)*\((?:sqlite3|psycopg2)\.", re.DOTALL)
ANYTHING = "<anything>"  # equal to whatever the other server says
PYTHON_SET = re.compile(r"\{('[^'{}]*'(?:, '[^'{}]*')*)\}")
LONG = 2000  # characters; longer texts are shown by their beginning and compared by a checksum
# Lists whose order MLflow leaves to its database, and what to sort them by.
UNORDERED = {
    "tags": ["key"], "params": ["key"], "latest metrics": ["key", "dataset_name", "step", "timestamp"],
    "dataset_inputs": ["dataset.name", "dataset.digest"], "dataset_summaries": ["name", "digest", "context"],
    "latest_versions": ["version"], "model_inputs": ["model_id"], "model_outputs": ["model_id", "step"],
}  # fmt: skip


class Answers:
    """The answers of one server, in order. `prefix` is what this run of the script puts before the names it creates."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.steps = []
        self._names = {}
        self._chapter = ""

    def chapter(self, name):
        self._chapter = name

    def ask(self, step, question, field=""):
        """Records what `question()` returns or raises under `step`; returns its result, or None when it raised.

        `field` tells what a bare answer is, as its name would in a message.
        """
        try:
            result = question()
        except Exception as e:  # what a client sees is the subject here, whatever it is
            self.note(step, self._failure(e))
            return None
        self.note(step, result, field)
        return result

    def note(self, step, value, field=""):
        self.steps.append((self._chapter, step, self.plain(value, field)))

    def experiment(self, experiment_id):
        """Tells that this id is an experiment's. Experiment ids are small numbers, so they are not guessed in texts."""
        return self._placeholder("experiment", str(experiment_id))

    def plain(self, value, field=""):
        """`value` as JSON types, with placeholders."""
        if isinstance(value, PagedList):
            return {"page": [self.plain(v) for v in value], "more": bool(value.token)}
        if isinstance(value, RunData):
            return {"metrics": self.plain(value._metric_objs, "latest metrics"),
                    "params": self.plain(value.params), "tags": self.plain(value.tags)}  # fmt: skip
        if isinstance(value, LoggedModel):
            return self.plain({**dict(value), "metrics": self._ordered(value.metrics or [], "latest metrics")})
        if isinstance(value, _MlflowObject):
            return self.plain(dict(value))
        if isinstance(value, dict):
            if value.get("is_dir") is False:
                value = {**value, "file_size": value.get("file_size") or 0}  # MLflow leaves out the size of an empty file
            if DATABASE_TEXT.search(str(value.get("message"))):
                # MLflow let its database speak. That it refuses is its answer, not the words or the code.
                value = {k: ANYTHING if k in ("message", "code", "error_code") else v for k, v in value.items()}
            return {
                self._text(str(k), ""): self.plain(v, "latest metrics" if (field, k) == ("data", "metrics") else str(k)) for k, v in sorted(value.items(), key=lambda i: str(i[0]))
            }
        if isinstance(value, (list, tuple, set)):
            return [self.plain(v, field) for v in self._ordered(value, field)]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            if field == "experiment_id":
                return self._text(str(value), field)
            return "<time>" if value in CLOCK else value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return self._text(str(value), field)

    def _ordered(self, values, field):
        if isinstance(values, set):
            return sorted(values, key=str)
        fields = UNORDERED.get(field)
        return sorted(values, key=lambda v: [self._sort_key(v, f) for f in fields]) if fields else values

    def _sort_key(self, value, field):
        for name in field.split("."):
            value = value.get(name, "") if isinstance(value, dict) else getattr(value, name, "")
        # Ids are random: they go in the order in which they were first seen. An experiment's id looks like a version.
        known = value in self._names and HEX_ID.fullmatch(value)
        seen = list(self._names).index(value) if known else len(self._names)
        return (seen, value) if isinstance(value, int) else (seen, 0, str(value))

    def _failure(self, e):
        if isinstance(e, MlflowException):
            return {"raised": type(e).__name__, "code": e.error_code, "message": e.message}
        if isinstance(e, requests.HTTPError) and e.response is not None:
            # The artifact routes' failures: the client puts address and body of the answer into one text.
            try:
                body = e.response.json()
                body = {key: body.get(key) for key in ("error_code", "message")}
            except ValueError:
                body = "<not JSON>"
            return {"raised": type(e).__name__, "status": e.response.status_code, "body": body}
        return {"raised": type(e).__name__, "message": str(e)}

    def _text(self, text, field):
        if text[:2] in ("[{", '{"'):
            # JSON inside a tag: written with blanks by one, without by the other.
            try:
                text = json.dumps(json.loads(text), ensure_ascii=False)
            except ValueError:
                pass
        text = text.replace(self.prefix, "peer")
        if field in ("experiment_id", "experiment_ids") and text.isdigit():
            return self._placeholder("experiment", text)
        if field == "_mlflow_experiment_ids":
            return "<experiments>"  # The client's active one, which other tests of the process may have set.
        text = ARTIFACT_PATH.sub(lambda m: self._placeholder("experiment", m[1]) + m[2], text)
        text = HEX_ID.sub(lambda m: self._placeholder("model" if m[1] else "run", m[0]), text)
        text = EXPERIMENT_ID.sub(lambda m: m["before"] + self._placeholder("experiment", m["id"]), text)
        text = re.sub(r"https?://127\.0\.0\.1:\d+", "<server>", text)
        if INVENTED_NAME.fullmatch(text):
            return self._placeholder("name", text)
        # Python's own texts inside MLflow's messages: a set in its random order, a parser's tokens, bytes.
        text = PYTHON_SET.sub(lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
        text = re.sub(r"(Invalid clause\(s\) in filter string: ).*", r"\1<tokens>", text, flags=re.DOTALL)
        text = re.sub(r"(Invalid page token).*", r"\1 <…>", text, flags=re.DOTALL)
        # What MLflow appends here is its database's own error text; others may say something better.
        text = re.sub(r"(already exists\.) .*", r"\1", text, flags=re.DOTALL)
        if len(text) > LONG:
            text = f"{text[:200]}… {len(text)} characters, crc {zlib.crc32(text.encode())}"
        return text

    def _placeholder(self, kind, text):
        known = self._names.get(text)
        if known is None:
            count = sum(1 for name in self._names.values() if name.startswith(f"<{kind}-"))
            known = self._names[text] = f"<{kind}-{count + 1}>"
        return known


def differences(mine, theirs, my_name="millwright", their_name="mlflow"):
    """A readable text of the steps whose answers differ; empty when all are the same."""
    mine, theirs = ({step: answer for _, step, answer in steps} for steps in (mine, theirs))
    texts = []
    for step in list(theirs) + [step for step in mine if step not in theirs]:
        left, right = theirs.get(step, "<step not reached>"), mine.get(step, "<step not reached>")
        if _same(left, right):
            continue
        lines = difflib.unified_diff(_lines(left), _lines(right), their_name, my_name, lineterm="", n=2)
        texts.append(f"step: {step}\n" + "\n".join("    " + line for line in lines))
    return "\n\n".join(texts)


def _lines(answer):
    return json.dumps(answer, indent=1, ensure_ascii=False).splitlines()


def _same(left, right):
    if ANYTHING in (left, right):
        return True
    if type(left) is not type(right):  # 1 and 1.0 are equal in Python and different in JSON
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right and str(left) == str(right)  # 0.0 and -0.0, too
