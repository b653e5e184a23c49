"""`./dev bench fleet`: a control server on one core, a simulated fleet on the other; how time and memory grow with both."""

import argparse
import datetime
import json
import platform
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import machine
import measure
import proxies

PAGE = proxies.ROOT / "docs" / "fleet.md"
BEGIN, END = "<!-- measured: ./dev bench fleet --write -->", "<!-- end -->"


def numbers(text):
    return [int(part.replace("_", "")) for part in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench fleet", description=__doc__)
    parser.add_argument("--proxies", type=numbers, default=[10, 100, 1000, 10000], metavar="N,N", help="sizes of the fleet (10,100,1000,10000)")
    parser.add_argument("--clusters", type=int, default=1000, help="clusters, each with a route (1000)")
    parser.add_argument("--endpoints", type=int, default=10, help="endpoints of each cluster (10)")
    parser.add_argument("--meshes", type=numbers, default=[100, 1000, 5000], metavar="N,N", help="sizes of the mesh for 100 proxies (100,1000,5000)")
    parser.add_argument("--times", type=int, default=20, help="changes of one route (20)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/fleet.md")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    return parser.parse_args()


def mesh(folder, clusters, endpoints):
    """A directory of documents: a route for each cluster."""
    names = [f"service-{number:05}" for number in range(clusters)]
    lines = ["listeners:", "  web: {address: 127.0.0.1:8080}", "routes:"]
    lines += [f"  {name}: {{hosts: [{name}.example.com], to: {name}}}" for name in names]
    lines += ["clusters:"]
    for number, name in enumerate(names):
        places = [f"10.{number >> 8}.{number & 255}.{place + 1}:8080" for place in range(endpoints)]
        lines.append(f"  {name}: {{endpoints: [{', '.join(places)}]}}")
    (folder / "mesh.yaml").write_text("\n".join(lines) + "\n")
    # one route, changed each time
    change = "routes:\n  service-00000: {hosts: [service-00000.example.com], to: service-00000, rank: {n}}\n"
    (folder.parent / "change.yaml").write_text(change)


def ready(api, process, log):
    """Until the server has read its source."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"towpath control ended with {process.returncode}\n{log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{api}/ready", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("towpath control is not ready after two minutes")


def round_of(towpath, tool, count, clusters, endpoints, times):
    """One server, one fleet."""
    with tempfile.TemporaryDirectory(prefix="towpath-fleet-") as work:
        work = Path(work)
        (work / "mesh").mkdir()
        mesh(work / "mesh", clusters, endpoints)
        api, push, log = measure.free_port(), measure.free_port(), work / "control.log"
        command = [towpath, "control", "--source", work / "mesh", "--state", work / "state", "--api", f"127.0.0.1:{api}", "--push", f"127.0.0.1:{push}", "--log-level", "warn"]
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=machine.on_proxy_core)
        try:
            ready(api, server, log)
            connections = machine.connections_max(count)
            command = [tool, "fleet", "--control", f"127.0.0.1:{push}", "--proxies", str(count), "--connections", str(connections), "--pid", str(server.pid), "--apply", work / "change.yaml", "--api", f"127.0.0.1:{api}", "--times", str(times), "--timeout", "5m", "--json", "-"]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=machine.on_load_core)
            if done.returncode:
                print(done.stderr.decode(), log.read_text(errors="replace")[-2000:], file=sys.stderr)
            if not done.stdout:
                raise SystemExit("the fleet has no figures")
            return {"clusters": clusters, "endpoints": endpoints, **json.loads(done.stdout)}
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def row(found):
    """The cells of one round."""
    server, sync, applied = found["server"], found["sync"], found["applied"]
    before, synced, after = server["before"], server["synced"], server["applied"]
    mib = lambda kib: f"{kib / 1024:,.1f}"
    each = (synced["rss_kib"] - before["rss_kib"]) / found["proxies"]
    ms = lambda spread, at: f"{spread[at]:,.1f}" if spread else "–"
    cpu = (after["cpu_seconds"] - synced["cpu_seconds"]) / max(applied["times"], 1) * 1000
    return [
        f"{found['proxies']:,}",
        f"{found['clusters']:,} × {found['endpoints']}",
        f"{sync['time_ms']['max'] / 1000:,.2f}" if sync["time_ms"] else "–",
        f"{sync['bytes'] / 2**20:,.1f}",
        f"{synced['cpu_seconds'] - before['cpu_seconds']:,.2f}",
        mib(before["rss_kib"]),
        mib(synced["rss_kib"]),
        mib(after["peak_kib"]),
        f"{each:,.1f}",
        ms(applied["acknowledged_ms"], "p50"),
        ms(applied["acknowledged_ms"], "p99"),
        ms(applied["last_acknowledged_ms"], "p50"),
        ms(applied["last_acknowledged_ms"], "max"),
        f"{cpu:,.1f}",
    ]


HEAD = [
    "proxies", "clusters × endpoints", "all in sync, s", "sent, MiB", "CPU for it, s", "MiB without proxies", "MiB in sync", "peak MiB",
    "KiB per proxy", "change → ack p50, ms", "p99", "→ last ack p50, ms", "max", "CPU per change, ms",
]


def table(rows):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "--:|" * len(HEAD)]
    return lines + ["| " + " | ".join(row(found)) + " |" for found in rows]


def page(rows, times):
    today = datetime.date.today().isoformat()
    text = [
        BEGIN,
        f"Written by `./dev bench fleet` on {today}; {platform.system()} {platform.release()}, {os.cpu_count()} cores: the server on one, the whole fleet",
        f"on the other. {times} changes of one route each, by the API, to files. All proxies of a row connect at once, each on a connection of its own as",
        "far as the system gives files.",
        "",
        *table(rows),
        END,
    ]
    old = PAGE.read_text()
    head, rest = old.split(BEGIN, 1)
    PAGE.write_text(head + "\n".join(text) + rest.split(END, 1)[1])
    print(f"written: {PAGE}")


def main():
    wanted = arguments()
    tool = proxies.built("towpath-load") or sys.exit("towpath-load is not built")
    towpath = proxies.built("towpath") or sys.exit("towpath is not built")
    sizes = [(count, wanted.clusters) for count in wanted.proxies] + [(100, clusters) for clusters in wanted.meshes if clusters != wanted.clusters]
    rows = []
    for count, clusters in sizes:
        rows.append(round_of(towpath, tool, count, clusters, wanted.endpoints, wanted.times))
        print("\n".join(table(rows[-1:])[2 if len(rows) > 1 else 0 :]), flush=True)
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(rows, indent=1))
    if wanted.write:
        page(rows, wanted.times)


if __name__ == "__main__":
    main()
