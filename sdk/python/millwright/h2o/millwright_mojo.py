"""Answers rows by a MOJO, through H2O's own program for them (`hex.genmodel.tools.PredictCsv`), which needs Java and no server.

This file is copied into the folder of every model that `millwright.h2o` writes, and imports nothing of ours: MLflow loads it from
there. Each call starts a process of Java, about a second.
"""
import os
import re
import tempfile
import zipfile

# A worker's address space is limited, and H2O's usual heap of 4 GB is nearly all of it.
_JAVA = "-Xmx1g -XX:CompressedClassSpaceSize=64m -XX:+UseSerialGC"
_CLASSES = ("Binomial", "Multinomial", "Ordinal")


class Mojo:
    """A python_function."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        with zipfile.ZipFile(self.path) as mojo:
            if "model.ini" not in mojo.namelist():
                raise ValueError(f"{path} is no MOJO: it has no model.ini; download_mojo() of an H2O model writes one")
            told, domains = _sections(mojo.read("model.ini").decode("utf-8"))
            self.h2o_version = told.get("h2o_version", "")
            self.algorithm = told.get("algorithm", "")
            self._classifies = told.get("category") in _CLASSES
            self._calibrated = told.get("calib_method", "null") != "null"
            response = domains.get(int(told["n_columns"]) - 1) if self._classifies else None
            self._labels = mojo.read(f"domains/{response}").decode("utf-8").splitlines() if response else ["0", "1"]

    def predict(self, rows, params=None):
        """A data frame of what H2O calls its columns: `predict`, then the probabilities."""
        import pandas as pd

        with tempfile.TemporaryDirectory() as folder:
            asked, answered = os.path.join(folder, "rows.csv"), os.path.join(folder, "answers.csv")
            # As whole numbers, those of levels are spelled as H2O spells them: 1, not 1.0.
            pd.DataFrame(rows).convert_dtypes().to_csv(asked, index=False)
            self._run(asked, answered)
            answers = pd.read_csv(
                answered, float_precision="round_trip", converters={"predict": str} if self._classifies else None)
        if self._classifies and all(re.fullmatch(r"0|-?[1-9]\d{0,14}", label) for label in self._labels):
            answers["predict"] = answers["predict"].astype("int64")
        if list(answers.columns) == ["cluster"]:
            answers["cluster"] = answers["cluster"].astype("int64")
        answers.index = getattr(rows, "index", answers.index)
        return answers

    def _run(self, asked, answered):
        import h2o
        from h2o.utils.shared_utils import mojo_predict_csv

        jar = os.path.join(os.path.dirname(h2o.__file__), "backend", "bin", "h2o.jar")
        mojo_predict_csv(asked, self.path, answered, genmodel_jar_path=jar, java_options=_JAVA,
                         predict_calibrated=self._calibrated)


def _sections(text):
    """The fields of a description, and the files of the columns' levels by the column's number."""
    told, domains, section = {}, {}, ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif section == "[info]" and "=" in line:
            name, value = re.split(r"\s*=\s*", line, maxsplit=1)
            told[name] = value
        elif section == "[domains]" and ":" in line:
            column, levels = line.split(":", 1)
            domains[int(column)] = levels.split()[1]
    return told, domains


def _load_pyfunc(path):
    return Mojo(path)
