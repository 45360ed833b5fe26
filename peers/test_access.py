"""Identity and access, through MLflow's own clients: `AuthServiceClient`, tokens and passwords in the environment."""

import subprocess
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from mlflow.server.auth.client import AuthServiceClient

import servers



@pytest.fixture(scope="module")
def server(folder):
    with servers.start_millwright(
        folder / "access-home", env={"MILLWRIGHT_SERVER_AUTHENTICATION": "on"}
    ) as running:
        running.admin_token = servers.TOKEN.search(running.text()).group()
        yield running


@pytest.fixture
def sign_in(monkeypatch):
    """Lets every MLflow client of the test be somebody: by token, or by name and password."""

    def set_credentials(token=None, username=None, password=None):
        for name, value in (
            ("MLFLOW_TRACKING_TOKEN", token),
            ("MLFLOW_TRACKING_USERNAME", username),
            ("MLFLOW_TRACKING_PASSWORD", password),
        ):
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return set_credentials


def client(server):
    return MlflowClient(tracking_uri=server.url, registry_uri=server.url)


def refused(code, call, *arguments):
    with pytest.raises(MlflowException) as failure:
        call(*arguments)
    assert failure.value.error_code == code, failure.value


def test_the_token_of_the_first_start_is_told_once(server):
    assert len(servers.TOKEN.findall(server.text())) == 1


def test_a_stock_client_without_credentials_is_told_what_to_do(server, sign_in):
    sign_in()
    with pytest.raises(MlflowException, match="MLFLOW_TRACKING_TOKEN"):
        client(server).search_experiments()


def test_users_and_permissions_through_mlflows_own_client(server, sign_in):
    sign_in(token=server.admin_token)
    auth = AuthServiceClient(server.url)
    user = auth.create_user("ann", "a long password")
    assert (user.username, user.is_admin) == ("ann", False)
    refused("RESOURCE_ALREADY_EXISTS", auth.create_user, "ann", "a long password")
    refused("RESOURCE_DOES_NOT_EXIST", auth.get_user, "nobody")
    experiment = client(server).create_experiment("ann's")
    other = client(server).create_experiment("others'")
    auth.grant_user_permission("ann", "experiment", experiment, "READ")
    assert auth.get_user_permission("ann", "experiment", experiment).permission == "READ"

    sign_in(username="ann", password="a long password")
    assert [e.name for e in client(server).search_experiments()] == ["ann's"]
    refused("PERMISSION_DENIED", client(server).create_run, experiment)
    refused("PERMISSION_DENIED", client(server).get_experiment, other)
    refused("PERMISSION_DENIED", AuthServiceClient(server.url).create_user, "eve", "a long password")

    sign_in(token=server.admin_token)
    auth.grant_user_permission("ann", "experiment", experiment, "EDIT")
    assert auth.get_user_permission("ann", "experiment", experiment).allowed

    sign_in(username="ann", password="a long password")
    run = client(server).create_run(experiment)
    client(server).log_batch(run.info.run_id, metrics=[Metric("auc", 0.5, 1, 0)])
    client(server).log_text(run.info.run_id, "text", "a.txt")
    assert [r.info.run_id for r in client(server).search_runs([experiment, other])] == [run.info.run_id]
    refused("PERMISSION_DENIED", client(server).delete_experiment, experiment)
    AuthServiceClient(server.url).update_user_password("ann", "another password", "a long password")

    sign_in(username="ann", password="a long password")
    with pytest.raises(MlflowException, match="Not signed in"):
        client(server).search_experiments()

    sign_in(token=server.admin_token)
    auth.revoke_user_permission("ann", "experiment", experiment)
    assert auth.get_user_permission("ann", "experiment", experiment).permission == "NO_PERMISSIONS"
    auth.update_user_admin("ann", True)
    assert auth.get_user("ann").is_admin
    auth.update_user_admin("ann", False)
    auth.delete_user("ann")
    refused("RESOURCE_DOES_NOT_EXIST", auth.get_user, "ann")


def test_roles_through_mlflows_own_client(server, sign_in):
    sign_in(token=server.admin_token)
    auth = AuthServiceClient(server.url)
    auth.create_user("bob", "a long password")
    role = auth.create_role("default", "modellers", "make models")
    permission = auth.add_role_permission(role.id, "workspace", "*", "USE")
    assert (permission.resource_type, permission.permission) == ("workspace", "USE")
    auth.assign_role("bob", role.id)
    assert [r.name for r in auth.list_user_roles("bob")] == ["modellers"]
    assert [a.role_id for a in auth.list_role_users(role.id)] == [role.id]
    assert [r.name for r in auth.list_roles("default")] == ["modellers"]

    sign_in(username="bob", password="a long password")
    client(server).create_registered_model("churn")
    client(server).delete_registered_model("churn")  # who makes a model maintains it

    sign_in(token=server.admin_token)
    stronger = auth.update_role_permission(permission.id, "MANAGE")
    assert [p.permission for p in auth.list_role_permissions(role.id)] == ["MANAGE"]
    auth.remove_role_permission(stronger.id)
    assert auth.update_role(role.id, name="makers").name == "makers"
    assert [r.name for r in auth.list_user_roles("bob")] == ["makers"]
    auth.unassign_role("bob", role.id)
    auth.delete_role(role.id)
    refused("RESOURCE_DOES_NOT_EXIST", auth.get_role, role.id)

    sign_in(username="bob", password="a long password")
    refused("PERMISSION_DENIED", client(server).create_registered_model, "churn")


def test_a_token_works_as_password_and_ends_when_revoked(server, sign_in):
    sign_in(token=server.admin_token)
    own = f"{server.url}/api/millwright/v1/tokens"
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    made = requests.post(own, json={"name": "notebook", "scope": "viewer"}, headers=headers).json()

    sign_in(username="__token__", password=made["token"])
    client(server).search_experiments()
    refused("PERMISSION_DENIED", client(server).create_experiment, "no")

    assert requests.delete(f"{own}/{made['token_id']}", headers=headers).status_code == 204
    with pytest.raises(MlflowException, match="revoked"):
        client(server).search_experiments()


def test_a_large_file_comes_in_one_piece_where_one_signs_in(server, sign_in, monkeypatch, tmp_path):
    sign_in(token=server.admin_token)
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 << 20))
    content = bytes(range(256)) * (40 << 10)
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "back").mkdir()
    run = client(server).create_run("0").info.run_id

    client(server).log_artifact(run, str(tmp_path / "model.bin"))

    assert Path(client(server).download_artifacts(run, "model.bin", str(tmp_path / "back"))).read_bytes() == content


def command(server, *arguments, stdin=None):
    done = subprocess.run(
        [servers.ROOT / "millwright", *arguments],
        env={**servers.os.environ, "MILLWRIGHT_URL": server.url, "MILLWRIGHT_TOKEN": server.admin_token},
        input=stdin,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_makes_users_tokens_and_grants(server, sign_in):
    assert command(server, "user", "create", "user:carl", "--password-stdin", stdin="carl's password\n")[0] == 0
    assert command(server, "user", "create", "service-account:ci")[0] == 0
    assert command(server, "user", "create", "group:team")[0] == 0
    assert command(server, "user", "join", "team", "ci")[0] == 0
    listed = command(server, "user", "list")[1]
    assert "user:carl  (password)" in listed and "service-account:ci" in listed and "group:team" in listed
    assert command(server, "grant", "add", "group:team", "contributor", "workspace:default")[0] == 0
    grants = command(server, "grant", "list", "--of", "group:team")[1]
    assert "contributor" in grants
    code, token, _ = command(server, "token", "create", "nightly", "--owner", "ci", "--expires-in", "1d")
    assert code == 0

    sign_in(token=token.strip())
    client(server).create_experiment("by ci")

    assert command(server, "grant", "deny", "service-account:ci", "write", "workspace:default")[0] == 0
    refused("PERMISSION_DENIED", client(server).create_experiment, "by ci again")
    assert command(server, "grant", "remove", grants.split()[0])[0] == 0
    # What remains is what ci made, less writing.
    assert [e.name for e in client(server).search_experiments()] == ["by ci"]
    token_id = command(server, "token", "list", "--owner", "ci")[1].split()[0]
    assert command(server, "token", "revoke", token_id)[0] == 0
    assert command(server, "user", "delete", "service-account:ci")[0] == 0

    code, out, err = command(server, "user", "create", "user:carl")
    assert (code, out) == (1, "") and "already exists" in err and "\tat " not in err
    code, _, err = command(server, "grant", "add", "user:carl", "owner", "workspace:default")
    assert code == 1 and "There is no role 'owner'" in err
