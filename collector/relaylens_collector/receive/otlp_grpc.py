"""OTLP over gRPC: the three services, with the bytes as they come and no request built from them."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import grpc
import grpc.aio

from relaylens_collector.access import Grant
from relaylens_collector.errors import ListenError
from relaylens_collector.log_lines import Repeats, fields, without_clients
from relaylens_collector.receive.exchange import BodyLimits, Memory
from relaylens_collector.receive.gate import Gate
from relaylens_collector.receive.otlp import Receiver
from relaylens_collector.receive.permissions import GRPC as OVER_GRPC
from relaylens_collector.receive.permissions import check_declared, check_scope
from relaylens_collector.receive.refusals import Refusal, refusal_of, stopping, unforeseen
from relaylens_collector.receive.tls import Tls
from relaylens_collector.signals import Signal

GRPC: Final = "grpc"

if TYPE_CHECKING:  # generic in its stubs only
    _Handler = grpc.RpcMethodHandler[bytes, bytes]
    _Context = grpc.aio.ServicerContext[bytes, bytes]

_Result = TypeVar("_Result")

METHODS: Final[dict[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Signal.TRACES,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Signal.LOGS,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": Signal.METRICS,
}

_WORKERS: Final = 16
_AFTER_SLOW: Final = 10.0
_STREAMS: Final = 1024
"""Calls at once on one connection; a client with more waits with them by itself."""
_HANDSHAKE_MILLISECONDS: Final = 10_000
_STATUS_TRAILER: Final = "grpc-status-details-bin"

_LIBRARY: Final = "grpc._cython.cygrpc"
_BIND_SECONDS: Final = 0.05

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GrpcLimits:
    """What calls and connections may take."""

    body: BodyLimits
    connections: int


class GrpcServer:
    """Serves OTLP/gRPC until `stop`, in an event loop of its own: a call whose request does not come holds no thread."""

    def __init__(  # noqa: PLR0913 - one server, all its parts by name
        self, receiver: Receiver, *, host: str, port: int, gate: Gate, limits: GrpcLimits, memory: Memory, tls: Tls | None = None
    ) -> None:
        """Bind and begin to serve; raises ListenError when the address is taken or is not ours, TlsError for bad certificates."""
        logging.getLogger(_LIBRARY).addFilter(without_clients)
        self._limits = limits
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="relaylens-grpc")
        self._services = _Services(receiver, gate, memory, limits.body, self._workers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relaylens-grpc", daemon=True)
        self._thread.start()
        self._failed = asyncio.Event()
        self._repeats = Repeats()
        self._loop.set_exception_handler(self._note_error)
        address = f"[{host}]" if ":" in host else host
        try:
            bound = self._in_loop(self._start(f"{address}:{port}", tls))
        except RuntimeError as error:
            self._end()
            message = (
                f"{address}:{port} for gRPC: the address is in use or is not this machine's. Choose another port, or 0 for any free one."
            )
            raise ListenError(message) from error
        except BaseException:
            self._end()
            raise
        self.port: Final[int] = bound
        self._keeping = self._in_loop(self._begin_keeping(f"{address}:{bound}", tls))

    async def _start(self, address: str, tls: Tls | None) -> int:
        self._server = server = grpc.aio.server(
            handlers=[self._services],
            options=(
                ("grpc.max_receive_message_length", self._limits.body.size),
                ("grpc.so_reuseport", 0),
                ("grpc.http2.max_ping_strikes", 0),  # exporters may ping as they like
                ("grpc.max_concurrent_streams", _STREAMS),
                ("grpc.max_allowed_incoming_connections", self._limits.connections),
                ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MILLISECONDS),
            ),
        )
        bound = self._bind(server, address, tls)
        await server.start()
        return bound

    async def _begin_keeping(self, address: str, tls: Tls | None) -> "asyncio.Task[None]":
        return asyncio.create_task(self._keep_serving(address, tls))

    async def _keep_serving(self, address: str, tls: Tls | None) -> None:
        """Serve again when gRPC's library has given up: a path that is no UTF-8 ends its whole server, and anyone can send one."""
        while True:
            self._ended = asyncio.create_task(self._server.wait_for_termination())
            failed = asyncio.create_task(self._failed.wait())
            try:
                await asyncio.wait((self._ended, failed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                failed.cancel()
            await self._end_server(None)  # calls that are at work: their clients send them again
            self._failed.clear()
            await self._bind_again(address, tls)
            held_back = self._repeats("ended")
            if held_back is not None:
                _logger.warning(
                    "The gRPC server was ended by a call whose method is no text, and serves again.", extra=fields(held_back=held_back)
                )

    async def _bind_again(self, address: str, tls: Tls | None) -> None:
        while True:
            try:
                await self._start(address, tls)
            except (RuntimeError, OSError) as error:  # the port is not free yet, or the certificate is just being written
                held_back = self._repeats("bind")
                if held_back is not None:
                    _logger.warning("The gRPC port is not served for now: %s", error, extra=fields(held_back=held_back))
                await asyncio.sleep(_BIND_SECONDS)
            else:
                return

    def _note_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """See that the server was ended: its library tells nobody but the loop, with the text that was sent."""
        if isinstance(context.get("exception"), UnicodeDecodeError):
            self._failed.set()
        else:
            loop.default_exception_handler(context)

    @staticmethod
    def _bind(server: "grpc.aio.Server", address: str, tls: Tls | None) -> int:
        if tls is None:
            return server.add_insecure_port(address)
        credentials = grpc.ssl_server_credentials(
            [(tls.key.read_bytes(), tls.certificate.read_bytes())],
            None if tls.client_ca is None else tls.client_ca.read_bytes(),
            require_client_auth=tls.client_ca is not None,
        )
        return server.add_secure_port(address, credentials)

    def stop(self, seconds: float) -> None:
        """Refuse new calls, give up requests that are still coming, and wait so long for what has arrived."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._services.stop)
        self._in_loop(self._stop(seconds))
        self._end()

    async def _stop(self, seconds: float) -> None:
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        await self._end_server(seconds)

    async def _end_server(self, seconds: float | None) -> None:
        """Stop it and see that it has ended: a task that is left would outlive the loop, and one that is cancelled breaks the library."""
        await self._server.stop(seconds)
        await asyncio.gather(self._ended, return_exceptions=True)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._workers.shutdown(wait=False)
        self._loop.set_exception_handler(None)

    def _in_loop(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Services(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
    """Finds the handler of a call, after the same gate that HTTP has."""

    def __init__(self, receiver: Receiver, gate: Gate, memory: Memory, limits: BodyLimits, workers: Executor) -> None:
        check_declared(((OVER_GRPC, method) for method in METHODS), over_grpc=True)
        self._gate = gate
        self._receiver = receiver
        self._memory = memory
        self._limits = limits
        self._workers = workers
        self._reading: set[asyncio.Task[Any] | None] = set()
        self._is_stopping = False

    def stop(self) -> None:
        """Give up the requests that are still coming. Called in the loop's thread."""
        self._is_stopping = True
        for task in self._reading:
            if task is not None:
                task.cancel()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "_Handler | None":
        metadata = dict(handler_call_details.invocation_metadata or ())
        method = handler_call_details.method
        grant: Grant | None = None
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
            self._receiver.turned_away(grant, GRPC, refusal)
            return _refusing(refusal)
        return self._export(grant, signal)

    def _export(self, grant: Grant, signal: Signal) -> "_Handler":
        # On the wire a stream of one request is the same as a request; here it is read when, and for as long as, we want.
        async def export(requests: AsyncIterator[bytes], context: "_Context") -> bytes:
            try:
                body = await self._read(requests)
                return await asyncio.get_running_loop().run_in_executor(self._workers, self._take, grant, signal, body)
            except Exception as error:
                refusal = refusal_of(error)
                if refusal is None:
                    _logger.exception("gRPC %s", signal)
                    refusal = unforeseen()
                self._receiver.refused(grant, GRPC, signal, refusal)
                await _refuse(context, refusal)

        return grpc.stream_unary_rpc_method_handler(export, request_deserializer=None, response_serializer=None)

    async def _read(self, requests: AsyncIterator[bytes]) -> bytes:
        """Wait for the request, as long as it may take."""
        task = asyncio.current_task()
        self._reading.add(task)
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await anext(requests, None)
                # Nobody may be told that a message is taken of which only another one was: all of the call is read first.
                has_more = body is not None and await anext(requests, None) is not None
        except TimeoutError as error:
            message = f"The request did not arrive within {self._limits.seconds:g} seconds. Send it again, or smaller batches."
            raise Refusal(grpc.StatusCode.UNAVAILABLE, message, retry_after=_AFTER_SLOW) from error
        except asyncio.CancelledError:
            if task is None or not self._is_stopping:  # the client is gone
                raise
            task.uncancel()
            raise stopping() from None
        finally:
            self._reading.discard(task)
        if body is None:
            message = "The call holds no request."
            raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)
        if has_more:
            message = "The call holds more than one request; send each in a call of its own. None of them is taken."
            raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)
        return body

    def _take(self, grant: Grant, signal: Signal, body: bytes) -> bytes:
        with self._receiver.timed(grant, GRPC, signal):
            self._memory.take(len(body))
            try:
                return self._receiver.take(grant, GRPC, signal, body).SerializeToString()
            finally:
                self._memory.give_back(len(body))


def _refusing(refusal: Refusal) -> "_Handler":
    """Answer without reading the request, which may be long: that of a stream is read only when it is asked for."""

    async def refuse(_requests: object, context: "_Context") -> bytes:
        await _refuse(context, refusal)

    return grpc.stream_unary_rpc_method_handler(refuse, request_deserializer=None, response_serializer=None)


async def _refuse(context: "_Context", refusal: Refusal) -> NoReturn:
    status = refusal.status()
    await context.abort(refusal.code, status.message, ((_STATUS_TRAILER, status.SerializeToString()),))
    raise AssertionError  # pragma: no cover - abort raises


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value
