"""Datasets through pyiceberg, as its users meet them, on a folder and on S3."""

import multiprocessing
import signal
import time

import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import (
    ForbiddenError,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchTableError,
    RESTError,
    TableAlreadyExistsError,
    UnauthorizedError,
    ValidationError,
)
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DoubleType, IntegerType, LongType, NestedField, StringType

import lakes
import servers



@pytest.fixture(scope="module", params=["folder", "s3"])
def lake(request, folder):
    start = lakes.folder_lake if request.param == "folder" else lakes.s3_lake
    with start(folder / f"pyiceberg-{request.param}") as running:
        yield running


@pytest.fixture
def catalog(lake):
    return RestCatalog("millwright", **lake.catalog_properties())


def people(first, count, year=2015):
    ids = list(range(first, first + count))
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "name": [f"p{i}" for i in ids],
        "year": pa.array([year] * count, pa.int32()),
    })  # fmt: skip


def fresh(catalog, name, data):
    """A table of this name with the data as its first version."""
    namespace = name.rpartition(".")[0]
    catalog.create_namespace_if_not_exists(namespace)
    table = catalog.create_table(name, schema=data.schema)
    table.append(data)
    return table


def test_namespaces(catalog):
    catalog.create_namespace("team")
    catalog.create_namespace("team.area", {"owner": "ann"})
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace("team")

    assert ("team",) in catalog.list_namespaces()
    assert ("team", "area") in catalog.list_namespaces("team")
    assert catalog.load_namespace_properties("team.area")["owner"] == "ann"
    catalog.update_namespace_properties("team.area", removals={"owner"}, updates={"about": "people"})
    assert "owner" not in catalog.load_namespace_properties("team.area")
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace("team")
    catalog.drop_namespace("team.area")
    assert not catalog.namespace_exists("team.area")


def test_append_overwrite_delete_and_read_what_was(lake, catalog):
    table = fresh(catalog, "census.people", people(0, 10))
    table.append(people(10, 10, 2016))
    table.overwrite(people(100, 3, 2017), overwrite_filter=EqualTo("year", 2016))
    table.delete(GreaterThanOrEqual("id", 102))

    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [*range(10), 100, 101]
    assert lake.sql("select count(*), max(id) from census.people") == [(12, 101)]
    numbers = lake.versions("census.people")
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(table.snapshots())
    for number in numbers:
        told = lake.ask("GET", f"/datasets/census.people/version?version={number}")
        rows = table.scan(snapshot_id=int(told["snapshot_id"])).to_arrow().num_rows
        assert lake.sql(f"select count(*) from census.people at (version => {number})") == [(rows,)]
    events = lake.events("census.people")
    assert events.count("dataset.committed") == len(numbers)


def test_the_schema_evolves_and_old_files_are_read_by_id(lake, catalog):
    table = fresh(catalog, "census.evolved", people(0, 5))
    with table.update_schema() as update:
        update.add_column("income", DoubleType(), doc="a year")
        update.rename_column("name", "full_name")
        update.update_column("year", LongType())
    table.append(pa.table({
        "id": pa.array([5], pa.int64()), "full_name": ["p5"], "year": pa.array([2016], pa.int64()), "income": [1.5],
    }))  # fmt: skip

    read = table.scan().to_arrow().sort_by("id")
    assert read["full_name"].to_pylist() == [f"p{i}" for i in range(6)]
    assert read["income"].to_pylist() == [None] * 5 + [1.5]
    assert lake.sql("select id, full_name, year, income from census.evolved where id >= 4 order by id") == [
        (4, "p4", 2015, None), (5, "p5", 2016, 1.5),
    ]  # fmt: skip
    assert lake.sql("select name from census.evolved at (version => 1) where id = 4") == [("p4",)]
    diff = lake.ask("GET", "/datasets/census.evolved/diff?from=1&to=2")
    assert {(c["change"], c["path"]) for c in diff["columns"]} == {
        ("renamed", "full_name"), ("retyped", "year"), ("added", "income"),
    }  # fmt: skip


def test_tags_branches_and_time_travel(lake, catalog):
    table = fresh(catalog, "census.tagged", people(0, 5))
    first = table.current_snapshot().snapshot_id
    with table.manage_snapshots() as manage:
        manage.create_tag(first, "validated/2015")
        manage.create_branch(first, "experiment")
    table.append(people(5, 5), branch="experiment")
    table.append(people(50, 1))

    assert table.scan(snapshot_id=table.snapshot_by_name("validated/2015").snapshot_id).to_arrow().num_rows == 5
    assert table.scan().to_arrow().num_rows == 6
    assert lake.sql("select count(*) from census.tagged at (version => 'validated/2015')") == [(5,)]
    assert lake.sql("select count(*) from census.tagged at (version => 'experiment')") == [(10,)]
    told = lake.ask("GET", "/datasets/census.tagged")
    assert {(ref["name"], ref["type"]) for ref in told["refs"]} == {
        ("main", "branch"), ("experiment", "branch"), ("validated/2015", "tag"),
    }  # fmt: skip


def test_a_partitioned_table(lake, catalog):
    catalog.create_namespace_if_not_exists("census")
    schema = Schema(
        NestedField(1, "id", LongType(), required=False), NestedField(2, "name", StringType(), required=False),
        NestedField(3, "year", IntegerType(), required=False),
    )  # fmt: skip
    spec = PartitionSpec(PartitionField(source_id=3, field_id=1000, transform=IdentityTransform(), name="year"))
    table = catalog.create_table("census.by_year", schema=schema, partition_spec=spec)
    table.append(pa.concat_tables([people(0, 5, 2015), people(5, 5, 2016)]))

    assert table.scan(EqualTo("year", 2016)).to_arrow().num_rows == 5
    assert lake.ask("GET", "/datasets/census.by_year")["partitions"] == ["year"]
    assert lake.sql("select year, count(*) from census.by_year group by 1 order by 1") == [(2015, 5), (2016, 5)]


def test_rename_drop_and_list(lake, catalog):
    fresh(catalog, "census.old_name", people(0, 1))
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table("census.old_name", schema=people(0, 1).schema)
    catalog.rename_table("census.old_name", "census.new_name")

    assert ("census", "new_name") in catalog.list_tables("census")
    assert not catalog.table_exists("census.old_name")
    catalog.drop_table("census.new_name")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("census.new_name")
    lake.ask("POST", "/datasets/census.new_name/restore")
    assert catalog.load_table("census.new_name").scan().to_arrow().num_rows == 1


def test_a_location_of_the_clients_own_is_refused(catalog):
    catalog.create_namespace_if_not_exists("census")
    with pytest.raises(RESTError, match="location"):
        catalog.create_table("census.elsewhere", schema=people(0, 1).schema, location="file:///etc/elsewhere")


def test_a_version_that_is_pinned_is_not_expired(lake, catalog):
    table = fresh(catalog, "census.pinned", people(0, 1))
    first = table.current_snapshot().snapshot_id
    table.append(people(1, 1))
    lake.ask("POST", "/datasets/census.pinned/pins",
             json={"version": "1", "kind": "legal-hold", "holder": "case:7", "reason": "a court"})  # fmt: skip
    with pytest.raises((RESTError, ValidationError), match="case:7"):
        table.maintenance.expire_snapshots().by_id(first).commit()

    assert table.refresh().scan(snapshot_id=first).to_arrow().num_rows == 1


def writer(properties, name, number, commits):
    table = RestCatalog("millwright", **properties).load_table(name)
    for i in range(commits):
        for _ in range(50):
            try:
                table.append(people(number * 1000 + i, 1))
                break
            except Exception as conflict:  # noqa: BLE001
                if "CommitFailed" not in type(conflict).__name__ and "409" not in str(conflict):
                    raise
                table.refresh()
        else:
            raise AssertionError("50 conflicts in a row")


def test_writers_at_once_lose_nothing(lake, catalog):
    fresh(catalog, "census.busy", people(0, 1))
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=writer, args=(lake.catalog_properties(), "census.busy", number, 5)) for number in (1, 2, 3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    expected = sorted([0, *(number * 1000 + i for number in (1, 2, 3) for i in range(5))])
    assert sorted(catalog.load_table("census.busy").scan().to_arrow()["id"].to_pylist()) == expected
    assert lake.versions("census.busy") == list(range(1, 17))


def test_only_who_may_reads_and_writes(folder):
    with lakes.folder_lake(folder / "pyiceberg-access", env={"MILLWRIGHT_SERVER_AUTHENTICATION": "on"}) as lake:
        admin = servers.TOKEN.search(lake.server.text()).group()
        catalog = RestCatalog("admin", **lake.catalog_properties(admin))
        fresh(catalog, "open.people", people(0, 2))
        fresh(catalog, "closed.people", people(0, 2))
        lake.ask("POST", "/users", admin, json={"name": "ann"})
        token = lake.ask("POST", "/tokens", admin, json={"owner": "ann", "name": "t"})["token"]
        lake.ask("POST", "/grants", admin, json={"subject": "user:ann", "entity": "namespace:open", "role": "viewer"})

        with pytest.raises(UnauthorizedError):
            RestCatalog("nobody", **lake.catalog_properties("mw_nobody"))
        ann = RestCatalog("ann", **lake.catalog_properties(token))
        assert ann.load_table("open.people").scan().to_arrow().num_rows == 2
        with pytest.raises((ForbiddenError, NoSuchTableError)):
            ann.load_table("closed.people")
        with pytest.raises(ForbiddenError):
            ann.load_table("open.people").append(people(9, 1))
        with pytest.raises(ForbiddenError):
            ann.create_namespace("mine")
        assert catalog.load_table("open.people").scan().to_arrow().num_rows == 2


def test_who_is_erased_is_in_no_version_that_a_client_can_read(lake, catalog):
    table = fresh(catalog, "gone.people", people(0, 3))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "validated").commit()
    first = table.current_snapshot().snapshot_id
    for i in range(3, 6):
        table.append(people(i, 1))
    files = {task.file.file_path for task in table.scan().plan_files()}

    erased = lake.operate("/datasets/gone.people/erase", {"where": "name = 'p1'", "reason": "request 1"})

    assert erased["rows"] == 1 and erased["versions_removed"] == [1, 2, 3, 4]
    table.refresh()
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [0, 2, 3, 4, 5]
    tagged = table.snapshot_by_name("validated")
    assert tagged.snapshot_id != first
    assert sorted(table.scan(snapshot_id=tagged.snapshot_id).to_arrow()["id"].to_pylist()) == [0, 2]
    assert table.snapshot_by_id(first) is None
    gone = files - {task.file.file_path for task in table.scan().plan_files()}
    assert len(gone) == 1
    assert not table.io.new_input(gone.pop()).exists()
    table.append(people(6, 1))
    assert lake.sql("select count(*) from gone.people") == [(6,)]
    assert "dataset.erased" in lake.events("gone.people")


def test_an_acknowledged_commit_survives_the_power_cut(folder):
    home = folder / "pyiceberg-kill"
    acknowledged = []
    for round_ in range(3):
        server = servers.start_millwright(home)
        try:
            catalog = RestCatalog("millwright", uri=f"{server.url}/iceberg")
            catalog.create_namespace_if_not_exists("census")
            table = catalog.create_table_if_not_exists("census.people", schema=people(0, 1).schema)
            assert sorted(table.scan().to_arrow()["id"].to_pylist()) == acknowledged
            for i in range(4):
                table.append(people(round_ * 100 + i, 1))
                acknowledged.append(round_ * 100 + i)
        finally:
            server.process.send_signal(signal.SIGKILL)
            server.kill()
    with servers.start_millwright(home) as server:
        table = RestCatalog("millwright", uri=f"{server.url}/iceberg").load_table("census.people")
        assert sorted(table.scan().to_arrow()["id"].to_pylist()) == acknowledged
        assert lakes.Lake(server).versions("census.people") == list(range(1, 13))


def test_an_erasure_that_is_cut_off_is_whole_or_nothing_and_can_be_done_again(folder):
    home = folder / "pyiceberg-erase-kill"
    for round_, moment in enumerate((0.02, 0.15, 0.3, 0.5, 0.8)):
        name = f"gone.people{round_}"
        server = servers.start_millwright(home)
        try:
            lake = lakes.Lake(server)
            catalog = RestCatalog("millwright", uri=f"{server.url}/iceberg")
            table = fresh(catalog, name, people(0, 3))
            table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "validated").commit()
            for i in range(3, 6):
                table.append(people(i, 1))
            lake.ask("POST", f"/datasets/{name}/erase", json={"where": "id in (1, 4)", "reason": "request 1"})
            time.sleep(moment)
        finally:
            server.process.send_signal(signal.SIGKILL)
            server.kill()
        with servers.start_millwright(home) as server:
            lake = lakes.Lake(server)
            whole = f"select string_agg(id, ' ' order by id) from {name} t"
            tagged = f"{whole} at (version => 'validated')"
            found = lake.sql(whole) + lake.sql(tagged)
            assert found in ([("0 1 2 3 4 5",), ("0 1 2",)], [("0 2 3 5",), ("0 2",)]), moment
            lake.operate(f"/datasets/{name}/erase", {"where": "id in (1, 4)", "reason": "request 1"})
            assert lake.sql(whole) + lake.sql(tagged) == [("0 2 3 5",), ("0 2",)]
            catalog = RestCatalog("millwright", uri=f"{server.url}/iceberg")
            assert sorted(catalog.load_table(name).scan().to_arrow()["id"].to_pylist()) == [0, 2, 3, 5]
