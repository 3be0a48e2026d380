"""OTLP over gRPC: the three services, with the bytes as they come and no request built from them."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NoReturn

import grpc

from relaylens_collector.access import Grant
from relaylens_collector.errors import ListenError
from relaylens_collector.receive.exchange import Memory
from relaylens_collector.receive.gate import Gate
from relaylens_collector.receive.otlp import Receiver
from relaylens_collector.receive.permissions import GRPC as OVER_GRPC
from relaylens_collector.receive.permissions import check_declared, check_scope
from relaylens_collector.receive.refusals import Refusal, refusal_of, unforeseen
from relaylens_collector.receive.tls import Tls
from relaylens_collector.signals import Signal

GRPC: Final = "grpc"

if TYPE_CHECKING:  # generic in its stubs only
    _Handler = grpc.RpcMethodHandler[bytes, bytes]

METHODS: Final[dict[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Signal.TRACES,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Signal.LOGS,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": Signal.METRICS,
}

_WORKERS: Final = 16
_STATUS_TRAILER: Final = "grpc-status-details-bin"

_logger: Final = logging.getLogger(__name__)


class GrpcServer:
    """Serves OTLP/gRPC until `stop`."""

    def __init__(  # noqa: PLR0913 - one server, all its parts by name
        self, receiver: Receiver, *, host: str, port: int, gate: Gate, max_body: int, memory: Memory, tls: Tls | None = None
    ) -> None:
        """Bind and begin to serve; raises ListenError when the address is taken or is not ours, TlsError for bad certificates."""
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="relaylens-grpc")
        self._server = grpc.server(
            self._workers,
            handlers=[_Services(receiver, gate, memory)],
            options=(
                ("grpc.max_receive_message_length", max_body),
                ("grpc.so_reuseport", 0),
                ("grpc.http2.max_ping_strikes", 0),  # exporters may ping as they like
            ),
        )
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            self.port: Final[int] = self._bind(address, tls)
        except RuntimeError as error:
            self._workers.shutdown()
            message = f"{address} for gRPC: the address is in use or is not this machine's. Choose another port, or 0 for any free one."
            raise ListenError(message) from error
        self._server.start()

    def _bind(self, address: str, tls: Tls | None) -> int:
        if tls is None:
            return self._server.add_insecure_port(address)
        credentials = grpc.ssl_server_credentials(
            [(tls.key.read_bytes(), tls.certificate.read_bytes())],
            None if tls.client_ca is None else tls.client_ca.read_bytes(),
            require_client_auth=tls.client_ca is not None,
        )
        return self._server.add_secure_port(address, credentials)

    def stop(self, seconds: float) -> None:
        """Refuse new calls, and wait so long for those under way."""
        self._server.stop(seconds).wait()
        self._workers.shutdown(wait=False)


class _Services(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
    """Finds the handler of a call, after the same gate that HTTP has."""

    def __init__(self, receiver: Receiver, gate: Gate, memory: Memory) -> None:
        check_declared(((OVER_GRPC, method) for method in METHODS), over_grpc=True)
        self._gate = gate
        self._receiver = receiver
        self._memory = memory

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "_Handler | None":
        metadata = dict(handler_call_details.invocation_metadata or ())
        method = handler_call_details.method
        try:
            grant = self._gate.grant(_text(metadata.get("authorization")))
            signal = METHODS.get(method)
            if signal is None:
                return None
            check_scope(grant, OVER_GRPC, method)
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                _logger.exception("gRPC %s", method)
                refusal = unforeseen()
            return _refusing(refusal)
        return _unary(_export(self._receiver, grant, signal, self._memory))


def _unary(handler: Callable[[bytes, grpc.ServicerContext], bytes]) -> "_Handler":
    return grpc.unary_unary_rpc_method_handler(handler, request_deserializer=None, response_serializer=None)


def _export(receiver: Receiver, grant: Grant, signal: Signal, memory: Memory) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            with receiver.timed(grant, GRPC, signal):
                memory.take(len(body))
                try:
                    return receiver.take(grant, GRPC, signal, body).SerializeToString()
                finally:
                    memory.give_back(len(body))
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                _logger.exception("gRPC %s", signal)
                refusal = unforeseen()
            receiver.refused(grant, GRPC, signal, refusal)
            _refuse(context, refusal)

    return export


def _refusing(refusal: Refusal) -> "_Handler":
    """Answer without reading the request, which may be long: that of a stream is read only when it is asked for."""

    def refuse(_requests: object, context: grpc.ServicerContext) -> bytes:
        _refuse(context, refusal)

    return grpc.stream_unary_rpc_method_handler(refuse, request_deserializer=None, response_serializer=None)


def _refuse(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    context.set_trailing_metadata(((_STATUS_TRAILER, refusal.status().SerializeToString()),))
    context.abort(refusal.code, refusal.status().message)
    raise AssertionError  # pragma: no cover - abort raises


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value
