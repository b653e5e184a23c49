"""Calls of gRPC, by name of the case. Ends with 0 when all was as it should be.

usage: client.py ADDRESS CASE…
"""

import sys
import threading
import time

import grpc

PATIENCE = 20
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_retries", 0)]
ECHO = "/test.v1.Echo/"


def said(what):
    """Tells the test, and waits until it says that it may go on."""
    print(what, flush=True)
    sys.stdin.readline()


def fault(call):
    """Code and details of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name, error.details(), error
    raise AssertionError("it did not fail")


def patterns(channel):
    unary = channel.unary_unary(ECHO + "Unary")
    for size in (0, 1, 16384, 100_000):
        assert unary(b"x" * size, timeout=PATIENCE) == b"x" * size
    collect = channel.stream_unary(ECHO + "Collect")
    assert collect((b"x" * size for size in range(200)), timeout=PATIENCE) == b"200 19900"
    spread = channel.unary_stream(ECHO + "Spread")
    answers = list(spread(b"300 1000", timeout=PATIENCE))
    assert [(answer[0], len(answer)) for answer in answers] == [(number % 256, 1000) for number in range(300)]
    assert list(spread(b"0 0", timeout=PATIENCE)) == []
    turn = threading.Semaphore(1)

    def questions():
        for number in range(100):
            assert turn.acquire(timeout=PATIENCE)
            yield str(number).encode()

    for number, answer in enumerate(channel.stream_stream(ECHO + "Chat")(questions(), timeout=PATIENCE)):
        assert answer == str(number).encode()
        turn.release()
    calls = [unary.future(str(number).encode(), timeout=PATIENCE) for number in range(300)]
    assert [int(call.result()) for call in calls] == list(range(300))


def metadata(channel):
    sent = (("x-plain", "a, b"), ("x-octets-bin", bytes(range(256))), ("x-two", "1"), ("x-two", "2"), ("x-e_f", "g"))
    _, call = channel.unary_unary(ECHO + "Unary").with_call(b"", metadata=sent, timeout=PATIENCE)
    came = [(key, value) for key, value in call.initial_metadata() if (key, value) in sent]
    assert sorted(map(str, came)) == sorted(map(str, sent)), call.initial_metadata()
    trailing = dict(call.trailing_metadata())
    assert trailing["request_cost"] == "7" and trailing["x-octets-bin"] == bytes(range(256)), trailing


def large(channel):
    message = bytes(range(256)) * 65536
    assert channel.unary_unary(ECHO + "Unary")(message, timeout=PATIENCE) == message
    for answer in channel.stream_stream(ECHO + "Chat")(iter([message, b"small", message]), timeout=PATIENCE):
        assert answer in (message, b"small")


def errors(channel):
    code, details, error = fault(lambda: channel.unary_unary(ECHO + "Fail")(b"", timeout=PATIENCE))
    assert (code, details) == ("FAILED_PRECONDITION", "not now: 100% sure, Grüße\nfrom here")
    trailing = dict(error.trailing_metadata())
    assert (trailing["x-why"], trailing["x-why-bin"]) == ("because", b"\0\xff"), trailing
    code, _, _ = fault(lambda: channel.unary_unary(ECHO + "Nothing")(b"", timeout=PATIENCE))
    assert code == "UNIMPLEMENTED"


def refusals(channel):
    for path, wanted in (
        ("/test.v1.Other/Unary", ("UNIMPLEMENTED", "404 no-path")),
        ("/test.v1.Nowhere/Unary", ("UNAVAILABLE", "503 no-endpoint")),
        ("/test.v1.Closed/Unary", ("UNAVAILABLE", "back at noon: 100% sure, Grüße")),
        ("/test.v1.Forbidden/Unary", ("PERMISSION_DENIED", "not you")),
    ):
        code, details, _ = fault(lambda path=path: channel.unary_unary(path)(b"x" * 100_000, timeout=PATIENCE))
        assert (code, details) == wanted, (path, code, details)
        stream = channel.stream_stream(path)(iter([b"one", b"two"]), timeout=PATIENCE)
        assert fault(lambda stream=stream: list(stream))[:2] == wanted
    # of an answer that is a head alone, all fields are trailing metadata
    closed = fault(lambda: channel.unary_unary("/test.v1.Closed/Unary")(b"", timeout=PATIENCE))[2]
    assert ("x-towpath-reason", "maintenance") in closed.trailing_metadata(), closed.trailing_metadata()


def time_left(channel):
    left = channel.unary_unary(ECHO + "Left")
    # grpcio rounds up what it tells
    remaining = float(left(b"", timeout=PATIENCE))
    assert 0 < remaining <= PATIENCE + 1, remaining
    assert left(b"") == b"none"
    bound = channel.unary_unary("/test.v1.Bound/Left")
    for timeout, most in ((None, 2), (1.5, 1.6), (PATIENCE, 2)):
        remaining = float(bound(b"", timeout=timeout))
        assert 0 < remaining <= most, (timeout, remaining)


def deadline(channel):
    assert fault(lambda: channel.unary_unary(ECHO + "Wait")(b"", timeout=2))[0] == "DEADLINE_EXCEEDED"


def route_deadline(channel):
    code, details, _ = fault(lambda: channel.unary_unary("/test.v1.Bound/Wait")(b""))
    # the server knows what is left, and may say so itself
    assert code == "DEADLINE_EXCEEDED" and details in ("504 timeout", "Deadline Exceeded"), (code, details)


def route_deadline_behind_a_message(channel):
    answers = channel.unary_stream("/test.v1.Bound/Half")(b"one")
    assert next(answers) == b"one"
    code, details, _ = fault(lambda: next(answers))
    told = ("the answer broke off: timeout", "Deadline Exceeded")
    assert code == "DEADLINE_EXCEEDED" and details in told, (code, details)


def cancel(channel):
    call = channel.unary_unary(ECHO + "Wait").future(b"", timeout=PATIENCE)
    said("begun")
    call.cancel()
    assert call.code() == grpc.StatusCode.CANCELLED
    said("given up")
    answers = channel.unary_stream(ECHO + "Half")(b"one", timeout=PATIENCE)
    assert next(answers) == b"one"
    said("begun")
    answers.cancel()
    assert answers.code() == grpc.StatusCode.CANCELLED
    said("given up")


def broken(channel):
    answers = channel.unary_stream(ECHO + "Half")(b"one", timeout=PATIENCE)
    assert next(answers) == b"one"
    said("begun")
    code, details, _ = fault(lambda: next(answers))
    assert (code, details) == ("UNAVAILABLE", "the answer broke off: reset"), (code, details)
    code, details, _ = fault(lambda: channel.unary_unary(ECHO + "Unary")(b"", timeout=PATIENCE))
    assert (code, details) == ("UNAVAILABLE", "502 connect-failure"), (code, details)


def absent(channel):
    code, details, _ = fault(lambda: channel.unary_unary(ECHO + "Unary")(b"", timeout=PATIENCE))
    assert (code, details) == ("UNAVAILABLE", "502 connect-failure"), (code, details)


def unbroken(channel):
    """One stream goes on, and calls come after each other, until the test has done what it wants to do to them."""
    stop, failed, count = threading.Event(), [], []
    unary = channel.unary_unary(ECHO + "Unary")

    def ask():
        while not stop.is_set():
            try:
                assert unary(b"x" * 1000, timeout=PATIENCE) == b"x" * 1000
                count.append(1)
            except grpc.RpcError as error:
                failed.append(error)
                return

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    answers = chatting(channel)
    next(answers)
    said("begun")
    assert next(answers) == b"again"
    stop.set()
    for asker in askers:
        asker.join()
    assert not failed and len(count) >= len(askers), (len(count), failed)


def chatting(channel):
    """A stream that says something first, and again when it is asked for the next answer."""
    go = threading.Semaphore(0)

    def questions():
        yield b"once"
        assert go.acquire(timeout=PATIENCE)
        yield b"again"

    for answer in channel.stream_stream(ECHO + "Chat")(questions(), timeout=PATIENCE):
        yield answer
        go.release()


def drained(channel):
    answers = chatting(channel)
    assert next(answers) == b"once"
    said("begun")
    assert list(answers) == [b"again"]


def main():
    address, *cases = sys.argv[1:]
    for case in cases:
        with grpc.insecure_channel(address, options=UNLIMITED) as channel:
            begun = time.monotonic()
            globals()[case](channel)
            print(f"# {case} {time.monotonic() - begun:.2f}s", file=sys.stderr)


main()
