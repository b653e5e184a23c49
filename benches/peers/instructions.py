"""`./dev bench check`: how many instructions and system calls one exchange costs, which no neighbour can disturb.

The release binary runs under callgrind, with a client and an upstream outside of it; sixteen connections are asked in
rounds. The counts stand in benches/instructions.json; growth of more than 3% fails until that file says otherwise, and so
does a table of 10,000 routes that costs 3% more than one of 10. HAProxy is counted in the same way, to compare with.
"""

import argparse
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import configs
import measure
import proxies
from scenarios import FIRST, HEADERS, path_of

COUNTS = proxies.ROOT / "benches" / "instructions.json"
GROWTH_MAX = 1.03
CALLS_MAX = 4.2
# most that an exchange may cost, as a share of HAProxy's instructions; told, not enforced
HAPROXY_BAR = 0.5
CONNECTIONS = 16
ROUNDS = 100
WARM_ROUNDS = 60


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
BESIDE_HAPROXY = ("get", "get-13-headers")


def answer(connection):
    """Reads one answer, which says its length."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += received(connection)
    top, _, body = text.partition(b"\r\n\r\n")
    if not top.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {top.decode(errors='replace')}")
    length = int(re.search(rb"(?i)content-length: (\d+)", top)[1])
    while len(body) < length:
        body += received(connection)


def received(connection):
    some = connection.recv(65536)
    return some or sys.exit("the proxy closed the connection")


def rounds(connections, request, count):
    for _ in range(count):
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            answer(connection)


def control(pid, word):
    command = ["callgrind_control", "-i", word, str(pid)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def started(peer, work, upstream, scenario, wrapper):
    port = measure.free_port()
    process = peer.start(Path(work), port, upstream, scenario, wrapper)
    measure.wait_for(port, process, peer.name, Path(work) / f"{peer.name}.log")
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    return process, connections


def ended(process, connections):
    for connection in connections:
        connection.close()
    process.terminate()
    process.wait()


def instructions(peer, work, upstream, scenario, request):
    """Instructions per exchange."""
    out = Path(work) / "callgrind.out"
    wrapper = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
    process, connections = started(peer, work, upstream, scenario, wrapper)
    rounds(connections, request, WARM_ROUNDS)
    control(process.pid, "on")
    rounds(connections, request, ROUNDS)
    control(process.pid, "off")
    ended(process, connections)
    total = int(re.search(r"^totals: (\d+)", out.read_text(), re.M)[1])
    return round(total / ROUNDS / CONNECTIONS)


def calls(peer, work, upstream, scenario, request):
    """System calls per exchange, of one connection at a time: what an exchange costs without a neighbour to share with."""
    log = Path(work) / "strace.out"
    process, connections = started(peer, work, upstream, scenario, [])
    rounds(connections, request, WARM_ROUNDS)
    tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(log), "-p", str(process.pid)], stderr=subprocess.PIPE, text=True)
    tracer.stderr.readline()
    rounds(connections, request, ROUNDS)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    ended(process, connections)
    rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", log.read_text(), re.M)
    network = ("read", "write", "readv", "writev", "recvfrom", "sendto", "recvmsg", "sendmsg")
    return round(sum(int(count) for count, name in rows if name in network) / ROUNDS / CONNECTIONS, 2)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench check", description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {COUNTS.relative_to(proxies.ROOT)}")
    wanted = parser.parse_args()
    for program in ("valgrind", "strace"):
        proxies.installed(program, program) or sys.exit(f"{program} is missing")
    tool = proxies.built("towpath-load") or sys.exit("towpath-load is not built")
    peers = {peer.name: peer for peer in proxies.peers(["towpath", "haproxy"])}
    known = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    found, grown = {}, []
    for name, scenario, request in EXCHANGES:
        beside = peers.get("haproxy") if name in BESIDE_HAPROXY else None
        server, upstream = measure.upstream(tool, scenario.size)
        try:
            with tempfile.TemporaryDirectory() as work:
                what = (work, upstream, scenario, request)
                found[name] = {"instructions": instructions(peers["towpath"], *what), "calls": calls(peers["towpath"], *what)}
                theirs = instructions(beside, *what) if beside else None
        finally:
            server.terminate()
            server.wait()
        before = known.get(name, {}).get("instructions")
        change = f"{100 * (found[name]['instructions'] / before - 1):+.1f}%" if before else "new"
        said = f"{name:17} {found[name]['instructions']:7} instructions ({change}), {found[name]['calls']} network calls"
        if theirs:
            said += f", {found[name]['instructions'] / theirs:.2f} of HAProxy's {theirs} (bar {HAPROXY_BAR})"
        print(said, flush=True)
        if before and found[name]["instructions"] > before * GROWTH_MAX:
            grown.append(name)
    if wanted.write:
        COUNTS.write_text(json.dumps(found, indent=2) + "\n")
    elif grown:
        sys.exit(f"more than 3% above {COUNTS.relative_to(proxies.ROOT)}: {', '.join(grown)}; --write when that is meant")
    few, many = (found[name]["instructions"] for name in ("get-10-routes", "get-10000-routes"))
    if many > few * GROWTH_MAX:
        sys.exit(f"among 10,000 routes an exchange costs {many / few:.2f} times what it costs among 10")
    if found["get"]["calls"] > CALLS_MAX:
        sys.exit(f"more than {CALLS_MAX} network calls for an exchange")


if __name__ == "__main__":
    main()
