"""What was measured, as Markdown and as a chart."""

import datetime
import os
import platform

COLOURS = {"towpath": "#0b7285", "forwarder": "#adb5bd", "haproxy": "#e8590c", "nginx": "#2f9e44", "envoy": "#862e9c"}


def ratio(row, name, key="cpu"):
    own, other = row["peers"].get("towpath"), row["peers"].get(name)
    return own[key] / other[key] if own and other and other.get(key) else None


def shown(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def table(row):
    """One scenario."""
    lines = [f"### {row['name']}: {row['about']}", ""]
    if row["idle"]:
        lines += ["| | KiB per idle connection | MiB at start |", "|---|--:|--:|"]
        for name, found in row["peers"].items():
            lines.append(f"| {name} | {shown(found['idle'])} | {shown(found['start'] / 1024, 1)} |")
        return lines + [""]
    lines += [
        "| | CPU µs per request | of it user | Towpath : this | bar | requests/s | p50 ms | p99 ms | p99.9 ms | calls per request | peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    bars = dict(row["bars"])
    for name, found in row["peers"].items():
        times = [shown(found[key] / 1000) for key in ("p50", "p99", "p999")]
        cells = [shown(found["cpu"]), shown(found["user"]), shown(ratio(row, name)), shown(bars.get(name))]
        cells += [shown(found["rate"], 0), *times, shown(found["calls"]), shown(found["peak"] / 1024, 1)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    wrong = {name: found["wrong"] for name, found in row["peers"].items() if found["wrong"]}
    if wrong:
        lines += ["", f"Requests that failed: {wrong}"]
    return lines + [""]


def markdown(rows, versions, rounds, seconds):
    """The page."""
    today = datetime.date.today().isoformat()
    head = [
        "# Beside other proxies",
        "",
        f"Written by `./dev bench peers` on {today}; {platform.system()} {platform.release()}, {os.cpu_count()} cores.",
        f"Medians of {rounds} rounds of {seconds} s, the proxies in turn within each round. Each proxy has one worker on one core;",
        "the load and the upstream share the other. Keep-alive on both sides. Towpath runs with all its defaults (metrics, request ids,",
        "forwarding headers), 100 routes and a weighted split unless the scenario says otherwise; the others run bare.",
        "",
        "CPU µs per request is user and system time of the proxy's process, divided by the answers; ratios of one run are what counts.",
        "Requests per second say little: the core of the load is the bottleneck for the cheap ones.",
        "",
        "![CPU per request](benchmarks.svg)",
        "",
    ]
    said = ["## Versions", ""] + [f"- {name}: {text}" for name, text in versions.items()]
    return "\n".join(head + [line for row in rows for line in table(row)] + said) + "\n"


def chart(rows):
    """Bars of CPU time, one group for each scenario, each group to its own scale."""
    rows = [row for row in rows if not row["idle"]]
    left, width, bar, gap = 190, 520, 16, 30
    parts, y = [], 30
    for row in rows:
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{row["name"]}</text>')
        most = max(found["cpu"] for found in row["peers"].values())
        for name, found in row["peers"].items():
            long = width * found["cpu"] / most
            parts.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{name}</text>')
            parts.append(f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{bar - 3}" fill="{COLOURS.get(name, "#495057")}"/>')
            parts.append(f'<text x="{left + long + 6:.1f}" y="{y + 12}">{found["cpu"]:,.1f} µs</text>')
            y += bar
        y += gap
    size = f'width="{left + width + 90}" height="{y}"'
    style = '<style>text{font:12px sans-serif}</style><rect width="100%" height="100%" fill="white"/>'
    title = '<text x="10" y="18">CPU time of the proxy per request (each group to its own scale; shorter is better)</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}{title}{"".join(parts)}</svg>\n'
