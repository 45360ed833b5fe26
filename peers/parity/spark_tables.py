"""The tables scikit-learn carries, for Spark's Python, which has no scikit-learn."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

HERE = pathlib.Path(__file__).resolve().parent


def in_spark(folder):
    """Starts Spark's Python (MILLWRIGHT_TEST_SPARK_PYTHON) on the tables, to write its cases into the folder."""
    sys.path.append(str(HERE.parent))
    from spark_java import spark_java

    loaded = {"iris": load_iris(), "cancer": load_breast_cancer(), "wine": load_wine(), "diabetes": load_diabetes()}
    tables = {name: {"data": each.data.tolist(), "target": each.target.astype(float).tolist()}
              for name, each in loaded.items()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    with tempfile.TemporaryDirectory() as work:
        file = pathlib.Path(work) / "tables.json"
        file.write_text(json.dumps(tables))
        done = subprocess.run([os.environ["MILLWRIGHT_TEST_SPARK_PYTHON"], HERE / "spark_cases.py", file, folder],
                              cwd=work, env={**environment, "JAVA_HOME": spark_java()}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-6000:])
    return done.stdout.splitlines()[-1]
