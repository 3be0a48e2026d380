"""OTLP's recursive values (array and kvlist) as JSON text."""

import base64
import json
import math
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

OPAQUE: Final = "p"
"""The letter of an array or kvlist kept as the base64 of its AnyValue's protobuf bytes: not valid inside, or deeper than protobuf reads."""

LARGEST: Final = 1 << 20
"""Bytes; a larger array or kvlist is kept as protobuf bytes too: as JSON its items can take far more room."""

_ARRAY_TAG: Final = b"\x2a"
_KVLIST_TAG: Final = b"\x32"


@dataclass(frozen=True, slots=True)
class Complex:
    """An array or kvlist as text."""

    letter: str
    text: str


class _LossError(ValueError):
    """Plain JSON cannot hold the value."""


def _plain(value: AnyValue) -> Any:  # noqa: ANN401, PLR0911 - any JSON value, one return for each kind
    """Return the value as plain JSON has it."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "int_value":
        return value.int_value
    if kind == "double_value":
        if not math.isfinite(value.double_value):
            raise _LossError
        return value.double_value
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _plain_object(value.kvlist_value)
    if kind is None:
        return None
    raise _LossError


def _plain_object(pairs: KeyValueList) -> dict[str, Any]:
    """Return the pairs as a JSON object, if no key is repeated."""
    result = {pair.key: _plain(pair.value) for pair in pairs.values}
    if len(result) != len(pairs.values):
        raise _LossError
    return result


def _otlp(value: AnyValue) -> dict[str, Any]:  # noqa: PLR0911 - one return for each kind
    """Return the value as OTLP JSON has it."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return {"stringValue": value.string_value}
    if kind == "bool_value":
        return {"boolValue": value.bool_value}
    if kind == "int_value":
        return {"intValue": str(value.int_value)}
    if kind == "double_value":
        number = value.double_value
        if math.isfinite(number):
            return {"doubleValue": number}
        return {"doubleValue": "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"}
    if kind == "bytes_value":
        return {"bytesValue": base64.b64encode(value.bytes_value).decode()}
    if kind == "array_value":
        return {"arrayValue": _otlp_array(value.array_value)}
    if kind == "kvlist_value":
        return {"kvlistValue": _otlp_pairs(value.kvlist_value)}
    return {}


def _otlp_array(array: ArrayValue) -> dict[str, Any]:
    """Return the array as OTLP JSON has it."""
    return {"values": [_otlp(item) for item in array.values]}


def _otlp_pairs(pairs: KeyValueList) -> dict[str, Any]:
    """Return the kvlist as OTLP JSON has it."""
    return {"values": [{"key": pair.key, "value": _otlp(pair.value)} for pair in pairs.values]}


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the value as compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _opaque(tag: bytes, body: bytes) -> Complex:
    """Keep the bytes of the AnyValue that holds the body."""
    length, size = len(body), bytearray()
    while length > 0x7F:  # noqa: PLR2004 - a varint holds seven bits a byte
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    return Complex(OPAQUE, base64.b64encode(tag + bytes(size) + body).decode())


def array_text(body: bytes) -> Complex:
    """Return the ArrayValue in the bytes as text."""
    if len(body) > LARGEST:
        return _opaque(_ARRAY_TAG, body)
    try:
        array = ArrayValue.FromString(body)
        try:
            return Complex("a", _json([_plain(item) for item in array.values]))
        except _LossError:
            return Complex("A", _json(_otlp_array(array)))
    except DecodeError:
        return _opaque(_ARRAY_TAG, body)


def kvlist_text(body: bytes) -> Complex:
    """Return the KeyValueList in the bytes as text."""
    if len(body) > LARGEST:
        return _opaque(_KVLIST_TAG, body)
    try:
        pairs = KeyValueList.FromString(body)
        try:
            return Complex("k", _json(_plain_object(pairs)))
        except _LossError:
            return Complex("K", _json(_otlp_pairs(pairs)))
    except DecodeError:
        return _opaque(_KVLIST_TAG, body)
