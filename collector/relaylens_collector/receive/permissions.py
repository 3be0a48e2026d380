"""Which scope every route asks for: the one place where that is said, for HTTP and gRPC.

A route that is not here stops the collector at its start, and so does an entry without a route.
"""

from collections.abc import Iterable
from typing import Final

from relaylens_collector.access import Grant, Scope
from relaylens_collector.receive.refusals import out_of_scope

ANY_TOKEN: Final = None
"""Every valid token will do: what is answered says nothing of what is stored."""

GRPC: Final = "gRPC"
"""In the place of an HTTP method."""

PERMISSIONS: Final[dict[tuple[str, str], Scope | None]] = {
    ("POST", "/v1/traces"): Scope.INGEST,
    ("POST", "/v1/logs"): Scope.INGEST,
    ("POST", "/v1/metrics"): Scope.INGEST,
    (GRPC, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"): Scope.INGEST,
    (GRPC, "/opentelemetry.proto.collector.logs.v1.LogsService/Export"): Scope.INGEST,
    (GRPC, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"): Scope.INGEST,
    ("POST", "/api/v1/sql"): Scope.READ,
    ("GET", "/api/v1/traces/"): Scope.READ,
    # Those who read change nothing, and agents do not judge themselves: a label needs a token of its own kind.
    ("POST", "/api/v1/labels"): Scope.LABEL,
    ("POST", "/api/v1/admin/snapshot"): Scope.ADMIN,
    ("POST", "/api/v1/admin/orders"): Scope.ADMIN,
    ("GET", "/api/v1/whoami"): ANY_TOKEN,
    ("GET", "/healthz"): ANY_TOKEN,
    ("GET", "/readyz"): ANY_TOKEN,
    ("GET", "/metrics"): ANY_TOKEN,
}


def check_declared(served: Iterable[tuple[str, str]], *, over_grpc: bool) -> None:
    """Raise RuntimeError unless exactly the routes that are served are declared."""
    declared = {route for route in PERMISSIONS if (route[0] == GRPC) == over_grpc}
    differing = declared.symmetric_difference(served)
    if differing:
        message = f"permissions.py and the routes differ in {sorted(differing)}."
        raise RuntimeError(message)


def check_scope(grant: Grant, method: str, route: str) -> None:
    """Raise a refusal unless the sender may use the route."""
    needed = PERMISSIONS[method, route]
    if needed is not ANY_TOKEN and needed not in grant.scopes:
        raise out_of_scope(needed, f"{method} {route}")
