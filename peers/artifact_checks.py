"""What an artifact store must do, whatever it keeps the bytes in: shared by the tests of the local and the S3 store."""

import hashlib
import json
import os
import random
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

MIB = 1024 * 1024
TIMEOUT = 60


class Space:
    """One run's artifacts, seen by MLflow's client and by bare HTTP."""

    def __init__(self, url):
        self.url = url
        mlflow.set_tracking_uri(url)
        self.client = MlflowClient(tracking_uri=url)
        experiment_id = self.client.create_experiment(f"artifacts {random.randrange(10**12)}")
        self.run = self.client.create_run(experiment_id)
        self.run_id = self.run.info.run_id
        self.root = self.run.info.artifact_uri.removeprefix("mlflow-artifacts:/").strip("/")

    def proxy(self, path):
        return f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{self.root}/{quote(path)}"

    def route(self, kind, path):
        return f"{self.url}/api/2.0/mlflow-artifacts/{kind}/{self.root}/{quote(path)}"

    def put(self, path, content):
        response = requests.put(self.proxy(path), data=content, timeout=TIMEOUT)
        assert response.status_code == 200, response.text

    def get(self, path, **headers):
        return requests.get(self.proxy(path), headers=headers, timeout=TIMEOUT)

    def names(self, path=None):
        return [f.path for f in self.client.list_artifacts(self.run_id, path)]

    def download(self, path):
        with tempfile.TemporaryDirectory() as folder:
            return Path(self.client.download_artifacts(self.run_id, path, folder)).read_bytes()


def some_bytes(count, seed=0):
    return random.Random(seed).randbytes(count)


def check_files_and_folders(space, folder):
    tree = Path(folder, "tree")
    files = {"a.txt": b"alpha", "empty": b"", "b/c.bin": some_bytes(3 * MIB), "b/d/e f ü.json": b"{}", "b/100%.txt": b"%"}
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)

    space.client.log_artifacts(space.run_id, tree, "top")

    listed = {f.path: (f.is_dir, f.file_size or 0) for f in space.client.list_artifacts(space.run_id, "top")}
    assert listed == {"top/a.txt": (False, 5), "top/b": (True, 0), "top/empty": (False, 0)}
    assert space.names("top/b") == ["top/b/100%.txt", "top/b/c.bin", "top/b/d"]
    with tempfile.TemporaryDirectory() as into:
        got = Path(space.client.download_artifacts(space.run_id, "top", into))
        assert {str(f.relative_to(got)): f.read_bytes() for f in got.rglob("*") if f.is_file()} == files


def check_many_files_are_all_listed(space, count=1100):
    """More than one page of S3's listing, which holds 1000."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: space.put(f"many/{i:05}.txt", b"x"), range(count)))

    assert space.names("many") == [f"many/{i:05}.txt" for i in range(count)]


def check_delete(space):
    space.put("gone/one.txt", b"1")
    space.put("gone/deep/two.txt", b"2")
    space.put("gone-not.txt", b"3")

    assert requests.delete(space.proxy("gone"), timeout=TIMEOUT).status_code == 200

    assert space.names("gone") == []
    assert space.get("gone/one.txt").status_code == 404
    assert space.get("gone-not.txt").content == b"3"
    assert requests.delete(space.proxy("gone"), timeout=TIMEOUT).status_code == 200


def check_large_file(space, folder, size=48 * MIB):
    path = Path(folder, "large.bin")
    path.write_bytes(some_bytes(size, seed=1))

    space.client.log_artifact(space.run_id, path)

    response = requests.get(space.proxy("large.bin"), stream=True, timeout=TIMEOUT)
    digest = hashlib.sha256()
    for chunk in response.iter_content(MIB):
        digest.update(chunk)
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert response.headers["Content-Length"] == str(size)


def check_ranges(space):
    content = some_bytes(100_000, seed=2)
    space.put("ranges.bin", content)

    for asked, start, stop in (("bytes=0-9", 0, 10), ("bytes=99990-", 99_990, 100_000), ("bytes=-10", 99_990, 100_000),
                               ("bytes=500-70000", 500, 70_001), ("bytes=99999-200000", 99_999, 100_000)):  # fmt: skip
        response = space.get("ranges.bin", Range=asked)
        assert (asked, response.status_code) == (asked, 206)
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/100000"
        assert response.content == content[start:stop]
    assert space.get("ranges.bin", Range="bytes=100000-").status_code == 416
    assert space.get("ranges.bin").content == content


def check_multipart_by_the_client(space, folder, monkeypatch):
    """The client cuts a file into parts, sends them beside each other, and the server puts them together."""
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    uploads = []
    create = HttpArtifactRepository.create_multipart_upload

    def counted(self, local_file, num_parts=1, artifact_path=None):
        answer = create(self, local_file, num_parts, artifact_path)
        uploads.append((os.path.basename(local_file), len(answer.credentials)))
        return answer

    monkeypatch.setattr(HttpArtifactRepository, "create_multipart_upload", counted)
    contents = {"parts.bin": some_bytes(17 * MIB + 123, seed=3), "even.bin": some_bytes(10 * MIB, seed=4), "small.bin": b"small"}
    for name, content in contents.items():
        Path(folder, name).write_bytes(content)

    for name in contents:
        space.client.log_artifact(space.run_id, os.path.join(folder, name), "multi/part")

    assert uploads == [("parts.bin", 4), ("even.bin", 2)]
    sizes = {f.path: f.file_size for f in space.client.list_artifacts(space.run_id, "multi/part")}
    assert sizes == {f"multi/part/{name}": len(content) for name, content in contents.items()}
    for name, content in contents.items():
        assert space.download(f"multi/part/{name}") == content


def start_multipart(space, path, parts):
    """Starts an upload as the client does: the folder is in the address, `path` names the file (or the client's own
    path of it, of which only the last part counts)."""
    folder, _, name = path.rpartition("/")
    response = requests.post(space.route("mpu/create", folder), json={"path": f"/home/ann/{name}", "num_parts": parts}, timeout=TIMEOUT)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert [c["part_number"] for c in answer["credentials"]] == list(range(1, parts + 1))
    return answer


def put_part(credential, content):
    response = requests.put(credential["url"], data=content, headers=credential.get("headers", {}), timeout=TIMEOUT)
    assert response.status_code == 200, response.text
    return {"part_number": credential["part_number"], "etag": response.headers.get("ETag", ""), "url": credential["url"]}


def check_an_aborted_multipart_leaves_nothing(space):
    space.put("abort/kept.bin", b"kept")
    for name in ("kept.bin", "new.bin"):
        upload = start_multipart(space, f"abort/{name}", 2)
        put_part(upload["credentials"][0], some_bytes(5 * MIB))
        assert space.names("abort") == ["abort/kept.bin"]

        body = {"path": name, "upload_id": upload["upload_id"]}
        assert requests.post(space.route("mpu/abort", "abort"), json=body, timeout=TIMEOUT).status_code == 200

    assert space.names("abort") == ["abort/kept.bin"]
    assert space.get("abort/kept.bin").content == b"kept"


def check_parts_arrive_in_any_order(space):
    """Also a part sent twice: the later one counts, as on S3."""
    first, second, third = some_bytes(5 * MIB, seed=5), some_bytes(5 * MIB, seed=6), b"the end"
    upload = start_multipart(space, "order/file.bin", 3)
    one, two, three = upload["credentials"]
    parts = {3: put_part(three, third), 1: put_part(one, second), 2: put_part(two, second)}
    parts[1] = put_part(one, first)

    body = {"path": "file.bin", "upload_id": upload["upload_id"], "parts": [parts[n] for n in (1, 2, 3)]}
    response = requests.post(space.route("mpu/complete", "order"), json=body, timeout=TIMEOUT)

    assert response.status_code == 200, response.text
    assert space.get("order/file.bin").content == first + second + third


def truncated_put(url, content, pretend, chunked=False):
    """Sends a part of a PUT's body and hangs up."""
    parts = urlsplit(url)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {pretend}"
    head = f"PUT {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/octet-stream\r\n{length}\r\n\r\n"
    body = b"%x\r\n%s\r\n" % (len(content), content) if chunked else content
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT) as connection:
        connection.sendall(head.encode() + body)


def check_truncated_uploads_leave_nothing(space):
    old = some_bytes(200_000, seed=7)
    space.put("torn/old.bin", old)
    for number in range(5):
        for chunked in (False, True):
            truncated_put(space.proxy("torn/old.bin"), some_bytes(100_000), 200_000, chunked)
            truncated_put(space.proxy(f"torn/new{number}{chunked}.bin"), some_bytes(100_000), 200_000, chunked)

        # A whole upload afterwards, so that the server had time to treat the torn ones.
        space.put(f"torn/whole{number}.bin", b"whole")
        wholes = [f"torn/whole{n}.bin" for n in range(number + 1)]
        for _ in range(5):
            assert space.names("torn") == ["torn/old.bin", *wholes]
            assert space.get("torn/old.bin").content == old
            assert space.get(f"torn/new{number}False.bin").status_code == 404


def check_readers_see_whole_files_while_they_are_replaced(space, rounds=30):
    versions = [bytes([letter]) * 500_000 for letter in b"ab"]
    space.put("swap.bin", versions[0])
    done = []

    def read():
        seen = set()
        while not done:
            content = space.get("swap.bin").content
            assert content in versions, f"torn: {len(content)} bytes"
            seen.add(content[:1])
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(rounds):
                space.put("swap.bin", versions[number % 2])
        finally:
            done.append(True)
        assert set().union(*(r.result(TIMEOUT) for r in readers)) <= {b"a", b"b"}


def check_models_are_kept_as_well(space):
    model = space.client.create_logged_model(space.run.info.experiment_id, "net", source_run_id=space.run_id)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "MLmodel").write_text(json.dumps({"flavors": {}}))
        Path(folder, "weights.bin").write_bytes(some_bytes(MIB, seed=8))
        space.client.log_model_artifacts(model.model_id, folder)

    assert [f.path for f in space.client.list_logged_model_artifacts(model.model_id)] == ["MLmodel", "weights.bin"]
    loaded = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{model.model_id}", tracking_uri=space.url)
    assert Path(loaded, "weights.bin").read_bytes() == some_bytes(MIB, seed=8)
