"""Records the golden files: what the real MLflow server answers to a list of requests.

    python peers/golden/record.py                     record every file again (starts its own mlflow server)
    python peers/golden/record.py tracking/runs       record files whose path contains this text
    python peers/golden/record.py --verify            replay instead: print what differs, change nothing
    python peers/golden/record.py --verify --uri U    replay against a server that runs already, Millwright included
    python peers/golden/record.py --check             print every file's count of exchanges, talk to nobody

Run it with the interpreter of an environment that has mlflow installed, for `artifacts-s3/` moto[server] and boto3 too
(`peers/.venv`).

A golden file is a sequence of exchanges:

    ### a title that says what is shown
    # differs: why Millwright answers otherwise than MLflow does (optional)
    # only: runs.info.run_name, next_page_token (optional: the other fields of a good answer are not compared)
    POST /api/2.0/mlflow/experiments/create
    X-Some-Header: value

    {"name": "a-${unique}"}

    HTTP 200

    {
      "experiment_id": "${experiment.1}"
    }

Requests. A body goes out as application/json unless a Content-Type line says otherwise; an empty `Content-Type:` line
sends none. Placeholders are replaced anywhere; in the request line the value is percent-encoded.

Responses. Response headers stand here only where they matter (Content-Type when not JSON, Content-Disposition).
JSON is compared exactly: no field more, no field less, 1.0 is not 1. Lists named `tags`, and `params` and `metrics`
inside `data`, have no order in MLflow and are compared sorted by key.

Placeholders.
    ${unique}             one random word per replay
    ${kind.N}             captured at the first occurrence in a response, equal ever after.
                          run, model and experiment also check the form of the id; other kinds take any text
    ${any:millis}         a whole value: a number that is a time in epoch milliseconds
    ${any:number}         a whole value: any number
    ${any:string}         any text, also inside a longer text
    ${url.N}              as a request's whole target: the request goes there instead of to the server
    ${repeat N|text|sep}  N times the text, with # in it as the index from 0: long keys, large batches

`# differs:` exchanges state what Millwright shall answer. They are never sent to MLflow and never rewritten.
"""

import argparse
import copy
import http.client
import json
import os
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import servers  # noqa: E402

GOLDEN = Path(__file__).resolve().parents[2] / "platform/src/test/resources/golden"
TOPICS = ("tracking", "artifacts", "registry", "artifacts-s3")
S3_TOPIC = "artifacts-s3"

# The recording server numbers its experiments from here, so that an id is recognised wherever it is printed.
FIRST_EXPERIMENT = 730_000_000

FORMS = {"run": "[0-9a-f]{32}", "model": "m-[0-9a-f]{32}", "experiment": "[0-9]+"}
PLACEHOLDER = re.compile(r"\$\{(unique|any:\w+|[a-z]+\.\d+)\}")
REPEAT = re.compile(r"\$\{repeat (\d+)\|([^|]*)\|([^|}]*)\}")
SIGNED = re.compile(r"\$\{url\.\d+\}")
MADE_UP_NAME = re.compile(r"[a-z]+-[a-z]+-\d{1,4}")
UNORDERED_IN_DATA = ("params", "metrics")


@dataclass
class Exchange:
    title: str
    comments: list[str] = field(default_factory=list)
    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def differs(self):
        return any(comment.startswith("# differs:") for comment in self.comments)

    @property
    def only(self):
        """The fields to which a good answer is reduced, as lists of names; empty for all of it."""
        said = [comment[len("# only:") :] for comment in self.comments if comment.startswith("# only:")]
        return [path.strip().split(".") for text in said for path in text.split(",")]

    def text(self):
        lines = [f"### {self.title}", *self.comments, f"{self.method} {self.target}"]
        lines += [f"{name}: {value}".rstrip() for name, value in self.headers.items()]
        if self.body:
            lines += ["", self.body]
        lines += ["", f"HTTP {self.status}"]
        lines += [f"{name}: {value}" for name, value in self.response_headers.items()]
        if self.response_body:
            lines += ["", self.response_body]
        return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------- files


def parse(text):
    exchanges = []
    for block in re.split(r"(?m)^### ", text)[1:]:
        lines = block.rstrip("\n").split("\n")
        exchange = Exchange(lines.pop(0).strip())
        while lines and lines[0].startswith("#"):
            exchange.comments.append(lines.pop(0))
        exchange.method, exchange.target = lines.pop(0).split(" ", 1)
        at = next((i for i, line in enumerate(lines) if re.fullmatch(r"HTTP \d{3}", line)), None)
        request = lines if at is None else lines[:at]
        exchange.headers, exchange.body = headers_and_body(request)
        if at is not None:
            exchange.status = int(lines[at][5:])
            exchange.response_headers, exchange.response_body = headers_and_body(lines[at + 1 :])
        exchanges.append(exchange)
    return exchanges


def headers_and_body(lines):
    headers = {}
    rest = list(lines)
    while rest and rest[0]:
        name, value = rest.pop(0).split(":", 1)
        headers[name] = value.strip()
    return headers, "\n".join(rest).strip("\n")


def preamble(text):
    return re.split(r"(?m)^### ", text)[0]


# ------------------------------------------------------------------------------------------- matching


class Replay:
    """One pass over one file: the values captured so far."""

    def __init__(self, uri):
        self.uri = urllib.parse.urlsplit(uri)
        self.values = {"unique": secrets.token_hex(4)}

    def send(self, exchange):
        target = self.fill(exchange.target, lambda value: urllib.parse.quote(value, safe=""))
        body = self.fill(exchange.body)
        headers = {name: self.fill(value) for name, value in exchange.headers.items() if value}
        if body and "Content-Type" not in exchange.headers:
            headers["Content-Type"] = "application/json"
        server = self.uri
        if SIGNED.fullmatch(exchange.target):  # A URL that an answer gave: it leads past the server.
            target = self.fill(exchange.target)
            server = urllib.parse.urlsplit(target)
        connection = http.client.HTTPConnection(server.hostname, server.port, timeout=60)
        try:
            connection.putrequest(exchange.method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body or exchange.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() if body else None)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def fill(self, text, quote=lambda value: value):
        def value(match):
            if match[1] not in self.values:
                raise KeyError(f"{match[0]} was never captured")
            return quote(str(self.values[match[1]]))

        return PLACEHOLDER.sub(value, expand(text))

    def matches(self, expected, actual):
        """Whether one leaf agrees; captures only when it does."""
        if not isinstance(expected, str):
            return type(expected) is type(actual) and expected == actual
        if expected == "${any:millis}":
            return isinstance(actual, int) and 10**12 <= actual < 10**13
        if expected == "${any:number}":
            return isinstance(actual, (int, float)) and not isinstance(actual, bool)
        expected = expand(expected)
        whole = PLACEHOLDER.fullmatch(expected)
        if whole and not whole[1].startswith("any:") and not isinstance(actual, (str, dict, list, type(None))):
            return self.values.setdefault(whole[1], actual) == actual
        if not isinstance(actual, str):
            return False
        pattern, names = "", []
        last = 0
        for found in PLACEHOLDER.finditer(expected):
            pattern += re.escape(expected[last : found.start()])
            last = found.end()
            if found[1].startswith("any:"):
                pattern += ".*"
            elif found[1] in self.values:
                pattern += re.escape(str(self.values[found[1]]))
            elif found[1] in names:
                pattern += f"(?P=v{names.index(found[1])})"
            else:
                pattern += f"(?P<v{len(names)}>{FORMS.get(found[1].split('.')[0], '.+?')})"
                names.append(found[1])
        agreed = re.fullmatch(pattern + re.escape(expected[last:]), actual, re.DOTALL)
        if agreed:
            self.values.update({name: agreed[f"v{i}"] for i, name in enumerate(names)})
        return agreed is not None

    def compare(self, expected, actual, path="$"):
        if isinstance(expected, dict) and isinstance(actual, dict):
            for key in expected.keys() - actual.keys():
                yield f"{path}.{key}: missing, expected {show(expected[key])}"
            for key in actual.keys() - expected.keys():
                yield f"{path}.{key}: not expected, got {show(actual[key])}"
            for key in expected:
                if key in actual:
                    yield from self.compare(
                        ordered(path, key, expected[key]), ordered(path, key, actual[key]), f"{path}.{key}"
                    )
        elif isinstance(expected, list) and isinstance(actual, list):
            if len(expected) != len(actual):
                yield f"{path}: got {len(actual)} elements, expected {len(expected)}: {show(actual)}"
            for i, (left, right) in enumerate(zip(expected, actual)):
                yield from self.compare(left, right, f"{path}[{i}]")
        elif not self.matches(expected, actual):
            yield f"{path}: got {show(actual)}, expected {show(expected)}"

    def check(self, exchange, status, headers, body):
        if status != exchange.status:
            yield f"status: got {status}, expected {exchange.status}: {show(body)}"
        for name, value in exchange.response_headers.items():
            if not self.matches(header(name, value), header(name, headers.get(name, ""))):
                yield f"header {name}: got {show(headers.get(name, ''))}, expected {show(value)}"
        if is_json(exchange.response_headers) and exchange.response_body:
            try:
                actual = of_interest(json.loads(body), exchange, status)
            except ValueError:
                yield f"body: got {show(body)}, expected JSON"
                return
            yield from self.compare(json.loads(exchange.response_body), actual)
        elif not self.matches(exchange.response_body, body.strip("\n")):
            yield f"body: got {show(body)}, expected {show(exchange.response_body)}"


def header(name, value):
    return value.replace(" ", "").lower() if name == "Content-Type" else value


def expand(text):
    def repeated(match):
        return match[3].join(match[2].replace("#", str(i)) for i in range(int(match[1])))

    return REPEAT.sub(repeated, text)


def ordered(path, key, value):
    unordered = key == "tags" or (key in UNORDERED_IN_DATA and path.endswith(".data"))
    if not unordered or not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        return value
    return sorted(value, key=lambda v: [expand(str(v.get(k, ""))) for k in ("key", "step", "timestamp", "value")])


def show(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else text[:400] + "…"


def is_json(headers):
    return "json" in headers.get("Content-Type", "application/json")


def of_interest(body, exchange, status):
    if isinstance(body, dict) and "error_code" in body:
        # MLflow's newer, optional error fields; Millwright has none.
        return {key: value for key, value in body.items() if key not in ("sqlstate", "error_class")}
    return reduced(body, exchange.only) if exchange.only and status < 400 else body


def reduced(value, paths):
    if isinstance(value, list):
        return [reduced(element, paths) for element in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name in value:
        rest = [path[1:] for path in paths if path[0] == name]
        if rest:
            result[name] = value[name] if [] in rest else reduced(value[name], rest)
    return result


# ------------------------------------------------------------------------------------------ recording


class Recorder(Replay):
    def __init__(self, uri):
        super().__init__(uri)
        self.reserved = set()
        self.literal = set()

    def skip(self, exchange):
        """What it would capture is not free for others."""
        self.reserved |= {found[1] for found in PLACEHOLDER.finditer(exchange.response_body)}

    def record(self, exchange):
        # Ids that the file itself makes up are not the server's.
        self.literal.update(re.findall("(?:m-)?[0-9a-f]{32}", exchange.target + exchange.body))
        status, headers, body = self.send(exchange)
        if status >= 500 and "NOT_IMPLEMENTED" not in body or "text/html" in headers.get("Content-Type", "") and status >= 400:
            self.refuse(exchange, status, body)
            return
        exchange.status = status
        old_headers, exchange.response_headers = exchange.response_headers, {}
        content_type = headers.get("Content-Type", "")
        json_answer = "json" in content_type and body
        of_s3 = SIGNED.fullmatch(exchange.target)
        if content_type and "json" not in content_type and (not of_s3 or "Content-Type" in old_headers):
            self.keep_header(exchange, old_headers, "Content-Type", headers)
        if headers.get("Content-Disposition") and not of_s3:
            self.keep_header(exchange, old_headers, "Content-Disposition", headers)
        if "ETag" in old_headers:
            self.keep_header(exchange, old_headers, "ETag", headers)
        if not json_answer:
            old = exchange.response_body
            body = body.strip("\n")
            exchange.response_body = old if old and self.matches(old, body) else self.placeholders(body, exchange)
            return
        try:
            old = json.loads(exchange.response_body)
        except ValueError:
            old = None
        merged = self.merge(old, of_interest(json.loads(body), exchange, status), exchange)
        line = json.dumps(merged, ensure_ascii=False)
        short = exchange.only and len(line) <= 120
        exchange.response_body = line if short else json.dumps(merged, indent=2, ensure_ascii=False)

    def keep_header(self, exchange, old, name, headers):
        value = headers[name]
        exchange.response_headers[name] = old[name] if name in old and self.matches(old[name], value) else value

    def refuse(self, exchange, status, body):
        """A failure of MLflow's own: not a model to follow."""
        try:
            said = json.loads(body).get("message", "")
        except ValueError:
            said = "HTML" if "<html" in body.lower() else body
        said = self.placeholders(said, exchange)
        said = " ".join(said.split())[:160]
        exchange.comments.append(f"# differs: MLflow answers {status}: {said}")
        code = {404: "ENDPOINT_NOT_FOUND", 405: "${any:string}"}.get(status, "INVALID_PARAMETER_VALUE")
        exchange.status = status if status in (404, 405) else 400
        exchange.response_headers = {}
        exchange.response_body = json.dumps({"error_code": code, "message": "${any:string}"}, indent=2)
        print(f"    {exchange.title}: {exchange.comments[-1]}")

    def merge(self, old, actual, exchange, path="$"):
        """The answer, with the old placeholders where they still hold and new ones where values are the server's."""
        if isinstance(actual, dict):
            old = old if isinstance(old, dict) else {}
            keys = [k for k in old if k in actual] + [k for k in actual if k not in old]
            return {
                k: self.merge(
                    ordered(path, k, old.get(k)), ordered(path, k, actual[k]), exchange, f"{path}.{k}"
                )
                for k in keys
            }
        if isinstance(actual, list):
            old = old if isinstance(old, list) and len(old) == len(actual) else [None] * len(actual)
            return [self.merge(o, a, exchange, f"{path}[{i}]") for i, (o, a) in enumerate(zip(old, actual))]
        if old is not None and self.matches(old, actual):
            return old
        if isinstance(actual, int) and abs(actual / 1000 - time.time()) < 86_400:
            return "${any:millis}"
        if not isinstance(actual, str):
            return actual
        if path.endswith(".next_page_token"):
            return self.capture("token", actual)
        return self.placeholders(actual, exchange)

    def placeholders(self, text, exchange):
        sent = self.fill(exchange.target) + self.fill(exchange.body)
        if MADE_UP_NAME.fullmatch(text) and text not in sent:
            return self.known(text) or self.capture("name", text)
        for form in (r"m-[0-9a-f]{32}", r"(?<![-0-9a-f])[0-9a-f]{32}(?![0-9a-f])", rf"\b{FIRST_EXPERIMENT // 10000}\d{{4}}\b"):
            for found in dict.fromkeys(re.findall(form, text)):
                name = self.known(found)
                if not name and found not in self.literal:
                    kind = "model" if found.startswith("m-") else "run" if len(found) == 32 else "experiment"
                    name = self.capture(kind, found)
                if name:
                    text = text.replace(found, name)
        text = text.replace(self.values["unique"], "${unique}")
        # The store's own words say nothing to a caller.
        text = re.sub(r"( Error: |\(raised as a result[^\n]*\n)?\(sqlite3\..*", "${any:string}", text, flags=re.DOTALL)
        # A Python set prints in another order each time.
        text = re.sub(r"\{'[^{}:]*'(, '[^{}:]*')+\}", "${any:string}", text)
        return re.sub(r"(.)\1{99,}", lambda m: f"${{repeat {len(m[0])}|{m[1]}|}}", text)

    def known(self, value):
        return next(("${" + n + "}" for n, v in self.values.items() if v == value and not n.startswith("token")), None)

    def capture(self, kind, value):
        taken = [int(name.split(".")[1]) for name in self.reserved | self.values.keys() if name.startswith(kind + ".")]
        number = max(taken, default=0) + 1
        self.values[f"{kind}.{number}"] = value
        return f"${{{kind}.{number}}}"


# --------------------------------------------------------------------------------------------- server


class MlflowServer:
    """A fresh `mlflow server` of this interpreter's environment, on SQLite and a temporary folder or moto's S3."""

    def __init__(self, on_s3=False):
        self.on_s3 = on_s3
        self.moto = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="golden-")
        home = Path(self.folder.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{port}"
        database = home / "mlflow.db"
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{database}"]
        environment = dict(os.environ, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_DISABLE_TELEMETRY="true")
        destination = str(home / "artifacts")
        if self.on_s3:
            self.moto = servers.start_moto(home)
            destination = s3_bucket(self.moto.url)
            environment.update(s3_environment(self.moto.url))
        command += ["--artifacts-destination", destination]
        self.log = open(home / "server.log", "w")
        self.process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        try:
            self.wait_until_healthy(port)
            self.number_experiments_from(database)
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_healthy(self, port):
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"mlflow server ended: {Path(self.log.name).read_text()[-2000:]}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise SystemExit("mlflow server did not come up")

    def number_experiments_from(self, database):
        with sqlite3.connect(database, timeout=30) as sql:
            columns = [row[1] for row in sql.execute("PRAGMA table_info(experiments)")]
            row = dict(zip(columns, sql.execute("SELECT * FROM experiments LIMIT 1").fetchone()))
            row.update(experiment_id=FIRST_EXPERIMENT, name="first", lifecycle_stage="deleted")
            marks = ", ".join("?" * len(columns))
            sql.execute(f"INSERT INTO experiments ({', '.join(columns)}) VALUES ({marks})", [row[c] for c in columns])

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.moto:
            self.moto.stop()
        self.log.close()
        self.folder.cleanup()


def s3_environment(moto_url):
    keys = {"AWS_ACCESS_KEY_ID": "golden", "AWS_SECRET_ACCESS_KEY": "golden-secret", "AWS_REGION": "eu-central-1"}
    # The first is what MLflow reads, the second every AWS SDK.
    return {**keys, "AWS_DEFAULT_REGION": "eu-central-1", "MLFLOW_S3_ENDPOINT_URL": moto_url, "AWS_ENDPOINT_URL": moto_url}


def s3_bucket(moto_url):
    """Makes a bucket in moto's S3, which lets anybody; returns where artifacts go."""
    address = urllib.parse.urlsplit(moto_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("PUT", "/golden")
    if connection.getresponse().status != 200:
        raise SystemExit("moto made no bucket")
    connection.close()
    return "s3://golden/team"


# ----------------------------------------------------------------------------------------------- main


def record(path, uri):
    text = path.read_text()
    exchanges = parse(text)
    recorder = Recorder(uri)
    for exchange in exchanges:
        if exchange.differs:
            recorder.skip(exchange)
            continue
        try:
            recorder.record(exchange)
        except Exception as problem:
            raise SystemExit(f"{path.name}: {exchange.title}: {problem!r}") from problem
    path.write_text(preamble(text) + "\n".join(exchange.text() for exchange in exchanges))
    return len(exchanges)


def verify(path, uri, with_differs):
    replay, problems, exchanges = Replay(uri), 0, parse(path.read_text())
    for exchange in exchanges:
        if exchange.differs and not with_differs:
            continue
        try:
            found = list(replay.check(exchange, *replay.send(exchange)))
        except KeyError as missing:
            found = [f"not sent: {missing.args[0]}"]
        except (OSError, http.client.HTTPException) as failure:
            found = [f"no answer: {failure!r}"]
        for problem in found:
            problems += 1
            print(f"  {path.parent.name}/{path.name}: {exchange.title}: {problem}")
    return problems


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("only", nargs="*", help="texts of which a file's path must contain one")
    arguments.add_argument("--uri", help="a running server, instead of an own one")
    arguments.add_argument("--verify", action="store_true", help="replay and report, write nothing")
    arguments.add_argument("--differs", action="store_true", help="with --verify: also the exchanges marked `differs`")
    arguments.add_argument("--check", action="store_true", help="parse and count only")
    options = arguments.parse_args()
    files = [file for topic in TOPICS for file in sorted((GOLDEN / topic).glob("*.http"))]
    files = [f for f in files if not options.only or any(o in str(f.relative_to(GOLDEN)) for o in options.only)]
    if options.check:
        for file in files:
            exchanges = parse(file.read_text())
            print(f"{len(exchanges):5} {sum(e.differs for e in exchanges):4} differ  {file.relative_to(GOLDEN)}")
        return
    if options.uri:
        sys.exit(run(files, options.uri, options))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leaves the `with`, which stops the server
    problems = 0
    for on_s3 in (False, True):
        chosen = [f for f in files if (f.parent.name == S3_TOPIC) == on_s3]
        if chosen:
            with MlflowServer(on_s3) as server:
                problems |= run(chosen, server.uri, options)
    sys.exit(problems)


def run(files, uri, options):
    problems = 0
    for file in files:
        if options.verify:
            found = verify(file, uri, options.differs)
            print(f"{file.relative_to(GOLDEN)}: {found or 'no'} differences")
            problems += found
        else:
            print(f"{file.relative_to(GOLDEN)}: {record(file, uri)} exchanges")
    return 1 if problems else 0


if __name__ == "__main__":
    main()
