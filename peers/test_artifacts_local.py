"""Artifacts in the folder of the server, by MLflow's client and by bare HTTP."""

import artifact_checks as check
import pytest
import requests


@pytest.fixture
def space(tracking, millwright_url):
    return check.Space(millwright_url)


def test_files_and_folders(space, tmp_path):
    check.check_files_and_folders(space, tmp_path)


def test_delete(space):
    check.check_delete(space)


def test_large_file(space, tmp_path):
    check.check_large_file(space, tmp_path)


def test_ranges(space):
    check.check_ranges(space)


def test_multipart_by_the_client(space, tmp_path, monkeypatch):
    check.check_multipart_by_the_client(space, tmp_path, monkeypatch)


def test_the_parts_go_to_this_server_itself(space):
    upload = check.start_multipart(space, "self/file.bin", 2)

    assert all(c["url"].startswith(space.url + "/") for c in upload["credentials"])


def test_an_aborted_multipart_leaves_nothing(space):
    check.check_an_aborted_multipart_leaves_nothing(space)


def test_parts_arrive_in_any_order(space):
    check.check_parts_arrive_in_any_order(space)


def test_a_multipart_without_all_parts_is_refused(space):
    upload = check.start_multipart(space, "holes/file.bin", 2)
    part = check.put_part(upload["credentials"][1], b"second")
    lost = {"part_number": 1, "etag": part["etag"], "url": upload["credentials"][0]["url"]}

    body = {"path": "file.bin", "upload_id": upload["upload_id"], "parts": [lost, part]}
    response = requests.post(space.route("mpu/complete", "holes"), json=body, timeout=60)

    assert response.status_code == 400, response.text
    assert space.names("holes") == []


def test_an_unknown_upload_is_refused(space):
    body = {"path": "file.bin", "upload_id": "no-such-upload", "parts": []}
    response = requests.post(space.route("mpu/complete", "unknown"), json=body, timeout=60)
    assert response.status_code in (400, 404), response.text
    assert space.names("unknown") == []


def test_multipart_downloads_give_the_same_bytes(space, tmp_path, monkeypatch):
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
