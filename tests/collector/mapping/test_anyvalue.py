"""Values that protobuf cannot read, or that would be too large as JSON, are kept as they are."""

import base64

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue
from tests.collector.store.building import field

from relaylens_collector.mapping.anyvalue import LARGEST, Complex, array_text, kvlist_text


def _deep(depth: int, *, array: bool) -> bytes:
    """Return the bytes of a value in that many others; protobuf's own writer gives up sooner."""
    value = AnyValue(int_value=1).SerializeToString()
    for _ in range(depth):
        value = field(5, field(1, value)) if array else field(6, field(1, field(1, b"k") + field(2, value)))
    return value


def _inside(value: bytes) -> bytes:
    """Return what is in the only field of a message."""
    return value[1 + next(place for place, byte in enumerate(value[1:], start=1) if byte < 0x80) :]


def test_nested_values_become_json() -> None:
    """Up to the depth that protobuf reads, a value is JSON."""
    assert Complex("a", "[" * 40 + "1" + "]" * 40) == array_text(_inside(_deep(40, array=True)))
    assert Complex("k", '{"k":' * 30 + "1" + "}" * 30) == kvlist_text(_inside(_deep(30, array=False)))


@pytest.mark.parametrize("depth", [60, 200])
def test_deeper_values_are_kept_as_protobuf(depth: int) -> None:
    """What is too deep is the base64 of the AnyValue."""
    array, kvlist = _deep(depth, array=True), _deep(depth, array=False)

    assert Complex("p", _base64(array)) == array_text(_inside(array))
    assert Complex("p", _base64(kvlist)) == kvlist_text(_inside(kvlist))


def test_values_that_are_broken_inside_are_kept_as_protobuf() -> None:
    """Text that is not UTF-8 within an array or kvlist stays as it was sent."""
    array = AnyValue(array_value=ArrayValue(values=[AnyValue(bytes_value=b"XXXX")])).array_value.SerializeToString()
    text_field, bytes_field = b"\x0a\x04", b"\x3a\x04"

    found = array_text(array.replace(bytes_field + b"XXXX", text_field + b"\xff\xfe\xff\xfe"))

    assert "p" == found.letter
    assert b"\x2a\x08\x0a\x06\x0a\x04\xff\xfe\xff\xfe" == base64.b64decode(found.text)


def test_values_that_are_too_large_are_kept_as_protobuf() -> None:
    """A million empty items would take far more room as JSON."""
    array = AnyValue(array_value=ArrayValue(values=[AnyValue()] * (LARGEST // 2 + 1)))

    assert Complex("p", _base64(array.SerializeToString())) == array_text(array.array_value.SerializeToString())


def _base64(value: bytes) -> str:
    """Return base64 as text."""
    return base64.b64encode(value).decode()
