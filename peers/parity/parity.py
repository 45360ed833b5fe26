"""Writes the cases of a parity suite: a fitted model, rows, and what the library itself answers for them.

A case is a folder with case.json: {name, reader, use, model, rows, inputs: {field: values}, outputs: {name: values},
ulps, single, absolute}. Java evaluates the model on the inputs and compares (runtime's ParityTest).
"""
import json
import math
import pathlib

import numpy as np

FLOAT32_MAX = float(np.finfo(np.float32).max)
# What every number is compared on, besides real rows: where comparisons and roundings turn.
EXTREMES = [0.0, -0.0, 1e-35, -1e-35, 1.0000001e-35, 1e-40, 5e-324, 1e30, -1e30, FLOAT32_MAX, -FLOAT32_MAX]
NOT_FINITE = [math.nan, math.inf, -math.inf]


def with_boundaries(rows, thresholds=(), not_finite=True, extremes=True, seed=7):
    """Real rows, and copies of them in which single values are thresholds, their neighbours, extremes, NaN, infinity.

    thresholds: for each column the values it is compared with.
    """
    rng = np.random.default_rng(seed)
    rows = np.asarray(rows, dtype=np.float64)
    made = [rows]
    for column, values in enumerate(thresholds):
        values = np.unique(np.asarray(values, dtype=np.float64))
        if len(values) > 12:
            values = rng.choice(values, 12, replace=False)
        for value in values:
            single = np.float32(value)
            for each in (value, np.nextafter(value, -math.inf), np.nextafter(value, math.inf),
                         float(single), float(np.nextafter(single, np.float32(-math.inf))),
                         float(np.nextafter(single, np.float32(math.inf)))):
                made.append(_changed(rows, rng, column, each))
    odd = (EXTREMES if extremes else EXTREMES[:3]) + (NOT_FINITE if not_finite else [])
    for column in range(rows.shape[1]):
        for value in odd:
            made.append(_changed(rows, rng, column, value))
    if not_finite:
        made.append(np.full((1, rows.shape[1]), math.nan))
    return np.vstack(made)


def _changed(rows, rng, column, value):
    row = rows[rng.integers(len(rows))].copy()
    row[column] = value
    return row[np.newaxis, :]


def plain(values):
    """Values as JSON: missing texts are null."""
    values = np.asarray(values)
    if values.dtype == object:
        return [None if each is None or each != each else each for each in values.tolist()]
    if values.dtype == bool:
        return values.astype(int).tolist()
    return values.tolist()


class Suite:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    def add(self, name, reader, model_files, inputs, outputs, *, model="", use="", ulps=2, single=False, absolute=0.0):
        """model_files: {file name: bytes}; the first is the model, unless `model` names a folder of them.

        single: whether ulps are float32's.

        absolute: how far an output may be off whatever it is; for sums in an order that is the library's own.
        """
        folder = self.folder / f"{self.count:03d}"
        folder.mkdir(parents=True)
        for file, content in model_files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        inputs = {field: plain(values) for field, values in inputs.items()}
        case = {"name": name, "reader": reader, "use": use, "model": model or next(iter(model_files)),
                "rows": len(next(iter(inputs.values()))), "inputs": inputs,
                "outputs": {output: plain(values) for output, values in outputs.items()},
                "ulps": ulps, "single": single, "absolute": absolute}
        (folder / "case.json").write_text(json.dumps(case))
        self.count += 1
