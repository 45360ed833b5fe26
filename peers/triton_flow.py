"""Asks an endpoint with Triton's own clients; run by test_triton.py with the models' Python, which has them.

    triton_flow.py URL ENDPOINT ROWS.json

ROWS.json holds {"names": […], "rows": [[…], …], "answers": […]}: what xgboost itself answers. Prints "ok".
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

PROTO = Path(__file__).resolve().parent.parent / "platform/src/main/proto/inference.proto"
TYPES = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 8: "bool", 9: "string", 12: "bytes", 13: "uint32",
}


def fields_of_triton(message, prefix=""):
    """{"Message.field": (number, type, repeated)} of a message of tritonclient's and of those inside it."""
    found = {}
    name = prefix + message.name
    for field in message.fields:
        kind = field.message_type.full_name.removeprefix("inference.") if field.message_type else TYPES[field.type]
        if field.message_type and field.message_type.GetOptions().map_entry:
            entry = field.message_type.fields_by_name["value"]
            kind = f"map<string, {entry.message_type.name}>"
            repeated = False
        else:
            kind = kind.split(".")[-1]
            repeated = field.is_repeated
        found[f"{name}.{field.name}"] = (field.number, kind, repeated)
    for nested in message.nested_types:
        if not nested.GetOptions().map_entry:
            found |= fields_of_triton(nested, name + ".")
    return found


def fields_of_ours():
    """The same, read from our .proto file."""
    found, path = {}, []
    for line in PROTO.read_text().splitlines():
        words = line.split("//")[0].split()
        if not words or words[0] in ("syntax", "package", "option", "service", "rpc"):
            if words and words[0] == "service":
                path.append(None)
            continue
        if words[0] in ("message", "oneof"):
            if "}" not in line:
                path.append(words[1] if words[0] == "message" else None)
        elif words[0] == "}":
            path.pop()
        else:
            repeated = words[0] == "repeated"
            declared = " ".join(words[1:] if repeated else words).split(";")[0]
            left, number = declared.split(" = ")
            kind, name = left.rsplit(" ", 1)
            found[".".join(part for part in path if part) + "." + name] = (int(number), kind, repeated)
    return found


def check_proto():
    theirs = {}
    for message in service_pb2.DESCRIPTOR.message_types_by_name.values():
        theirs |= fields_of_triton(message)
    ours = fields_of_ours()
    assert len(ours) > 60, ours
    for name, field in ours.items():
        assert theirs[name] == field, (name, field, theirs[name])


def refused(call):
    try:
        call()
    except InferenceServerException as e:
        return e
    raise AssertionError("was not refused")


def inputs_for(client, names, rows, **how):
    inputs = []
    for i, name in enumerate(names):
        tensor = client.InferInput(name, [len(rows)], "FP64")
        tensor.set_data_from_numpy(np.ascontiguousarray(rows[:, i]), **how)
        inputs.append(tensor)
    return inputs


def check_grpc(address, endpoint, names, rows, answers):
    with grpc.InferenceServerClient(address) as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(endpoint) and client.is_model_ready(endpoint, "1")
        server = client.get_server_metadata()
        assert server.name == "millwright" and "model_repository" in server.extensions, server
        metadata = client.get_model_metadata(endpoint, as_json=True)
        assert [tensor["name"] for tensor in metadata["inputs"]] == names, metadata
        assert metadata["versions"] == ["1"], metadata
        output = metadata["outputs"][0]["name"]

        inputs = inputs_for(grpc, names, rows)
        for arguments in ({}, {"client_timeout": 30.0}, {"compression_algorithm": "gzip"},
                          {"compression_algorithm": "deflate"}, {"outputs": [grpc.InferRequestedOutput(output)]},
                          {"headers": {"x-mlflow-workspace": "default"}}):
            answer = client.infer(endpoint, inputs, request_id="7", **arguments)
            np.testing.assert_array_equal(answer.as_numpy(output), answers, str(arguments))
            assert answer.get_response().id == "7" and answer.get_response().model_version == "1"
        # All columns as one tensor, and as float32.
        whole = grpc.InferInput("rows", list(rows.shape), "FP32")
        whole.set_data_from_numpy(rows.astype(np.float32))
        np.testing.assert_array_equal(client.infer(endpoint, [whole]).as_numpy(output), answers)

        index = client.get_model_repository_index(as_json=True)
        assert {"name": endpoint, "version": "1", "state": "READY"}.items() <= index["models"][0].items(), index
        assert refused(lambda: client.load_model(endpoint)).status() == "StatusCode.UNIMPLEMENTED"
        assert refused(lambda: client.unload_model(endpoint)).status() == "StatusCode.UNIMPLEMENTED"
        nobody = refused(lambda: client.infer("nobody", inputs))
        assert nobody.status() == "StatusCode.NOT_FOUND" and "nobody" in nobody.message(), nobody
        wrong = refused(lambda: client.infer(endpoint, [whole], outputs=[grpc.InferRequestedOutput("nope")]))
        assert wrong.status() == "StatusCode.INVALID_ARGUMENT" and "nope" in wrong.message(), wrong
        # 24 MB, over server.max-body-size.
        many = np.zeros((3_000_000, 1))
        large = grpc.InferInput("rows", list(many.shape), "FP64")
        large.set_data_from_numpy(many)
        too_large = refused(lambda: client.infer(endpoint, [large]))
        assert too_large.status() == "StatusCode.RESOURCE_EXHAUSTED", too_large
        assert "server.max-body-size" in too_large.message(), too_large
        # The header alone: with a client_timeout the client's own clock, which is coarse, may give up first, or too late. It
        # makes a millisecond of it, which is enough for a few rows.
        many = np.zeros((300_000, len(names)))
        slow = grpc.InferInput("rows", list(many.shape), "FP64")
        slow.set_data_from_numpy(many)
        late = refused(lambda: client.infer(endpoint, [slow], headers={"grpc-timeout": "1n"}))
        assert late.status() == "StatusCode.DEADLINE_EXCEEDED", late
        # The connection is as good as before.
        np.testing.assert_array_equal(client.infer(endpoint, inputs).as_numpy(output), answers)
        return output


def check_http(address, endpoint, names, rows, answers, output):
    with http.InferenceServerClient(address) as client:
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(endpoint)
        assert client.get_server_metadata()["name"] == "millwright"
        assert [tensor["name"] for tensor in client.get_model_metadata(endpoint)["inputs"]] == names
        for binary in (False, True):
            inputs = inputs_for(http, names, rows, binary_data=binary)
            outputs = [http.InferRequestedOutput(output, binary_data=binary)]
            answer = client.infer(endpoint, inputs, outputs=outputs)
            np.testing.assert_array_equal(answer.as_numpy(output), answers, f"binary {binary}")
        assert client.get_model_repository_index()[0]["name"] == endpoint


def main(url, endpoint, file):
    given = json.loads(Path(file).read_text())
    rows = np.array(given["rows"], dtype=np.float64)
    answers = np.array(given["answers"], dtype=np.float32)
    address = urlsplit(url).netloc
    check_proto()
    output = check_grpc(address, endpoint, given["names"], rows, answers)
    check_http(address, endpoint, given["names"], rows, answers, output)
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
