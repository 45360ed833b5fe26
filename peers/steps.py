"""Models to serve that need no training: version n answers n for x < 10, and n + 0.5 beyond. Registered over REST."""

import requests

import servers

MLMODEL = """flavors:
  xgboost: {data: model.json, model_class: xgboost.core.Booster}
  python_function: {loader_module: mlflow.xgboost}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
"""


def stump(answer):
    """A booster with one split."""
    tree = {"tree_param": {"num_nodes": "3", "size_leaf_vector": "1"}, "left_children": [1, -1, -1],
            "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_conditions": [10, answer, answer + 0.5],
            "default_left": [0, 0, 0], "categories_nodes": [], "categories": [], "categories_segments": [],
            "categories_sizes": []}
    booster = {"name": "gbtree", "model": {"gbtree_model_param": {"num_trees": "1"}, "iteration_indptr": [0, 1],
                                           "tree_info": [0], "trees": [tree]}}
    return {"learner": {"attributes": {}, "feature_names": ["x"], "feature_types": ["float"],
                        "learner_model_param": {"base_score": "0E0", "num_class": "0", "num_feature": "1", "num_target": "1"},
                        "objective": {"name": "reg:squarederror"}, "gradient_booster": booster}, "version": [3, 2, 0]}


def register(url, model, versions):
    requests.post(f"{url}/api/2.0/mlflow/registered-models/create", json={"name": model}, timeout=30).raise_for_status()
    for number in range(1, versions + 1):
        run = requests.post(f"{url}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}, timeout=30).json()["run"]["info"]["run_id"]
        folder = f"{url}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model"
        requests.put(f"{folder}/MLmodel", data=MLMODEL, timeout=30).raise_for_status()
        requests.put(f"{folder}/model.json", json=stump(number), timeout=30).raise_for_status()
        made = requests.post(f"{url}/api/2.0/mlflow/model-versions/create",
                             json={"name": model, "source": f"runs:/{run}/model", "run_id": run}, timeout=30)
        made.raise_for_status()


def change(url, endpoint, verb, body, method="post"):
    """Asks for a change and waits for its end. Returns the answer's JSON, or the operation's."""
    begun = getattr(requests, method)(f"{url}/api/millwright/v1/endpoints/{endpoint}/{verb}", json=body, timeout=60)
    if begun.status_code == 200:
        return begun.json()
    assert begun.status_code == 202, begun.text
    operation = servers.ended(url, begun.headers["location"])
    assert operation["state"] == "succeeded", operation
    return operation["result"]


def deploy(url, endpoint, model, **more):
    return change(url, endpoint, "deploy", {"model": model, **more})


def ask(url, endpoint, x=3):
    answer = requests.post(f"{url}/endpoints/{endpoint}/invocations", json={"inputs": {"x": [x]}}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"][0]
