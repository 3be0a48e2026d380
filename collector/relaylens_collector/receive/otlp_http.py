"""OTLP over HTTP: the three paths, in protobuf and in JSON."""

import asyncio
from concurrent.futures import Executor
from typing import Final

from relaylens_collector.receive.application import Handler, Routes
from relaylens_collector.receive.exchange import JSON, PROTOBUF, Answer, ClientGoneError, Exchange
from relaylens_collector.receive.otlp import OTLP_SIGNALS, Receiver
from relaylens_collector.receive.otlp_json import to_protobuf
from relaylens_collector.receive.refusals import refusal_of, unforeseen
from relaylens_collector.signals import Signal

HTTP: Final = "http"


def otlp_routes(receiver: Receiver, workers: Executor) -> Routes:
    """Return the routes; decoding and waiting for the disk is done by `workers`."""
    return {f"/v1/{signal}": {"POST": _export(receiver, workers, signal)} for signal in OTLP_SIGNALS}


def _export(receiver: Receiver, workers: Executor, signal: Signal) -> Handler:
    def take(exchange: Exchange, body: bytes) -> Answer:
        unpacked = exchange.unpacked(body)
        if exchange.content_type == JSON:
            unpacked = to_protobuf(signal, unpacked)
        return exchange.answer(receiver.take(exchange.grant, HTTP, signal, unpacked))

    async def export(exchange: Exchange) -> Answer:
        try:
            exchange.require_content_type(PROTOBUF, JSON)
            body = await exchange.body()
            with receiver.timed(exchange.grant, HTTP, signal):
                # Shielded, so that what has arrived is finished and answered also when the collector stops.
                return await asyncio.shield(asyncio.get_running_loop().run_in_executor(workers, take, exchange, body))
        except ClientGoneError:
            raise
        except Exception as error:
            receiver.refused(exchange.grant, HTTP, signal, refusal_of(error) or unforeseen())
            raise

    return export
