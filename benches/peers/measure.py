"""One round: load through a running proxy, and what the proxy's process spent on it."""

import json
import os
import re
import shutil
import socket
import subprocess
import time

from machine import connections_max, on_load_core
from scenarios import path_of

TICKS = os.sysconf("SC_CLK_TCK")


def spent(pids):
    """Seconds of user and of system time so far, of all of them."""
    fields = [open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split() for pid in pids]
    return tuple(sum(int(each[place]) for each in fields) / TICKS for place in (11, 12))


def memory(pid, what):
    """A line of /proc/PID/status in KiB: VmRSS now, VmHWM at most."""
    return int(re.search(rf"{what}:\s+(\d+) kB", open(f"/proc/{pid}/status").read())[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, what, log=None):
    """Until something listens there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = log.read_text(errors="replace") if log else ""
            raise SystemExit(f"{what} ended at once with {process.returncode}\n{said}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{what} does not listen on {port}")


def upstream(tool, size):
    """A fast upstream on the core of the load."""
    port = free_port()
    command = [tool, "serve", "--listen", f"0.0.0.0:{port}", "--size", str(size)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=on_load_core)
    wait_for(port, process, "the upstream")
    return process, port


def load(tool, port, scenario, seconds):
    """Runs the load and gives what the generator says."""
    command = [tool, "run", f"http://127.0.0.1:{port}{path_of(scenario)}", "--connections", str(scenario.connections)]
    command += ["--duration", f"{seconds}s", "--warmup", "0s", "--quiet", "--json", "-"]
    command += ["--rate", str(scenario.rate)] if scenario.rate else ["--closed"]
    command += ["--http2", "--streams", str(scenario.streams)] if scenario.streams else []
    command += ["--grpc", "--body-size", str(scenario.size)] if scenario.grpc else []
    for header in scenario.headers:
        command += ["--header", header]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=on_load_core, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the load failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def round_of(tool, pids, port, scenario, seconds):
    """One measurement."""
    before = spent(pids)
    said = load(tool, port, scenario, seconds)
    after = spent(pids)
    count = max(said["ok"], 1)
    wrong = said["requests"] - said["ok"] + sum(said["errors"].values())
    user, system = (1e6 * (late - early) / count for late, early in zip(after, before))
    latency = said["latency_us"]
    return {
        "cpu": user + system,
        "user": user,
        "rate": said["rate_got"],
        "wrong": wrong,
        **{name: latency[name] for name in ("p50", "p99", "p999")},
    }


def calls_per_request(tool, pid, port, scenario):
    """System calls of the proxy per request, by strace; None where that cannot be had."""
    if not shutil.which("strace"):
        return None
    command = ["strace", "-c", "-f", "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    first = tracer.stderr.readline()
    if "attached" not in first:
        tracer.wait()
        return None
    said = load(tool, port, scenario, 2)
    tracer.send_signal(2)
    rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", tracer.communicate()[1], re.M)
    total = sum(int(count) for count, name in rows if name != "total")
    return total / max(said["ok"], 1)


def idle_kib(pid, port, connections):
    """KiB per connection that has carried one request and is kept open."""
    connections = connections_max(connections)
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    warm = [exchange(port, request) for _ in range(64)]
    before = memory(pid, "VmRSS")
    held = []
    try:
        held = [exchange(port, request) for _ in range(connections)]
        time.sleep(1)
        return (memory(pid, "VmRSS") - before) / connections
    finally:
        for connection in held + warm:
            connection.close()


def exchange(port, request):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(request)
    connection.recv(4096)
    return connection
