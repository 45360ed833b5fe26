"""A fitted model to a graph: its inputs, its steps, its answers."""
import numpy as np

from . import estimators, steps
from .graph import Frame, Graph, NotExportable, number_kind


def save(model, path, example=None):
    """Writes the model to a file. See `export`."""
    content = export(model, example)
    with open(path, "wb") as file:
        file.write(content)


def export(model, example=None):
    """The model as the bytes of a file.

    model: a fitted estimator or pipeline.
    example: some rows as the model reads them (a data frame, an array); they tell the names and types of the columns. Without
        them names are what the model remembers, and a column is a text if its categories are.
    """
    graph = Graph()
    value = _inputs(graph, model, example)
    answers = estimators.answer(graph, model, value)
    for name, (answer, kind) in answers.items():
        graph.output(name, answer, kind, column=answer.width == 1 and name not in ("features", "probabilities", "distances"))
    graph.about = {"library": type(model).__module__.split(".")[0], "class": estimators.class_name(model),
                   "library-version": _version(type(model).__module__.split(".")[0])}
    return graph.to_bytes()


def _version(library):
    try:
        return str(__import__(library).__version__)
    except (ImportError, AttributeError):
        return ""


def _inputs(graph, model, example):
    columns = getattr(example, "columns", None)
    if columns is not None:
        frame = {str(name): graph.field(str(name), _kind(example[name])) for name in columns}
        return Frame(graph, frame)
    names = steps.feature_names(model)
    if names is not None:
        texts = steps.text_columns(model, names)
        return Frame(graph, {name: graph.field(name, "text" if name in texts else "float64") for name in names})
    if example is not None:
        example = np.asarray(example)
        texts = example.dtype.kind in "OUS" and isinstance(example.reshape(-1)[0], str)
        if example.ndim == 1:
            return graph.field("input", "text" if texts else number_kind(example))
        return graph.field("input", "text" if texts else "float64", example.shape[1])
    if steps.reads_documents(model):
        return graph.field("input", "text")
    width = steps.feature_count(model)
    if width is None:
        raise NotExportable(f"{estimators.class_name(model)} does not say how many features it reads; give an example of its rows")
    return graph.field("input", "text" if steps.text_columns(model, list(range(width))) else "float64", width)


def _kind(column):
    kind = getattr(column.dtype, "kind", "O")
    if kind in "iu":
        return "int64"
    if kind == "b":
        return "boolean"
    if kind == "f":
        return "float32" if str(column.dtype).lower() == "float32" else "float64"
    return "text"
