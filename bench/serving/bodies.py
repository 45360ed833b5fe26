"""Requests of each protocol, prepared in files that the load generators send."""

import itertools
import json
import struct

BATCH = 1000
# Enough that the rows differ from call to call; a batch holds 1,000 of them already.
POOL = {1: 2048, BATCH: 16}


def body(protocol, rows):
    """The body, and how many of its bytes are JSON in the binary extension (-1: all of a body without it)."""
    shape = [len(rows), len(rows[0])]
    flat = list(itertools.chain.from_iterable(rows))
    if protocol == "mlflow":
        return encode({"inputs": rows}), -1
    tensor = {"name": "x", "shape": shape, "datatype": "FP64"}
    if protocol == "oip":
        return encode({"inputs": [tensor | {"data": flat}]}), -1
    tensor["parameters"] = {"binary_data_size": 8 * len(flat)}
    head = encode({"inputs": [tensor], "parameters": {"binary_data_output": True}})
    return head + struct.pack(f"<{len(flat)}d", *flat), len(head)


def encode(value):
    return json.dumps(value, separators=(",", ":")).encode()


def pool(bench, store, model, protocol, size):
    """A file of requests of `size` rows each, as rows.lua reads it; made once."""
    path = bench.work / f"{model}-{protocol}-{size}.requests"
    if not path.exists():
        rows = store.rows(model)["rows"]
        with open(path, "wb") as file:
            for number in range(POOL[size]):
                part = [rows[(number * size + i) % len(rows)] for i in range(size)]
                content, head = body(protocol, part)
                file.write(b"%d %d\n" % (len(content), head) + content)
    return path
