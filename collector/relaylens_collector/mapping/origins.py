"""Resources and scopes: few distinct ones, each decoded once."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyarrow as pa

from relaylens import semconv
from relaylens_collector.errors import RequestTooLargeError, UndecodableError
from relaylens_collector.mapping import wire
from relaylens_collector.mapping.attributes import attributes_of
from relaylens_collector.mapping.cells import LongTexts
from relaylens_collector.mapping.columns import utf8

LARGEST: Final = 4 << 20
"""Bytes; a larger resource or scope is refused: each is decoded whole."""

_CACHED_BYTES: Final = 16_384
"""Larger resources are decoded each time: a cache must not hold what a client chose to make large."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A resource or a scope, decoded."""

    key: bytes
    """First 128 bits of the SHA-256 of its schema URL and protobuf bytes."""

    name: str | None
    """A scope's name; a resource's service name."""

    version: str | None
    keys: tuple[str, ...]
    texts: tuple[str, ...]
    types: str
    dropped_attributes_count: int
    entity_refs: str | None
    """JSON list, in OTLP's JSON spelling."""

    schema_url: str | None


def origin_key(body: bytes, schema_url: bytes) -> bytes:
    """Return the content key of a resource or scope."""
    return hashlib.sha256(len(schema_url).to_bytes(4) + schema_url + body).digest()[:16]


def resource(body: bytes, schema_url: bytes) -> Origin:
    """Decode a Resource; UndecodableError when its bytes are broken."""
    return (_resource if len(body) < _CACHED_BYTES else _resource.__wrapped__)(body, schema_url)


def scope(body: bytes, schema_url: bytes) -> Origin:
    """Decode an InstrumentationScope; UndecodableError when its bytes are broken."""
    return (_scope if len(body) < _CACHED_BYTES else _scope.__wrapped__)(body, schema_url)


@lru_cache(maxsize=1024)
def _resource(body: bytes, schema_url: bytes) -> Origin:
    """Decode a Resource."""
    row = _row(wire.RESOURCES, body, "resource")
    keys, texts, types = _attributes(row)
    service = texts[keys.index(semconv.SERVICE_NAME)] if semconv.SERVICE_NAME in keys else None
    refs = row["entity_refs"][0].as_py()
    return Origin(
        origin_key(body, schema_url),
        service,
        None,
        keys,
        texts,
        types,
        row["dropped_attributes_count"][0].as_py(),
        _entity_refs(refs) if refs else None,
        schema_url.decode(errors="replace") or None,
    )


@lru_cache(maxsize=1024)
def _scope(body: bytes, schema_url: bytes) -> Origin:
    """Decode an InstrumentationScope."""
    row = _row(wire.SCOPES, body, "scope")
    keys, texts, types = _attributes(row)
    return Origin(
        origin_key(body, schema_url),
        utf8(row["name"])[0].as_py() or None,
        utf8(row["version"])[0].as_py() or None,
        keys,
        texts,
        types,
        row["dropped_attributes_count"][0].as_py(),
        None,
        schema_url.decode(errors="replace") or None,
    )


def _attributes(row: pa.RecordBatch) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return keys, whole texts and kinds of the attributes."""
    longs = LongTexts()
    attributes = attributes_of(row["attributes"], longs)
    texts = longs.whole().resolve(attributes.cells)
    return tuple(attributes.keys.to_pylist()), tuple(texts.to_pylist()), attributes.letters.tobytes().decode()


def _row(reader: wire.Reader, body: bytes, what: str) -> pa.RecordBatch:
    """Decode one message into a record batch of one row."""
    if len(body) > LARGEST:
        detail = f"A {what} in it has {len(body)} bytes; {LARGEST} are taken."
        raise RequestTooLargeError(detail)
    try:
        return reader.list_to_record_batch([body])
    except ValueError as error:
        detail = f"A {what} in it is broken: {error}."
        raise UndecodableError(detail) from error


def _entity_refs(refs: list[dict[str, bytes | list[bytes]]]) -> str:
    """Return entity references as OTLP JSON has them."""

    def text(value: bytes | list[bytes]) -> str | list[str]:
        return value.decode(errors="replace") if isinstance(value, bytes) else [item.decode(errors="replace") for item in value]

    names = {"schema_url": "schemaUrl", "type": "type", "id_keys": "idKeys", "description_keys": "descriptionKeys"}
    return json.dumps([{names[name]: text(value) for name, value in ref.items() if value} for ref in refs], ensure_ascii=False)
