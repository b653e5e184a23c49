"""What is measured: each scenario changes one thing of the first."""

from dataclasses import dataclass, replace

HEADERS = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: application/json, text/plain, */*",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789",
    "X-Request-Id: 7f3b1c9e-7d3e-4a43-9a51-9a4c2a4c1a77",
    "X-User-Id: 12345",
    "Referer: https://shop.example.com/cart",
    "Cookie: session=abcdef0123456789; theme=dark",
    "DNT: 1",
    "Cache-Control: no-cache",
    "Pragma: no-cache",
]


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    about: str
    size: int = 100
    connections: int = 64
    routes: int = 100
    path: str = "/"
    headers: tuple = ()
    # requests per second; as fast as answers come when None
    rate: int | None = None
    # Envoy as a mesh configures it: 100 hosts, 90/10, retries, 1% tracing, its usual filters
    mesh: bool = False
    # connections are passed on as they are
    tcp: bool = False
    # requests at once on each connection, which speaks HTTP/2; HTTP/1.1 when None
    streams: int | None = None
    # HTTP/2 goes on to the upstream
    upstream_http2: bool = False
    # unary calls of gRPC
    grpc: bool = False
    # proxies of a kind, one behind the other
    hops: int = 1
    # only these are compared
    peers: tuple = ()
    idle: int = 0
    # most that Towpath may take, as a ratio to each peer's CPU time
    bars: tuple = ()
    short: bool = False


FIRST = Scenario(
    "h1-100b",
    "100 B answers, 64 connections",
    bars=(("forwarder", 1.30), ("haproxy", 0.80), ("nginx", 0.84), ("envoy", 0.25)),
    short=True,
)

SCENARIOS = [
    FIRST,
    replace(
        FIRST,
        name="h1-13-headers",
        about="13 request headers; Envoy as a mesh configures it",
        headers=tuple(HEADERS),
        mesh=True,
        bars=(("forwarder", 1.35), ("haproxy", 0.75), ("nginx", 0.85), ("envoy", 0.16)),
    ),
    replace(
        FIRST,
        name="h1-10k",
        about="10 KB answers",
        size=10_000,
        bars=(("forwarder", 1.30), ("haproxy", 0.80), ("nginx", 0.88), ("envoy", 0.25)),
        short=False,
    ),
    replace(
        FIRST,
        name="h1-1m",
        about="1 MB answers, 16 connections",
        size=1_000_000,
        connections=16,
        bars=(("forwarder", 0.80), ("haproxy", 0.80), ("nginx", 0.80), ("envoy", 0.65)),
    ),
    replace(FIRST, name="connections-1", about="one connection", connections=1, bars=(), short=False),
    replace(FIRST, name="connections-1000", about="1,000 connections", connections=1000, bars=(), short=False),
    replace(FIRST, name="routes-10", about="10 routes, the last matches", routes=10, path="last", bars=(), short=False),
    replace(FIRST, name="routes-1000", about="1,000 routes, the last matches", routes=1000, path="last", bars=(), short=False),
    replace(FIRST, name="routes-10000", about="10,000 routes, the last matches", routes=10_000, path="last", bars=(), short=False),
    replace(FIRST, name="rate-5000", about="5,000 requests/s, constant, 32 connections", connections=32, rate=5000, bars=(), short=False),
    replace(FIRST, name="tcp-100b", about="TCP, 100 B answers, 64 connections", tcp=True, bars=(), short=False),
    replace(
        FIRST,
        name="tcp-1m",
        about="TCP, 1 MB answers, 16 connections",
        tcp=True,
        size=1_000_000,
        connections=16,
        bars=(("haproxy", 1.00), ("nginx", 1.00), ("envoy", 1.00)),
        short=False,
    ),
    replace(
        FIRST,
        name="h2-h1-100b",
        about="HTTP/2 from clients, 100 B answers, 8 connections of 32 streams",
        connections=8,
        streams=32,
        peers=("towpath", "haproxy", "nginx", "envoy"),
        bars=(("haproxy", 0.88), ("nginx", 0.56), ("envoy", 0.22)),
        short=False,
    ),
    replace(
        FIRST,
        name="h2-h2-100b",
        about="HTTP/2 on both sides, 100 B answers, 8 connections of 32 streams",
        connections=8,
        streams=32,
        upstream_http2=True,
        peers=("towpath", "haproxy", "nginx", "envoy"),
        bars=(("haproxy", 0.90), ("nginx", 0.45), ("envoy", 0.28)),
        short=False,
    ),
    replace(
        FIRST,
        name="h2-h2-1k",
        about="HTTP/2 on both sides, 1 KB answers, 8 connections of 32 streams",
        size=1000,
        connections=8,
        streams=32,
        upstream_http2=True,
        peers=("towpath", "haproxy", "nginx", "envoy"),
        bars=(),
        short=False,
    ),
    replace(
        FIRST,
        name="h2-h2-1m",
        about="HTTP/2 on both sides, 1 MB answers, 8 connections of 2 streams",
        size=1_000_000,
        connections=8,
        streams=2,
        upstream_http2=True,
        peers=("towpath", "haproxy", "nginx", "envoy"),
        bars=(),
        short=False,
    ),
    replace(
        FIRST,
        name="grpc-two-sidecars",
        about="unary calls of gRPC through two proxies, 2,000/s, 4 connections of 8 streams; CPU is that of both",
        connections=4,
        streams=8,
        rate=2000,
        upstream_http2=True,
        grpc=True,
        hops=2,
        peers=("towpath", "envoy"),
        bars=(("envoy", 0.30),),
        short=False,
    ),
    replace(FIRST, name="idle", about="10,000 idle keep-alive connections", idle=10_000, bars=(), short=False),
]


def path_of(scenario):
    """The path that is asked for."""
    return f"/p{scenario.routes - 1}/x" if scenario.path == "last" else scenario.path
