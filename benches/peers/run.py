"""`./dev bench peers`: Towpath beside other proxies, interleaved in one run."""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import machine
import measure
import proxies
import report
from scenarios import SCENARIOS

DOCS = proxies.ROOT / "docs"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__)
    parser.add_argument("--short", action="store_true", help="two scenarios, without Envoy's mesh: under two minutes, for every day")
    parser.add_argument("--only", action="append", metavar="SCENARIO", help="this scenario; may be given several times")
    parser.add_argument("--peers", metavar="A,B", help="only these: towpath,forwarder,haproxy,nginx,envoy")
    parser.add_argument("--rounds", type=int, help="rounds of each scenario (5; 3 when short)")
    parser.add_argument("--seconds", type=int, help="seconds of each measurement (3; 2 when short)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and docs/benchmarks.svg")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    return parser.parse_args()


def median(samples, key):
    return statistics.median(sample[key] for sample in samples)


def scenario_of(tool, found, scenario, rounds, seconds, work):
    """Measures one scenario with all proxies in turn."""
    server, upstream = measure.upstream(tool, scenario.size)
    # by name: the processes from the upstream on, and the port of the last
    running = {}
    try:
        for peer in found:
            if scenario.peers and peer.name not in scenario.peers:
                continue
            port = upstream
            for hop in range(scenario.hops):
                before, port = port, measure.free_port()
                process = peer.start(work, port, before, scenario, hop=hop)
                running[peer.name] = ([*running.get(peer.name, ([],))[0], process], port)
                measure.wait_for(port, process, peer.name, work / f"{peer.name}-{hop}.log")
        if scenario.idle:
            return {
                name: {"start": measure.memory(process.pid, "VmRSS"), "idle": measure.idle_kib(process.pid, port, scenario.idle)}
                for name, ([process], port) in running.items()
            }
        samples = {name: [] for name in running}
        for turn in range(rounds + 1):
            for name, (processes, port) in running.items():
                pids = [process.pid for process in processes]
                sample = measure.round_of(tool, pids, port, scenario, seconds if turn else 1)
                # the first round fills caches and pools
                if turn:
                    samples[name].append(sample)
        return {
            name: {
                **{key: median(each, key) for key in ("cpu", "user", "rate", "p50", "p99", "p999")},
                "wrong": sum(sample["wrong"] for sample in each),
                "peak": sum(measure.memory(process.pid, "VmHWM") for process in running[name][0]),
                "calls": measure.calls_per_request(tool, *by(running[name]), scenario) if scenario.name == "h1-100b" else None,
            }
            for name, each in samples.items()
        }
    finally:
        started = [server, *(process for processes, _ in running.values() for process in processes)]
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def by(running):
    [process], port = running
    return process.pid, port


def main():
    wanted = arguments()
    if wanted.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:18} {scenario.about}")
        return
    names = {scenario.name for scenario in SCENARIOS}
    for name in wanted.only or []:
        if name not in names:
            sys.exit(f"there is no scenario {name!r}; there are: {', '.join(sorted(names))}")
    chosen = [
        scenario
        for scenario in SCENARIOS
        if (scenario.name in wanted.only if wanted.only else scenario.short or not wanted.short)
    ]
    rounds = wanted.rounds or (3 if wanted.short else 5)
    seconds = wanted.seconds or (2 if wanted.short else 3)
    tool = proxies.built("towpath-load") or sys.exit("towpath-load is not built")
    found = proxies.peers(wanted.peers.split(",") if wanted.peers else None)
    rows = []
    with tempfile.TemporaryDirectory(prefix="towpath-peers-") as work:
        for scenario in chosen:
            measured = scenario_of(tool, found, scenario, rounds, seconds, Path(work))
            about = scenario.about
            if scenario.idle:
                about = about.replace(f"{scenario.idle:,}", f"{machine.connections_max(scenario.idle):,}")
            rows.append({"name": scenario.name, "about": about, "idle": scenario.idle, "bars": scenario.bars, "peers": measured})
            print("\n".join(report.table(rows[-1])), flush=True)
    versions = {peer.name: proxies.version(peer) for peer in found}
    if wanted.json:
        Path(wanted.json).write_text(json.dumps({"rows": rows, "versions": versions}, indent=1))
    if wanted.write:
        (DOCS / "benchmarks.md").write_text(report.markdown(rows, versions, rounds, seconds))
        (DOCS / "benchmarks.svg").write_text(report.chart(rows))
        print(f"written: {DOCS / 'benchmarks.md'}, {DOCS / 'benchmarks.svg'}")


if __name__ == "__main__":
    main()
