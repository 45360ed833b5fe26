"""Asks an endpoint with KServe's own clients; run by test_serving_clients.py with the Python that has them.

    kserve_flow.py URL ENDPOINT ROWS.json

ROWS.json holds {"names": […], "rows": [[…], …], "answers": […]}: what the model's library answers. Prints "ok".
"""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import httpx
import numpy as np
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig


def request_for(endpoint, names, rows, binary):
    inputs = []
    for i, name in enumerate(names):
        tensor = InferInput(name, [len(rows)], "FP64")
        tensor.set_data_from_numpy(np.ascontiguousarray(rows[:, i]), binary_data=binary)
        inputs.append(tensor)
    return InferRequest(model_name=endpoint, infer_inputs=inputs, request_id="7")


def check(answer, answers, how):
    assert answer.id == "7" and answer.model_name == "churn", (how, answer)
    np.testing.assert_array_equal(answer.outputs[0].as_numpy(), answers, how)


async def refused(call, kind):
    try:
        await call
    except kind as e:
        return e
    raise AssertionError("was not refused")


async def ask_rest(url, endpoint, names, rows, answers):
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    assert await client.is_server_live(url) and await client.is_server_ready(url)
    assert await client.is_model_ready(url, endpoint)
    for binary in (False, True):
        told = {}
        answer = await client.infer(
            url, request_for(endpoint, names, rows, binary), model_name=endpoint, response_headers=told)
        check(answer, answers, f"binary {binary}")
        assert told["x-millwright-model-version"] == "3" and "x-millwright-warnings" not in told, told
    wrong = await refused(
        client.infer(url, request_for(endpoint, names[:1], rows, False), model_name=endpoint), httpx.HTTPStatusError)
    assert wrong.response.status_code == 400 and names[1] in wrong.response.text, wrong.response.text
    nobody = await refused(
        client.infer(url, request_for("nobody", names, rows, False), model_name="nobody"), httpx.HTTPStatusError)
    assert nobody.response.status_code == 404, nobody
    await client.close()


async def ask_grpc(address, endpoint, names, rows, answers):
    async with InferenceGRPCClient(address, retries=2) as client:
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready(endpoint)
        for binary in (False, True):
            answer = await client.infer(request_for(endpoint, names, rows, binary))
            check(answer, answers, f"binary {binary}")
            assert answer.model_version == "3", answer
        nobody = await refused(client.infer(request_for("nobody", names, rows, True)), grpc.RpcError)
        assert nobody.code() == grpc.StatusCode.NOT_FOUND, nobody
        wrong = await refused(client.infer(request_for(endpoint, names[:1], rows, True)), grpc.RpcError)
        assert wrong.code() == grpc.StatusCode.INVALID_ARGUMENT and names[1] in wrong.details(), wrong


async def main(url, endpoint, file):
    given = json.loads(Path(file).read_text())
    rows = np.array(given["rows"], dtype=np.float64)
    answers = np.array(given["answers"])
    await ask_rest(url, endpoint, given["names"], rows, answers)
    await ask_grpc(urlsplit(url).netloc, endpoint, given["names"], rows, answers)
    print("ok")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
