"""Logs H2O's models as MOJOs, which Millwright answers without Python and without an H2O server.

    import millwright.h2o
    millwright.h2o.log_model(model, "model", registered_model_name="churn", input_example=rows)

`mlflow.h2o` logs H2O's binary model, which only an H2O server of the very same version reads. The folder written here has the flavor
`h2o_mojo` and a `python_function` that answers by H2O's own program for MOJOs: it needs Java and the package h2o, and none of ours.

Since 3.46.0.12 H2O exports MOJOs only with its vendor's licence, and says so itself. The path of a MOJO will do instead of a model.
"""
import os
import shutil
import sys
import tempfile

from . import millwright_mojo

FLAVOR_NAME = "h2o_mojo"

_DATA = "model.zip"
_CODE = "code"

__all__ = ["FLAVOR_NAME", "get_default_pip_requirements", "log_model", "save_model"]


def get_default_pip_requirements(h2o_version):
    """What the python_function needs."""
    return [f"h2o=={h2o_version}", "pandas"]


def save_model(model, path, signature=None, input_example=None, mlflow_model=None, pip_requirements=None, metadata=None):
    """Writes the model's folder.

    model: an H2O model, or the path of a MOJO (`model.download_mojo()` wrote it).
    path: the folder; it must not be there yet, or be empty.
    signature: columns as MLflow declares them; without one they are inferred from the example, False leaves them out.
    input_example: some rows as the model reads them, a data frame; the server tries the model on them when it is deployed.
    pip_requirements: of the python_function, instead of h2o in the version of the MOJO, and pandas.
    """
    from mlflow import pyfunc
    from mlflow.models import Model, infer_signature
    from mlflow.models.utils import _save_example

    if os.path.isdir(path) and os.listdir(path):
        raise ValueError(f"{path} is not empty; give a folder that is not there yet")
    os.makedirs(os.path.join(path, _CODE), exist_ok=True)
    data = os.path.join(path, _DATA)
    _write_mojo(model, data)
    shutil.copy(millwright_mojo.__file__, os.path.join(path, _CODE))
    mojo = millwright_mojo.Mojo(data)

    mlflow_model = Model() if mlflow_model is None else mlflow_model
    _save_example(mlflow_model, input_example, path)
    if signature is None and input_example is not None:
        signature = infer_signature(input_example, mojo.predict(input_example))
    if signature is not None and signature is not False:
        mlflow_model.signature = signature
    if metadata is not None:
        mlflow_model.metadata = metadata
    mlflow_model.add_flavor(FLAVOR_NAME, data=_DATA, h2o_version=mojo.h2o_version, algorithm=mojo.algorithm)
    pyfunc.add_to_model(
        mlflow_model, loader_module=millwright_mojo.__name__.rsplit(".", 1)[-1], data=_DATA, code=_CODE,
        python_env="python_env.yaml", conda_env="conda.yaml")
    _write_environment(path, pip_requirements or get_default_pip_requirements(mojo.h2o_version))
    mlflow_model.save(os.path.join(path, "MLmodel"))


def log_model(model, name, registered_model_name=None, signature=None, input_example=None, pip_requirements=None, **more):
    """Logs the model with the current run.

    name: what MLflow calls the model, or with MLflow 2 the artifacts' path.
    more: what else `mlflow.models.Model.log` takes, such as `tags`, `params` and `step`.
    """
    import mlflow
    from mlflow.models import Model

    place = "name" if int(mlflow.__version__.split(".")[0]) >= 3 else "artifact_path"
    more = {"artifact_path": None, **more} if place == "name" else more
    return Model.log(
        **{place: name}, flavor=sys.modules[__name__], model=model, registered_model_name=registered_model_name,
        signature=signature, input_example=input_example, pip_requirements=pip_requirements, **more)


def _write_mojo(model, target):
    if isinstance(model, (str, os.PathLike)):
        shutil.copyfile(model, target)
        return
    if not getattr(model, "have_mojo", True):
        raise ValueError(f"H2O has no MOJO for models of {type(model).__name__}; log it with mlflow.h2o instead")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(model.download_mojo(path=os.path.join(folder, _DATA)), target)


def _write_environment(path, requirements):
    import yaml
    from mlflow.utils.environment import _process_pip_requirements, _PythonEnv

    conda, requirements, _ = _process_pip_requirements(None, requirements, None)
    with open(os.path.join(path, "conda.yaml"), "w", encoding="utf-8") as file:
        yaml.safe_dump(conda, file, default_flow_style=False)
    with open(os.path.join(path, "requirements.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(requirements) + "\n")
    _PythonEnv.current().to_yaml(os.path.join(path, "python_env.yaml"))
