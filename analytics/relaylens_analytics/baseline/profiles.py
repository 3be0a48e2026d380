"""The profiles of runs as arrays: what each run looks like in figures, and the acts it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

OF_A_TOOL: Final = " of "
"""What joins the name of a figure and the tool it is of, such as `calls of search`."""


@dataclass(frozen=True, slots=True)
class Acts:
    """Everything the runs did, one entry an act, run after run in order."""

    row: Places
    """Which run, as a place among the profiles."""

    symbol: Places
    """Kind, tool and whether it failed, as a number (`Profiles.symbols`)."""

    tool: Places
    """The tool called, as a number; -1 where the act is no call."""

    form: Places
    """The form of its result, as a number; -1 where there is none."""

    arguments_form: Places
    """The form of its arguments, the same."""

    length: Floats
    """Characters of the result or the words; not a number where nothing is known of it."""

    place: Places
    """Its place in the run, from 0."""

    def of(self, rows: Places, total: int) -> "Acts":
        """The acts of some runs, whose places are counted anew in the order given."""
        renamed = np.full(total, -1, dtype=np.intp)
        renamed[rows] = np.arange(len(rows))
        kept = np.flatnonzero(renamed[self.row] >= 0)
        kept = kept[np.argsort(renamed[self.row[kept]], kind="stable")]
        return Acts(
            renamed[self.row[kept]],
            self.symbol[kept],
            self.tool[kept],
            self.form[kept],
            self.arguments_form[kept],
            self.length[kept],
            self.place[kept],
        )


@dataclass(frozen=True, slots=True)
class Profiles:
    """Runs of one deployment, in figures."""

    runs: tuple[str, ...]
    names: tuple[str, ...]
    """The figures' names, in the order of the columns of `values`."""

    values: Floats
    """One row a run: the logarithm of one plus each figure, 0 where it has none."""

    acts: Acts
    symbols: tuple[str, ...]
    tools: tuple[str, ...]
    forms: tuple[str, ...]

    @classmethod
    def of_table(cls, table: pa.Table) -> Self:
        """Read rows of `run_profiles`."""
        names, values = _matrix(table.column("features").combine_chunks(), table.num_rows)
        acts, symbols, tools, forms = _acts(table.column("acts").combine_chunks())
        return cls(tuple(table.column("run").to_pylist()), names, values, acts, symbols, tools, forms)

    def at(self, rows: Places | Sequence[int]) -> Self:
        """Some of the runs."""
        places = np.asarray(rows, dtype=np.intp)
        acts = self.acts.of(places, len(self.runs))
        return type(self)(tuple(self.runs[i] for i in places), self.names, self.values[places], acts, self.symbols, self.tools, self.forms)

    def __len__(self) -> int:
        """How many runs they are."""
        return len(self.runs)


def _matrix(column: pa.MapArray, rows: int) -> tuple[tuple[str, ...], Floats]:
    """One column for each key that occurs in a column of maps, in order of the keys."""
    encoded = column.keys.dictionary_encode()
    sizes = np.diff(column.offsets.to_numpy())
    values = np.zeros((rows, len(encoded.dictionary)))
    where = np.repeat(np.arange(rows), sizes), encoded.indices.to_numpy(zero_copy_only=False)
    values[where] = np.log1p(np.maximum(pc.fill_null(column.items, 0).to_numpy(zero_copy_only=False), 0))
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    return tuple(names[place] for place in order), values[:, order]


def _acts(column: pa.ListArray) -> tuple[Acts, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The flattened acts, with numbers in place of words."""
    sizes = np.diff(column.offsets.to_numpy())
    row = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    flat = column.flatten()
    kind, name, form = flat.field("kind"), flat.field("name"), flat.field("form")
    failed = pc.if_else(flat.field("is_error"), "!", "")
    symbol, symbols = _numbered(pc.binary_join_element_wise(kind, pc.fill_null(name, ""), failed, ":"))
    tool, tools = _numbered(pc.if_else(pc.equal(kind, "tool"), name, pa.scalar(None, pa.string())))
    both, forms = _numbered(pa.concat_arrays([flat.field("form"), flat.field("arguments_form")]))
    form, arguments_form = np.split(both, 2)
    length = pc.fill_null(pc.cast(flat.field("length"), pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    return Acts(row, symbol, tool, form, arguments_form, length, place), symbols, tools, forms


def _numbered(words: pa.Array) -> tuple[Places, tuple[str, ...]]:
    """Numbers in place of words, -1 for none."""
    encoded = words.dictionary_encode()
    numbers = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.intp)
    return numbers, tuple(encoded.dictionary.to_pylist())
