"""Asks a server over gRPC, and writes the request as h2load sends it; run by the Python of requirements.txt.

    frames.py HOST:PORT MODEL ROWS.json REQUEST.bin

Prints the answer's first output as JSON.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import tritonclient.grpc as grpc
from tritonclient.grpc import service_pb2


def main(address, model, rows, request):
    values = np.array(json.loads(Path(rows).read_text()), dtype=np.float64)
    message = service_pb2.ModelInferRequest(model_name=model)
    message.inputs.add(name="x", datatype="FP64", shape=values.shape)
    message.raw_input_contents.append(values.tobytes())
    content = message.SerializeToString()
    # Not packed, then the length: a message of gRPC as it stands in HTTP/2's data.
    Path(request).write_bytes(b"\0" + struct.pack(">I", len(content)) + content)
    found = grpc.InferInput("x", list(values.shape), "FP64")
    found.set_data_from_numpy(values)
    answer = grpc.InferenceServerClient(address).infer(model, [found])
    first = answer.get_response().outputs[0].name
    print(json.dumps(answer.as_numpy(first).ravel().tolist()))


if __name__ == "__main__":
    main(*sys.argv[1:])
