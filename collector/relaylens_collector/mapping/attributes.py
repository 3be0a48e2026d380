"""Lists of OTLP attributes as keys, texts and kinds, in columns."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_collector.mapping.anyvalue import Complex, array_text, kvlist_text
from relaylens_collector.mapping.cells import Cells, LongTexts
from relaylens_collector.mapping.columns import Ints, offsets_of, owners, text_column, utf8

_NO_TEXT: Final = pa.nulls(1, pa.string())[0]
_NO_KEYS: Final = pa.nulls(0, pa.string()).dictionary_encode()
_NO_BYTES: Final = pa.nulls(1, pa.binary())[0]

SCALARS: Final = {"bool_value": "b", "int_value": "i", "double_value": "d"}
"""Field of AnyValue and the letter of its kind."""


@dataclass(frozen=True, slots=True)
class Values:
    """A column of AnyValue: each as a cell, with the letter of its kind."""

    cells: Cells
    letters: Ints


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of all rows, one after the other."""

    offsets: Ints
    """Where the attributes of each row begin, and where the last ones end."""

    keys: pa.DictionaryArray
    cells: Cells
    letters: Ints

    def columns(self, texts: pa.StringArray) -> dict[str, pa.Array]:
        """Return the attributes as a map with the texts, and the letters of their kinds."""
        keys = self.keys.dictionary.take(self.keys.indices)
        return {
            "attributes": pa.MapArray.from_arrays(pa.array(self.offsets), keys, texts),
            "attribute_types": text_column(self.offsets, self.letters),
        }


def _distinct(bodies: pa.Array, text_of: Callable[[bytes], Complex]) -> tuple[pa.StringArray, Ints]:
    """Turn each distinct body into text, and return texts and letters for all; NULL where there is no body."""
    encoded = bodies.dictionary_encode()
    found = [text_of(body) for body in encoded.dictionary.to_pylist()]
    texts = pa.array([one.text for one in found], pa.string()).take(encoded.indices)
    letters = np.frombuffer("".join(one.letter for one in found).encode(), np.uint8)
    return texts, letters[encoded.indices.drop_null().to_numpy()]


def _bytes_text(body: bytes) -> Complex:
    """Return the bytes as base64."""
    return Complex("x", base64.b64encode(body).decode())


COMPLEX: Final[dict[str, Callable[[bytes], Complex]]] = {
    "array_value": array_text,
    "kvlist_value": kvlist_text,
    "bytes_value": _bytes_text,
}
"""Field of AnyValue and how its bytes become text."""


def values_of(column: pa.StructArray, longs: LongTexts) -> Values:
    """Return a column of AnyValue as cells; of two kinds in one value, which no encoder writes, the first of the names here counts."""
    strings = column.field("string_value")
    cells = longs.take(utf8(strings))
    letters = np.full(len(column), ord("s"), np.uint8)
    if not strings.null_count:
        return Values(cells, letters)
    free = pc.is_null(strings)
    letters[_bits(free)] = ord("e")
    candidates = [cells.texts]
    taken = cells.taken
    for name, letter in SCALARS.items():
        numbers = column.field(name)
        if numbers.null_count < len(numbers):
            here = pc.and_(free, pc.is_valid(numbers))
            letters[_bits(here)] = ord(letter)
            candidates.append(pc.if_else(here, numbers.cast(pa.string()), _NO_TEXT))
            free = pc.and_not(free, here)
    for name, text_of in COMPLEX.items():
        bodies = column.field(name)
        if bodies.null_count < len(bodies):
            here = pc.and_(free, pc.is_valid(bodies))
            found, kinds = _distinct(pc.if_else(here, bodies, _NO_BYTES), text_of)
            letters[_bits(here)] = kinds
            more = longs.take(found)
            taken += more.taken
            candidates.append(more.texts)
            free = pc.and_not(free, here)
    texts = pc.coalesce(*candidates, "")
    return Values(Cells(texts, taken), letters)


def attributes_of(lists: pa.ListArray, longs: LongTexts) -> Attributes:
    """Return lists of KeyValue as attributes; of a repeated key the last value counts, as in OpenTelemetry's SDKs."""
    offsets = offsets_of(lists)
    items = lists.flatten()
    if not len(items):
        return Attributes(offsets, _NO_KEYS, Cells(pa.array([], pa.string()), ()), np.zeros(0, np.uint8))
    keys = utf8(items.field("key")).dictionary_encode()
    kept = _last_of_repeated(offsets, keys)
    if kept is not None:
        counts = np.add.reduceat(np.append(kept, False), offsets[:-1]) * (np.diff(offsets) > 0)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        keys, items = keys.filter(pa.array(kept)), items.filter(pa.array(kept))
    values = values_of(items.field("value"), longs)
    return Attributes(offsets, keys, values.cells, values.letters)


def _last_of_repeated(offsets: Ints, keys: pa.DictionaryArray) -> Ints | None:
    """Return which attributes to keep, or None when no row repeats a key, as nearly always."""
    width = len(keys.dictionary)
    pairs = owners(offsets).astype(np.int64) * width + keys.indices.to_numpy()
    if not _repeats(pairs, (len(offsets) - 1) * width):
        return None
    _, last = np.unique(pairs[::-1], return_index=True)
    kept = np.zeros(len(pairs), np.bool_)
    kept[len(pairs) - 1 - last] = True
    return kept


def _repeats(numbers: Ints, limit: int) -> bool:
    """Say whether a number below the limit is there twice; by counting, unless that would take far more room than the numbers."""
    if limit > 8 * len(numbers) + 1024:
        return len(np.unique(numbers)) < len(numbers)
    return bool(len(numbers)) and int(np.bincount(numbers).max()) > 1


def _bits(booleans: pa.BooleanArray) -> Ints:
    """Return the column for numpy."""
    bits: Ints = booleans.to_numpy(zero_copy_only=False)
    return bits
