"""Steps on whole Arrow columns that pyarrow has no single function for."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints: TypeAlias = npt.NDArray[Any]

_REPAIRED_TOGETHER: Final = 1024
_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)


def data_of(values: pa.Array) -> tuple[Ints, Ints]:
    """Return a string or binary column's bytes and the offsets of its values in them, without copying."""
    _, offsets, data = values.buffers()
    length = len(values)
    places = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + length + 1] if length else np.zeros(1, np.int32)
    return (np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)), places


def text_column(offsets: Ints, data: Ints | pa.Buffer) -> pa.StringArray:
    """Return the string column whose values lie in the data at the offsets, without copying."""
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(np.ascontiguousarray(offsets, dtype=np.int32)), pa.py_buffer(data))


def binary_column(offsets: Ints, data: Ints | pa.Buffer) -> pa.BinaryArray:
    """Return the column of bytes whose values lie in the data at the offsets, without copying."""
    return text_column(offsets, data).view(pa.binary())


def offsets_of(lists: pa.ListArray) -> Ints:
    """Return where each list begins among `lists.flatten()`, and where the last one ends."""
    offsets = lists.offsets.to_numpy(zero_copy_only=False)
    return offsets - offsets[0] if len(offsets) else np.zeros(1, np.int32)


def owners(offsets: Ints) -> Ints:
    """Return for each list item the number of its list."""
    return np.repeat(np.arange(len(offsets) - 1, dtype=np.int32), np.diff(offsets))


def utf8(values: pa.Array) -> pa.StringArray:
    """Return the bytes as text, with U+FFFD for what is not UTF-8."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        if len(values) <= _REPAIRED_TOGETHER:
            return pa.array([None if value is None else value.decode(errors="replace") for value in values.to_pylist()], pa.string())
        half = len(values) // 2
        return pa.concat_arrays([utf8(values[:half]), utf8(values[half:])])


def hexadecimal(values: pa.Array) -> pa.StringArray:
    """Return the bytes as lower-case hex digits; no bytes at all become NULL."""
    data, offsets = data_of(values)
    digits = _HEX[data[offsets[0] : offsets[-1]]].view(np.uint8)
    text = text_column((offsets - offsets[0]) * 2, digits)
    if (offsets[1:] > offsets[:-1]).all():
        return text
    return pc.if_else(pc.equal(pc.binary_length(text), 0), pa.scalar(None, pa.string()), text)


def optional_id(values: pa.Array) -> pa.StringArray:
    """Return ids as hex digits, with NULL for none and for the all-zero one, which OTLP calls invalid."""
    digits = hexadecimal(values)
    if digits.null_count == len(digits):
        return digits
    return pc.if_else(pc.match_substring_regex(digits, "[^0]"), digits, pa.scalar(None, pa.string()))


def none_if_empty(values: pa.StringArray) -> pa.StringArray:
    """Return the texts with NULL for an empty one: protobuf does not tell empty from absent."""
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def microseconds(nanoseconds: pa.Array) -> pa.Array:
    """Return OTLP nanoseconds as UTC timestamps; 0 says that the time is not known."""
    whole = pc.divide(nanoseconds, pa.scalar(1000, pa.uint64())).cast(pa.int64()).cast(pa.timestamp("us"))
    return pc.if_else(pc.equal(nanoseconds, pa.scalar(0, pa.uint64())), pa.scalar(None, pa.timestamp("us")), whole)


def uuids(keys: Sequence[bytes]) -> pa.Array:
    """Return content keys of 16 bytes as the type that DuckDB takes for UUID."""
    return pa.ExtensionArray.from_storage(
        pa.uuid(), pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(keys), [None, pa.py_buffer(b"".join(keys))])
    )
