"""Datasets through Spark with Iceberg's runtime, on a folder and on S3."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import lakes
from spark_java import spark_java

HERE = Path(__file__).resolve().parent
JARS = ("iceberg-spark-runtime-4.1_2.13-1.12.0.jar", "iceberg-aws-bundle-1.12.0.jar")


@pytest.fixture(scope="module", params=["folder", "s3"])
def lake(request, folder):
    start = lakes.folder_lake if request.param == "folder" else lakes.s3_lake
    with start(folder / f"spark-{request.param}") as running:
        yield running


@pytest.fixture(scope="module")
def found(lake, folder):
    """What Spark saw, once for all tests of a warehouse."""
    catalog = lake.catalog_properties()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SPARK_"))}
    if lake.s3:
        # pyiceberg and Iceberg's own S3 client call these by other names.
        catalog["client.region"] = catalog.pop("s3.region")
        environment |= {"AWS_REGION": lakes.AWS["AWS_REGION"]}
    settings = {"catalog": catalog, "jars": ",".join(str(HERE / ".jars" / jar) for jar in JARS)}
    done = subprocess.run(
        [HERE / ".venv-spark" / "bin" / "python", HERE / "spark_flow.py", json.dumps(settings)],
        env={**environment, "JAVA_HOME": spark_java()}, cwd=folder, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    told = re.search(r"^FOUND (.*)$", done.stdout, re.M)
    assert done.returncode == 0 and told, done.stderr[-6000:]
    return json.loads(told.group(1))


def test_rows_are_written_deleted_changed_and_merged(lake, found):
    left = [i for i in range(200) if i % 10 != 0]
    assert found["after_delete"] == [len(left), sum(left)]
    assert found["delete_files"] > 0
    merged = [i for i in left if i != 12] + [1000]
    assert found["after_merge"] == [len(merged), sum(merged)]
    # The version before the rewrite has delete files, the one after it has none: both read the same here.
    assert lake.sql("select count(*), sum(id) from spark.people at (version => 5)") == [(len(merged), sum(merged))]
    assert lake.sql("select name from spark.people at (version => 5) where id = 11") == [("changed",)]
    assert lake.sql("select count(*), sum(id) from spark.people") == [(len(merged) + 1, sum(merged) + 2000)]


def test_older_versions_are_read_by_number_and_tag(lake, found):
    assert (found["tagged"], found["first"], found["snapshots"]) == (100, 100, 5)
    assert lake.sql("select count(*) from spark.people at (version => 'validated/2015')") == [(100,)]
    assert lake.sql("select count(*) from spark.people at (version => 1)") == [(100,)]


def test_a_table_is_made_of_a_query_and_the_schema_evolves(lake, found):
    assert lake.sql("select year, n from spark.by_year order by 1") == [tuple(row) for row in found["by_year"]]
    assert lake.sql("select full_name, income from spark.people where id = 2000") == [("x", 1.5)]
    assert lake.ask("GET", "/datasets/spark.by_year")["partitions"] == ["year"]


def test_files_are_rewritten_and_old_versions_go_but_not_tagged_ones(lake, found):
    assert found["rewritten"] > 0
    assert lake.sql("select count(*), sum(id) from spark.people") == [tuple(found["after_rewrite"])]
    assert "done" != found["expire_tagged"], found["expire_tagged"]
    told = lake.ask("GET", "/datasets/spark.people/versions")["versions"]
    assert [version["number"] for version in told if "expired_at" in version] == [2]
    assert found["left"] == len(told) - 1


def test_every_commit_is_an_event(lake, found):
    events = lake.events("spark.people")
    assert events[0] == "dataset.created"
    assert events.count("dataset.committed") == len(lake.versions("spark.people"))


def test_compaction_takes_deleted_rows_out(lake, found):
    before = lake.sql("select count(*), sum(id) from spark.holes")
    assert before == [(66, sum(i for i in range(100) if i % 3))]

    assert lake.operate("/datasets/spark.holes/compact", {})["files_after"] == 1

    assert lake.sql("select count(*), sum(id) from spark.holes") == before
    assert lake.ask("GET", "/datasets/spark.holes/profile")["deleted_rows_included"] == 0


def test_an_erasure_takes_out_what_a_delete_file_only_hides(lake, found):
    assert lake.sql("select count(*), sum(id) from spark.hidden") == [(67, sum(i for i in range(100) if i % 3 != 2))]

    # 5 is deleted already, and is in the file; 4 is in both.
    erased = lake.operate("/datasets/spark.hidden/erase", {"where": "id in (4, 5)", "reason": "request 1"})

    assert erased["rows"] == 2
    rest = [i for i in range(100) if i % 3 != 2 and i != 4]
    assert lake.sql("select count(*), sum(id) from spark.hidden") == [(66, sum(rest))]
    assert erased["versions_removed"] == [1, 2]
    assert lake.versions("spark.hidden") == [1, 2, 3]


def test_deletion_vectors_are_read_and_compacted(lake, found):
    assert found["vector_files"] > 0
    left = [(666, sum(i for i in range(1000) if i % 3))]
    assert lake.sql("select count(*), sum(id) from spark.vectors") == left

    assert lake.operate("/datasets/spark.vectors/compact", {})["files_after"] == 1

    assert lake.sql("select count(*), sum(id) from spark.vectors") == left
    assert lake.ask("GET", "/datasets/spark.vectors/profile")["deleted_rows_included"] == 0
