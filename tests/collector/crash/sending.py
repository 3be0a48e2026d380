"""A sender that goes on as an exporter does, over both transports in turn, and remembers what was answered."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
import grpc
from tests.collector.crash.killing import TRACES, Victim, request

OK: Final = 200
_DETAILS: Final = "grpc-status-details-bin"
_RETRY_INFO: Final = b"google.rpc.RetryInfo"
_LONGEST: Final = 60.0


class Sender:
    """Sends requests one after the other."""

    def __init__(self, victim: Victim) -> None:
        """Nothing is sent yet."""
        self._victim = victim
        self._number = 0
        self.answers: list[int] = []
        self.kept: set[str] = set()
        self.wrong_refusals: list[str] = []
        """Refusals that do not tell the sender to come again."""

    def send(self) -> int:
        """Send the next request, and return the HTTP status, or what it would be."""
        self._number += 1
        body, names = request("h0", self._number)
        status = self._send_http(body) if self._number % 2 else self._send_grpc(body)
        self.answers.append(status)
        if status == OK:
            self.kept.update(names)
        return status

    def send_until(self, done: Callable[[], bool]) -> None:
        """Send until something is the case."""
        deadline = time.monotonic() + _LONGEST
        while not done():
            assert time.monotonic() < deadline, self.answers
            self.send()

    def _send_http(self, body: bytes) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._victim.http_port, timeout=10)
        try:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            if answer.status == http.client.SERVICE_UNAVAILABLE and not int(answer.headers["retry-after"]) > 0:
                self.wrong_refusals.append(str(answer.headers))
            return answer.status
        finally:
            connection.close()

    def _send_grpc(self, body: bytes) -> int:
        with grpc.insecure_channel(f"127.0.0.1:{self._victim.grpc_port}") as channel:
            try:
                channel.unary_unary(TRACES, request_serializer=None, response_deserializer=None)(body, timeout=10)
            except grpc.RpcError as error:
                metadata: Any = error.trailing_metadata()
                details = [value for key, value in metadata if key == _DETAILS]
                if error.code() is not grpc.StatusCode.UNAVAILABLE or not any(_RETRY_INFO in bytes(one) for one in details):
                    self.wrong_refusals.append(str(error))
                return http.client.SERVICE_UNAVAILABLE
            return OK


def stored_names(store: Path) -> list[str]:
    """Read the names of all spans from a database that nobody has open."""
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM spans").fetchall()]
