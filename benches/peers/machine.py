"""What this machine gives: a core for the proxy, one for everything else, and so many open files."""

import os
import resource

PROXY_CORE, LOAD_CORE = 0, 1


def on_core(core):
    # where there is none of its own it shares those that there are
    os.sched_setaffinity(0, {core} & os.sched_getaffinity(0) or os.sched_getaffinity(0))


def on_load_core():
    on_core(LOAD_CORE)


def on_proxy_core():
    on_core(PROXY_CORE)


def connections_max(wanted):
    """So many connections, or as many as a proxy may have that counts two files for each."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, (hard - 1000) // 2)
