"""OTLP requests in files: length-delimited protobuf and JSON lines, plain or compressed.

A record that cannot be read costs itself; one that makes the rest unreadable (a cut file, a length that cannot be) ends its file.
"""

import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from relaylens_collector.signals import Signal

LONGEST_RECORD: Final = 64 << 20
"""The same limit as for a request."""

_VARINT_BYTES: Final = 10
_JSON_SIGNALS: Final = {"resourceSpans": Signal.TRACES, "resourceLogs": Signal.LOGS, "resourceMetrics": Signal.METRICS}
_COMPRESSED: Final[dict[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    ".gz": lambda raw: cast("IO[bytes]", gzip.GzipFile(fileobj=raw)),
    ".xz": lambda raw: cast("IO[bytes]", lzma.LZMAFile(raw)),  # noqa: SIM115 - the raw file is the one to close
}
_UNREADABLE: Final = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class Request:
    """One OTLP request of a file."""

    place: str
    signal: Signal
    body: bytes
    is_json: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A place of a file that holds no request."""

    place: str
    why: str


def signal_of(path: Path) -> Signal | None:
    """Read the signal from the file's name: `run.logs.pb.xz` holds logs."""
    words = path.name.lower().split(".")
    return next((signal for signal in (Signal.TRACES, Signal.LOGS, Signal.METRICS) if signal.value in words[1:]), None)


def read(path: Path, signal: Signal | None = None, *, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Request | Broken]:
    """Yield the requests of a file in order; `on_bytes` hears how far into the file on disk the reading is."""
    with path.open("rb") as raw:
        unpack = _COMPRESSED.get(path.suffix.lower())
        stream = io.BufferedReader(cast("io.RawIOBase", unpack(raw))) if unpack is not None else raw
        name = path.name.lower().removesuffix(path.suffix.lower()) if unpack is not None else path.name.lower()
        if name.endswith(".json"):
            requests = _json(stream, signal)
        elif name.endswith((".jsonl", ".ndjson")):
            requests = _json_lines(stream, signal)
        else:
            requests = _protobuf(stream, signal or signal_of(path) or Signal.TRACES)
        try:
            for request in requests:
                on_bytes(raw.tell())
                yield request
        except _UNREADABLE as error:
            yield Broken(f"byte {raw.tell()} of the compressed file", f"the compression ends or breaks here: {error}")


def _protobuf(stream: IO[bytes], signal: Signal) -> Iterator[Request | Broken]:
    """Read messages that each have their length before them, as a varint."""
    offset, number = 0, 0
    while True:
        place = f"record {number + 1}, byte {offset}"
        length, width = _varint(stream)
        if width == 0:
            return
        if length is None or length > LONGEST_RECORD:
            yield Broken(place, "no length of a message stands here; the rest of the file is not read")
            return
        body = stream.read(length)
        if len(body) < length:
            yield Broken(place, f"the file ends {length - len(body):,} bytes before this record does")
            return
        yield Request(place, signal, body, is_json=False)
        offset, number = offset + width + length, number + 1


def _varint(stream: IO[bytes]) -> tuple[int | None, int]:
    """Read a length; gives it with its width in bytes, None for what is none, and a width of 0 at the end of the file."""
    value = 0
    for width in range(_VARINT_BYTES):
        byte = stream.read(1)
        if not byte:
            return None, width
        value |= (byte[0] & 0x7F) << (7 * width)
        if byte[0] < 0x80:  # noqa: PLR2004 - the bit that says there is more
            return value, width + 1
    return None, _VARINT_BYTES


def _json(stream: IO[bytes], signal: Signal | None) -> Iterator[Request | Broken]:
    """Read what was written over several lines: one request, or a list of them; else one request a line."""
    text = stream.read()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield from _json_lines(io.BytesIO(text), signal)
        return
    for number, request in enumerate(document if isinstance(document, list) else [document], start=1):
        yield from _json_requests(request, signal, f"request {number}")


def _json_lines(stream: IO[bytes], signal: Signal | None) -> Iterator[Request | Broken]:
    """Read one request a line."""
    number = 0
    while line := stream.readline(LONGEST_RECORD + 1):
        number += 1
        if len(line) > LONGEST_RECORD:
            yield Broken(f"line {number}", f"longer than {LONGEST_RECORD:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_RECORD)
        elif line.strip():
            try:
                document = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Broken(f"line {number}", f"no JSON: {error}")
            else:
                yield from _json_requests(document, signal, f"line {number}")


def _json_requests(document: object, signal: Signal | None, place: str) -> Iterator[Request | Broken]:
    """Find the signal of a request by its field."""
    found = [one for field, one in _JSON_SIGNALS.items() if isinstance(document, dict) and field in document]
    if signal is not None:
        found = [one for one in found if one is signal]
    if not found:
        yield Broken(
            place, f"no OTLP request: none of {', '.join(_JSON_SIGNALS)} is in it" if signal is None else f"no OTLP request with {signal}"
        )
    for one in found:
        yield Request(place, one, json.dumps(document).encode(), is_json=True)
