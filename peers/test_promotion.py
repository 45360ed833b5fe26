"""A governed alias, met by MLflow's own client: refused with the promotion to look at, moved once it is approved."""

import datetime
import hashlib
import json
import re

import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

import servers

POLICY = """\
policy: churn
stages:
  - dev
  - {name: production, aliases: [champion], mlflow-stage: Production}
transitions:
  - from: dev
    to: production
    approve: [anyone]
    allow-author: true
    checks: [{tags: [risk]}, {metric: auc, at-least: 0.8}]
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def server(home):
    with servers.start_millwright(home) as running:
        yield running


def client_of(server):
    return MlflowClient(tracking_uri=server.url, registry_uri=server.url)


def apply_policy(server, tmp_path, text=POLICY):
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    command(server, "policy", "apply", file)


def command(server, group, verb, *arguments):
    done = servers.millwright(group, verb, "--server", server.url, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def register(client, auc=0.9, tags=None):
    """The next version of `churn`, from a run with that metric."""
    try:
        client.create_registered_model("churn")
    except MlflowException:
        pass
    run = client.create_run("0")
    client.log_metric(run.info.run_id, "auc", auc)
    source = f"{run.info.artifact_uri}/model"
    tags = {"risk": "low"} if tags is None else tags
    return client.create_model_version("churn", source, run.info.run_id, tags=tags).version


def refused(client, version):
    """The refusal of a set alias, and the promotion that it names."""
    with pytest.raises(MlflowException) as refusal:
        client.set_registered_model_alias("churn", "champion", version)
    link = re.search(r"/api/millwright/v1/promotions/(\d+)", str(refusal.value))
    assert link, refusal.value
    return refusal.value, link.group(1)


def promotion(server, number):
    return requests.get(f"{server.url}/api/millwright/v1/promotions/{number}", timeout=60).json()


def test_an_alias_is_refused_with_the_link_and_stands_after_the_approval(server, tmp_path):
    client = client_of(server)
    apply_policy(server, tmp_path)
    version = register(client)

    refusal, number = refused(client, version)
    assert refusal.error_code == "INVALID_STATE"
    assert "waits for approval" in str(refusal)
    with pytest.raises(MlflowException, match="champion"):
        client.get_model_version_by_alias("churn", "champion")

    assert "applied" in command(server, "promotions", "approve", number, "-m", "good")
    client.set_registered_model_alias("churn", "champion", version)
    held = client.get_model_version_by_alias("churn", "champion")
    assert (held.version, held.current_stage, held.tags["millwright.stage"]) == (version, "Production", "production")


def test_a_failed_check_is_told_and_its_evidence_is_what_the_hash_says(server, tmp_path):
    client = client_of(server)
    apply_policy(server, tmp_path)

    refusal, number = refused(client, register(client, auc=0.7, tags={}))

    assert "the version lacks risk" in str(refusal) and "auc is 0.7" in str(refusal)
    evidence = requests.get(f"{server.url}/api/millwright/v1/promotions/{number}/evidence", timeout=60).content
    assert hashlib.sha256(evidence).hexdigest() == promotion(server, number)["evidence_sha256"]
    canonical = json.dumps(json.loads(evidence), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical.encode() == evidence


def test_a_roll_back_restores_and_nothing_else_moves_a_governed_alias(server, tmp_path):
    client = client_of(server)
    apply_policy(server, tmp_path)
    for _ in range(2):
        _, number = refused(client, register(client))
        command(server, "promotions", "approve", number)
    for way in (
        lambda: client.delete_registered_model_alias("churn", "champion"),
        lambda: client.delete_model_version("churn", "2"),
        lambda: client.set_model_version_tag("churn", "1", "millwright.stage", "production"),
        lambda: client.transition_model_version_stage("churn", "2", "Archived"),
    ):
        with pytest.raises(MlflowException, match="The policy 'churn'") as refusal:
            way()
        assert refusal.value.error_code == "PERMISSION_DENIED"

    command(server, "promotions", "rollback", number, "-m", "it declines everybody")

    assert client.get_model_version_by_alias("churn", "champion").version == "1"
    assert promotion(server, number)["state"] == "superseded"


def test_a_promotion_outlives_a_killed_server(home, tmp_path):
    with servers.start_millwright(home) as first:
        client = client_of(first)
        apply_policy(first, tmp_path)
        version = register(client)
        _, number = refused(client, version)
        first.kill()

    now = datetime.datetime.now(datetime.timezone.utc)
    window = f"freeze: [{{name: today, from: {now:%Y-%m-%dT00:00}, to: {now + datetime.timedelta(days=2):%Y-%m-%dT00:00}}}]\n"
    with servers.start_millwright(home) as second:
        assert promotion(second, number)["state"] == "waiting"
        assert "applied" in command(second, "promotions", "approve", number)
        apply_policy(second, tmp_path, POLICY + window)
        client = client_of(second)
        _, frozen = refused(client, register(client))
        assert "approved" in command(second, "promotions", "approve", frozen)
        second.kill()

    with servers.start_millwright(home) as third:
        assert promotion(third, frozen)["state"] == "approved"
        assert client_of(third).get_model_version_by_alias("churn", "champion").version == version
    verified = servers.millwright("ledger", "verify", "--home", home)
    assert verified.returncode == 0, verified.stdout + verified.stderr
