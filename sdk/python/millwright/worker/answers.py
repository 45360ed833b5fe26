"""What a pyfunc model answers, whatever it is, as columns."""
import base64
import io

import numpy as np
import pandas as pd
import pyarrow as pa

UNNAMED = "predictions"
EXACT = 2 ** 53


class NotSendable(Exception):
    """The model answered what has no columns."""


def write(result, schema, number):
    form, columns = parts(result, schema)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise NotSendable(f"The model's answer has columns of {sorted(lengths)} rows.")
    table = pa.table({name: sendable(column, name) for name, column in columns.items()})
    return stream(table, {"id": number, "form": form})


def refuse(kind, message, trace, number):
    return empty({"id": number, "error": kind, "message": message, "trace": trace[-20_000:]})


def empty(metadata):
    return stream(pa.table({}), metadata)


def stream(table, metadata):
    table = table.replace_schema_metadata(metadata).combine_chunks()
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getbuffer()


def parts(result, schema):
    """The form of an answer, and its columns by name."""
    if isinstance(result, pd.DataFrame):
        return "records", named({str(name): result.iloc[:, i] for i, name in enumerate(result.columns)}, result)
    if isinstance(result, pd.Series):
        return "records", {"0" if result.name is None else str(result.name): result}
    if isinstance(result, dict):
        if not result:
            raise NotSendable("The model answered an empty dict.")
        if all(np.ndim(value) == 0 for value in result.values()):
            return "records", {str(name): [value] for name, value in result.items()}
        return "columns", {str(name): value for name, value in result.items()}
    if hasattr(result, "toarray"):
        result = result.toarray()  # scipy's sparse matrices
    if isinstance(result, (list, tuple)) and result and all(isinstance(row, dict) for row in result):
        frame = pd.DataFrame(list(result))
        return "records", {str(name): frame[name] for name in frame.columns}
    if result is None:
        raise NotSendable("The model answered None.")
    if not isinstance(result, (np.ndarray, list, tuple)):
        result = [result]
    return "values", {only_name(schema): result}


def named(columns, frame):
    if len(columns) != len(frame.columns):
        raise NotSendable(f"The model's answer has two columns of one name: {list(frame.columns)}.")
    if not columns:
        raise NotSendable("The model answered a data frame without columns.")
    return columns


def only_name(schema):
    if schema is not None and len(schema.inputs) == 1 and getattr(schema.inputs[0], "name", None):
        return schema.inputs[0].name
    return UNNAMED


def sendable(values, name):
    """A column as Arrow has it; [rows, n] is a list of n for each row."""
    if isinstance(values, pd.Series):
        return plain(from_series(values, name), name)
    try:
        array = np.asarray(values)
    except ValueError as problem:
        raise NotSendable(f"The model's answer '{name}' has rows that are not alike: {problem}.") from problem
    if array.ndim == 0:
        array = array.reshape(1)
    if array.dtype.kind in "OUS" and isinstance(values, (list, tuple)) and array.ndim == 1:
        return plain(from_list(list(values), name), name)
    if array.dtype.kind == "O":
        flat = from_list(array.ravel().tolist(), name)
    elif array.dtype.kind in "UM":
        flat = pa.array(array.ravel().tolist() if array.dtype.kind == "U" else array.ravel())
    elif array.dtype.kind in "biufS":
        flat = pa.array(array.ravel().astype(np.float32) if array.dtype == np.float16 else array.ravel())
    else:
        raise NotSendable(f"The model's answer '{name}' is of type {array.dtype}, which cannot be sent.")
    flat = plain(flat, name)
    if array.ndim == 1:
        return flat
    width = int(np.prod(array.shape[1:]))
    if width == 0:
        raise NotSendable(f"The model's answer '{name}' has the shape {array.shape}: no values.")
    column = pa.FixedSizeListArray.from_arrays(flat, width)
    return column


def from_series(series, name):
    if series.dtype == np.float16:
        series = series.astype(np.float32)
    if len(series) and series.dtype == object and isinstance(series.iloc[0], (list, tuple, np.ndarray)):
        return sendable(series.tolist(), name)
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as problem:
        raise NotSendable(f"The model's answer '{name}' cannot be sent: {problem}.") from problem


def from_list(values, name):
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as problem:
        raise NotSendable(f"The model's answer '{name}' cannot be sent: {problem}.") from problem


def plain(array, name):
    """The same in one of the types that are sent: double, float, int64, int32, bool, string."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    type_ = array.type
    if pa.types.is_dictionary(type_):
        return plain(array.dictionary_decode(), name)
    if pa.types.is_fixed_size_list(type_) or pa.types.is_string(type_) or pa.types.is_boolean(type_):
        return array
    if pa.types.is_float64(type_) or pa.types.is_float32(type_):
        return array
    if pa.types.is_null(type_):
        return array.cast(pa.string())
    if pa.types.is_large_string(type_):
        return array.cast(pa.string())
    if pa.types.is_int64(type_) or pa.types.is_uint64(type_) or pa.types.is_uint32(type_):
        exact(array, name)
        return array.cast(pa.int64())
    if pa.types.is_integer(type_):
        return array.cast(pa.int32())
    if pa.types.is_decimal(type_):
        return array.cast(pa.float64())
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return pa.array([None if value is None else base64.b64encode(value).decode() for value in array.to_pylist()],
                        pa.string())
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return pa.array([None if value is None else value.isoformat() for value in array.to_pylist()], pa.string())
    raise NotSendable(f"The model's answer '{name}' is of type {type_}, which cannot be sent.")


def exact(array, name):
    """The server computes in float64: what it would round is refused."""
    from pyarrow import compute

    ends = compute.min_max(array).as_py()
    for value in (ends["min"], ends["max"]):
        if value is not None and abs(value) > EXACT:
            raise NotSendable(
                f"The model's answer '{name}' has {value}: whole numbers beyond 2^53 would be rounded. Answer texts.")
