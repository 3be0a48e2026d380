"""OTLP over gRPC of the small server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from tests.collector.conformance.small_server.decoding import BadDataError
from tests.collector.conformance.small_server.http_side import Rules
from tests.collector.conformance.small_server.storing import NoRoomError

METHODS = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
}


class GrpcServer:
    """One port."""

    def __init__(self, rules: Rules, port: int, tls: tuple[str, str] | None) -> None:
        """Listen."""
        self._server = grpc.server(ThreadPoolExecutor(16), handlers=[_Services(rules)], options=[("grpc.max_receive_message_length", -1)])
        address = f"127.0.0.1:{port}"
        if tls is None:
            self.port = self._server.add_insecure_port(address)
        else:
            certificate, key = (Path(path).read_bytes() for path in tls)
            self.port = self._server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
        self._server.start()

    def stop(self, seconds: float) -> None:
        """Finish what was begun."""
        self._server.stop(seconds).wait()


class _Services(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401 - as the library has it
        rules = self._rules
        signal = METHODS.get(handler_call_details.method)
        if signal is None or (rules.fault == "no logs over gRPC" and signal == "logs"):
            return None
        metadata = dict(handler_call_details.invocation_metadata or ())
        is_known = rules.token is None or metadata.get("authorization") == f"Bearer {rules.token}"
        return grpc.unary_unary_rpc_method_handler(_export(rules, signal) if is_known else _unknown)


def _export(rules: Rules, signal: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        if len(body) > rules.limit and rules.fault != "no limit":
            later = grpc.StatusCode.RESOURCE_EXHAUSTED
            _refuse(context, later, "too large", retry=rules.fault == "what is too large may come again")
        with rules.room(len(body)) as fits:
            if not fits and rules.fault == "overload means drop it":
                _refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "no room")
            if not fits:
                _refuse(context, grpc.StatusCode.UNAVAILABLE, "no room", retry=rules.fault != "no Retry-After")
            try:
                rejected, message = rules.store.submit(signal, body)
            except BadDataError as error:
                wrong = rules.fault == "bad data comes again"
                _refuse(context, grpc.StatusCode.UNAVAILABLE if wrong else grpc.StatusCode.INVALID_ARGUMENT, str(error) or "bad data")
            except NoRoomError as error:
                _refuse(context, grpc.StatusCode.UNAVAILABLE, str(error), retry=True)
            except RuntimeError as error:
                _refuse(context, grpc.StatusCode.INTERNAL, str(error))
        answer: bytes = rules.response(signal, rejected, message).SerializeToString()
        return answer

    return export


def _unknown(_body: bytes, context: grpc.ServicerContext) -> bytes:
    _refuse(context, grpc.StatusCode.UNAUTHENTICATED, "a token is needed")


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str, *, retry: bool = False) -> NoReturn:
    status = Status(code=code.value[0], message=message)
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        status.details.add().Pack(error_details_pb2.BadRequest())
    if retry:
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromSeconds(2)
        status.details.add().Pack(info)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
    raise AssertionError
