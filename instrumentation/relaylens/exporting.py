"""Where requests go: OTLP over HTTP or gRPC, to the collector on this machine unless told otherwise.

OpenTelemetry's own exporters take spans, try for ten seconds, and say yes or no. What is kept on disk and sent later has to be
the same bytes each time, and whether and when to try again hangs on the collector's answer: so the bytes are sent from here.
"""

import contextlib
import gzip
import math
import os
import ssl
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.util.re import parse_env_headers

from relaylens.recorder import VERSION

HTTP_DEFAULT: Final = "http://127.0.0.1:4318"
TRACES_PATH: Final = "/v1/traces"
LOGS_PATH: Final = "/v1/logs"
USER_AGENT: Final = f"relaylens/{VERSION or 'unknown'}"

_RETRYABLE: Final = frozenset({408, 429, 502, 503, 504})
_LONGEST_RETRY_AFTER: Final = 3600.0
_LARGEST_ANSWER: Final = 1 << 16
_DEFAULT_TIMEOUT: Final = 10.0


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    is_delivered: bool = False
    is_retryable: bool = False
    retry_after: float | None = None
    """Seconds for which the collector does not want to hear of us."""
    rejected: int = 0
    """Spans that the collector has refused and will always refuse, among those delivered."""
    reason: str = ""


class Sender(Protocol):
    """Sends requests as they are. One thread uses it."""

    endpoint: str
    """Where spans go."""
    timeout: float
    """Seconds for one request."""

    def send(self, body: bytes, *, is_account: bool, timeout: float) -> Answer:
        """Send a request, once; never raises."""

    def close(self) -> None:
        """Close connections."""


def make_sender(protocol: str, endpoint: str | None, headers: Mapping[str, str] | None) -> Sender:
    """The sender for a protocol; MissingExtraError where gRPC is asked for and not installed."""
    if protocol == "grpc":
        from relaylens.exporting_grpc import GrpcSender  # noqa: PLC0415 - an optional extra

        return GrpcSender(endpoint, headers)
    return HttpSender(endpoint, headers)


class HttpSender:
    """OTLP over HTTP with protobuf; an endpoint without a path gets the path of the signal."""

    def __init__(self, endpoint: str | None, headers: Mapping[str, str] | None) -> None:
        """What is not given comes from OpenTelemetry's variables."""
        self.endpoint = _http_endpoint(endpoint)
        self.timeout = timeout_setting()
        self._accounts = _logs_endpoint(self.endpoint)
        self._compression = (variable("COMPRESSION") or "none").strip().lower()
        self._headers = {"Content-Type": "application/x-protobuf", "User-Agent": USER_AGENT, **headers_setting(headers)}
        self._opener: urllib.request.OpenerDirector | None = None

    def send(self, body: bytes, *, is_account: bool, timeout: float) -> Answer:
        """Send a request, once; never raises."""
        url = self._accounts if is_account else self.endpoint
        if url is None:
            return Answer(reason="there is no place for accounts")
        headers = dict(self._headers)
        if self._compression == "gzip":
            body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        elif self._compression == "deflate":
            body, headers["Content-Encoding"] = zlib.compress(body), "deflate"
        try:
            if self._opener is None:
                self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=_tls()))
            request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the scheme is checked below
            if urlsplit(url).scheme not in {"http", "https"}:
                return Answer(reason=f"{url} is no http address")
            with self._opener.open(request, timeout=timeout) as response:
                return accepted(response.read(_LARGEST_ANSWER), is_account=is_account)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(is_retryable=error.code in _RETRYABLE, retry_after=_retry_after(error.headers), reason=f"HTTP {error.code}")
        except (OSError, HTTPException) as error:
            # Whether it arrived is not known: the same bytes are sent again, and the collector knows them.
            return Answer(is_retryable=True, reason=f"{type(error).__name__}: {error}")
        except ValueError as error:
            return Answer(reason=f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Nothing stays open: each request has a connection of its own."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST becomes a GET, whose answer says nothing about the spans."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""


def accepted(body: bytes, *, is_account: bool) -> Answer:
    """The collector has taken the request; it may have refused a part for good."""
    rejected, reason = 0, ""
    # An answer that is no protobuf comes from something that is not quite OTLP; it has said yes.
    with contextlib.suppress(Exception):
        if is_account:
            said = ExportLogsServiceResponse.FromString(body).partial_success
            rejected, reason = said.rejected_log_records, said.error_message
        else:
            told = ExportTraceServiceResponse.FromString(body).partial_success
            rejected, reason = told.rejected_spans, told.error_message
    return Answer(is_delivered=True, rejected=max(rejected, 0), reason=reason)


def _retry_after(headers: Message) -> float | None:
    """Seconds, from either form of the header."""
    value = (headers.get("Retry-After") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def _http_endpoint(endpoint: str | None) -> str:
    """The address for spans."""
    if endpoint is None:
        exact = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        if exact:
            return exact
        base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or HTTP_DEFAULT
        return base.rstrip("/") + TRACES_PATH
    return endpoint.rstrip("/") + TRACES_PATH if urlsplit(endpoint).path in {"", "/"} else endpoint


def _logs_endpoint(traces: str) -> str | None:
    """The address for accounts, which are log records: beside that for spans."""
    parts = urlsplit(traces)
    if not parts.path.endswith(TRACES_PATH):
        return None
    return urlunsplit(parts._replace(path=parts.path.removesuffix(TRACES_PATH) + LOGS_PATH))


def _tls() -> ssl.SSLContext:
    """What certificates are believed, and which is shown."""
    context = ssl.create_default_context(cafile=variable("CERTIFICATE") or os.environ.get("REQUESTS_CA_BUNDLE"))
    if not variable("CERTIFICATE"):
        with contextlib.suppress(ImportError, OSError):
            import certifi  # noqa: PLC0415 - comes with OpenTelemetry's exporter; some Pythons find no others

            context.load_verify_locations(certifi.where())
    shown = variable("CLIENT_CERTIFICATE")
    if shown:
        context.load_cert_chain(shown, variable("CLIENT_KEY"))
    return context


def variable(name: str) -> str | None:
    """One of OpenTelemetry's variables for OTLP, the one for traces before the one for all signals."""
    return os.environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or os.environ.get(f"OTEL_EXPORTER_OTLP_{name}")


def headers_setting(given: Mapping[str, str] | None) -> dict[str, str]:
    """Headers of every request."""
    return dict(given) if given is not None else dict(parse_env_headers(variable("HEADERS") or "", liberal=True))


def timeout_setting() -> float:
    """Seconds for one request."""
    try:
        return max(0.1, float(variable("TIMEOUT") or _DEFAULT_TIMEOUT))
    except ValueError:
        return _DEFAULT_TIMEOUT
