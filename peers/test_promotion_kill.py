"""Kill -9 in every state of a promotion: what was decided stays, what was under way goes on, nothing happens twice."""

import contextlib
import datetime
import hashlib
import http.client
import random
import shutil
import sqlite3
import threading
from dataclasses import dataclass, field

import pytest
import requests
from mlflow.exceptions import MlflowException

import servers
import writers
from test_promotion import POLICY, apply_policy, client_of, command, promotion, refused, register

PROMOTIONS = "/api/millwright/v1/promotions"
EVERY_STATE = ["requested", "checking", "waiting", "approved", "rejected", "expired", "applied", "superseded"]


class Place:
    """A home whose server dies and is started again."""

    def __init__(self, home):
        self.home = home
        self.server = servers.start_millwright(home)

    def die_and_start(self):
        self.server.kill()
        self.server = servers.start_millwright(self.home)

    def holder(self):
        """The version that the alias stands for, or None."""
        try:
            return client_of(self.server).get_model_version_by_alias("churn", "champion").version
        except MlflowException:
            return None

    def ask(self):
        """A new version that somebody asks to promote: (version, number of the promotion)."""
        client = client_of(self.server)
        version = register(client)
        return version, refused(client, version)[1]

    def promote(self):
        version, number = self.ask()
        assert "applied" in command(self.server, "promotions", "approve", number)
        return version, number


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "home")
    yield place
    place.server.stop()


def check_evidence(server, number, sha256):
    evidence = requests.get(f"{server.url}{PROMOTIONS}/{number}/evidence", timeout=60).content
    assert hashlib.sha256(evidence).hexdigest() == sha256


def ask_sqlite(path, sql):
    """Rows of text."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [tuple(map(str, row)) for row in database.execute(sql)]


def check_nothing_happened_twice(ask, *place):
    """No promotion was twice in a state; the ledger has each step once, one moved alias for each that was applied, and holds."""
    steps = ask("SELECT 'promotion:' || promotion, 'promotion.' || state FROM promotion_history")
    assert len(steps) == len(set(steps))
    states = "', '".join(f"promotion.{state}" for state in EVERY_STATE)
    assert sorted(ask(f"SELECT entity, type FROM ledger_events WHERE type IN ('{states}')")) == sorted(steps)
    moved = ask("SELECT count(*) FROM ledger_events WHERE type = 'model-version.alias-set'")
    assert moved == [(str(sum(state == "promotion.applied" for _, state in steps)),)]
    verified = servers.millwright("ledger", "verify", *place)
    assert verified.returncode == 0, verified.stdout + verified.stderr


# ---------------------------------------------------------------- where a promotion rests


def wait_for_people(place, tmp_path):
    apply_policy(place.server, tmp_path)
    return place.ask()[1]


def approve_what_waits(place, number):
    assert "applied" in command(place.server, "promotions", "approve", number)
    assert place.holder() == "1"


def approve_in_a_freeze_window(place, tmp_path):
    now = datetime.datetime.now(datetime.timezone.utc)
    days = [f"{now + datetime.timedelta(days=days):%Y-%m-%dT00:00}" for days in (0, 2)]
    apply_policy(place.server, tmp_path, POLICY + "freeze: [{name: now, from: %s, to: %s}]\n" % tuple(days))
    _, number = place.ask()
    assert "approved" in command(place.server, "promotions", "approve", number)
    return number


def cancel_what_was_approved(place, number):
    assert_not_decided(place, number)
    assert place.holder() is None
    command(place.server, "promotions", "cancel", number, "-m", "another time")
    assert promotion(place.server, number)["state"] == "rejected"


def reject(place, tmp_path):
    number = wait_for_people(place, tmp_path)
    assert "rejected" in command(place.server, "promotions", "reject", number, "-m", "no")
    return number


def ask_again(place, number):
    assert_not_decided(place, number)
    assert place.holder() is None
    _, again = refused(client_of(place.server), "1")
    assert again != number
    approve_what_waits(place, again)


def expire_while_no_server_runs(place, tmp_path):
    apply_policy(place.server, tmp_path, POLICY.replace("    checks:", "    expires-after: 1m\n    checks:"))
    _, number = place.ask()
    expires_at = datetime.datetime.fromisoformat(promotion(place.server, number)["expires_at"])
    place.server.kill()
    servers.wait_until(lambda: datetime.datetime.now(datetime.timezone.utc) > expires_at, 90, "the end of its minute")
    place.server = servers.start_millwright(place.home)
    servers.wait_until(lambda: promotion(place.server, number)["state"] != "waiting", 60, "a state after waiting")
    return number


def apply(place, tmp_path):
    apply_policy(place.server, tmp_path)
    return place.promote()[1]


def promote_a_successor(place, number):
    client_of(place.server).set_registered_model_alias("churn", "champion", "1")
    assert place.holder() == "1"
    version, _ = place.promote()
    assert place.holder() == version
    assert promotion(place.server, number)["state"] == "superseded"


def supersede(place, tmp_path):
    number = apply(place, tmp_path)
    place.promote()
    return number


def roll_back_what_came_after(place, number):
    assert place.holder() == "2"
    command(place.server, "promotions", "rollback", int(number) + 1, "-m", "it declines everybody")
    assert place.holder() == "1"
    assert promotion(place.server, number)["state"] == "superseded"


def assert_not_decided(place, number):
    done = servers.millwright("promotions", "approve", "--server", place.server.url, number)
    assert done.returncode == 1 and "only one that is waiting is decided" in done.stderr, done.stdout + done.stderr


# How a promotion comes to a state, and what is done with it after the kill.
AT_REST = {
    "waiting": (wait_for_people, approve_what_waits),
    "approved": (approve_in_a_freeze_window, cancel_what_was_approved),
    "rejected": (reject, ask_again),
    "expired": (expire_while_no_server_runs, ask_again),
    "applied": (apply, promote_a_successor),
    "superseded": (supersede, roll_back_what_came_after),
}


@pytest.mark.parametrize("state", AT_REST)
def test_a_state_at_rest_outlives_the_kill_and_the_promotion_goes_on_from_it(place, tmp_path, state):
    bring, go_on = AT_REST[state]
    number = bring(place, tmp_path)
    before = promotion(place.server, number)
    assert before["state"] == state

    place.die_and_start()

    assert promotion(place.server, number) == before
    check_evidence(place.server, number, before["evidence_sha256"])
    go_on(place, number)
    after = promotion(place.server, number)
    assert after["history"][: len(before["history"])] == before["history"]
    assert after["evidence_sha256"] == before["evidence_sha256"]
    place.server.stop()
    check_nothing_happened_twice(lambda sql: ask_sqlite(place.home / "millwright.db", sql), "--home", place.home)


# ---------------------------------------------------------------- where it stays for milliseconds

ON_THE_WAY = ["requested", "checking", "approved"]
ASKERS = 12
MOST_ROUNDS = 12
# The models of the one are promoted as soon as the checks have passed, those of the other once somebody approves.
AT_ONCE = POLICY.replace("churn", "at-once\napplies-to: [at-once-*]").replace("    approve: [anyone]\n    allow-author: true\n", "")
DECIDED = POLICY.replace("churn", "decided\napplies-to: [decided-*]")


@dataclass
class Notes:
    """What one asker was told about its model. Of a last request that was not answered nobody can tell."""

    model: str
    # Number of each promotion: the state last answered.
    answered: dict = field(default_factory=dict)
    other_answers: list = field(default_factory=list)


class Askers:
    """Threads that make versions of a model each and have them promoted, one after the other, until the server is gone."""

    def __init__(self, url, label):
        self.notes = [Notes(f"{'decided' if n % 3 == 0 else 'at-once'}-{label}-{n}") for n in range(ASKERS)]
        self._threads = [threading.Thread(target=self._ask, args=(url, notes), daemon=True) for notes in self.notes]
        for thread in self._threads:
            thread.start()

    def answered(self):
        return sum(len(notes.answered) for notes in self.notes)

    def join(self):
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "an asker hangs"
        assert [answer for notes in self.notes for answer in notes.other_answers] == []

    def _ask(self, url, notes):
        connection = writers.Connection(url)

        def post(path, **body):
            status, answer = connection.call("POST", path, body)
            if status != 200:
                notes.other_answers.append((path, status, answer))
                raise http.client.HTTPException(f"status {status}")
            return answer

        mlflow = "/api/2.0/mlflow"
        try:
            post(f"{mlflow}/registered-models/create", name=notes.model)
            run = post(f"{mlflow}/runs/create", experiment_id="0")["run"]["info"]
            post(f"{mlflow}/runs/log-metric", run_id=run["run_id"], key="auc", value=0.9, timestamp=1)
            version = {
                "name": notes.model,
                "source": f"{run['artifact_uri']}/model",
                "run_id": run["run_id"],
                "tags": [{"key": "risk", "value": "low"}],
            }
            while True:
                number = post(f"{mlflow}/model-versions/create", **version)["model_version"]["version"]
                told = post(PROMOTIONS, model=notes.model, version=int(number), alias="champion")
                notes.answered[told["id"]] = told["state"]
                if told["state"] == "waiting":
                    told = post(f"{PROMOTIONS}/{told['id']}/approve")
                    notes.answered[told["id"]] = told["state"]
        except (OSError, http.client.HTTPException):
            pass  # The server was killed, or `other_answers` tells what else it was.
        finally:
            connection.close()


class Restarted:
    """SQLite: the server that goes on is the next one on the same home."""

    def __init__(self, folder, scratch):
        self.home = folder / "killed-home"
        self.place = ["--home", self.home]
        self._scratch = scratch

    def start(self):
        return servers.start_millwright(self.home)

    survivor = start

    def close(self):
        """Nothing is left: each server was stopped or killed."""

    def ask_after_kill(self, sql):
        # A copy: whoever opens the database itself tidies up what the next server must find.
        for name in ("millwright.db", "millwright.db-wal"):
            shutil.copy(self.home / name, self._scratch / name)
        return ask_sqlite(self._scratch / "millwright.db", sql)

    def ask(self, sql):
        return ask_sqlite(self.home / "millwright.db", sql)


class Beside:
    """PostgreSQL: the server that goes on has been there all the time."""

    def __init__(self, folder, postgres):
        self._postgres = postgres
        self._db = postgres.create_database("killed")
        self._killed_home = folder / "killed-home-0"
        home = folder / "killed-home-1"
        self.place = ["--home", home, "--db", self._db]
        self._survivor = servers.start_millwright(home, db=self._db)

    def start(self):
        return servers.start_millwright(self._killed_home, db=self._db)

    def survivor(self):
        return self._survivor

    def close(self):
        self._survivor.stop()

    def ask(self, sql):
        return [tuple(line.split("|")) for line in self._postgres.ask("killed", sql).splitlines()]

    ask_after_kill = ask


@dataclass
class AfterKills:
    """A server that goes on after some kills, and what they left to it."""

    cluster: object
    server: object
    notes: list
    # State: the promotions that a kill found in it, each with the hash of its evidence then.
    found: dict

    def get(self, path, **query):
        answer = requests.get(self.server.url + path, params=query, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def promotions_of(self, model):
        return self.get(PROMOTIONS, entity=f"model:{model}", max_results=1000)["promotions"]

    def check_holder(self, model):
        """The alias stands for the version of the one promotion that is applied; for none without one."""
        promotions = self.promotions_of(model)
        if not promotions:
            return  # The kill may have come before there was the model.
        told = self.get("/api/2.0/mlflow/registered-models/get", name=model)["registered_model"]
        holders = [int(alias["version"]) for alias in told.get("aliases", [])]
        assert holders == [p["version"] for p in promotions if p["state"] == "applied"], model


@pytest.fixture(scope="module", params=["restarted on SQLite", "beside on PostgreSQL"])
def left(request, folder, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("killed")
    if request.param == "beside on PostgreSQL":
        cluster = Beside(folder, request.getfixturevalue("postgres"))
    else:
        cluster = Restarted(folder, scratch)
    with contextlib.closing(cluster), killed_again_and_again(cluster, scratch) as left:
        yield left


@contextlib.contextmanager
def killed_again_and_again(cluster, scratch):
    found = {state: {} for state in ON_THE_WAY}
    notes = []
    dice = random.Random(7)
    for number in range(MOST_ROUNDS):
        with cluster.start() as server:
            if number == 0:
                apply_policy(server, scratch, AT_ONCE)
                apply_policy(server, scratch, DECIDED)
            askers = Askers(server.url, number)
            enough = dice.randrange(30, 300)
            servers.wait_until(lambda: askers.answered() >= enough, 180, f"{enough} answers")
            server.kill()
        rows = cluster.ask_after_kill("SELECT id, state, coalesce(evidence_sha256, '') FROM promotions")
        askers.join()
        notes += askers.notes
        for promotion_id, state, sha256 in rows:
            if state in ON_THE_WAY:
                found[state][int(promotion_id)] = sha256
        if all(found.values()):
            break
    with cluster.survivor() as server:
        left = AfterKills(cluster, server, notes, found)
        # What the killed server had begun is its own for half a minute.
        servers.wait_until(
            lambda: not any(left.get(PROMOTIONS, state=state)["promotions"] for state in ON_THE_WAY),
            120,
            "every promotion at rest",
        )
        yield left


@pytest.mark.parametrize("state", ON_THE_WAY)
def test_what_a_kill_found_on_the_way_arrives(left, state):
    assert left.found[state], f"none of the kills found a promotion that was {state}"

    for number, sha256 in left.found[state].items():
        told = promotion(left.server, number)
        way = ["requested", "checking", "approved", "applied"]
        if told["policy"] == "decided":
            way = ["requested", "checking", "waiting"] + ["approved", "applied"] * (state == "approved")
        assert [step["state"] for step in told["history"]] == way
        assert told["state"] == way[-1]
        assert sha256 in ("", told["evidence_sha256"])
        assert bool(sha256) == (state == "approved")
        check_evidence(left.server, number, told["evidence_sha256"])


def test_every_answer_before_a_kill_stands_after_it(left):
    # As far as it was answered, and what may have come of a request that was not.
    later = {"waiting": {"waiting", "applied"}, "applied": {"applied", "superseded"}}
    for notes in left.notes:
        states = {told["id"]: told["state"] for told in left.promotions_of(notes.model)}
        assert len(states) <= len(notes.answered) + 1
        for number, answered in notes.answered.items():
            assert states[number] in later[answered], (notes.model, number, answered)
        assert list(states.values()).count("applied") <= 1
        left.check_holder(notes.model)


def test_what_waits_after_the_kills_can_be_decided(left):
    client = client_of(left.server)
    for notes in left.notes:
        for told in left.promotions_of(notes.model):
            if told["state"] == "waiting":
                assert "applied" in command(left.server, "promotions", "approve", told["id"])
                client.set_registered_model_alias(notes.model, "champion", told["version"])
        left.check_holder(notes.model)


def test_no_kill_made_anything_happen_twice(left):
    left.server.stop()
    check_nothing_happened_twice(left.cluster.ask, *left.cluster.place)
