"""Answers over HTTP, and a connection on which they come one after the other."""

import http.client
import io
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.rpc import status_pb2  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from relaylens_collector.conformance.items import FailedError, expect

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_Response = TypeVar("_Response", bound=Message)


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, response: http.client.HTTPResponse) -> Self:
        """Read one to its end."""
        return cls(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    @property
    def kind(self) -> str:
        """The media type alone."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def response(self) -> ExportTraceServiceResponse:
        """The body as the answer to an export of traces."""
        return self.read_as(ExportTraceServiceResponse())

    def read_as(self, response: _Response) -> _Response:
        """The body as the answer to an export."""
        try:
            if self.kind == JSON:
                json_format.Parse(self.body or b"{}", response, ignore_unknown_fields=True)
            else:
                response.ParseFromString(self.body)
        except (DecodeError, json_format.ParseError) as error:
            message = f"the body of {self.status} is no {response.DESCRIPTOR.name}: {self.body[:80]!r}"
            raise FailedError(message) from error
        return response

    def rpc_status(self, kind: str) -> Any:  # noqa: ANN401 - an untyped message
        """The google.rpc.Status that the body has to be, in the request's encoding."""
        expect(self.kind == kind, f"{self.status} to {kind} came as {self.kind or 'nothing'}")
        status = status_pb2.Status()
        try:
            if kind == JSON:
                # Details may be of types that this program does not know.
                document = {key: value for key, value in json.loads(self.body).items() if key != "details"}
                json_format.ParseDict(document, status, ignore_unknown_fields=True)
            else:
                status.ParseFromString(self.body)
        except (DecodeError, json_format.ParseError, ValueError, AttributeError) as error:
            message = f"the body of {self.status} is no google.rpc.Status: {self.body[:80]!r}"
            raise FailedError(message) from error
        return status


class Connection:
    """One connection, written by hand."""

    def __init__(self, opened: socket.socket) -> None:
        """Read everything through one buffer: the next answer may come together with this one."""
        self.socket: Final = opened
        self._buffer = opened.makefile("rb")
        self._reader = _Reader(self._buffer)

    def close(self) -> None:
        """Hang up."""
        self._buffer.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Write bytes; a server that has hung up is seen when its answer is read."""
        try:
            self.socket.sendall(data)
        except OSError:
            return

    def answer(self) -> Reply:
        """Read the next answer."""
        response = http.client.HTTPResponse(self._reader, method="POST")  # type: ignore[arg-type]  # asks for makefile and nothing else
        try:
            response.begin()
            return Reply.of(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = f"no answer ({type(error).__name__}: {error})"
            raise FailedError(message) from error

    def line(self) -> bytes:
        """Read one line."""
        try:
            return self._reader.readline()
        except OSError as error:
            message = f"no answer ({type(error).__name__}: {error})"
            raise FailedError(message) from error


class _Reader:
    """A buffer that is still there when an answer has been read."""

    def __init__(self, buffer: io.BufferedReader) -> None:
        self._buffer = buffer

    def makefile(self, *_: object) -> Self:
        return self

    def readline(self, limit: int = -1) -> bytes:
        return self._buffer.readline(limit)

    def read(self, size: int = -1) -> bytes:
        return self._buffer.read(size)

    def readinto(self, target: bytearray) -> int:
        return self._buffer.readinto(target)

    def flush(self) -> None:
        return

    def close(self) -> None:
        return
