"""OTLP over gRPC, where its exporter is installed: bytes as they are, over a channel of our own."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from relaylens.exceptions import MissingExtraError
from relaylens.exporting import USER_AGENT, Answer, accepted, headers_setting, timeout_setting, variable

GRPC_DEFAULT: Final = "http://127.0.0.1:4317"
GRPC_MISSING: Final = "OTLP over gRPC needs its exporter: pip install 'relaylens[grpc]'"

_TRACES: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_LOGS: Final = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_RETRYABLE: Final = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"})


class GrpcSender:
    """Sends over one channel, made anew when it breaks."""

    def __init__(self, endpoint: str | None, headers: Mapping[str, str] | None) -> None:
        """What is not given comes from OpenTelemetry's variables; MissingExtraError when gRPC is not installed."""
        try:
            import_module("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
            # By name, since the host pays for gRPC only where it asks for it.
            self._grpc: Any = import_module("grpc")
        except ImportError as error:
            raise MissingExtraError(GRPC_MISSING) from error
        self.endpoint = endpoint or variable("ENDPOINT") or GRPC_DEFAULT
        self.timeout = timeout_setting()
        self._metadata = tuple((name.lower(), value) for name, value in headers_setting(headers).items())
        self._compression = self._grpc.Compression.Gzip if variable("COMPRESSION") == "gzip" else self._grpc.Compression.NoCompression
        self._channel: Any = None

    def send(self, body: bytes, *, is_account: bool, timeout: float) -> Answer:
        """Send a request, once; never raises."""
        try:
            if self._channel is None:
                self._channel = self._open()
            call = self._channel.unary_unary(_LOGS if is_account else _TRACES)
            return accepted(call(body, timeout=timeout, metadata=self._metadata), is_account=is_account)
        except self._grpc.RpcError as error:
            code = error.code().name
            retry_after = _retry_after(error)
            if code == "UNAVAILABLE":
                # A channel that has failed waits longer and longer before it tries again.
                self.close()
            # What has no room asks for patience only where it says how much.
            is_retryable = code in _RETRYABLE or (code == "RESOURCE_EXHAUSTED" and retry_after is not None)
            return Answer(is_retryable=is_retryable, retry_after=retry_after, reason=f"{code}: {error.details()}")
        except (OSError, ValueError) as error:
            return Answer(reason=f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Close the channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def _open(self) -> Any:  # noqa: ANN401 - gRPC is optional, and so are its types
        """A channel, with TLS unless the address or a variable says otherwise."""
        parts = urlsplit(self.endpoint)
        asked = variable("INSECURE")
        insecure = parts.scheme == "http" if asked is None or parts.scheme == "https" else asked.strip().lower() == "true"
        options = (("grpc.primary_user_agent", USER_AGENT),)
        target = parts.netloc or self.endpoint
        if insecure:
            return self._grpc.insecure_channel(target, options, self._compression)
        credentials = self._grpc.ssl_channel_credentials(
            _content(variable("CERTIFICATE")), _content(variable("CLIENT_KEY")), _content(variable("CLIENT_CERTIFICATE"))
        )
        return self._grpc.secure_channel(target, credentials, options, self._compression)


def _content(path: str | None) -> bytes | None:
    """A certificate's file."""
    return Path(os.fsdecode(path)).read_bytes() if path else None


def _retry_after(error: Any) -> float | None:  # noqa: ANN401 - gRPC is optional, and so are its types
    """Seconds that the collector asks us to wait."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if not isinstance(details, bytes):
        return None
    info = RetryInfo()
    for detail in Status.FromString(details).details:
        if detail.Unpack(info):
            return float(info.retry_delay.seconds) + float(info.retry_delay.nanos) / 1e9
    return None
