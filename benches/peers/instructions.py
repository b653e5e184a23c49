"""`./dev bench check`: how many instructions and system calls one exchange costs, which no neighbour can disturb.

The release binary runs under callgrind, with a client and an upstream outside of it; sixteen connections are asked in
rounds, by HTTP/2 eight with 32 requests at once. The counts stand in benches/instructions.json; growth of more than 3% fails until
that file says otherwise, and so does a table of 10,000 routes that costs 3% more than one of 10. HAProxy is counted in the same way,
to compare with.
"""

import argparse
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import configs
import measure
import proxies
from scenarios import FIRST, HEADERS, Scenario, path_of

COUNTS = proxies.ROOT / "benches" / "instructions.json"
GROWTH_MAX = 1.03
CALLS_MAX = 4.2
# most that an exchange of HTTP/1.1 may cost, as a share of HAProxy's instructions; told, not enforced
HAPROXY_BAR = 0.5
CONNECTIONS = 16
ROUNDS = 100
WARM_ROUNDS = 60
HTTP2_CONNECTIONS = 8
HTTP2_ROUNDS = 24
HTTP2_WARM_ROUNDS = 12


def head(method, extra=(), path="/"):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1:8080", *extra]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


FEW = replace(FIRST, routes=10, path="last")
MANY = replace(FIRST, routes=10_000, path="last")

# name, scenario, request
EXCHANGES = [
    ("get", FIRST, head("GET")),
    ("get-13-headers", FIRST, head("GET", HEADERS)),
    ("get-10k", replace(FIRST, size=10_000), head("GET")),
    ("post-1k", FIRST, head("POST", ["Content-Length: 1000"]) + b"x" * 1000),
    ("post-chunked", FIRST, head("POST", ["Transfer-Encoding: chunked"]) + b"a\r\n0123456789\r\n0\r\n\r\n"),
    ("get-10-routes", FEW, head("GET", path=path_of(FEW))),
    ("get-10000-routes", MANY, head("GET", path=path_of(MANY))),
]
HTTP2 = [
    ("h2-h1", replace(FIRST, streams=32)),
    ("h2-h2", replace(FIRST, streams=32, upstream_http2=True)),
]
BESIDE_HAPROXY = ("get", "get-13-headers", "h2-h1", "h2-h2")


class Http1:
    """A connection that carries one exchange after the other."""

    def __init__(self, port, request):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.request = request

    def ask(self):
        self.socket.sendall(self.request)

    def answered(self):
        """Reads one answer, which says its length."""
        text = b""
        while b"\r\n\r\n" not in text:
            text += received(self.socket)
        top, _, body = text.partition(b"\r\n\r\n")
        if not top.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {top.decode(errors='replace')}")
        length = int(re.search(rb"(?i)content-length: (\d+)", top)[1])
        while len(body) < length:
            body += received(self.socket)


class Http2:
    """A connection that carries so many exchanges at once (RFC 9113)."""

    DATA, HEADERS, RESET, SETTINGS, GOAWAY, GRANT = 0, 1, 3, 4, 7, 8
    END_STREAM, END_HEADERS = 1, 4
    # GET http://127.0.0.1:8080/, of which only the authority is not in the static table (RFC 7541)
    GET = b"\x82\x86\x84\x01\x0e127.0.0.1:8080"

    def __init__(self, port, streams):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.streams, self.next, self.unread = streams, 1, b""
        room = self.frame(self.GRANT, 0, 0, struct.pack(">I", (1 << 31) - 65536))
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(self.SETTINGS, 0, 0, b"") + room)

    @staticmethod
    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    def ask(self):
        whole, first = self.END_STREAM | self.END_HEADERS, self.next
        self.next += 2 * self.streams
        self.socket.sendall(b"".join(self.frame(self.HEADERS, whole, stream, self.GET) for stream in range(first, self.next, 2)))

    def answered(self):
        """Reads to the end of all answers."""
        ended = 0
        while ended < self.streams:
            self.unread += received(self.socket)
            while len(self.unread) >= 9 and len(self.unread) >= 9 + (length := int.from_bytes(self.unread[:3], "big")):
                kind, flags = self.unread[3:5]
                self.unread = self.unread[9 + length :]
                if kind in (self.RESET, self.GOAWAY):
                    raise SystemExit("the proxy gave a request up")
                if kind == self.SETTINGS and flags == 0:
                    self.socket.sendall(self.frame(self.SETTINGS, 1, 0, b""))
                ended += kind in (self.DATA, self.HEADERS) and flags & self.END_STREAM


@dataclass(frozen=True)
class Exchange:
    """What is counted."""

    name: str
    scenario: Scenario
    # makes a connection to a port
    connect: Callable
    connections: int = CONNECTIONS
    # requests at once on each of them
    streams: int = 1
    rounds: int = ROUNDS
    warm_rounds: int = WARM_ROUNDS

    @property
    def count(self):
        return self.rounds * self.connections * self.streams


def exchanges():
    for name, scenario, request in EXCHANGES:
        yield Exchange(name, scenario, lambda port, request=request: Http1(port, request))
    for name, scenario in HTTP2:
        streams = scenario.streams
        connect = lambda port, streams=streams: Http2(port, streams)  # noqa: E731
        yield Exchange(name, scenario, connect, HTTP2_CONNECTIONS, streams, HTTP2_ROUNDS, HTTP2_WARM_ROUNDS)


def received(connection):
    some = connection.recv(65536)
    return some or sys.exit("the proxy closed the connection")


def rounds(connections, count):
    for _ in range(count):
        for connection in connections:
            connection.ask()
        for connection in connections:
            connection.answered()


def control(pid, word):
    command = ["callgrind_control", "-i", word, str(pid)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def started(peer, work, upstream, exchange, wrapper):
    port = measure.free_port()
    process = peer.start(Path(work), port, upstream, exchange.scenario, wrapper)
    measure.wait_for(port, process, peer.name, Path(work) / f"{peer.name}.log")
    return process, [exchange.connect(port) for _ in range(exchange.connections)]


def ended(process, connections):
    for connection in connections:
        connection.socket.close()
    process.terminate()
    process.wait()


def instructions(peer, work, upstream, exchange):
    """Instructions per exchange."""
    out = Path(work) / "callgrind.out"
    wrapper = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
    process, connections = started(peer, work, upstream, exchange, wrapper)
    rounds(connections, exchange.warm_rounds)
    control(process.pid, "on")
    rounds(connections, exchange.rounds)
    control(process.pid, "off")
    ended(process, connections)
    total = int(re.search(r"^totals: (\d+)", out.read_text(), re.M)[1])
    return round(total / exchange.count)


def calls(peer, work, upstream, exchange):
    """System calls per exchange, beside those that wait: with one exchange at a time on a connection, what it costs alone."""
    log = Path(work) / "strace.out"
    process, connections = started(peer, work, upstream, exchange, [])
    rounds(connections, exchange.warm_rounds)
    tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(log), "-p", str(process.pid)], stderr=subprocess.PIPE, text=True)
    tracer.stderr.readline()
    rounds(connections, exchange.rounds)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    ended(process, connections)
    rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", log.read_text(), re.M)
    network = ("read", "write", "readv", "writev", "recvfrom", "sendto", "recvmsg", "sendmsg")
    return round(sum(int(count) for count, name in rows if name in network) / exchange.count, 2)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench check", description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {COUNTS.relative_to(proxies.ROOT)}")
    parser.add_argument("--only", help="exchanges whose names contain this")
    wanted = parser.parse_args()
    for program in ("valgrind", "strace"):
        proxies.installed(program, program) or sys.exit(f"{program} is missing")
    tool = proxies.built("towpath-load") or sys.exit("towpath-load is not built")
    peers = {peer.name: peer for peer in proxies.peers(["towpath", "haproxy"])}
    known = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    found, grown = {}, []
    for exchange in exchanges():
        name = exchange.name
        if wanted.only and wanted.only not in name:
            continue
        beside = peers.get("haproxy") if name in BESIDE_HAPROXY else None
        server, upstream = measure.upstream(tool, exchange.scenario.size)
        try:
            with tempfile.TemporaryDirectory() as work:
                what = (work, upstream, exchange)
                found[name] = {"instructions": instructions(peers["towpath"], *what), "calls": calls(peers["towpath"], *what)}
                theirs = instructions(beside, *what) if beside else None
        finally:
            server.terminate()
            server.wait()
        before = known.get(name, {}).get("instructions")
        change = f"{100 * (found[name]['instructions'] / before - 1):+.1f}%" if before else "new"
        said = f"{name:17} {found[name]['instructions']:7} instructions ({change}), {found[name]['calls']} network calls"
        if theirs:
            bar = f" (bar {HAPROXY_BAR})" if exchange.streams == 1 else ""
            said += f", {found[name]['instructions'] / theirs:.2f} of HAProxy's {theirs}{bar}"
        print(said, flush=True)
        if before and found[name]["instructions"] > before * GROWTH_MAX:
            grown.append(name)
    if wanted.write:
        COUNTS.write_text(json.dumps(known | found, indent=2) + "\n")
    elif grown:
        sys.exit(f"more than 3% above {COUNTS.relative_to(proxies.ROOT)}: {', '.join(grown)}; --write when that is meant")
    if wanted.only:
        return
    few, many = (found[name]["instructions"] for name in ("get-10-routes", "get-10000-routes"))
    if many > few * GROWTH_MAX:
        sys.exit(f"among 10,000 routes an exchange costs {many / few:.2f} times what it costs among 10")
    if found["get"]["calls"] > CALLS_MAX:
        sys.exit(f"more than {CALLS_MAX} network calls for an exchange")


if __name__ == "__main__":
    main()
