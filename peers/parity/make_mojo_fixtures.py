"""Writes the MOJO files of platform/src/test/resources/mojo, with H2O (Apache-2.0), and what H2O itself answers.

    python -m venv somewhere
    somewhere/bin/pip install h2o==3.46.0.11 pandas==2.3.3 scikit-learn==1.7.2
    somewhere/bin/python peers/parity/make_mojo_fixtures.py

H2O is 260 MB and starts a server in Java (17), so it has no place among the environments of peers/setup.sh. It is 3.46.0.11 because
3.46.0.12 exports MOJOs only with its vendor's licence ("H2O-3 Secure"). Beside NAME.zip stands NAME.json:
{"names": […], "rows": [[…], …], "answers": {"predict": […], …}}; what is missing is null. Rows and answers are what H2O's server
holds, to the last bit: it is asked for them in hexadecimal. Of the zips the folder `experimental` is left out: nobody needs it to
answer, and it tells much of the machine.

The rows are some of the table's and hard ones: nothing but missing values, levels that the model has not seen, the largest numbers,
and values at each split of the first tree and one step beside it.
"""

import csv
import io
import json
import math
import sys
import tempfile
import zipfile
from pathlib import Path

import h2o
import numpy as np
import pandas as pd
from h2o.estimators import (
    H2OAutoEncoderEstimator, H2ODeepLearningEstimator, H2OExtendedIsolationForestEstimator,
    H2OGeneralizedLinearEstimator, H2OGeneralizedLowRankEstimator, H2OGradientBoostingEstimator,
    H2OIsolationForestEstimator, H2OKMeansEstimator, H2OPrincipalComponentAnalysisEstimator, H2ORandomForestEstimator,
    H2ORuleFitEstimator, H2OStackedEnsembleEstimator, H2OXGBoostEstimator)
from h2o.tree import H2OTree
from sklearn.datasets import load_diabetes

FOLDER = Path(__file__).resolve().parents[2] / "platform/src/test/resources/mojo"
TEXTS = ["weight", "sex"]
NUMBERS = ["age", "bmi", "bp", "s5"]
INPUTS = NUMBERS + TEXTS
# H2O's label encoder fails on levels that it has not seen; rules tell them from missing ones, which their MOJO does not.
NO_UNSEEN = ["gbm_label_encoder", "rulefit"]
# H2O puts means for what is missing, which the MOJO does not hold.
NO_MISSING = ["kmeans_raw"]


def table():
    """The table of diabetes, with a column of texts, one of levels that are numbers, and holes."""
    data = load_diabetes(as_frame=True, scaled=False)
    frame = data.data[NUMBERS].copy()
    limits, names = [0, 20, 25, 30, 100], ["slim", "usual", "heavy", "very heavy, more"]
    frame["weight"] = pd.cut(frame["bmi"], limits, labels=names, right=False).astype(object)
    frame["sex"] = data.data["sex"].astype(int).astype(str)
    target = data.target
    frame["progress"] = target
    frame["high"] = np.where(target > 140, "yes", "no")
    frame["flag"] = np.where(target > 140, "1", "0")
    frame["grade"] = pd.cut(target, [0, 90, 180, 1000], labels=["low", "middle", "strong"]).astype(object)
    frame["stays"] = (target // 40).astype(int)
    frame["days"] = 1 + frame.index % 5 / 4
    for i, name in enumerate(INPUTS):
        frame.loc[frame.index % 17 == i, name] = np.nan
    return frame


TYPES = {**{name: "enum" for name in [*TEXTS, "high", "flag", "grade"]},
         **{name: "real" for name in [*NUMBERS, "progress", "stays", "days"]}}


def upload(frame):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        frame.to_csv(path, index=False)
        return h2o.import_file(str(path), col_types={name: TYPES[name] for name in frame.columns}, header=1)


def download(frame):
    """Columns of floats and texts, as exact as the server has them."""
    text = h2o.api("GET /3/DownloadDataset", data={"frame_id": frame.frame_id, "hex_string": True, "escape_quotes": True})
    rows = list(csv.reader(io.StringIO(text)))
    kinds = [frame.types[name] for name in rows[0]]
    columns = {}
    for j, name in enumerate(rows[0]):
        texts = kinds[j] in ("enum", "string")
        columns[name] = [None if row[j] == "" else row[j] if texts else number(row[j]) for row in rows[1:]]
    return columns


def number(text):
    value = float.fromhex(text) if "x" in text.lower() else float(text)
    return None if math.isnan(value) else value


def splits(model):
    """Column and value of each split of the first tree; none for what has no trees."""
    try:
        category = model._model_json["output"]["model_category"]
        tree = H2OTree(model, 0, "low" if category == "Multinomial" else None)
    except Exception:
        return []
    return [(name, value) for name, value in zip(tree.features, tree.thresholds)
            if name in NUMBERS and value is not None and not math.isnan(value)]


def rows_for(model, inputs, frame, unseen, missing):
    rows = frame[inputs].iloc[::12].reset_index(drop=True).astype(object)
    usual = {name: frame[name].median() if TYPES[name] == "real" else frame[name].dropna().iloc[0] for name in inputs}
    hard = [{name: np.nan for name in inputs}]
    hard[0].update({"days": 1.0} if "days" in inputs else {})
    hard += [{**usual, name: np.nan} for name in inputs if name != "days"]
    hard += [{**usual, name: "never seen"} for name in inputs if TYPES[name] == "enum" and unseen]
    hard += [{**usual, name: value} for name in inputs if name in NUMBERS for value in (0.0, -1e6, 1e6, 1e-300)]
    for name, value in splits(model):
        value = float(np.float32(value))
        hard += [{**usual, name: each}
                 for each in (value, np.nextafter(np.float32(value), np.float32(-np.inf)).item(),
                              np.nextafter(np.float32(value), np.float32(np.inf)).item())]
    rows = pd.concat([rows, pd.DataFrame(hard, columns=inputs)], ignore_index=True)
    return rows if missing else rows.dropna(ignore_index=True)


def write(name, model, train, frame, inputs, target, **more):
    model.train(x=inputs, y=target, training_frame=train, **more)
    save(name, model, frame, inputs + [more["offset_column"]] if "offset_column" in more else inputs)


def save(name, model, frame, inputs):
    target = FOLDER / f"{name}.zip"
    with tempfile.TemporaryDirectory() as folder:
        strip(model.download_mojo(str(Path(folder, "model.zip"))), target)
    rows = upload(rows_for(model, inputs, frame, name not in NO_UNSEEN, name not in NO_MISSING))
    asked = download(rows)
    answers = download(model.predict(rows))
    written = {"names": inputs, "rows": [list(each) for each in zip(*(asked[each] for each in inputs))], "answers": answers}
    (FOLDER / f"{name}.json").write_text(json.dumps(written) + "\n")
    print(name, target.stat().st_size, len(written["rows"]), list(answers))


def strip(source, target):
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for each in sorted(read.namelist()):
            if "experimental/" not in each:
                written.writestr(zipfile.ZipInfo(each), read.read(each), zipfile.ZIP_DEFLATED)


def cases():
    small = {"ntrees": 4, "max_depth": 3, "seed": 7}
    net = {"hidden": [5], "epochs": 20, "seed": 7, "reproducible": True}
    yield "gbm_binomial", H2OGradientBoostingEstimator(**small), INPUTS, "high"
    yield "gbm_multinomial", H2OGradientBoostingEstimator(**small), INPUTS, "grade"
    yield "gbm_regression", H2OGradientBoostingEstimator(**small), INPUTS, "progress"
    yield "gbm_numbers", H2OGradientBoostingEstimator(**small), ["age", "sex"], "flag"
    yield "gbm_poisson", H2OGradientBoostingEstimator(distribution="poisson", **small), INPUTS, "stays"
    for encoding in ("one_hot_explicit", "binary", "eigen", "label_encoder", "enum_limited", "sort_by_response"):
        model = H2OGradientBoostingEstimator(categorical_encoding=encoding, **small)
        yield f"gbm_{encoding}", model, INPUTS, "high"
    yield "drf_binomial", H2ORandomForestEstimator(**small), INPUTS, "high"
    yield "drf_multinomial", H2ORandomForestEstimator(balance_classes=True, **small), INPUTS, "grade"
    yield "drf_regression", H2ORandomForestEstimator(**small), INPUTS, "progress"
    yield "glm_binomial", H2OGeneralizedLinearEstimator(family="binomial"), INPUTS, "high"
    yield "glm_multinomial", H2OGeneralizedLinearEstimator(family="multinomial"), INPUTS, "grade"
    yield "glm_ordinal", H2OGeneralizedLinearEstimator(family="ordinal"), INPUTS, "grade"
    yield "glm_regression", H2OGeneralizedLinearEstimator(), INPUTS, "progress"
    yield "glm_tweedie", H2OGeneralizedLinearEstimator(family="tweedie", tweedie_variance_power=1.5), INPUTS, "stays"
    yield "deeplearning_binomial", H2ODeepLearningEstimator(**net), INPUTS, "high"
    yield "deeplearning_multinomial", H2ODeepLearningEstimator(**net), INPUTS, "grade"
    yield "deeplearning_regression", H2ODeepLearningEstimator(**net), INPUTS, "progress"
    yield "autoencoder", H2OAutoEncoderEstimator(**net), INPUTS, None
    yield "kmeans", H2OKMeansEstimator(k=3, seed=7), INPUTS, None
    yield "kmeans_raw", H2OKMeansEstimator(k=3, seed=7, standardize=False), NUMBERS, None
    yield "isolation_forest", H2OIsolationForestEstimator(**small), INPUTS, None
    yield "isolation_forest_flag", H2OIsolationForestEstimator(contamination=0.1, **small), INPUTS, None
    yield ("extended_isolation_forest",
           H2OExtendedIsolationForestEstimator(ntrees=4, sample_size=32, extension_level=1, seed=7), NUMBERS, None)
    yield "pca", H2OPrincipalComponentAnalysisEstimator(k=2, transform="standardize", impute_missing=True), INPUTS, None
    yield "xgboost_binomial", H2OXGBoostEstimator(**small), INPUTS, "high"
    yield "xgboost_multinomial", H2OXGBoostEstimator(**small), INPUTS, "grade"
    yield "xgboost_regression", H2OXGBoostEstimator(**small), INPUTS, "progress"
    yield "rulefit", H2ORuleFitEstimator(max_rule_length=2, min_rule_length=2, rule_generation_ntrees=3, seed=7), INPUTS, "high"
    # Refused, so that its rows are not asked here.
    yield "glrm", H2OGeneralizedLowRankEstimator(k=2, seed=7), NUMBERS, None


def calibrated(train, frame):
    for method in ("PlattScaling", "IsotonicRegression"):
        model = H2OGradientBoostingEstimator(ntrees=4, max_depth=3, seed=7, calibrate_model=True, calibration_frame=train,
                                             calibration_method=method)
        write(f"gbm_calibrated_{'platt' if method.startswith('P') else 'isotonic'}", model, train, frame, INPUTS, "high")


def stacked(train, frame):
    folds = {"nfolds": 3, "fold_assignment": "Modulo", "keep_cross_validation_predictions": True, "seed": 7}
    forest, linear = H2ORandomForestEstimator(ntrees=3, max_depth=3, **folds), H2OGeneralizedLinearEstimator(**folds)
    for each in (forest, linear):
        each.train(x=INPUTS, y="high", training_frame=train)
    write("stacked_ensemble", H2OStackedEnsembleEstimator(base_models=[forest, linear]), train, frame, INPUTS, "high")


def main(*only):
    FOLDER.mkdir(parents=True, exist_ok=True)
    h2o.init(nthreads=1, max_mem_size="1g", port=54999, bind_to_localhost=True)
    h2o.no_progress()
    try:
        frame = table()
        train = upload(frame)

        def tried(name, make):
            if only and name not in only:
                return
            try:
                make()
            except Exception as e:
                print(f"{name}: {type(e).__name__}: {e}", file=sys.stderr)

        for name, model, inputs, target in cases():
            tried(name, lambda: write(name, model, train, frame, inputs, target))
        offset = H2OGeneralizedLinearEstimator(family="poisson")
        tried("glm_offset", lambda: write("glm_offset", offset, train, frame, INPUTS, "stays", offset_column="days"))
        boosted = H2OGradientBoostingEstimator(distribution="poisson", ntrees=4, max_depth=3, seed=7)
        tried("gbm_offset", lambda: write("gbm_offset", boosted, train, frame, INPUTS, "stays", offset_column="days"))
        tried("calibrated", lambda: calibrated(train, frame))
        tried("stacked", lambda: stacked(train, frame))
    finally:
        h2o.cluster().shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
