"""The HTTP application: the gate, the routes, and an answer to whatever goes wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

import grpc

from relaylens_collector.access import Grant
from relaylens_collector.receive.connections import Activity
from relaylens_collector.receive.exchange import Answer, BodyLimits, ClientGoneError, Exchange, Memory, Receive
from relaylens_collector.receive.gate import Gate
from relaylens_collector.receive.permissions import check_declared, check_scope
from relaylens_collector.receive.refusals import Refusal, refusal_of, stopping, unforeseen

Handler = Callable[[Exchange], Awaitable[Answer]]
Routes = Mapping[str, Mapping[str, Handler]]
"""Path to method to what answers it; a path that ends in `/` stands for all paths one part longer."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TurnedAway = Callable[[Grant | None, str, Refusal], None]
"""Counts who does not reach a route, with what the token granted, if it granted anything."""

_HTTP: Final = "http"
_SAFE: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""What a browser is told with every answer: it shows none of it as a page."""

_logger: Final = logging.getLogger(__name__)


class Application:
    """An ASGI application; every request meets the gate first, then its route."""

    def __init__(self, routes: Routes, *, gate: Gate, limits: BodyLimits, memory: Memory, turned_away: TurnedAway) -> None:
        """Serve the routes; each of them has to be declared in `permissions`. Tell `turned_away` who does not reach one."""
        check_declared(((method, path) for path, methods in routes.items() for method in methods), over_grpc=False)
        self.routes: Final = routes
        self._gate = gate
        self._limits = limits
        self._memory = memory
        self._turned_away = turned_away
        self._open: set[Exchange] = set()
        self._stopping = False
        self.activity: Final = Activity()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, self._limits, self._memory)
        self._open.add(exchange)
        peer = scope["client"]
        self.activity.begins(peer)
        try:
            answer = await self._answer(exchange)
        except ClientGoneError:
            return
        finally:
            self._open.discard(exchange)
            exchange.close()
            self.activity.ends(peer)
        headers = [(b"content-type", answer.content_type.encode()), *_SAFE]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def stop(self) -> None:
        """Take nothing more: bodies that are still coming are given up, what has arrived is finished. Called in the loop's thread."""
        self._stopping = True
        for exchange in self._open:
            if exchange.reading is not None:
                exchange.reading.cancel()

    async def _answer(self, exchange: Exchange) -> Answer:
        grant: Grant | None = None
        handler: Handler | None = None
        try:
            exchange.grant = grant = self._gate.check(exchange.headers)
            handler = self._route(exchange)
            return await handler(exchange)
        except ClientGoneError:
            raise
        except asyncio.CancelledError:
            return exchange.refuse(stopping())
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                _logger.exception("%s %s", exchange.method, exchange.path)
                refusal = unforeseen()
            if handler is None:
                self._turned_away(grant, _HTTP, refusal)
            return exchange.refuse(refusal)

    def _route(self, exchange: Exchange) -> Handler:
        path = exchange.path if exchange.path in self.routes else exchange.path.rpartition("/")[0] + "/"
        methods = self.routes.get(path)
        if methods is None:
            message = f"There is nothing at {exchange.path[:200]!r}."
            raise Refusal(grpc.StatusCode.NOT_FOUND, message)
        handler = methods.get(exchange.method)
        if handler is None:
            allow = ", ".join(sorted(methods))
            message = f"{exchange.path} takes {allow}, not {exchange.method[:20]}."
            raise Refusal(grpc.StatusCode.UNIMPLEMENTED, message, headers=(("allow", allow),))
        check_scope(exchange.grant, exchange.method, path)
        if self._stopping:
            raise stopping()
        return handler
