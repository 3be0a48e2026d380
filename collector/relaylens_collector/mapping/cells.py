"""Cells: long texts leave their column and are kept once by content, in chunks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_collector.mapping.chunks import cuts
from relaylens_collector.mapping.columns import Ints, binary_column, data_of

LONGEST_IN_PLACE: Final = 240
"""Bytes; a longer text goes by reference."""

REFERENCE: Final = "\x01"
"""Begins a cell that refers to texts."""

_NO_TEXT: Final = pa.nulls(1, pa.string())[0]


@dataclass(frozen=True, slots=True)
class Taken:
    """Texts taken from a column."""

    where: pa.BooleanArray
    first: int
    """Where they begin among all long texts."""

    count: int


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of texts, with NULL for the long ones, which wait for their references."""

    texts: pa.StringArray
    taken: tuple[Taken, ...]


@dataclass(slots=True)
class LongTexts:
    """The long texts of a batch."""

    _found: list[pa.StringArray] = field(default_factory=list)
    _count: int = 0

    def take(self, texts: pa.StringArray) -> Cells:
        """Take the column's long texts, to be replaced when their references are known."""
        long = _goes_by_reference(texts)
        if not long.any():
            return Cells(texts, ())
        where = pa.array(long)
        found = texts.filter(where)
        taken = Taken(where, self._count, len(found))
        self._found.append(found)
        self._count += len(found)
        return Cells(pc.if_else(where, _NO_TEXT, texts), (taken,))

    def references(self, identify: Callable[[pa.BinaryArray], pa.Int64Array]) -> "References":
        """Let the store identify all chunks, and return the cells of all long texts."""
        if not self._found:
            return References(pa.array([], pa.string()))
        data, offsets = data_of(pa.concat_arrays(self._found))
        data = data[offsets[0] : offsets[-1]]
        places, counts = cuts(data.tobytes(), (offsets[1:] - offsets[0]).tolist())
        numbers = identify(binary_column(np.array([0, *places]), data))
        lists = pa.ListArray.from_arrays(pa.array(np.cumsum([0, *counts]), pa.int32()), numbers.cast(pa.string()))
        return References(pc.binary_join_element_wise(REFERENCE, pc.binary_join(lists, ","), ""))

    def whole(self) -> "References":
        """Return the long texts themselves in the place of references."""
        return References(pa.concat_arrays([pa.array([], pa.string()), *self._found]))


@dataclass(frozen=True, slots=True)
class References:
    """The cells of all long texts of a batch, in the order in which they were taken."""

    cells: pa.StringArray

    def resolve(self, cells: Cells) -> pa.StringArray:
        """Return the column with a reference in the place of each long text."""
        texts = cells.texts
        for taken in cells.taken:
            texts = pc.replace_with_mask(texts, taken.where, self.cells.slice(taken.first, taken.count))
        return texts


def _goes_by_reference(texts: pa.StringArray) -> Ints:
    """Return which texts are long, or begin with the character that marks a reference."""
    data, offsets = data_of(texts)
    lengths = np.diff(offsets)
    long: Ints = lengths > LONGEST_IN_PLACE
    if len(data):
        starts = data[np.minimum(offsets[:-1], len(data) - 1)]
        long |= (starts == ord(REFERENCE)) & (lengths > 0)
    return long
