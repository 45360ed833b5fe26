"""Two servers on one PostgreSQL: what one of them takes away, moves or leaves behind is so on the other."""


import pytest
import requests

import servers

OWN = "/api/millwright/v1"
MLFLOW = "/api/2.0/mlflow"
# The other server looks once a second. A deadline is no measurement: it only ends a test that would wait for ever.
NOTICED = 15


class Caller:
    """Somebody with a token, who may ask either server."""

    def __init__(self, token):
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, server, method, path, body=None, **query):
        return requests.request(method, server.url + path, json=body, params=query, headers=self._headers, timeout=60)

    def status(self, *request, **query):
        return self.ask(*request, **query).status_code

    def done(self, *request, **query):
        answer = self.ask(*request, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


class Pair:
    """Two servers, their administrator, and people."""

    def __init__(self, first, second):
        self.first = first
        self.second = second
        self.admin = Caller(servers.TOKEN.search(first.text() + second.text()).group())

    def person(self, name, **grant):
        """A user with one grant on the workspace: (the user, the id of the token, the id of the grant)."""
        self.admin.done(self.first, "POST", f"{OWN}/users", {"name": name})
        place = {"subject": f"user:{name}", "entity": "workspace:default"}
        granted = self.admin.done(self.first, "POST", f"{OWN}/grants", {**place, **grant})
        token = self.admin.done(self.first, "POST", f"{OWN}/tokens", {"owner": name, "name": "t"})
        return Caller(token["token"]), token["token_id"], granted["grant_id"]


@pytest.fixture(scope="module")
def pair(folder, postgres):
    database = postgres.create_database("two_servers")
    authenticated = {"MILLWRIGHT_SERVER_AUTHENTICATION": "on"}
    with servers.start_millwright(folder / "two-home-0", db=database, env=authenticated) as first:
        with servers.start_millwright(folder / "two-home-1", db=database, env=authenticated) as second:
            yield Pair(first, second)


def experiments(server):
    return server, "GET", f"{MLFLOW}/experiments/search?max_results=1000"


def new_experiment(server, name):
    return server, "POST", f"{MLFLOW}/experiments/create", {"name": name}


def test_a_token_revoked_on_one_server_ends_on_the_other(pair):
    ann, token, _ = pair.person("ann", role="viewer")
    for server in (pair.first, pair.second, pair.second):
        assert ann.status(*experiments(server)) == 200

    pair.admin.done(pair.first, "DELETE", f"{OWN}/tokens/{token}")

    assert ann.status(*experiments(pair.first)) == 401
    servers.wait_until(lambda: ann.status(*experiments(pair.second)) == 401, NOTICED, "the end of the token")
    assert "revoked" in ann.ask(*experiments(pair.second)).text


def test_a_deleted_user_is_out_everywhere(pair):
    eve, _, _ = pair.person("eve", role="contributor")
    assert eve.status(*experiments(pair.first)) == 200

    pair.admin.done(pair.second, "DELETE", f"{OWN}/users/eve")

    assert eve.status(*experiments(pair.second)) == 401
    servers.wait_until(lambda: eve.status(*experiments(pair.first)) == 401, NOTICED, "the end of the user")


def test_a_grant_removed_on_one_server_is_gone_on_the_other(pair):
    bob, _, grant = pair.person("bob", role="contributor")
    pair.admin.done(pair.first, "POST", f"{OWN}/grants", {"subject": "user:bob", "entity": "workspace:default", "role": "viewer"})
    servers.wait_until(lambda: bob.status(*experiments(pair.second)) == 200, NOTICED, "the second grant")
    assert bob.status(*new_experiment(pair.second, "with the grant")) == 200

    pair.admin.done(pair.first, "DELETE", f"{OWN}/grants/{grant}")

    assert bob.status(*new_experiment(pair.first, "without it")) == 403
    servers.wait_until(
        lambda: bob.status(*new_experiment(pair.second, "with the grant")) == 403, NOTICED, "the end of the grant"
    )
    assert bob.status(*experiments(pair.second)) == 200


def test_a_denial_on_one_server_holds_on_the_other(pair):
    carl, _, _ = pair.person("carl", role="maintainer")
    experiment = carl.done(*new_experiment(pair.second, "carl's"))["experiment_id"]
    asked = (pair.second, "GET", f"{MLFLOW}/experiments/get")
    assert carl.status(*asked, experiment_id=experiment) == 200

    denial = {"subject": "user:carl", "entity": f"experiment:{experiment}", "deny": "read"}
    pair.admin.done(pair.first, "POST", f"{OWN}/grants", denial)

    servers.wait_until(lambda: carl.status(*asked, experiment_id=experiment) == 403, NOTICED, "the denial")
    assert "carl's" not in carl.ask(*experiments(pair.second)).text


def test_an_alias_moved_through_one_server_is_what_the_other_answers(pair):
    pair.admin.done(pair.first, "POST", f"{MLFLOW}/registered-models/create", {"name": "churn"})
    for _ in range(2):
        pair.admin.done(pair.first, "POST", f"{MLFLOW}/model-versions/create", {"name": "churn", "source": "s3://bucket/model"})

    for turn in range(40):
        mover, reader = (pair.first, pair.second) if turn % 3 else (pair.second, pair.first)
        version = str(turn % 2 + 1)
        alias = {"name": "churn", "alias": "champion", "version": version}
        pair.admin.done(mover, "POST", f"{MLFLOW}/registered-models/alias", alias)

        told = pair.admin.done(reader, "GET", f"{MLFLOW}/registered-models/alias", name="churn", alias="champion")
        assert told["model_version"]["version"] == version, f"turn {turn}"
