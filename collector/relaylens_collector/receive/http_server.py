"""Granian inside this process: its event loop in a thread of its own, on a socket that we have bound."""

import asyncio
import logging
import socket
import threading
from dataclasses import dataclass
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from relaylens_collector.errors import ListenError
from relaylens_collector.receive.application import Application
from relaylens_collector.receive.connections import Watch
from relaylens_collector.receive.tls import Tls

_BACKLOG: Final = 1024
_IDLE_MILLISECONDS: Final = 65_000
"""How long a connection may take for its headers; the same clock runs while it is idle, and exporters send once a minute."""

_AT_THE_DOOR: Final = 1024
"""Connections accepted on top of the most that are kept: those that come between two looks of the watch."""

_logger: Final = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; raises ListenError when the address is taken or is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        message = f"{host}:{port}: {error.strerror or error}. Choose another port, or 0 for any free one."
        raise ListenError(message) from error
    return listener


class _OnOurSocket(Server):
    """Granian binds with SO_REUSEPORT, and two collectors on one port would share its requests without an error."""

    def __init__(self, application: Application, listener: socket.socket, tls: Tls | None, connections: int) -> None:
        super().__init__(
            application,
            address="127.0.0.1",  # only named in its log
            port=listener.getsockname()[1],
            interface=Interfaces.ASGINL,
            websockets=False,
            http=HTTPModes.http1,
            backlog=_BACKLOG,
            backpressure=connections + _AT_THE_DOOR,
            http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MILLISECONDS),
            log_enabled=False,
            ssl_cert=None if tls is None else tls.certificate,
            ssl_key=None if tls is None else tls.key,
            ssl_ca=None if tls is None else tls.client_ca,
            ssl_client_verify=tls is not None and tls.client_ca is not None,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder  # its stub has no arguments
        self._shd = holder(self._listener.detach(), False, _BACKLOG)  # noqa: FBT003 - its own signature


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What connections may take."""

    connections: int
    head_seconds: float


class HttpServer:
    """Serves an application until `stop`."""

    def __init__(self, application: Application, listener: socket.socket, limits: ConnectionLimits, tls: Tls | None = None) -> None:
        """Begin to serve on the listener, which is closed at the end."""
        self._limits = limits
        self.port: Final[int] = listener.getsockname()[1]
        self._application = application
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="relaylens-http", daemon=True)
        self._thread.start()
        self._running.wait()
        self.watch: Final = Watch(self.port, application.activity, head_seconds=limits.head_seconds, most=limits.connections)

    def stop(self, seconds: float) -> None:
        """Refuse new requests, and wait so long for those under way."""
        self.watch.stop()
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stop_in_loop)
        self._thread.join(seconds)
        if self._thread.is_alive():
            _logger.warning("Some HTTP clients did not take their answers within %g s; their connections are cut.", seconds)

    def _stop_in_loop(self) -> None:
        self._application.stop()
        if self._server is not None:
            self._server.stop()  # type: ignore[no-untyped-call]

    def _serve(self, listener: socket.socket) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve_until_stopped(listener))
        except Exception:
            _logger.exception("The HTTP server ended.")
        finally:
            self._running.set()
            self._loop.close()

    async def _serve_until_stopped(self, listener: socket.socket) -> None:
        self._server = _OnOurSocket(self._application, listener, self._tls, self._limits.connections)
        self._running.set()
        await self._server.serve()
