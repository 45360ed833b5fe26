"""Models registered, found by alias and loaded back, as a data scientist does it with MLflow 3."""

import mlflow
import numpy as np
import pytest
import requests
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

# Given, or MLflow finds them out in another Python process for every model.
REQUIREMENTS = ["scikit-learn"]
X = np.array([[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.9, 0.1]])
Y = np.array([0, 1, 0, 1])


@pytest.fixture
def client(tracking, request):
    mlflow.set_experiment(f"{request.node.name}-{np.random.default_rng().integers(10**9)}")
    return tracking


@pytest.fixture
def name(request):
    return f"{request.node.name}-{np.random.default_rng().integers(10**9)}"


def log_model(**arguments):
    with mlflow.start_run() as run:
        model = LogisticRegression().fit(X, Y)
        return run, model, mlflow.sklearn.log_model(model, name="model", pip_requirements=REQUIREMENTS, **arguments)


def test_a_model_is_registered_while_it_is_logged_and_loaded_by_its_alias(client, name):
    run, model, logged = log_model(registered_model_name=name)
    client.set_registered_model_alias(name, "champion", 1)

    version = client.get_model_version_by_alias(name, "champion")
    assert (version.version, version.run_id, version.status) == ("1", run.info.run_id, "READY")
    for uri in (f"models:/{name}@champion", f"models:/{name}/1", f"models:/{name}/latest"):
        np.testing.assert_array_equal(mlflow.pyfunc.load_model(uri).predict(X), model.predict(X))
    assert f'"name": "{name}"' in client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]


def test_register_model_takes_each_way_to_name_one(client, name):
    run, model, logged = log_model()

    by_model = mlflow.register_model(f"models:/{logged.model_id}", name)
    by_run = mlflow.register_model(f"runs:/{run.info.run_id}/model", name, tags={"how": "by run"})
    copied = client.copy_model_version(f"models:/{name}/{by_model.version}", f"{name}-copy")

    assert [by_model.version, by_run.version, copied.version] == ["1", "2", "1"]
    assert client.get_model_version(name, "2").tags == {"how": "by run"}
    assert copied.run_id == run.info.run_id
    for uri in (f"models:/{name}/1", f"models:/{name}/2", f"models:/{name}-copy/1"):
        np.testing.assert_array_equal(mlflow.sklearn.load_model(uri).coef_, model.coef_)


def test_a_file_of_a_version_is_downloaded_as_the_web_ui_does_it(client, name, millwright_url):
    log_model(registered_model_name=name)

    def download(**query):
        return requests.get(f"{millwright_url}/model-versions/get-artifact", params=query, timeout=60)

    found = download(name=name, version=1, path="MLmodel")
    assert found.status_code == 200
    assert "flavors:" in found.text
    assert download(name=name, version=1, path="none").status_code == 404
    assert download(name=name, version=9, path="MLmodel").status_code == 404
    assert download(name=name, version=1, path="../MLmodel").status_code == 400
    assert download(name=name, version=1).status_code == 400
    client.create_model_version(name, "s3://elsewhere/model")
    assert download(name=name, version=2, path="MLmodel").status_code == 400


def test_an_alias_moves_to_the_better_version_and_back(client, name):
    for _ in range(2):
        log_model(registered_model_name=name)
    client.set_registered_model_alias(name, "champion", 1)

    client.set_registered_model_alias(name, "champion", 2)
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    client.set_registered_model_alias(name, "champion", 1)
    assert client.get_registered_model(name).aliases == {"champion": "1"}

    client.delete_model_version(name, "1")
    with pytest.raises(MlflowException, match="Registered model alias champion not found"):
        mlflow.pyfunc.load_model(f"models:/{name}@champion")
