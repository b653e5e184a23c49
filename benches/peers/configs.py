"""The same job in each proxy's own words: routes by prefix, and a default that goes to the upstream."""

import json

from machine import connections_max


def none(*_):
    return ""


def towpath(listen, upstream, scenario, _work):
    if scenario.tcp:
        return (
            "proxy: {workers: 1, admin: 127.0.0.1:0}\n"
            f"listeners: {{web: {{address: 127.0.0.1:{listen}, protocol: tcp}}}}\n"
            "routes: {all: {listeners: web, to: app}}\n"
            f"clusters: {{app: {{endpoints: [127.0.0.1:{upstream}]}}}}\n"
        )
    hosts = ", hosts: [h{0}.example.com]" if scenario.path == "/" else ""
    routes = "".join(
        f"  r{number:05}: {{match: {{path: /p{number}/*}}{hosts.format(number)}, to: app/a}}\n"
        for number in range(scenario.routes - (1 if scenario.path == "/" else 0))
    )
    return (
        "proxy: {workers: 1, admin: 127.0.0.1:0}\n"
        f"listeners: {{web: {{address: 0.0.0.0:{listen}}}}}\n"
        f"routes:\n  all: {{to: {{app/a: 90, app/b: 10}}}}\n{routes}"
        f"clusters:\n  app:\n{'    protocol: h2' if scenario.upstream_http2 else ''}\n"
        "    subsets: {a: {labels: {v: a}}, b: {labels: {v: b}}}\n    endpoints:\n"
        f"      - {{address: 127.0.0.1:{upstream}, labels: {{v: a}}}}\n"
        f"      - {{address: 127.0.0.2:{upstream}, labels: {{v: b}}}}\n"
    )


def haproxy(listen, upstream, scenario, _work):
    rules = ""
    if scenario.path == "last":
        rules = "".join(f"  use_backend b if {{ path_beg /p{number}/ }}\n" for number in range(scenario.routes))
    front = " proto h2" if scenario.streams else ""
    back = " proto h2" if scenario.upstream_http2 else ""
    return (
        f"global\n  nbthread 1\n  maxconn {connections_max(10_000) + 100}\n"
        f"defaults\n  mode {'tcp' if scenario.tcp else 'http'}\n  timeout client 1h\n  timeout server 30s\n  timeout connect 5s\n"
        f"{'' if scenario.tcp else '  http-reuse always'}\n"
        f"frontend f\n  bind 127.0.0.1:{listen}{front}\n{rules}  default_backend b\n"
        f"backend b\n  server s 127.0.0.1:{upstream}{back}\n"
    )


def nginx(listen, upstream, scenario, work):
    passing = "proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host;"
    if scenario.upstream_http2:
        # its only way to speak HTTP/2 to an upstream
        passing = "grpc_pass grpc://up;"
    front = "http2 " if scenario.streams else ""
    if scenario.tcp:
        return (
            "load_module modules/ngx_stream_module.so;\n"
            f"daemon off; master_process off; pid {work}/nginx.pid; error_log {work}/nginx.err;\n"
            "worker_rlimit_nofile 65536; events { worker_connections 30000; }\n"
            f"stream {{ server {{ listen 127.0.0.1:{listen} backlog=4096; proxy_pass 127.0.0.1:{upstream}; }} }}\n"
        )
    places = ""
    if scenario.path == "last":
        places = "".join(f"location /p{number}/ {{ {passing} }}\n" for number in range(scenario.routes))
    return (
        f"daemon off; master_process off; pid {work}/nginx.pid; error_log {work}/nginx.err;\n"
        "worker_rlimit_nofile 65536; events { worker_connections 30000; }\n"
        "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;\n"
        f"client_body_temp_path {work}/nginx-body; proxy_temp_path {work}/nginx-proxy;\n"
        f"fastcgi_temp_path {work}/nginx-f; uwsgi_temp_path {work}/nginx-u; scgi_temp_path {work}/nginx-s;\n"
        f"upstream up {{ server 127.0.0.1:{upstream}; keepalive 2000; keepalive_requests 1000000000; }}\n"
        f"server {{ listen 127.0.0.1:{listen} {front}backlog=4096;\n{places}location / {{ {passing} }} }} }}\n"
    )


def _cluster(name, port, http2):
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    ends = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    limits = {"thresholds": [{"max_connections": 100000, "max_pending_requests": 100000, "max_requests": 100000}]}
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    spoken = {"@type": f"type.googleapis.com/{kind}", "explicit_http_config": {"http2_protocol_options": {}}}
    return {
        "name": name,
        **({"typed_extension_protocol_options": {kind: spoken}} if http2 else {}),
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": limits,
        "load_assignment": {"cluster_name": name, "endpoints": ends},
    }


def envoy(listen, upstream, scenario, _work):
    split = {"weighted_clusters": {"clusters": [{"name": "a", "weight": 90}, {"name": "b", "weight": 10}]}}
    retries = {"retry_on": "connect-failure,refused-stream,unavailable", "num_retries": 2}
    action = {**split, "retry_policy": retries} if scenario.mesh else {"cluster": "a"}
    rules = []
    if scenario.path == "last":
        rules = [{"match": {"prefix": f"/p{number}/"}, "route": {"cluster": "a"}} for number in range(scenario.routes)]
    hosts = [{"name": "all", "domains": ["*"], "routes": [*rules, {"match": {"prefix": "/"}, "route": action}]}]
    filters = []
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "web",
    }
    if scenario.mesh:
        hosts += [
            {"name": f"h{number}", "domains": [f"h{number}.example.com"], "routes": [{"match": {"prefix": "/"}, "route": action}]}
            for number in range(100)
        ]
        kinds = {"fault": "fault.v3.HTTPFault", "cors": "cors.v3.Cors", "grpc_stats": "grpc_stats.v3.FilterConfig"}
        filters = [
            {"name": name, "typed_config": {"@type": f"type.googleapis.com/envoy.extensions.filters.http.{kind}"}}
            for name, kind in kinds.items()
        ]
        manager["tracing"] = {
            "random_sampling": {"value": 1.0},
            "provider": {
                "name": "envoy.tracers.zipkin",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
                    "collector_cluster": "a",
                    "collector_endpoint": "/api/v2/spans",
                    "collector_endpoint_version": "HTTP_JSON",
                },
            },
        }
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    manager["route_config"] = {"name": "r", "virtual_hosts": hosts}
    manager["http_filters"] = [*filters, {"name": "envoy.filters.http.router", "typed_config": router}]
    passing = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        "stat_prefix": "web",
        "cluster": "a",
    }
    kind, settings = ("tcp_proxy", passing) if scenario.tcp else ("http_connection_manager", manager)
    chain = {"filters": [{"name": f"envoy.filters.network.{kind}", "typed_config": settings}]}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": listen}}
    static = {
        "listeners": [{"name": "web", "address": address, "filter_chains": [chain]}],
        "clusters": [_cluster(name, upstream, scenario.upstream_http2) for name in ("a", "b")],
    }
    return json.dumps({"static_resources": static})
