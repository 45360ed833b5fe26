"""One model on its way, by real processes and several people: a contributor registers and asks, an approver decides, the
alias moves, a webhook tells it, the audit proves it without the server, and a roll-back restores."""

import json
import os
import re
import subprocess
from contextlib import contextmanager

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

import servers
from test_webhooks import LOCAL, SECRET, Receiver, check_signature

POLICY = """\
policy: churn
applies-to: [churn]
stages:
  - dev
  - {name: production, aliases: [champion], mlflow-stage: Production}
transitions:
  - from: dev
    to: production
    approve: [bob, eve]
    checks: [{tags: [risk]}, {metric: auc, at-least: 0.8}]
"""


@pytest.fixture
def receiver():
    listening = Receiver().listen()
    yield listening
    listening.close()


@contextmanager
def signed_in(token):
    """The MLflow client reads its credentials from the environment at each request."""
    before = os.environ.get("MLFLOW_TRACKING_TOKEN")
    os.environ["MLFLOW_TRACKING_TOKEN"] = token
    try:
        yield
    finally:
        if before is None:
            del os.environ["MLFLOW_TRACKING_TOKEN"]
        else:
            os.environ["MLFLOW_TRACKING_TOKEN"] = before


def command(server, token, *arguments):
    return subprocess.run(
        [servers.ROOT / "millwright", *map(str, arguments)],
        env={**os.environ, "MILLWRIGHT_URL": server.url, "MILLWRIGHT_TOKEN": token},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def done(server, token, *arguments):
    finished = command(server, token, *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def account(server, admin, name, role):
    done(server, admin, "user", "create", f"user:{name}")
    done(server, admin, "grant", "add", f"user:{name}", role, "workspace:default")
    return servers.TOKEN.search(done(server, admin, "token", "create", f"{name}'s", "--owner", name)).group()


def register(client, auc):
    """The next version of `churn`, from a run with that metric."""
    run = client.create_run("0")
    client.log_metric(run.info.run_id, "auc", auc)
    return client.create_model_version(
        "churn", f"{run.info.artifact_uri}/model", run.info.run_id, tags={"risk": "low"}
    ).version


def asked(client, version):
    """The number of the promotion that setting the governed alias became."""
    with pytest.raises(MlflowException) as refusal:
        client.set_registered_model_alias("churn", "champion", version)
    return re.search(r"/api/millwright/v1/promotions/(\d+)", str(refusal.value)).group(1)


def test_a_model_goes_into_production_by_two_people_and_comes_back(folder, tmp_path, receiver):
    home = folder / "walk-home"
    with servers.start_millwright(home, env={"MILLWRIGHT_SERVER_AUTHENTICATION": "on", **LOCAL}) as server:
        admin = servers.TOKEN.search(server.text()).group()
        ann, bob = account(server, admin, "ann", "contributor"), account(server, admin, "bob", "approver")
        client = MlflowClient(tracking_uri=server.url, registry_uri=server.url)
        policy = tmp_path / "policy.yaml"
        policy.write_text(POLICY)
        done(server, admin, "user", "create", "user:eve")
        done(server, admin, "policy", "apply", policy)
        with signed_in(admin):
            client.create_registered_model("churn")
            client.create_webhook(
                "moves", receiver.url, ["model_version_alias.created"], secret=SECRET
            )

        # The contributor registers, asks, and cannot decide.
        with signed_in(ann):
            version = register(client, auc=0.9)
            first = asked(client, version)
        assert command(server, ann, "promotions", "approve", first).returncode == 1
        refused = command(server, ann, "policy", "apply", policy)
        assert refused.returncode == 1 and "Permission denied" in refused.stderr
        with signed_in(ann), pytest.raises(MlflowException):
            client.get_model_version_by_alias("churn", "champion")

        # The approver decides, the alias stands, the receiver hears of it.
        with signed_in(bob), pytest.raises(MlflowException, match="[Pp]ermission"):
            register(client, auc=0.9)
        done(server, bob, "promotions", "approve", first, "-m", "the metrics are good")
        with signed_in(ann):
            assert client.get_model_version_by_alias("churn", "champion").version == version
        receiver.await_posts(1)
        _, headers, body = receiver.posts[0]
        check_signature(headers, body)
        assert json.loads(body)["data"] == {"name": "churn", "alias": "champion", "version": version}

        # A second one takes its place, and a roll-back restores the first.
        with signed_in(ann):
            second = asked(client, register(client, auc=0.95))
        done(server, bob, "promotions", "approve", second, "-m", "better")
        with signed_in(ann):
            assert client.get_model_version_by_alias("churn", "champion").version != version
        done(server, ann, "promotions", "rollback", second, "-m", "it declines everybody")
        with signed_in(ann):
            assert client.get_model_version_by_alias("churn", "champion").version == version
        receiver.await_posts(3)

        # Who did what, with proof that needs no server.
        def audit():
            return done(server, admin, "audit", "--action", "promotion.*", "--limit", "0")

        servers.wait_until(lambda: audit().count("promotion.applied") == 3, 60, "three promotions in the audit")
        assert "  ann  " in audit() and "  bob  " in audit()
        export = tmp_path / "audit.jsonl"
        done(server, admin, "audit", "--actor", "bob", "--export", export)
        assert command(server, ann, "audit").returncode == 1

    verified = servers.millwright("ledger", "verify", "--export", export, "--excerpt")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "The export holds" in verified.stdout
    altered = tmp_path / "altered.jsonl"
    altered.write_text(export.read_text().replace('"actor":"bob"', '"actor":"ann"', 1))
    assert servers.millwright("ledger", "verify", "--export", altered, "--excerpt").returncode == 1
