"""Takes back calls to an endpoint, which HTTP/2 does by a reset; run by test_serving_faults.py with the models' Python,
which has gRPC.

    resets_flow.py ADDRESS ENDPOINT

Prints how many calls it took back, and how many others were answered rightly.
"""

import sys

import grpc
from tritonclient.grpc import service_pb2 as messages

ROUNDS = 20
CALLS = 100
ROWS = 2_000


def request(endpoint, rows):
    asked = messages.ModelInferRequest(model_name=endpoint)
    tensor = asked.inputs.add(name="x", datatype="FP64", shape=[rows])
    tensor.contents.fp64_contents.extend([3.0] * rows)
    return asked.SerializeToString()


def main(address, endpoint):
    large, small = request(endpoint, ROWS), request(endpoint, 1)
    cancelled = answered = 0
    for number in range(ROUNDS):
        with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            calls = [infer.future(large) for _ in range(CALLS)]
            for place, call in enumerate(calls):
                if place % 4:
                    cancelled += call.cancel()
            for place, call in enumerate(calls):
                if place % 4 == 0:
                    answer = messages.ModelInferResponse.FromString(call.result(timeout=60))
                    assert list(answer.outputs[0].contents.fp32_contents) == [1.0] * ROWS, answer
                    answered += 1
            # The last ones are left behind with their connection.
            for _ in range(CALLS if number % 2 else 0):
                infer.future(large)
    with grpc.insecure_channel(address) as channel:
        messages.ModelInferResponse.FromString(
            channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")(small, timeout=30))
    print(f"{cancelled} cancelled, {answered} answered")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
