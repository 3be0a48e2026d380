"""What is thrown at the collector: HTTP requests of every kind, drawn by choices."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.collector.fuzz.bodies import OTLP
from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.frames import Call, Conversation, a_call, a_conversation
from tests.collector.fuzz.messages import Builder, damaged, damaged_json, deep, json_of

from relaylens_collector.signals import Signal

PROTOBUF: Final = b"application/x-protobuf"
JSON: Final = b"application/json"

Header = tuple[bytes, bytes]


@dataclass
class Input:
    """One HTTP request."""

    kind: str
    path: str
    headers: list[Header]
    parts: list[bytes]
    method: str = "POST"
    hangs_up: bool = False
    """The client goes away before the last part."""
    signal: Signal | None = None
    harmless: bool = field(default=False)
    """Nothing but the bytes of the body is unusual."""

    @property
    def body(self) -> bytes:
        """All parts."""
        return b"".join(self.parts)

    def __str__(self) -> str:
        """Say what was sent."""
        return f"{self.kind}, {self.method} {self.path} {self.headers}, body {self.body[:4000].hex()}"


def _otlp(kind: str, signal: Signal, body: bytes, content_type: bytes = PROTOBUF) -> Input:
    return Input(kind, f"/v1/{signal}", [(b"host", b"localhost"), (b"content-type", content_type)], [body], signal=signal, harmless=True)


def _valid(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    return _otlp("protobuf, valid", signal, Builder(choices, breaks=False).request(signal))


def _breaking(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    return _otlp("protobuf, wrong on purpose", signal, Builder(choices, breaks=True).request(signal))


def _damaged(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    body = Builder(choices, breaks=False).request(signal)
    return _otlp("protobuf, damaged", signal, damaged(choices, body))


def _random(choices: Choices) -> Input:
    return _otlp("protobuf, random bytes", choices.of(OTLP), choices.text(400))


def _deep(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    return _otlp("protobuf, deep", signal, deep(choices, signal))


def _json(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    body = json_of(Builder(choices, breaks=False).request(signal), signal) or b"{}"
    return _otlp("JSON, valid", signal, body, JSON)


def _json_damaged(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    body = json_of(Builder(choices, breaks=False).request(signal), signal) or b"{}"
    return _otlp("JSON, damaged", signal, damaged_json(choices, body), JSON)


def _json_bytes(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    body = json_of(Builder(choices, breaks=False).request(signal), signal) or b"{}"
    return _otlp("JSON, damaged bytes", signal, damaged(choices, body), JSON)


_NAMES: Final = (b"content-type", b"content-encoding", b"content-length", b"host", b"authorization", b"origin", b"accept", b"expect", b"x")
_VALUES: Final = (
    b"",
    b" ",
    b"gzip",
    b"GZIP",
    b"gzip, gzip",
    b"br",
    b"identity",
    b"application/json; charset=utf-8",
    b"APPLICATION/X-PROTOBUF",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"0",
    b"-1",
    b"1",
    b"99999999999999999999999",
    b"1e3",
    "\u0661".encode(),
    "\u00b2".encode("latin-1"),
    b"localhost:99999999",
    b"evil.example",
    b"127.0.0.1",
    b"[::1]:4318",
    b"[::1",
    b"http://[",
    b"http://localhost:abc",
    b"null",
    b"Bearer",
    b"Bearer \xff",
    b"Basic Og==",
    b"100-continue",
    b"\xff\xfe\x00",
    b"a" * 5000,
)


def _headers(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    made = _otlp("headers", signal, Builder(choices, breaks=False).request(signal))
    made.harmless = False
    for _ in range(1 + choices.below(3)):
        name = choices.of(_NAMES)
        value = choices.of(_VALUES) if not choices.one_in(4) else choices.text(30)
        if choices.below(2):
            made.headers = [header for header in made.headers if header[0] != name]
        made.headers.append((name, value))
    made.method = choices.of(("POST",) * 12 + ("GET", "PUT", "", "P\u00d6ST", "post"))
    made.path = choices.of(
        (made.path,) * 12 + ("/v1/traces/", "//v1/traces", "/v1/%74races", "/", "", "/v1/\x00", "/v1/profiles", "/metrics", "/readyz")
    )
    if choices.one_in(3):
        made.parts = _cut(choices, made.body)
        made.hangs_up = choices.below(2) == 1
    return made


def _cut(choices: Choices, body: bytes) -> list[bytes]:
    places = sorted(choices.below(len(body) + 1) for _ in range(choices.below(5)))
    return [body[begin:end] for begin, end in zip([0, *places], [*places, len(body)], strict=True)]


def _gzip(choices: Choices) -> Input:
    signal = choices.of(OTLP)
    plain = Builder(choices, breaks=False).request(signal)
    packed = gzip.compress(plain, 1, mtime=0)
    match choices.below(8):
        case 7:
            packed = damaged(choices, packed)
        case 6:
            packed = gzip.compress(packed, mtime=0)
        case 5:
            packed = gzip.compress(plain[: len(plain) // 2], mtime=0) + gzip.compress(plain[len(plain) // 2 :], mtime=0)
        case 4:
            packed = b"".join(gzip.compress(b"", mtime=0) for _ in range(choices.below(1200))) + packed
        case 3:
            packed = gzip.compress(bytes(choices.below(1 << 20)), 1, mtime=0)
        case 2:
            packed += bytes(choices.below(9))
    made = _otlp("gzip", signal, packed)
    made.headers.append((b"content-encoding", b"gzip"))
    made.harmless = False
    return made


def _label(choices: Choices) -> Input:
    label: dict[str, object] = {"run": "r", "name": "n", "score": 0.5}
    if choices.one_in(3):
        label["id"] = choices.text(3).hex()
    body = json.dumps(label).encode()
    body = damaged_json(choices, body) if choices.below(3) else damaged(choices, body)
    return Input("labels", "/api/v1/labels", [(b"host", b"localhost"), (b"content-type", JSON)], [body])


_SQL: Final = (
    "SELECT", "*", "1", "FROM", "spans", "logs", "texts", "WHERE", "name", "=", "$x", "?", "'", "(", ")", ";", "--", "/*", "LIMIT", "NULL",
    "WITH", "AS", "RECURSIVE", "t", "UNION", "ALL", "range(100000)", "DELETE", "COPY", "ATTACH", "PRAGMA", "SET", "EXPLAIN", "text_of",
    "attributes['a']", "read_csv('/etc/passwd')", "count(*)", "GROUP BY", "ORDER BY", "1/0", "'x'::INTEGER", "\x00", "\ud800", "DESCRIBE",
    "::JSON",
    "DATE '0001-01-01'", "9e999",
    "'NaN'::DOUBLE", "[1,2]", "{'a': 1}", "INTERVAL 1 YEAR", "TIMESTAMP 'infinity'", "repeat('x', 100000000)",
)  # fmt: skip


def _sql(choices: Choices) -> Input:
    words = [choices.of(_SQL) for _ in range(choices.below(12))]
    document: dict[str, object] = {"sql": " ".join(["SELECT", *words] if choices.below(2) else words)}
    if choices.one_in(3):
        document["params"] = {"x": choices.of((1, "a", None, [1, "a"], 10**30, {}, "\ud800", float("nan")))}
    if choices.one_in(3):
        document["format"] = choices.of(("json", "csv", "arrow", "xml", 1, None))
    if choices.one_in(4):
        document["max_rows"] = choices.of((0, 1, -1, True, 10**30, "1"))
    body = json.dumps(document).encode()
    if choices.one_in(4):
        body = damaged_json(choices, body)
    return Input("SQL", "/api/v1/sql", [(b"host", b"localhost"), (b"content-type", JSON)], [body])


Drawn = Input | Conversation | Call

_SHARES: Final[tuple[tuple[Callable[[Choices], Drawn], int], ...]] = (
    (_valid, 19),
    (_breaking, 22),
    (_damaged, 15),
    (_random, 3),
    (_deep, 2),
    (_json, 6),
    (_json_damaged, 9),
    (_json_bytes, 4),
    (_headers, 8),
    (_gzip, 4),
    (_label, 3),
    (_sql, 2),
    (a_conversation, 2),
    (a_call, 1),
)
_KINDS: Final = tuple(kind for kind, share in _SHARES for _ in range(share))
_OVER_GRPC: Final[tuple[Callable[[Choices], Drawn], ...]] = (a_conversation, a_conversation, a_conversation, a_call)


def draw(choices: Choices) -> Drawn:
    """Draw one input."""
    return choices.of(_KINDS)(choices)


def draw_over_grpc(choices: Choices) -> Drawn:
    """Draw one input for the gRPC port."""
    return choices.of(_OVER_GRPC)(choices)
