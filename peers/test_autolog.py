"""MLflow's fluent functions and autologging, as a data scientist uses them."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Given, or MLflow finds them out in another Python process for every model.
REQUIREMENTS = ["scikit-learn"]


@pytest.fixture(scope="module")
def data():
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return train_test_split(x.iloc[:, :6], y, random_state=0)


@pytest.fixture
def experiment(tracking, request):
    mlflow.set_experiment(f"{request.node.name}-{np.random.default_rng().integers(10**9)}")
    yield tracking
    # What was turned on by itself, autolog(disable=True) leaves on.
    mlflow.sklearn.autolog(disable=True)
    mlflow.xgboost.autolog(disable=True)



def test_sklearn_autolog_logs_params_metrics_dataset_and_model(experiment, data):
    x, x_test, y, y_test = data
    mlflow.sklearn.autolog(log_models=False)

    with mlflow.start_run(run_name="logistic") as run:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(x, y)
        model.score(x_test, y_test)

    logged = experiment.get_run(run.info.run_id)
    assert logged.info.status == "FINISHED"
    assert logged.data.params["logisticregression__C"] == "0.5"
    assert logged.data.metrics["training_score"] == pytest.approx(model.score(x, y))
    assert logged.data.tags["estimator_name"] == "Pipeline"
    (trained_on,) = logged.inputs.dataset_inputs
    assert trained_on.dataset.source_type == "code"
    assert [t.value for t in trained_on.tags] == ["train"]
    assert "estimator.html" in {f.path for f in experiment.list_artifacts(run.info.run_id)}


def test_grid_search_makes_child_runs(experiment, data):
    x, _, y, _ = data
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, max_tuning_runs=3)

    with mlflow.start_run() as parent:
        GridSearchCV(LogisticRegression(max_iter=2000), {"C": [0.01, 0.1, 1.0]}, cv=2).fit(x, y)

    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.C ASC"]
    )
    assert list(children["params.C"]) == ["0.01", "0.1", "1.0"]
    assert children["metrics.mean_test_score"].notna().all()
    best = experiment.get_run(parent.info.run_id).data
    assert best.metrics["best_cv_score"] == pytest.approx(children["metrics.mean_test_score"].max())
    found = mlflow.search_runs(filter_string=f"metrics.mean_test_score >= {best.metrics['best_cv_score'] - 1e-12}")
    assert best.params["best_C"] in set(found["params.C"])


def test_xgboost_autolog_logs_a_metric_for_every_round(experiment, data):
    import xgboost

    x, x_test, y, y_test = data
    mlflow.xgboost.autolog(log_models=False)

    with mlflow.start_run() as run:
        evaluated = {}
        xgboost.train(
            {"objective": "binary:logistic", "eval_metric": "logloss", "max_depth": 2},
            xgboost.DMatrix(x, y), num_boost_round=15, evals=[(xgboost.DMatrix(x_test, y_test), "test")],
            evals_result=evaluated, verbose_eval=False,
        )  # fmt: skip

    history = experiment.get_metric_history(run.info.run_id, "test-logloss")
    assert [m.step for m in history] == list(range(15))
    assert [m.value for m in history] == pytest.approx(evaluated["test"]["logloss"])
    logged = experiment.get_run(run.info.run_id).data
    assert logged.params["max_depth"] == "2"
    assert any(f.path.startswith("feature_importance") for f in experiment.list_artifacts(run.info.run_id))


def test_a_logged_model_comes_back_and_predicts_the_same(experiment, data):
    x, x_test, y, y_test = data
    model = LogisticRegression(max_iter=5000).fit(x, y)

    with mlflow.start_run() as run:
        signature = infer_signature(x, model.predict(x))
        logged = mlflow.sklearn.log_model(
            model, name="classifier", signature=signature, input_example=x.head(2), pip_requirements=REQUIREMENTS
        )
        mlflow.log_metric("accuracy", model.score(x_test, y_test), model_id=logged.model_id)

    expected = model.predict(x_test)
    for uri in (f"models:/{logged.model_id}", f"runs:/{run.info.run_id}/classifier"):
        np.testing.assert_array_equal(mlflow.pyfunc.load_model(uri).predict(x_test), expected)
    np.testing.assert_array_equal(mlflow.sklearn.load_model(f"models:/{logged.model_id}").coef_, model.coef_)
    assert mlflow.models.get_model_info(f"models:/{logged.model_id}").signature == signature

    known = experiment.get_logged_model(logged.model_id)
    assert known.status == "READY"
    assert known.source_run_id == run.info.run_id
    assert {m.key: m.value for m in known.metrics} == {"accuracy": model.score(x_test, y_test)}
    assert [o.model_id for o in experiment.get_run(run.info.run_id).outputs.model_outputs] == [logged.model_id]
    names = {f.path for f in experiment.list_logged_model_artifacts(logged.model_id)}
    assert {"MLmodel", "requirements.txt", "serving_input_example.json"} <= names
    found = mlflow.search_logged_models(filter_string="metrics.accuracy > 0.5", output_format="list")
    assert [m.model_id for m in found] == [logged.model_id]


def test_autolog_logs_the_model_itself(experiment, data):
    x, x_test, y, _ = data
    mlflow.sklearn.autolog(log_datasets=False)

    model = LogisticRegression(max_iter=5000).fit(x, y)  # no start_run: autologging makes its own

    run = mlflow.last_active_run()
    output = experiment.get_run(run.info.run_id).outputs.model_outputs[0]
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    np.testing.assert_array_equal(loaded.predict(x_test), model.predict(x_test))
    assert experiment.get_logged_model(output.model_id).params["max_iter"] == "5000"


def test_a_pandas_dataset_is_an_input_of_the_run(experiment):
    frame = pd.DataFrame({"x": [1.0, 2.0, None], "label": ["a", "b", "a"]})
    dataset = mlflow.data.from_pandas(frame, name="letters", targets="label")

    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"origin": "test"})

    (logged,) = experiment.get_run(run.info.run_id).inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("letters", dataset.digest)
    assert {t.key: t.value for t in logged.tags} == {"mlflow.data.context": "training", "origin": "test"}
    assert json.loads(logged.dataset.profile)["num_rows"] == 3
    found = mlflow.search_runs(filter_string="datasets.name = 'letters' AND datasets.context = 'training'")
    assert list(found["run_id"]) == [run.info.run_id]


def test_nested_runs_and_asynchronous_logging(experiment):
    with mlflow.start_run(run_name="outer") as outer:
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            for step in range(200):
                mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=False)
            mlflow.log_params({"a": 1, "b": 2}, synchronous=False)
            mlflow.flush_async_logging()
        with pytest.raises(ValueError), mlflow.start_run(run_name="broken", nested=True) as broken:
            raise ValueError("training failed")

    assert experiment.get_parent_run(inner.info.run_id).info.run_id == outer.info.run_id
    assert [m.step for m in experiment.get_metric_history(inner.info.run_id, "loss")] == list(range(200))
    assert experiment.get_run(inner.info.run_id).data.params == {"a": "1", "b": "2"}
    assert experiment.get_run(broken.info.run_id).info.status == "FAILED"
