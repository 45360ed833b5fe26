"""The ledger's commands after real traffic: verify with a kept head, export, check, prune."""

import hashlib
import json
import re
import sqlite3
import struct

import pytest
from mlflow import MlflowClient

import servers


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, folder):
    """Where a server keeps its things: what `--home` and `--db` say."""
    home = folder / f"ledger-{request.param}-{request.node.originalname}"
    db = None
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        db = postgres.create_database(request.node.originalname)
    return home, db


def ledger(command, place, *arguments):
    home, db = place
    return servers.millwright("ledger", command, "--home", home, *(["--db", db] if db else []), *arguments)


def head(done):
    return re.search(r"^head ([0-9a-f]{64})$", done.stdout, re.MULTILINE).group(1)


def use(url, name):
    """What a team does in a minute."""
    client = MlflowClient(tracking_uri=url)
    experiment = client.create_experiment(name)
    for number in range(5):
        run = client.create_run(experiment, run_name=f"{name} {number}").info.run_id
        client.log_param(run, "depth", number)
        client.log_metric(run, "loss", 1 / (number + 1))
        client.set_tag(run, "stage", "tried")
        client.log_text(run, f"model of {name} {number}", "model.txt")
        client.set_terminated(run)
    client.delete_run(run)


def test_an_export_is_checked_offline_and_names_what_was_altered(place, folder):
    export = folder / f"{place[0].name}.jsonl"
    with servers.start_millwright(*place) as server:
        use(server.url, "first")
        servers.wait_until(lambda: " 0 not yet sealed" in ledger("verify", place).stdout, 60, "all sealed")
        written = ledger("export", place, "--to", export)
    assert written.returncode == 0, written.stdout + written.stderr
    known = head(written)

    checked = servers.millwright("ledger", "verify", "--export", export, "--head", known)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert head(checked) == known

    lines = export.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if '"type":"run.tag-set"' in line)
    event = json.loads(lines[number])
    lines[number] = lines[number].replace("tried", "tried"[:-1] + "D")
    altered = folder / f"{place[0].name}-altered.jsonl"
    altered.write_text("\n".join(lines) + "\n")

    checked = servers.millwright("ledger", "verify", "--export", altered, "--head", known)
    assert checked.returncode == 1
    assert len(re.findall("^BROKEN", checked.stdout, re.MULTILINE)) == 1, checked.stdout
    assert event["id"] in checked.stdout and event["entity"] in checked.stdout

    del lines[number]
    altered.write_text("\n".join(lines) + "\n")
    checked = servers.millwright("ledger", "verify", "--export", altered)
    assert checked.returncode == 1
    assert f"block {event['block']} has" in checked.stdout, checked.stdout


def test_retention_leaves_a_chain_that_holds(place, folder):
    with servers.start_millwright(*place) as server:
        use(server.url, "old")
        servers.wait_until(lambda: " 0 not yet sealed" in ledger("verify", place).stdout, 60, "all sealed")
        kept = head(ledger("verify", place))
        dry = ledger("prune", place, "--older-than", "0s", "--dry-run")
        assert dry.returncode == 0 and re.match(r"Would remove [1-9]\d* events", dry.stdout), dry.stdout + dry.stderr
        beside = ledger("prune", place, "--older-than", "0s")
        if place[1] is None:
            assert beside.returncode == 1
            assert "Stop it first" in beside.stderr
        else:
            assert beside.returncode == 0, beside.stderr
        use(server.url, "new")
    pruned = ledger("prune", place, "--older-than", "0s")
    assert pruned.returncode == 0 and re.match(r"Removed [1-9]\d* events", pruned.stdout), pruned.stdout + pruned.stderr

    verified = ledger("verify", place, "--head", kept)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert re.search(r"[1-9]\d* pruned", verified.stdout)
    export = folder / f"{place[0].name}-pruned.jsonl"
    assert ledger("export", place, "--to", export).returncode == 0
    checked = servers.millwright("ledger", "verify", "--export", export, "--head", kept)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with servers.start_millwright(*place) as server:
        use(server.url, "after")


def test_a_kept_head_shows_that_the_chain_was_rewritten(folder):
    place = folder / "rewritten-home", None
    with servers.start_millwright(*place) as server:
        use(server.url, "first")
    kept = head(ledger("verify", place))
    with servers.start_millwright(*place) as server:
        use(server.url, "second")
    verified = ledger("verify", place, "--head", kept)
    assert verified.returncode == 0, verified.stdout + verified.stderr

    with sqlite3.connect(place[0] / "millwright.db") as sql:
        rewrite_first_block(sql)
    sql.close()

    unaware = ledger("verify", place)
    assert unaware.returncode == 0, "a chain rewritten with correct hashes cannot be told without a kept head"
    verified = ledger("verify", place, "--head", kept)
    assert verified.returncode == 1
    assert f"BROKEN  no block has the hash {kept}" in verified.stdout


def rewrite_first_block(sql):
    """Blames another for the first event, and makes every hash right again: docs/design/ledger.md, done by a forger."""
    sql.execute("UPDATE ledger_events SET actor = 'somebody-else' WHERE block = 1 AND position = 0")
    rows = sql.execute(
        "SELECT seq, id, at, actor, request_id, workspace, type, entity, payload FROM ledger_events"
        " WHERE block = 1 ORDER BY position"
    ).fetchall()
    leaves = []
    for seq, *fields in rows:
        texts = [str(field).encode() for field in ["millwright-event-1", *fields]]
        digest = sha256(b"".join(struct.pack(">i", len(text)) + text for text in texts))
        sql.execute("UPDATE ledger_events SET digest = ? WHERE seq = ?", (digest, seq))
        leaves.append(sha256(struct.pack(">q", seq) + digest))
    sql.execute(
        "UPDATE ledger_blocks SET leaves = ?, merkle_root = ? WHERE number = 1",
        (b"".join(leaves), merkle_root([sha256(b"\0" + leaf) for leaf in leaves])),
    )
    previous = bytes(32)
    blocks = sql.execute("SELECT number, event_count, sealed_at, merkle_root FROM ledger_blocks ORDER BY number")
    for number, count, sealed_at, root in blocks.fetchall():
        block_hash = sha256(b"millwright-block-1" + struct.pack(">qiq", number, count, sealed_at) + previous + root)
        sql.execute(
            "UPDATE ledger_blocks SET previous_hash = ?, hash = ? WHERE number = ?", (previous, block_hash, number)
        )
        previous = block_hash
    sql.execute("UPDATE ledger_head SET hash = ?", (previous,))


def merkle_root(level):
    """RFC 6962: a node without a sibling rises as it is."""
    while len(level) > 1:
        pairs = [sha256(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def sha256(data):
    return hashlib.sha256(data).digest()
