"""A model that does what its rows say; see PythonWorkerTest."""
import os
import sys
import time

import numpy as np
import pandas as pd


class Model:
    def predict(self, rows, params=None):
        if params is not None:
            self.params = params
        if isinstance(rows, np.ndarray):
            return rows.sum(axis=tuple(range(1, rows.ndim))) if rows.ndim > 1 else rows * 2
        act = rows["act"].iloc[0] if "act" in rows else "double"
        return getattr(self, act)(rows["x"], rows)

    def double(self, x, rows):
        return (x * 2).to_numpy()

    def types(self, x, rows):
        return [f"{name} {rows[name].dtype}" for name in rows.columns]

    def frame(self, x, rows):
        return pd.DataFrame({"low": x - 1, "name": ["a", "ü"] * (len(x) // 2), "whole": range(len(x))})

    def series(self, x, rows):
        return pd.Series(x * 3, name="thrice")

    def matrix(self, x, rows):
        return np.stack([x, -x], axis=1)

    def texts(self, x, rows):
        return [f"<{value}>" for value in x]

    def records(self, x, rows):
        return [{"value": value, "large": bool(value > 1)} for value in x]

    def by_name(self, x, rows):
        return {"a": x.to_numpy(), "b": np.stack([x, x], axis=1)}

    def flags(self, x, rows):
        return (x > 1).to_numpy()

    def told(self, x, rows):
        return [f"{name}={self.params[name]!r}" for name in sorted(self.params)][:len(x)]

    def narrow(self, x, rows):
        return x.to_numpy().astype(np.float32) / 3

    def scalar(self, x, rows):
        return float(x.sum())

    def huge(self, x, rows):
        return np.array([2 ** 53 + 1] * len(x))

    def ragged(self, x, rows):
        return [[1], [1, 2]]

    def nothing(self, x, rows):
        return None

    def prints(self, x, rows):
        print("printed " * 1000)
        sys.stdout.write("no newline")
        os.write(1, b"\xff\x00 raw bytes\n")
        return (x * 2).to_numpy()

    def fails(self, x, rows):
        raise ValueError("the first line\nx is not to my taste")

    def stops(self, x, rows):
        sys.exit("enough")

    def dies(self, x, rows):
        os._exit(3)

    def crashes(self, x, rows):
        os.abort()

    def sleeps(self, x, rows):
        time.sleep(float(x.iloc[0]))
        return (x * 2).to_numpy()

    def hangs(self, x, rows):
        while True:
            pass

    def eats(self, x, rows):
        kept = []
        while True:
            kept.append(np.ones(10_000_000))

    def dies_once(self, x, rows):
        """Of those asked with one file, the first dies."""
        try:
            os.close(os.open(rows["file"].iloc[0], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return (x * 2).to_numpy()
        os._exit(3)

    def together(self, x, rows):
        """How many rows are in the call."""
        time.sleep(0.05)
        if (x < 0).any():
            raise ValueError("x is negative")
        if (x == 99).any():
            os._exit(3) if not os.path.exists("died") and not open("died", "w").close() else None
        return [float(len(x))] * len(x)

    def breeds(self, x, rows):
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        return [child.pid] * len(x)

    def pid(self, x, rows):
        time.sleep(0.01)
        return [os.getpid()] * len(x)


def _load_pyfunc(path):
    with open(path) as file:
        how = file.read().strip()
    if how == "fails":
        raise RuntimeError("the weights are from another world")
    if how == "dies":
        print("my last words", flush=True)
        os._exit(7)
    return Model()
