"""`./dev bench faults`: what clients notice of an endpoint that fails, through Towpath, Envoy and HAProxy, with and without
what each has against it.

Three endpoints are processes of their own. A client asks at a constant rate; after a while the fault begins, and later ends.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import endpoints
import fault_configs
import fault_report
import machine
import measure
import proxies

PAGE = proxies.ROOT / "docs" / "faults.md"
# without measuring, then before, during and after the fault, in s
WARMUP, PHASES = 2.0, (4.0, 8.0, 8.0)
SHORT_WARMUP, SHORT_PHASES = 0.5, (0.5, 1.0, 1.0)
# of the client, in s
TIMEOUT = 3.0


def arguments():
    names = ", ".join(fault.name for fault in endpoints.FAULTS)
    parser = argparse.ArgumentParser(prog="./dev bench faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="FAULT", help=f"this fault; may be given several times: {names}")
    parser.add_argument("--peers", metavar="A,B", help="only these: towpath,haproxy,envoy")
    parser.add_argument("--protection", choices=["with", "without", "both"], default="both")
    parser.add_argument("--rate", type=int, default=5000, help="requests per second (5000)")
    parser.add_argument("--short", action="store_true", help="2.5 s for each run")
    parser.add_argument("--binaries", type=Path, metavar="FOLDER", help="where towpath and towpath-load are, unless it is target/release")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    parser.add_argument("--remark", default="", help="what that page says of the machine")
    parser.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="what --json wrote earlier, at the same rate, stands for what is not measured now")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured; - is stdout")
    return parser.parse_args()


def load(tool, port, wanted, phases):
    """The client, on its way."""
    connections = machine.connections_max(max(32, int(wanted.rate * TIMEOUT * 0.4)))
    command = [tool, "run", f"http://127.0.0.1:{port}/", "--rate", str(wanted.rate), "--connections", str(connections)]
    command += ["--warmup", f"{wanted.warmup}s", "--duration", f"{sum(phases)}s", "--every", "100ms", "--timeout", f"{TIMEOUT}s"]
    command += ["--quiet", "--json", "-"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, preexec_fn=machine.on_load_core)


def under_fault(ends, fault, client, warmup, phases):
    """Lets the fault begin and end; gives when that was, and how many requests endpoints saw in between."""
    sick = ends if fault.all else ends[:1]
    before, during, _ = phases
    # connections are opened first, which takes a moment; what counts are the times that are given back
    time.sleep(warmup + before)
    seen = -sum(end.order() for end in ends)
    began = time.time()
    for end in sick:
        fault.begin(end)
    endpoints.sleep_until(began + during)
    for end in sick:
        end.back()
    ended = time.time()
    # what lay before one that stood still is read by now
    time.sleep(0.3)
    seen += sum(end.order() for end in ends)
    counted = time.time()
    said, complaint = client.communicate()
    if client.returncode not in (0, 1) or not said:
        raise SystemExit(f"the load failed: {complaint.strip()}")
    return json.loads(said), (began, ended, counted), seen, [end.name for end in sick]


def run_of(tool, peer, fault, protected, wanted, phases, work):
    """One proxy under one fault."""
    ends = [endpoints.Endpoint(tool, f"e{number}") for number in range(3)]
    process = client = None
    try:
        listen = measure.free_port()
        process = peer.start(work, listen, [end.port for end in ends], protected)
        measure.wait_for(listen, process, peer.name, work / f"{peer.name}-0.log")
        client = load(tool, listen, wanted, phases)
        run = fault_report.figures(*under_fault(ends, fault, client, wanted.warmup, phases))
        if process.poll() is not None:
            raise SystemExit(f"{peer.name} has ended under {fault.name}")
        return run
    finally:
        for end in ends:
            end.stop()
        for started in filter(None, (process, client)):
            started.kill()
            started.wait()


def key_of(run):
    return run["fault"], run["proxy"], run["protected"]


def runs_of(fault, known):
    """By proxy and protection, each proxy's two together."""
    keys = [(fault.name, name, protected) for name in fault_configs.CONFIGS for protected in (False, True)]
    return {key[1:]: known[key] for key in keys if key in known}


def main():
    wanted = arguments()
    wanted.warmup, phases = (SHORT_WARMUP, SHORT_PHASES) if wanted.short else (WARMUP, PHASES)
    chosen = [fault for fault in endpoints.FAULTS if not wanted.only or fault.name in wanted.only]
    unknown = set(wanted.only or []) - {fault.name for fault in chosen}
    if unknown:
        sys.exit(f"there is no fault {', '.join(sorted(unknown))}; there are: {', '.join(fault.name for fault in endpoints.FAULTS)}")
    proxies.binaries(wanted.binaries)
    tool = proxies.built("towpath-load") or sys.exit("towpath-load is not built")
    names = (wanted.peers or ",".join(fault_configs.CONFIGS)).split(",")
    unknown = set(names) - set(fault_configs.CONFIGS)
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))} cannot be measured; there are: {', '.join(fault_configs.CONFIGS)}")
    found = proxies.peers(names)
    for peer in found:
        peer.config = fault_configs.CONFIGS[peer.name]
    kinds = {"both": [False, True], "with": [True], "without": [False]}[wanted.protection]
    earlier = json.loads(wanted.earlier.read_text()) if wanted.earlier else []
    known = {key_of(run): run for run in earlier if run["rate"] == wanted.rate}
    with tempfile.TemporaryDirectory(prefix="towpath-faults-") as work:
        for fault in chosen:
            for peer in found:
                for protected in kinds:
                    run = run_of(tool, peer, fault, protected, wanted, phases, Path(work))
                    run = {"fault": fault.name, "proxy": peer.name, "protected": protected, "rate": wanted.rate, **run}
                    known[key_of(run)] = run
                    print(fault_report.row(f"{fault.name}: {peer.name}", protected, run), file=sys.stderr, flush=True)
    tables = [fault_report.table(fault, runs_of(fault, known)) for fault in endpoints.FAULTS if runs_of(fault, known)]
    if wanted.json:
        text = json.dumps(list(known.values()), indent=1)
        print(text) if wanted.json == "-" else Path(wanted.json).write_text(text)
    if wanted.json != "-":
        print("\n".join(line for table in tables for line in table))
    if wanted.write:
        named = sorted({name for _, name, _ in known})
        versions = {peer.name: proxies.version(peer) for peer in proxies.peers(named)}
        plan = (wanted.rate, phases, TIMEOUT, wanted.remark)
        PAGE.write_text(fault_report.page(tables, fault_configs.SETTINGS, versions, plan))
        print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
