"""Artifacts on S3 (moto's), proxied by Millwright."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import artifact_checks as check
import boto3
import mlflow
import pytest
import requests

import servers

BUCKET, PREFIX = "peer-artifacts", "team/mlops"
AWS = {"AWS_ACCESS_KEY_ID": "peer", "AWS_SECRET_ACCESS_KEY": "peer-secret", "AWS_REGION": "eu-central-1"}


@pytest.fixture(scope="module")
def s3_url(folder):
    with servers.start_moto(folder) as moto:
        yield moto.url


@pytest.fixture(scope="module")
def s3(s3_url):
    client = boto3.client(
        "s3", endpoint_url=s3_url, region_name=AWS["AWS_REGION"],
        aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": AWS["AWS_REGION"]})
    return client


@pytest.fixture(scope="module")
def server_url(folder, s3, s3_url):
    # A machine's own AWS settings must not lead the server elsewhere.
    unset = {name: None for name in os.environ if name.startswith("AWS_")}
    environment = {**unset, **AWS, "AWS_ENDPOINT_URL": s3_url}
    with servers.start_millwright(folder / "s3-home", artifacts=f"s3://{BUCKET}/{PREFIX}", env=environment) as server:
        yield server.url


@pytest.fixture
def space(server_url):
    yield check.Space(server_url)
    mlflow.set_tracking_uri(None)


def test_files_and_folders(space, tmp_path, s3):
    check.check_files_and_folders(space, tmp_path)

    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert [key for key in keys if not key.startswith(PREFIX + "/")] == []


def test_more_files_than_one_page(space):
    check.check_many_files_are_all_listed(space)


def test_delete(space):
    check.check_delete(space)


def test_large_file(space, tmp_path):
    check.check_large_file(space, tmp_path)


def test_ranges(space):
    check.check_ranges(space)


def test_multipart_by_the_client(space, tmp_path, monkeypatch):
    check.check_multipart_by_the_client(space, tmp_path, monkeypatch)


def test_the_parts_go_to_s3_itself(space, s3_url):
    upload = check.start_multipart(space, "direct/file.bin", 2)

    assert {urlsplit(c["url"]).port for c in upload["credentials"]} == {urlsplit(s3_url).port}


def test_an_aborted_multipart_leaves_nothing(space, s3):
    def open_uploads():
        return {u["UploadId"] for u in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])}

    before = open_uploads()

    check.check_an_aborted_multipart_leaves_nothing(space)

    assert open_uploads() <= before


def test_parts_arrive_in_any_order(space):
    check.check_parts_arrive_in_any_order(space)


def test_presigned_download(space, s3_url):
    content = check.some_bytes(300_000, seed=9)
    space.put("pre/signed ü.bin", content)

    answer = requests.get(space.route("presigned", "pre/signed ü.bin"), timeout=60)

    assert answer.status_code == 200, answer.text
    signed = answer.json()
    assert urlsplit(signed["url"]).port == urlsplit(s3_url).port
    assert signed["file_size"] == len(content)
    assert requests.get(signed["url"], headers=signed.get("headers", {}), timeout=60).content == content
    assert requests.get(space.route("presigned", "pre/nothing.bin"), timeout=60).status_code == 404


def test_multipart_download_by_the_client(space, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(check.MIB))
    content = check.some_bytes(5 * check.MIB + 7)
    space.put("down.bin", content)

    assert space.download("down.bin") == content


def test_truncated_uploads_leave_nothing(space):
    check.check_truncated_uploads_leave_nothing(space)


def test_readers_see_whole_files_while_they_are_replaced(space):
    check.check_readers_see_whole_files_while_they_are_replaced(space)


def test_models_are_kept_as_well(space):
    check.check_models_are_kept_as_well(space)


def test_golden_files(server_url):
    """What MLflow's server answers on S3, and what it does not and we do."""
    replayed = subprocess.run(
        [sys.executable, servers.ROOT / "peers/golden/record.py", "--verify", "--differs", "--uri", server_url, "artifacts-s3"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert replayed.stdout.count("no differences") == 2
