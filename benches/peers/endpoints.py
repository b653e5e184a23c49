"""Endpoints that can be made to fail while they run, one process each, and the ways in which they fail."""

import os
import signal
import socket
import subprocess
import time

import measure
from machine import on_load_core


class Endpoint:
    """`towpath-load serve`, which is told by lines on stdin what becomes of requests."""

    def __init__(self, tool, name):
        self.tool, self.name = tool, name
        self.port = measure.free_port()
        self.before, self.held = 0, []
        self.start()

    def start(self):
        command = [self.tool, "serve", "--listen", f"127.0.0.1:{self.port}", "--version", self.name, "--orders"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, preexec_fn=on_load_core)
        said = self.process.stdout.readline()
        if not said.startswith("listening"):
            raise SystemExit(f"the endpoint {self.name} does not listen on {self.port}")

    def order(self, flags=""):
        """What becomes of requests from now on; gives how many have come so far."""
        print(flags, file=self.process.stdin, flush=True)
        said = self.process.stdout.readline()
        if not said.startswith("asked "):
            raise SystemExit(f"the endpoint {self.name} says: {said.strip()}")
        return self.before + int(said.split()[1])

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        self.before = self.order()
        self.signal(signal.SIGKILL)
        self.process.wait()

    def swallow(self):
        """Nobody accepts, and the queue of those who wait is full: the system drops each further SYN."""
        self.kill()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(0)
        self.held = [listener]
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", self.port))
            self.held.append(waiting)

    def back(self):
        """Whatever was wrong with it, it serves again."""
        for held in reversed(self.held):
            held.close()
        self.held = []
        if self.process.poll() is not None:
            self.start()
        self.signal(signal.SIGCONT)
        self.order()

    def stop(self):
        for held in self.held:
            held.close()
        self.process.kill()
        self.process.wait()


class Fault:
    """What goes wrong, with one of three endpoints unless it says otherwise."""

    def __init__(self, name, about, begin, all_of_them=False):
        self.name, self.about, self.begin, self.all = name, about, begin, all_of_them


def ordered(flags):
    return lambda endpoint: endpoint.order(flags)


FAULTS = [
    Fault("killed", "one of three is killed, and started again at the end", lambda endpoint: endpoint.kill()),
    Fault("hangs", "one of three stands still (SIGSTOP)", lambda endpoint: endpoint.signal(signal.SIGSTOP)),
    Fault("resets", "one of three resets the connection on each request", ordered("--reset 100%")),
    Fault("503-half", "one of three answers every other request with 503", ordered("--fail 50% --status 503")),
    Fault("slow", "one of three gets 2 s slower", ordered("--delay 2s")),
    Fault("syn-lost", "one of three ends, and new connections to it get no answer", lambda endpoint: endpoint.swallow()),
    Fault("garbage", "one of three answers with bytes that are no HTTP", ordered("--garbage 100%")),
    Fault("outage", "all three answer each request with 503", ordered("--fail 100% --status 503"), all_of_them=True),
]


def sleep_until(moment):
    """A moment of time.time()."""
    time.sleep(max(0.0, moment - time.time()))
