"""The server is killed, and stopped, while clients write: nothing acknowledged is lost, nothing is torn."""

import re
import signal
import sqlite3
import time

import pytest

import servers
import writers

ROUNDS = 3
BATCHES_PER_ROUND = 1500
BEFORE_STOPPING = 500


def test_kill_9_in_the_middle_of_writing(folder):
    home = folder / "killed-home"
    notes = []
    for number in range(ROUNDS):
        server = servers.start_millwright(home)
        try:
            experiment_id = writers.create_experiment(server.url, f"round {number}")
            at_work = writers.Writers(server.url, experiment_id, f"r{number}")
            servers.wait_until(lambda: at_work.acknowledged() >= BATCHES_PER_ROUND, 180, "enough batches")
        finally:
            server.kill()
        at_work.join()
        notes += at_work.notes
        assert [n.other_answers for n in at_work.notes if n.other_answers] == []

        with servers.start_millwright(home) as restarted:
            writers.check_everything_is_there(restarted.url, notes)

    assert sum(len(n.acknowledged) for n in notes) >= ROUNDS * BATCHES_PER_ROUND
    verified = servers.millwright("ledger", "verify", "--home", home)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_changed_byte_in_the_ledger_is_found(folder):
    home = folder / "changed-home"
    with servers.start_millwright(home) as server:
        experiment_id = writers.create_experiment(server.url, "changed")
        at_work = writers.Writers(server.url, experiment_id, "c", count=2)
        servers.wait_until(lambda: at_work.acknowledged() >= 50, 60, "some batches")
        at_work.stop()
    verified = servers.millwright("ledger", "verify", "--home", home)
    assert verified.returncode == 0, verified.stdout + verified.stderr

    event_id = change_one_byte(home / "millwright.db")

    verified = servers.millwright("ledger", "verify", "--home", home)
    assert verified.returncode != 0
    assert re.search(rf"\b{event_id}\b", verified.stdout + verified.stderr), verified.stdout + verified.stderr


def change_one_byte(database):
    """Changes one letter or digit in the payload of an event from the middle; returns the event's id."""
    with sqlite3.connect(database) as sql:
        rows = sql.execute("SELECT id, payload FROM ledger_events ORDER BY seq").fetchall()
        rows = [(event_id, payload) for event_id, payload in rows if re.search(r"\w", payload)]
        event_id, payload = rows[len(rows) // 2]
        at = list(re.finditer(r"\w", payload))[-1].start()
        changed = payload[:at] + ("1" if payload[at] != "1" else "2") + payload[at + 1 :]
        # Who can write to the file can drop what guards the table.
        triggers = sql.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_events'")
        for (trigger,) in triggers.fetchall():
            sql.execute(f'DROP TRIGGER "{trigger}"')
        sql.execute("UPDATE ledger_events SET payload = ? WHERE id = ?", (changed, event_id))
    sql.close()
    return event_id


@pytest.mark.parametrize("number", range(3))
def test_sigterm_under_load_answers_what_was_sent(folder, number):
    home = folder / f"stopped-home-{number}"
    server = servers.start_millwright(home)
    try:
        experiment_id = writers.create_experiment(server.url, "stopped")
        at_work = writers.Writers(server.url, experiment_id, "s", count=8)
        servers.wait_until(lambda: at_work.acknowledged() >= BEFORE_STOPPING, 120, "enough batches")

        stopped_at = time.monotonic()
        server.terminate()
        server.process.wait(5)
        at_work.join()
    finally:
        server.kill()

    failures = [f for n in at_work.notes for f in n.failures]
    assert [kind for kind, _ in failures if kind not in ("refused", "closed")] == []
    unanswered = [(kind, stopped_at - sent) for kind, sent in failures if sent is not None and sent < stopped_at]
    assert unanswered == [], "requests sent before SIGTERM got no answer (seconds before it)"
    assert {status for n in at_work.notes for status, _ in n.other_answers} <= {503}
    assert server.process.returncode in (0, 128 + signal.SIGTERM, -signal.SIGTERM)
    with servers.start_millwright(home) as restarted:
        writers.check_everything_is_there(restarted.url, at_work.notes)
