"""`./dev bench hostile`: what one bad peer costs, and what a good one beside it notices.

The release binary runs with one worker on a core of its own. A client asks at a constant rate over HTTP/2 and says its 99th
percentile; meanwhile one attacker, on one connection at a time, does its worst in raw frames, and begins anew whenever it is
thrown out. The table says what the proxy spent beyond what the good client alone costs.
"""

import argparse
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import measure
import proxies
from machine import on_load_core

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PING, GRANT, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
BLOCK = 64 * 1024
RATE = 1000
# streams of one connection, which is the default of `limits.streams`
STREAMS = 100
CONFIG = """
proxy: {{admin: "127.0.0.1:{admin}", workers: 1}}
listeners: {{web: {{address: "127.0.0.1:{listen}"}}}}
routes: {{all: {{to: app}}}}
clusters:
  app: {{endpoints: ["127.0.0.1:{upstream}"], limits: {{connections: 4096, pending: 4096}}{protocol}}}
"""


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def asked(stream, size=100, body=False, more=b""):
    """A request for an answer of this size."""
    block = b"\x83\x86" if body else b"\x82\x86"
    block += field(b":path", b"/?x-load=size=%d" % size) + field(b":authority", b"a") + more
    return frame(HEADERS, 4 if body else 5, stream, block)


def window(size):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 4, size))


def flood(one, first=b""):
    """The same, again and again."""
    block = one * max(1, BLOCK // len(one))

    def frames():
        yield window(65535) + first
        while True:
            yield block

    return frames


def by_stream(make, first=b""):
    """One after the other, each on a stream of its own."""

    def frames():
        yield window(65535) + first
        stream = 1
        while stream < 1 << 30:
            batch = [make(number) for number in range(stream, stream + 128, 2)]
            stream += 128
            yield b"".join(batch)

    return frames


def held(size, room, streams=STREAMS):
    """Answers of this size, of which none may be sent; then nothing."""

    def frames():
        grants = frame(GRANT, 0, 0, struct.pack(">I", (1 << 31) - 65536))
        yield window(room) + grants + b"".join(asked(2 * number + 1, size) for number in range(streams))

    return frames


def crumbs():
    """An answer that is granted octet by octet."""
    yield window(0) + asked(1, 1 << 20)
    while True:
        yield frame(GRANT, 0, 1, struct.pack(">I", 1)) * 256


def reset(stream):
    return frame(RESET, 0, stream, struct.pack(">I", 8))


BOMB = b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 12_000

# name, frames, whether the attacker reads what comes back
ATTACKS = [
    ("nobody", None, True),
    ("PING", flood(frame(PING, 0, 0, bytes(8))), True),
    ("PING, answers not read", flood(frame(PING, 0, 0, bytes(8))), False),
    ("SETTINGS", flood(window(65535)), True),
    ("PRIORITY", flood(frame(PRIORITY, 0, 1, bytes([0, 0, 0, 3, 9]))), True),
    ("WINDOW_UPDATE", flood(frame(GRANT, 0, 0, b"\0\0\0\1"), frame(GRANT, 0, 0, b"\0\0\0\1")), True),
    ("DATA without octets", flood(frame(DATA, 0, 1), asked(1, body=True)), True),
    ("frames of unknown types", flood(frame(0xFE, 0, 0, bytes(8))), True),
    ("CONTINUATION", flood(frame(CONTINUATION, 0, 1, b"\0\1x\1y" * 100), frame(HEADERS, 1, 1, b"\x82\x86")), True),
    ("HPACK bomb", by_stream(lambda stream: asked(stream, more=BOMB)), True),
    ("requests taken back at once", by_stream(lambda stream: asked(stream) + reset(stream)), True),
    ("requests without an end", by_stream(lambda stream: asked(stream, body=True)), True),
    ("resets that we have to send", by_stream(lambda stream: asked(stream, body=True) + frame(GRANT, 0, stream, b"\x7f\xff\xff\xff")), True),
    ("windows opened octet by octet", crumbs, True),
    ("windows that stay shut", held(1 << 20, 0), True),
    ("windows with room for some", held(1 << 20, 20_000), True),
    ("answers that are not read", held(1 << 20, (1 << 31) - 1), False),
]


class Attacker(threading.Thread):
    """One connection at a time."""

    def __init__(self, port, frames, reads):
        super().__init__(daemon=True)
        self.port, self.frames, self.reads = port, frames, reads
        self.over, self.connections, self.octets = False, 0, 0

    def run(self):
        while not self.over:
            try:
                self.attack()
            except OSError:
                pass

    def attack(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            self.connections += 1
            connection.settimeout(0.05)
            connection.sendall(PREFACE)
            for octets in self.frames():
                self.octets += len(octets)
                if not self.send(connection, octets):
                    return
            while not self.over and self.receive(connection):
                pass

    def send(self, connection, octets):
        """False when it is over."""
        rest = memoryview(octets)
        while len(rest) > 0:
            if self.over:
                return False
            try:
                rest = rest[connection.send(rest) :]
            except TimeoutError:
                pass
            if self.reads:
                connection.setblocking(False)
                try:
                    if not connection.recv(1 << 16):
                        return False
                except BlockingIOError:
                    pass
                finally:
                    connection.settimeout(0.05)
        return True

    def receive(self, connection):
        if not self.reads:
            time.sleep(0.05)
            return True
        try:
            return bool(connection.recv(1 << 16))
        except TimeoutError:
            return True


def started(work, upstream):
    """The proxy on its core, before an upstream that may speak HTTP/2."""
    listen, admin = measure.free_port(), measure.free_port()
    file = Path(work) / "towpath.yaml"
    port, protocol = upstream
    file.write_text(CONFIG.format(listen=listen, admin=admin, upstream=port, protocol=protocol))
    log = open(Path(work) / "towpath.log", "wb")
    command = [proxies.built("towpath"), "proxy", "-c", str(file)]
    process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=proxies.on_proxy_core)
    measure.wait_for(listen, process, "towpath", Path(work) / "towpath.log")
    return process, listen


def good(tool, port, seconds):
    """The client that does nothing wrong."""
    command = [tool, "run", f"http://127.0.0.1:{port}/", "--http2", "--connections", "4", "--streams", "8"]
    command += ["--rate", str(RATE), "--duration", f"{seconds}s", "--warmup", "0s", "--quiet", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=on_load_core, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the good client failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def row(tool, upstream, attack, seconds):
    name, frames, reads = attack
    with tempfile.TemporaryDirectory() as work:
        process, port = started(work, upstream)
        try:
            good(tool, port, 1)
            memory, before = measure.memory(process.pid, "VmRSS"), sum(measure.spent([process.pid]))
            attacker = Attacker(port, frames, reads)
            if frames:
                attacker.start()
            said = good(tool, port, seconds)
            attacker.over = True
            cpu = sum(measure.spent([process.pid])) - before
            grown = measure.memory(process.pid, "VmHWM") - memory
        finally:
            process.terminate()
            process.wait()
    wrong = said["requests"] - said["ok"] + said["late"]
    return {
        "attack": name,
        "p99": said["latency_us"]["p99"],
        "wrong": wrong,
        "cpu": 100 * cpu / seconds,
        "grown": grown,
        "connections": attacker.connections,
        "octets": attacker.octets,
    }


def many(upstream, connections):
    """KiB by which the process grows when so many connections hold as many streams as they may behind shut windows."""
    with tempfile.TemporaryDirectory() as work:
        process, port = started(work, upstream)
        try:
            before = measure.memory(process.pid, "VmRSS")
            attackers = [Attacker(port, held(1 << 20, 0), True) for _ in range(connections)]
            for attacker in attackers:
                attacker.start()
            time.sleep(5)
            grown = measure.memory(process.pid, "VmRSS") - before
            for attacker in attackers:
                attacker.over = True
        finally:
            process.terminate()
            process.wait()
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="how long each attack lasts")
    parser.add_argument("--upstream-http2", action="store_true", help="the upstream is spoken to in HTTP/2")
    parser.add_argument("--only", help="attacks whose names contain this")
    wanted = parser.parse_args()
    tool = proxies.built("towpath-load")
    if not tool or not proxies.built("towpath"):
        sys.exit("build the release binaries first: ./dev bench hostile does")
    server, port = measure.upstream(tool, 100)
    upstream = (port, ", protocol: h2" if wanted.upstream_http2 else "")
    try:
        print("| attack | p99 of others, µs | CPU of the proxy, % | memory, MiB | connections | MiB sent |")
        print("|---|--:|--:|--:|--:|--:|")
        base = None
        for attack in ATTACKS:
            if wanted.only and attack[1] and wanted.only not in attack[0]:
                continue
            said = row(tool, upstream, attack, wanted.seconds)
            base = base or said["cpu"]
            if said["wrong"]:
                print(f"{said['wrong']} requests of the good client failed", file=sys.stderr)
            cells = [said["attack"], f"{said['p99']:.0f}", f"+{said['cpu'] - base:.0f}", f"{said['grown'] / 1024:.1f}"]
            cells += [str(said["connections"]), f"{said['octets'] / (1 << 20):.1f}"]
            print(f"| {' | '.join(cells)} |", flush=True)
        if not wanted.only:
            print(f"\n{20 * STREAMS} streams of 20 connections behind shut windows: {many(upstream, 20) / 1024:.1f} MiB")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
