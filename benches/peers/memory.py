"""`./dev bench memory`: what routes and clusters with three endpoints take of a proxy's memory, before the first request."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure
import proxies

BAR_MIB = 4.0


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__)
    parser.add_argument("--sizes", default="1000,2000,4000", metavar="N,N", help="routes and clusters (1000,2000,4000)")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 above {BAR_MIB} MiB for each 1,000")
    return parser.parse_args()


def table(count):
    """So many routes, each with its host, and clusters of three endpoints."""
    names = [f"service-{number:05}" for number in range(count)]
    lines = ["proxy: {admin: 127.0.0.1:0}", "listeners: {web: {address: 127.0.0.1:0}}", "routes:"]
    lines += [f"  {name}: {{hosts: [{name}.example.com], to: {name}}}" for name in names]
    lines += ["clusters:"]
    for number, name in enumerate(names):
        places = ", ".join(f"10.{number >> 8}.{number & 255}.{place}:8080" for place in (1, 2, 3))
        lines.append(f"  {name}: {{endpoints: [{places}]}}")
    return "\n".join(lines) + "\n"


def resident(towpath, count):
    """KiB of a proxy that serves such a table."""
    with tempfile.TemporaryDirectory(prefix="towpath-memory-") as work:
        path, log = Path(work) / "table.yaml", Path(work) / "log"
        path.write_text(table(count))
        with log.open("wb") as out:
            process = subprocess.Popen([towpath, "proxy", "-c", path], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 120
            while not re.search(r"\bserving\b", log.read_text()):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the proxy does not serve:\n{log.read_text()}")
                time.sleep(0.05)
            # what it gives back to the system is given back by now
            time.sleep(1)
            return measure.memory(process.pid, "VmRSS")
        finally:
            process.kill()
            process.wait()


def main():
    wanted = arguments()
    towpath = proxies.built("towpath") or sys.exit("towpath is not built")
    bare = resident(towpath, 1)
    print("| routes and clusters | MiB resident | MiB for each 1,000 |\n|--:|--:|--:|")
    print(f"| 1 | {bare / 1024:.1f} | |")
    worst = 0.0
    for count in map(int, wanted.sizes.split(",")):
        found = resident(towpath, count)
        each = (found - bare) / 1024 / count * 1000
        worst = max(worst, each)
        print(f"| {count:,} | {found / 1024:.1f} | {each:.2f} |", flush=True)
    if wanted.check and worst > BAR_MIB:
        sys.exit(f"more than {BAR_MIB} MiB")


if __name__ == "__main__":
    main()
