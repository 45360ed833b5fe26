"""python -m millwright.export FOLDER OUTPUT: exports the scikit-learn, XGBoost or LightGBM model of an MLflow model folder.

It is run in the model's own environment: the folder's pickle is opened here, and nowhere else.

Beside the output, in a file of its name and `.answers.json`, it writes what the model answers to its input example, if it has one: the
server compares.
"""
import json
import os
import sys

from . import NotExportable, save


def load(folder):
    import mlflow.sklearn
    import yaml

    with open(os.path.join(folder, "MLmodel"), encoding="utf-8") as file:
        flavors = yaml.safe_load(file)["flavors"]
    for flavor in ("sklearn", "xgboost", "lightgbm"):
        if flavor in flavors:
            module = __import__(f"mlflow.{flavor}", fromlist=["load_model"])
            return module.load_model(folder)
    raise NotExportable(f"a model with the flavors {', '.join(sorted(flavors))}: only sklearn, xgboost and lightgbm are exported")


def example(folder):
    """The model's input example, if it was logged with one."""
    try:
        from mlflow.models import Model
        return Model.load(folder).load_input_example(folder)
    except Exception as problem:  # an example that cannot be read is as good as none
        print(f"no input example: {problem}", file=sys.stderr)
        return None


def write_answers(model, rows, file):
    """What predict answers; nothing for models that cannot be asked with the example as it is."""
    try:
        answers = model.predict(rows)
        answers = answers.tolist() if hasattr(answers, "tolist") else list(answers)
        text = json.dumps({"predictions": answers}, allow_nan=False)
    except Exception as problem:
        print(f"no answers to the input example: {problem}", file=sys.stderr)
        return
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)


def main(folder, output):
    try:
        model, rows = load(folder), example(folder)
        save(model, output, rows)
        if rows is not None:
            write_answers(model, rows, output + ".answers.json")
    except NotExportable as refusal:
        print(f"not exportable: {refusal}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
