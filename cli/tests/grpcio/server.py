"""A server of gRPC whose messages are octets. Says its port, then what happens to calls that wait; ends with stdin.

usage: server.py [CONNECTION_AGE_MS]
"""

import sys
import threading
from concurrent import futures

import grpc

WAITS = 30


LINES = threading.Lock()


def tell(line):
    with LINES:
        print(line, flush=True)


def unary(request, context):
    said = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]
    context.send_initial_metadata(said)
    context.set_trailing_metadata((("request_cost", "7"), ("x-octets-bin", bytes(range(256)))))
    return request


def left(_, context):
    remaining = context.time_remaining()
    # without a deadline it is years
    return b"none" if remaining is None or remaining > 1e6 else str(remaining).encode()


def collect(requests, _):
    count = octets = 0
    for request in requests:
        count += 1
        octets += len(request)
    return f"{count} {octets}".encode()


def spread(request, _):
    count, size = (int(word) for word in request.split())
    for number in range(count):
        yield bytes([number % 256]) * size


def chat(requests, _):
    yield from requests


def stay(context):
    over = threading.Event()
    if context.add_callback(over.set):
        tell("called")
        over.wait(WAITS)
    tell("over")


def wait(_, context):
    stay(context)
    return b"too late"


def half(request, context):
    yield request
    stay(context)


def fail(_, context):
    context.set_trailing_metadata((("x-why-bin", b"\0\xff"), ("x-why", "because")))
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now: 100% sure, Grüße\nfrom here")


def main():
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if len(sys.argv) > 1:
        options += [("grpc.max_connection_age_ms", int(sys.argv[1])), ("grpc.max_connection_age_grace_ms", 20000)]
    server = grpc.server(futures.ThreadPoolExecutor(64), options=options)
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Left": grpc.unary_unary_rpc_method_handler(left),
        "Wait": grpc.unary_unary_rpc_method_handler(wait),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Collect": grpc.stream_unary_rpc_method_handler(collect),
        "Spread": grpc.unary_stream_rpc_method_handler(spread),
        "Half": grpc.unary_stream_rpc_method_handler(half),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
    }
    for service in ("test.v1.Echo", "test.v1.Bound"):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    tell(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    sys.stdin.read()
    server.stop(None)


main()
