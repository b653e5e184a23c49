"""What a run under a fault came to, and docs/faults.md."""

import datetime
import os
import platform

# a stretch of time counts as bad when more than this share of its requests failed or took longer than this, in µs
BAD_SHARE, SLOW = 0.01, 250_000


class Stretch:
    """100 ms of load."""

    def __init__(self, begin, said):
        self.begin, self.end = begin, begin + said["seconds"]
        self.sent = said["requests"]
        self.due = said["requests"] + said["late"]
        self.failed = self.due - said["ok"]
        # nobody knows how long those would have taken that have no answer
        self.times = [*said["histogram"], [float("inf"), sum(said["errors"].values()) + said["late"]]]
        self.slow = sum(count for time, count in self.times if time > SLOW)
        self.versions = said["versions"]

    def is_bad(self):
        return max(self.failed, self.slow) > BAD_SHARE * self.due

    def part(self, begin, end):
        """How much of it lies between two moments."""
        return max(0.0, min(self.end, end) - max(self.begin, begin)) / (self.end - self.begin)

    def share(self, version):
        return self.versions.get(version, 0) / max(self.due, 1)


def percentile(stretches, share):
    """Of all latencies in these stretches, in µs; None where it falls on those without an answer, which are the slowest."""
    times = sorted(pair for stretch in stretches for pair in stretch.times)
    left = share * sum(count for _, count in times)
    for time, count in times:
        left -= count
        if left <= 0:
            return time if time != float("inf") else None
    return None


def figures(said, moments, seen, sick):
    """The figures of a run; `moments`: when the fault began and ended, and when it was known what endpoints had `seen`
    since it began; `sick`: who had it."""
    began, ended, counted = moments
    seconds = said["seconds"] / len(said["steps"])
    stretches = [Stretch(said["began"] + number * seconds, step) for number, step in enumerate(said["steps"])]
    before = [stretch for stretch in stretches if stretch.end <= began]
    during = [stretch for stretch in stretches if stretch.end > began and stretch.begin < ended]
    after = [stretch for stretch in stretches if stretch.begin >= ended]
    due = sum(stretch.due for stretch in stretches)
    sent = sum(stretch.sent * stretch.part(began, counted) for stretch in stretches)
    bad = [stretch.end for stretch in during if stretch.is_bad()]
    # with three endpoints the part of each is a third
    healed = [each.end for each in after if sum(each.share(name) for name in sick) >= 0.25 * len(sick)]
    worse = [stretch.end for stretch in after if stretch.is_bad()]
    return {
        "requests": due,
        "failed": sum(stretch.failed for stretch in stretches),
        "slow": sum(stretch.slow for stretch in stretches),
        "p99": [percentile(part, 0.99) for part in (before, during, after)],
        # None: it went on as long as the fault
        "settled": 0.0 if not bad else bad[-1] - began if bad[-1] < ended else None,
        "back": min((end - ended for end in healed if not worse or end > worse[-1]), default=None),
        "amplification": seen / sent if sent else None,
    }


def per_hundred_thousand(count, run):
    share = 100_000 * count / max(run["requests"], 1)
    return f"{share:,.0f}" if share >= 1 or count == 0 else "< 1"


def milliseconds(time):
    return "none" if time is None else f"{time / 1000:,.1f}"


def row(name, protected, run):
    settled = "never" if run["settled"] is None else f"{max(run['settled'], 0):.1f}"
    back = "not yet" if run["back"] is None else f"{max(run['back'], 0):.1f}"
    amplification = "–" if run["amplification"] is None else f"{run['amplification']:.2f}"
    cells = [name, "with" if protected else "without", *(per_hundred_thousand(run[key], run) for key in ("failed", "slow"))]
    cells += [*(milliseconds(time) for time in run["p99"]), settled, back, amplification]
    return f"| {' | '.join(cells)} |"


HEAD = [
    "| | protection | failed of 100,000 | slow of 100,000 | p99 before, ms | during | after | settled, s | back, s | requests seen : sent |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
]


def verdict(runs):
    """Whether no other proxy with its protection loses fewer."""
    lost = {name: run["failed"] / max(run["requests"], 1) for (name, protected), run in runs.items() if protected}
    own, others = lost.pop("towpath", None), list(lost.values())
    if own is None or not others:
        return []
    return ["", f"With protection no other loses fewer: {'yes' if own <= min(others) else 'no'}."]


def table(fault, runs):
    """One fault."""
    rows = [row(name, protected, run) for (name, protected), run in runs.items()]
    return [f"## {fault.name}: {fault.about}", "", *HEAD, *rows, *verdict(runs), ""]


def page(tables, settings, versions, plan):
    """The page."""
    today = datetime.date.today().isoformat()
    rate, (before, during, after), timeout, remark = plan
    lines = [
        "# Under faults",
        "",
        f"Written by `./dev bench faults` on {today}; {platform.system()} {platform.release()}, {os.cpu_count()} cores. {remark}".rstrip(),
        "",
        "Three endpoints, each a process of its own, and one proxy with one worker, on a core of its own; the load and the endpoints share the",
        f"other. GET at {rate:,} requests/s, open loop: {before:g} s without a fault, {during:g} s with it, {after:g} s after it. A request has failed when it was",
        f"answered with another status than 200, not within {timeout:g} s, or not at all. [What each key means](resilience.md).",
        "",
        settings,
        "",
        f"- *slow*: took longer than {SLOW // 1000} ms, or had no answer. p99 takes requests without an answer for the slowest (*none* where that is it).",
        f"- *settled*: from the fault's begin until the last tenth of a second in which more than {BAD_SHARE:.0%} of requests failed or were slow.",
        "- *back*: from the fault's end until the endpoint carries its part again, and no tenth of a second is bad any more.",
        "- *requests seen : sent*: what endpoints saw while the fault lasted, health checks too, for each request that clients sent.",
        "",
        *[line for each in tables for line in each],
        "## Versions",
        "",
        *[f"- {name}: {text}" for name, text in versions.items()],
    ]
    return "\n".join(lines) + "\n"
