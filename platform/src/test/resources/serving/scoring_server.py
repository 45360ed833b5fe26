"""FOLDER, bodies as a JSON array on standard input: what MLflow's scoring server answers to each."""
import json
import sys

import mlflow.pyfunc
from mlflow.pyfunc import scoring_server

model = mlflow.pyfunc.load_model(sys.argv[1])
answers = []
for body in json.loads(sys.argv[2]):
    answers.append(json.loads(scoring_server.invocations(
        json.dumps(body), "application/json", model, model.metadata.get_input_schema()).response))
print("answers: " + json.dumps(answers))
