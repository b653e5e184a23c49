"""The same protection in each proxy's own words, and each without any. Round robin over three endpoints everywhere."""

import json

# of a connection and of a try, in ms
CONNECT, TRY = 250, 500
RETRIES = 2
# failures in a row that keep requests from an endpoint; for how long, in s; from how many of them at most, in per cent
EJECT_AFTER, EJECT_FOR, EJECT_MOST = 5, 3, 50
# of health checks, in s; how many in a row are believed
CHECK_EVERY, CHECK_DOWN, CHECK_UP = 1, 2, 2
BUDGET = 20

SETTINGS = (
    f"With: {CONNECT} ms to connect, {TRY} ms for a try, {RETRIES} retries at other endpoints within a budget of {BUDGET}% (HAProxy has no budget), "
    f"{EJECT_AFTER} failures in a row keep requests from an endpoint for {EJECT_FOR} s (Towpath: `breaker`; Envoy: outlier detection, at most {EJECT_MOST}% of them; HAProxy: `observe`, until {CHECK_UP} health checks went well), "
    f"health checks each {CHECK_EVERY} s with {CHECK_DOWN} believed. Without: 5 s to connect, 30 s for an answer."
)


def towpath(listen, ports, protected, _work):
    ends = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
    policy, cluster = "connect_timeout: 5s, timeout: 30s", ""
    if protected:
        policy = (
            f"connect_timeout: {CONNECT}ms, timeout: 30s, retry: {{attempts: {RETRIES}, per_try_timeout: {TRY}ms, "
            "conditions: [5xx, reset, connect-failure, refused-stream]}"
        )
        cluster = (
            f", retry_budget: {{ratio: {BUDGET}%}}"
            f", breaker: {{failure_threshold: {EJECT_AFTER}, recovery_timeout: {EJECT_FOR}s}}"
            f", health: {{http: /, interval: {CHECK_EVERY}s, timeout: {TRY}ms, unhealthy: {CHECK_DOWN}, healthy: {CHECK_UP}}}"
        )
    return (
        "proxy: {workers: 1, admin: 127.0.0.1:0}\n"
        f"listeners: {{web: {{address: 127.0.0.1:{listen}, limits: {{connections: 20000}}}}}}\n"
        f"defaults: {{{policy}}}\n"
        "routes: {all: {to: app}}\n"
        f"clusters: {{app: {{balance: round-robin, endpoints: [{ends}], limits: {{connections: 20000, pending: 20000}}{cluster}}}}}\n"
    )


def haproxy(listen, ports, protected, _work):
    check, connect, answer = "", "5s", "30s"
    retries = "  retries 0\n"
    if protected:
        connect, answer = f"{CONNECT}ms", f"{TRY}ms"
        retries = f"  retries {RETRIES}\n  retry-on all-retryable-errors\n  option redispatch 1\n  option httpchk GET /\n  timeout check {TRY}ms\n"
        check = f" check inter {CHECK_EVERY}s fall {CHECK_DOWN} rise {CHECK_UP} observe layer7 error-limit {EJECT_AFTER} on-error mark-down"
    servers = "".join(f"  server s{port} 127.0.0.1:{port}{check}\n" for port in ports)
    return (
        "global\n  nbthread 1\n  maxconn 9000\n"
        f"defaults\n  mode http\n  timeout client 1h\n  timeout server {answer}\n  timeout connect {connect}\n  http-reuse always\n{retries}"
        f"frontend f\n  bind 127.0.0.1:{listen}\n  default_backend b\n"
        f"backend b\n  balance roundrobin\n{servers}"
    )


def envoy(listen, ports, protected, _work):
    ends = [
        {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}} for port in ports
    ]
    threshold = {"max_connections": 100000, "max_pending_requests": 100000, "max_requests": 100000}
    action = {"cluster": "app", "timeout": "30s"}
    cluster = {"name": "app", "type": "STATIC", "connect_timeout": "5s", "circuit_breakers": {"thresholds": [threshold]}}
    cluster["load_assignment"] = {"cluster_name": "app", "endpoints": [{"lb_endpoints": ends}]}
    if protected:
        threshold["retry_budget"] = {"budget_percent": {"value": BUDGET}}
        action["retry_policy"] = {
            "retry_on": "5xx,reset,connect-failure,refused-stream",
            "num_retries": RETRIES,
            "per_try_timeout": f"{TRY / 1000}s",
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                    },
                }
            ],
            "host_selection_retry_max_attempts": 5,
        }
        cluster["connect_timeout"] = f"{CONNECT / 1000}s"
        cluster["outlier_detection"] = {
            "consecutive_5xx": EJECT_AFTER,
            "interval": "1s",
            "base_ejection_time": f"{EJECT_FOR}s",
            "max_ejection_percent": EJECT_MOST,
        }
        cluster["health_checks"] = [
            {
                "http_health_check": {"path": "/"},
                "interval": f"{CHECK_EVERY}s",
                "timeout": f"{TRY / 1000}s",
                "unhealthy_threshold": CHECK_DOWN,
                "healthy_threshold": CHECK_UP,
            }
        ]
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "web",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": action}]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": listen}}
    static = {"listeners": [{"name": "web", "address": address, "filter_chains": [chain]}], "clusters": [cluster]}
    return json.dumps({"static_resources": static})


CONFIGS = {"towpath": towpath, "haproxy": haproxy, "envoy": envoy}
