"""The file: a graph of operators as JSON, and its numbers, in the safetensors format."""
import json
import math
import struct

import numpy as np


class NotExportable(Exception):
    """The model has a part that no operator computes; the message names it."""


class Value:
    """What flows between two operators: for each row so many numbers, or texts."""

    def __init__(self, name, width, texts=False, columns=None):
        self.name = name
        self.width = width
        self.texts = texts
        self.columns = columns  # names, where they are known


class Frame:
    """Columns that are still apart: what a pipeline reads first, each a field of its own."""

    def __init__(self, graph, columns):
        self.graph = graph
        self.columns = columns  # {name: Value}, in order

    @property
    def width(self):
        return len(self.columns)

    def pick(self, names):
        return Frame(self.graph, {name: self.columns[name] for name in names})


class Graph:
    def __init__(self):
        self.inputs = []
        self.nodes = []
        self.outputs = []
        self.about = {}
        self.tensors = {}
        self.names = set()

    # ------------------------------------------------------------ inputs and outputs

    def field(self, name, kind, width=1, categories=None):
        self.names.add(name)
        field = {"name": name, "type": kind, "width": width, "missing_allowed": True}
        if categories is not None:
            field["categories"] = categories
        self.inputs.append(field)
        return Value(name, width, texts=kind == "text", columns=[name] if width == 1 else None)

    def output(self, name, value, kind, column=None):
        if column is None:
            column = value.width == 1
        self.outputs.append({"name": name, "source": value.name, "type": kind, "column": column})

    # ------------------------------------------------------------ operators

    def node(self, op, inputs, width, texts=False, names=None, **parameters):
        """Adds an operator. Arrays become tensors; everything else is JSON."""
        name = op
        count = 2
        while name in self.names:
            name = f"{op}_{count}"
            count += 1
        self.names.add(name)
        written = {"name": name, "inputs": [value.name for value in inputs], "op": op}
        prefix = f"n{len(self.nodes)}"
        for key, value in parameters.items():
            self._write(written, prefix, key, value)
        self.nodes.append(written)
        return Value(name, width, texts, names)

    def _write(self, written, prefix, key, value):
        if isinstance(value, Ragged):
            self._write(written, prefix, key, value.values)
            self._write(written, prefix, key + "_ends", value.ends)
        elif isinstance(value, bytes):
            self.tensors[f"{prefix}.{key}"] = ("U8", value)
            written[key] = f"{prefix}.{key}"
        elif isinstance(value, np.ndarray):
            tensor = f"{prefix}.{key}"
            if value.ndim == 2:
                written[key + "_rows"], written[key + "_columns"] = value.shape
            flat = np.ascontiguousarray(value).reshape(-1)
            if flat.dtype.kind == "f":
                self.tensors[tensor] = ("F64", flat.astype("<f8").tobytes())
            else:
                self.tensors[tensor] = ("I32", flat.astype("<i4").tobytes())
            written[key] = tensor
        else:
            written[key] = plain(value)

    def select(self, value, columns):
        columns = [int(column) for column in columns]
        if columns == list(range(value.width)):
            return value
        names = [value.columns[column] for column in columns] if value.columns else None
        return self.node("select", [value], len(columns), value.texts, names, columns=np.array(columns, dtype=np.int32))

    def concat(self, values):
        values = [value for value in values if value.width > 0]
        if not values:
            raise NotExportable("a step without any column")
        if len(values) == 1:
            return values[0]
        if len({value.texts for value in values}) > 1:
            raise NotExportable("a step that joins texts and numbers, as scikit-learn does by making objects of both")
        names = None
        if all(value.columns for value in values):
            names = [name for value in values for name in value.columns]
        return self.node("concat", values, sum(value.width for value in values), values[0].texts, names)

    def scale(self, value, offset, factor, form="shift_first", low=-math.inf, high=math.inf, precision="float64"):
        return self.node("scale", [value], value.width, names=value.columns, form=form,
                         offset=numbers(offset, value.width), factor=numbers(factor, value.width), low=low, high=high,
                         precision=precision)

    def linear(self, value, weights, bias, precision="float64"):
        weights = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        return self.node("linear", [value], len(weights), weights=weights, bias=numbers(bias, len(weights)),
                         precision=precision)

    def apply(self, value, function, precision="float64"):
        width = 2 if function == "complement_and_self" else value.width
        return self.node("apply", [value], width, names=value.columns if width == value.width else None,
                         function=function, precision=precision)

    def label(self, value, classes):
        """The class that stands in a place."""
        labels = categories(classes)
        return self.node("label", [value], 1, texts="texts" in labels, labels=labels)

    # ------------------------------------------------------------ the file

    def to_bytes(self):
        graph = {"inputs": self.inputs, "nodes": self.nodes, "outputs": self.outputs, "about": self.about}
        header = {"__metadata__": {"format": "millwright-model", "format_version": "1",
                                   "graph": json.dumps(graph, allow_nan=False)}}
        offset = 0
        for name, (dtype, data) in self.tensors.items():
            size = {"F64": 8, "I32": 4, "U8": 1}[dtype]
            header[name] = {"dtype": dtype, "shape": [len(data) // size], "data_offsets": [offset, offset + len(data)]}
            offset += len(data)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        return b"".join([struct.pack("<Q", len(text)), text, *(data for _, data in self.tensors.values())])


class Ragged:
    """Lists of numbers of different lengths."""

    def __init__(self, lists, dtype):
        self.values = np.concatenate([np.asarray(each, dtype=dtype) for each in lists]) if lists else np.array([], dtype)
        self.ends = np.cumsum([len(each) for each in lists]).astype(np.int32) if lists else np.array([], np.int32)


def numbers(values, width):
    """Numbers of float64, one repeated as often as needed."""
    return np.broadcast_to(np.asarray(values, dtype=np.float64).reshape(-1), (width,)).copy()


def plain(value):
    """As JSON; what is not finite as a text."""
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if math.isnan(value):
            return "NaN"
        return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def is_missing(value):
    return value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)) or type(value).__name__ == "NAType"


def categories(values):
    """Categories as the file has them: all texts or all numbers, with the place of a missing one."""
    values = list(np.asarray(values, dtype=object)) if not isinstance(values, list) else values
    missing = [place for place, value in enumerate(values) if is_missing(value)]
    present = [value for value in values if not is_missing(value)]
    if len(missing) > 1:
        raise NotExportable("categories with two kinds of missing values (None and NaN)")
    missing_at = missing[0] if missing else -1
    if present and all(isinstance(value, str) for value in present):
        return {"texts": ["" if is_missing(value) else str(value) for value in values], "missing_at": missing_at}
    if all(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in present):
        return {"numbers": [math.nan if is_missing(value) else float(value) for value in values], "missing_at": missing_at}
    raise NotExportable(f"categories of several types: {sorted({type(value).__name__ for value in present})}")


def number_kind(values):
    """The type of a field or output that holds such numbers."""
    dtype = np.asarray(values).dtype
    if dtype.kind == "b":
        return "boolean"
    if dtype.kind in "iu":
        return "int64"
    return "float64"
