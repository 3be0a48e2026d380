"""Lists of OTLP attributes as keys, texts and kinds, in columns."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_collector.mapping.anyvalue import Complex, array_text, kvlist_text
from relaylens_collector.mapping.columns import Ints, offsets_of, owners, text_column, utf8

SCALARS: Final = {"bool_value": "b", "int_value": "i", "double_value": "d"}
"""Field of AnyValue and the letter of its kind."""


@dataclass(frozen=True, slots=True)
class Values:
    """A column of AnyValue: each as text, with the letter of its kind."""

    texts: pa.StringArray
    letters: Ints
    repaired: int
    """How many were not UTF-8."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of all rows, one after the other."""

    offsets: Ints
    """Where the attributes of each row begin, and where the last ones end."""

    keys: pa.DictionaryArray
    texts: pa.StringArray
    letters: Ints
    repaired: int

    def types(self) -> pa.StringArray:
        """Return for each row the letters of its attributes."""
        return text_column(self.offsets, np.ascontiguousarray(self.letters))


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


def values_of(column: pa.StructArray) -> Values:
    """Return a column of AnyValue as text; of two kinds in one value, which no encoder writes, the first of the names here counts."""
    strings = column.field("string_value")
    texts, repaired = utf8(strings)
    letters = np.full(len(column), ord("s"), np.uint8)
    if texts.null_count:
        letters[pc.is_null(texts).to_numpy(zero_copy_only=False)] = ord("e")
    for name, letter in SCALARS.items():
        numbers = column.field(name)
        if numbers.null_count < len(numbers) and texts.null_count:
            here = pc.and_(pc.is_null(texts), pc.is_valid(numbers))
            letters[here.to_numpy(zero_copy_only=False)] = ord(letter)
            texts = pc.coalesce(texts, numbers.cast(pa.string()))
    for name, text_of in COMPLEX.items():
        bodies = column.field(name)
        if bodies.null_count < len(bodies) and texts.null_count:
            wanted = pc.if_else(pc.is_null(texts), bodies, pa.scalar(None, pa.binary()))
            found, kinds = _distinct(wanted, text_of)
            letters[pc.is_valid(wanted).to_numpy(zero_copy_only=False)] = kinds
            texts = pc.coalesce(texts, found)
    if texts.null_count:
        texts = texts.fill_null("")
    return Values(texts, letters, repaired)


def attributes_of(lists: pa.ListArray) -> Attributes:
    """Return lists of KeyValue as attributes; of a repeated key the last value counts, as in OpenTelemetry's SDKs."""
    offsets = offsets_of(lists)
    items = lists.flatten()
    keys, repaired = utf8(items.field("key"))
    values = values_of(items.field("value"))
    encoded = keys.dictionary_encode()
    found = Attributes(offsets, encoded, values.texts, values.letters, values.repaired + repaired)
    kept = _last_of_repeated(offsets, encoded)
    if kept is None:
        return found
    counts = np.add.reduceat(np.append(kept, False), offsets[:-1]) * (np.diff(offsets) > 0)
    mask = pa.array(kept)
    return Attributes(
        np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        encoded.filter(mask),
        found.texts.filter(mask),
        found.letters[kept],
        found.repaired,
    )


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
    if limit > 64 * len(numbers) + 1024:
        return len(np.unique(numbers)) < len(numbers)
    return bool(len(numbers)) and int(np.bincount(numbers).max()) > 1
