"""Rows of a request as a pyfunc model takes them: a data frame, an array, or arrays by name."""
import base64

import numpy as np
import pandas as pd
import pyarrow as pa

# What a column is called when a request names none.
UNNAMED = ("inputs", "instances")


def read(table, schema):
    """What MLflow's scoring server would give the model for these rows.

    schema  the model's, or None
    """
    names = table.schema.names
    if len(set(names)) != len(names):
        raise ValueError("The request has two columns of one name.")
    if schema is None:
        return undeclared(table)
    if schema.is_tensor_spec():
        return tensors(table, schema)
    return columns(table, schema)


def undeclared(table):
    only = table.num_columns == 1
    if only and (not is_flat(table, 0) or table.schema.names[0] in UNNAMED):
        return values(table, 0)
    return pd.DataFrame({name: cells(table, i) for i, name in enumerate(table.schema.names)})


def tensors(table, schema):
    specs = schema.inputs
    if not schema.has_input_names():
        return tensor(only_array(table), specs[0], "the tensor")
    names = table.schema.names
    if len(specs) == 1 and specs[0].name not in names and (len(names) == 1 or all_flat(table)):
        return {specs[0].name: tensor(only_array(table), specs[0], specs[0].name)}
    missing = [spec.name for spec in specs if spec.name not in names]
    if missing:
        raise ValueError(f"The request lacks the tensors {missing}; it has {names}.")
    return {spec.name: tensor(values(table, names.index(spec.name)), spec, spec.name) for spec in specs}


def only_array(table):
    """All columns side by side, when there is more than one."""
    if table.num_columns == 1:
        return values(table, 0)
    return np.column_stack([values(table, i) for i in range(table.num_columns)])


def tensor(array, spec, name):
    """The array in the shape and of the type that was declared."""
    shape = list(spec.shape)
    if len(shape) != array.ndim:
        inner = [extent for extent in shape[1:] if extent != -1]
        if len(inner) < len(shape) - 2:
            raise ValueError(f"The shape of {name} cannot be told: {tuple(shape)} is declared, {array.shape} was sent.")
        array = array.reshape([len(array)] + shape[1:])
    if spec.type.kind in "iu" and array.dtype.kind == "f":
        whole(array, name)
    return array.astype(spec.type)


def columns(table, schema):
    names = table.schema.names
    declared = schema.input_names() if schema.has_input_names() else list(range(len(schema.inputs)))
    types = schema.input_types()
    wide = table.num_columns == 1 and not is_flat(table, 0) and names[0] not in declared
    if wide:
        matrix = values(table, 0)
        if matrix.shape[1] != len(declared):
            raise ValueError(f"A row has {matrix.shape[1]} values, the model takes {len(declared)}: {declared}.")
        frame = {name: pd.Series(matrix[:, i]) for i, name in enumerate(declared)}
    elif len(declared) == 1 and len(names) == 1 and names[0] in UNNAMED:
        frame = {declared[0]: cells(table, 0)}
    elif not schema.has_input_names():
        frame = {i: cells(table, i) for i in range(len(names))}
    else:
        frame = {name: cells(table, i) for i, name in enumerate(names)}
    for name, type_ in zip(declared, types):
        if name in frame:
            frame[name] = cast(frame[name], type_, name)
    return pd.DataFrame(frame)


def cast(series, type_, name):
    """A column in the type that was declared."""
    word = getattr(type_, "name", "")
    try:
        if word == "binary":
            return series.map(lambda text: None if text is None else base64.b64decode(text))
        if word == "datetime":
            moments = pd.to_datetime(series)
            return moments.dt.as_unit("ns") if hasattr(moments.dt, "as_unit") else moments
        if word in ("integer", "long"):
            if series.dtype.kind == "f":
                whole(series.to_numpy(), name)
            return series.astype(type_.to_pandas())
        if word in ("float", "double"):
            return series.astype(type_.to_pandas())
        if word == "boolean" and not series.isna().any():
            return series.astype(type_.to_pandas())
    except (TypeError, ValueError) as problem:
        raise ValueError(f"Column '{name}' cannot be read as {word}: {problem}") from problem
    return series


def whole(array, name):
    """Refuses what a cast would round; MLflow's server would cut it off."""
    bad = np.flatnonzero(~np.isfinite(array.ravel()) | (array.ravel() != np.rint(array.ravel())))
    if len(bad):
        raise ValueError(f"Column '{name}', value {bad[0]}: {array.ravel()[bad[0]]} is no whole number.")


def is_flat(table, i):
    return not pa.types.is_fixed_size_list(table.schema.field(i).type)


def all_flat(table):
    return all(is_flat(table, i) for i in range(table.num_columns))


def flat(table, i):
    """All values of a column, one row after the other; missing numbers are NaN, missing texts None."""
    column = table.column(i).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    if pa.types.is_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    return column.to_numpy(zero_copy_only=False)


def values(table, i):
    """A column as an array: [rows], or [rows, width]."""
    array = flat(table, i)
    if is_flat(table, i):
        return array
    return array.reshape(table.num_rows, table.schema.field(i).type.list_size)


def cells(table, i):
    """A column of a data frame; its cells are lists where a row has several values."""
    array = flat(table, i)
    width = 1 if is_flat(table, i) else table.schema.field(i).type.list_size
    if width != 1:
        return pd.Series(array.reshape(table.num_rows, width).tolist())
    if array.dtype == object and not pa.types.is_boolean(table.schema.field(i).type):
        return pd.Series(array.tolist()) if len(array) else pd.Series(array)
    return pd.Series(array)
