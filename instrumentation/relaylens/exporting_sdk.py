"""Where spans go: OTLP over HTTP or gRPC, to the collector on this machine unless told otherwise."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from opentelemetry.sdk.trace.export import SpanExporter

from relaylens.exceptions import MissingExtraError
from relaylens.settings import ENDPOINT

HTTP_DEFAULT: Final = "http://127.0.0.1:4318"
GRPC_DEFAULT: Final = "http://127.0.0.1:4317"
TRACES_PATH: Final = "/v1/traces"
GRPC_MISSING: Final = "OTLP over gRPC needs its exporter: pip install 'relaylens[grpc]'"


def make_exporter(protocol: str, endpoint: str | None, headers: Mapping[str, str] | None) -> SpanExporter:
    """The exporter for a protocol; what is not given is left to OpenTelemetry's own variables."""
    if endpoint is None and not any(variable in os.environ for variable in ENDPOINT.variables):
        endpoint = GRPC_DEFAULT if protocol == "grpc" else HTTP_DEFAULT
    return _grpc(endpoint, headers) if protocol == "grpc" else _http(endpoint, headers)


def _http(endpoint: str | None, headers: Mapping[str, str] | None) -> SpanExporter:
    """OTLP over HTTP with protobuf; an endpoint without a path gets the path for traces."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - not before it is used

    if endpoint is not None and urlsplit(endpoint).path in {"", "/"}:
        endpoint = endpoint.rstrip("/") + TRACES_PATH
    return OTLPSpanExporter(endpoint=endpoint, headers=None if headers is None else dict(headers))


def _grpc(endpoint: str | None, headers: Mapping[str, str] | None) -> SpanExporter:
    """OTLP over gRPC, where its exporter is installed."""
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise MissingExtraError(GRPC_MISSING) from error
    return OTLPSpanExporter(
        endpoint=endpoint, headers=None if headers is None else {name.lower(): value for name, value in headers.items()}
    )
