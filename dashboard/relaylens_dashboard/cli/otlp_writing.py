"""OTLP requests into files: length-delimited protobuf or JSON lines, plain or compressed, by the file's name."""

import gzip
import json
import lzma
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

import typer
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.otlp_documents import document_of
from relaylens_collector.signals import Signal

_REQUESTS: Final[dict[Signal, type[Message]]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}


class UnwritableError(Exception):
    """The request holds what protobuf's Python library or JSON cannot."""


def parsed(signal: Signal, body: bytes) -> Any:  # noqa: ANN401 - one of three generated classes without a common shape
    """Read a request; a text in it that is no UTF-8 cannot be read."""
    request = _REQUESTS[signal]()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise UnwritableError(str(error)) from error
    return request


def json_line(signal: Signal, body: bytes) -> bytes:
    """Write a request as OTLP's JSON on one line."""
    return json.dumps(document_of(parsed(signal, body)), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def delimited(body: bytes) -> bytes:
    """Put a request's length before it, as a varint."""
    length, prefix = len(body), bytearray()
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + body


@contextmanager
def writer(signal: Signal, out: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Give what writes requests to a file in the way its name says, or as JSON lines to standard output."""
    with ExitStack() as opened:
        if out is None:
            yield lambda body: _write(sys.stdout.buffer, json_line(signal, body))
            sys.stdout.buffer.flush()
            return
        name, compression = (out.stem, out.suffix) if out.suffix in {".gz", ".xz"} else (out.name, "")
        if not name.endswith((".pb", ".jsonl", ".json", ".ndjson")):
            detail = f"{out}: the name of an OTLP file ends in .jsonl or .pb, and perhaps .gz or .xz"
            raise typer.BadParameter(detail)
        stream: IO[bytes] = opened.enter_context(out.open("wb"))
        if compression == ".gz":
            # Neither name nor time of the writing: the same requests give the same file.
            stream = cast("IO[bytes]", opened.enter_context(gzip.GzipFile("", "wb", fileobj=stream, mtime=0)))
        elif compression == ".xz":
            stream = cast("IO[bytes]", opened.enter_context(lzma.LZMAFile(stream, "wb")))
        if name.endswith(".pb"):
            yield lambda body: _write(stream, delimited(body))
        else:
            yield lambda body: _write(stream, json_line(signal, body))


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)
