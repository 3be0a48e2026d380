"""Which texts are stored already, by content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relaylens_collector.mapping.columns import uuids
from relaylens_collector.store.statements import read_statement

REMEMBERED: Final = 250_000
"""Texts kept in memory to be recognised; one not seen for that long may be stored again."""

_LOOSE: Final = 16
"""One of so many parts of them is kept as Python objects, which take six times as much memory as the rest."""

KEY_BYTES: Final = 16
"""How much of a text's SHA-256 is its key."""


_Keys = npt.NDArray[np.uint64]
_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Packed:
    """Texts by key, in order."""

    keys: _Keys
    """The first half of each; the second half settles whether it is the one."""

    rest: _Keys
    numbers: _Numbers
    """0 for a text that was forgotten."""

    @classmethod
    def of(cls, keys: Sequence[bytes], numbers: Iterable[int]) -> Self:
        """Pack texts whose keys are given in any order."""
        halves = np.frombuffer(b"".join(keys), np.uint64).reshape(-1, 2)
        order = np.argsort(halves[:, 0], kind="stable")
        return cls(halves[order, 0], halves[order, 1], np.fromiter(numbers, np.int64, len(keys))[order])

    def with_more(self, more: Self) -> Self:
        """Put two packs together."""
        keys = np.concatenate([self.keys, more.keys])
        numbers = np.concatenate([self.numbers, more.numbers])
        order = np.argsort(keys, kind="stable")
        order = order[numbers[order] > 0]
        return type(self)(keys[order], np.concatenate([self.rest, more.rest])[order], numbers[order])

    def __len__(self) -> int:
        return len(self.keys)

    def numbers_of(self, keys: Sequence[bytes]) -> _Numbers:
        """Return the number of each text, 0 for one that is not there."""
        if not len(self) or not keys:
            return np.zeros(len(keys), np.int64)
        places, found = self._find(keys)
        return np.where(found, self.numbers[places], 0)

    def forget(self, keys: Sequence[bytes]) -> None:
        """Forget texts."""
        if len(self) and keys:
            places, found = self._find(keys)
            self.numbers[places[found]] = 0

    def _find(self, keys: Sequence[bytes]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return where each key would be, and whether it is there."""
        halves = np.frombuffer(b"".join(keys), np.uint64).reshape(-1, 2)
        # In order they are found by walking along, which is several times as fast.
        order = np.argsort(halves[:, 0])
        places = np.empty(len(keys), np.intp)
        places[order] = np.searchsorted(self.keys, halves[order, 0])
        places = np.minimum(places, len(self) - 1)
        return places, (self.keys[places] == halves[:, 0]) & (self.rest[places] == halves[:, 1])


_NOTHING: Final = _Packed.of([], [])


@dataclass(frozen=True, slots=True)
class NewTexts:
    """Texts that are not stored yet."""

    keys: list[bytes]
    rows: pa.Table | None


class KnownTexts:
    """Gives texts their numbers. Not for several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Recall the texts stored last."""
        self._next = int(connection.execute(read_statement("last_text")).fetchall()[0][0]) + 1
        self._numbers: dict[bytes, int] = {}
        self._older = _NOTHING
        self._new_keys: list[bytes] = []
        self._new_texts: list[bytes] = []
        recent = connection.sql(read_statement("recent_texts"), params={"first": self._next - REMEMBERED // 2}).to_arrow_table()
        self._newer = _Packed.of([*map(bytes.fromhex, recent["text_hash"].to_pylist())], recent["text_id"].to_pylist())

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._numbers) + len(self._newer) + len(self._older)

    def identify(self, texts: pa.BinaryArray) -> pa.Int64Array:
        """Return the number of each text; new ones get the next numbers and wait to be stored."""
        # Most are there several times: they are found equal here, and hashed once.
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        keys = [sha256(text).digest()[:KEY_BYTES] for text in distinct]
        numbers = [*map(self._numbers.get, keys)]
        places = [place for place, number in enumerate(numbers) if number is None]
        asked = [keys[place] for place in places]
        packed = np.maximum(self._newer.numbers_of(asked), self._older.numbers_of(asked)).tolist()
        for place, key, number in zip(places, asked, packed, strict=True):
            numbers[place] = self._numbers[key] = number or self._number_anew(key, distinct[place])
        return pa.array(numbers, pa.int64()).take(encoded.indices)

    def _number_anew(self, key: bytes, text: bytes) -> int:
        """Return the number of a text not seen lately."""
        number = self._next
        self._next += 1
        self._new_keys.append(key)
        self._new_texts.append(text)
        return number

    def take_new(self) -> NewTexts:
        """Return the new texts as rows to be stored."""
        keys, texts = self._new_keys, self._new_texts
        self._new_keys, self._new_texts = [], []
        self._pack()
        if not keys:
            return NewTexts([], None)
        offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        columns = {
            "text_id": pa.array(np.arange(self._next - len(keys), self._next)),
            "text_hash": uuids(keys),
            # Chunks of UTF-8 texts, cut at ASCII characters, are UTF-8.
            "text": pa.LargeStringArray.from_buffers(len(keys), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))),
        }
        return NewTexts(keys, pa.table(columns))

    def forget(self, keys: Sequence[bytes]) -> None:
        """Forget texts that could not be stored."""
        for key in keys:
            self._numbers.pop(key, None)
        self._newer.forget(keys)
        self._older.forget(keys)

    def _pack(self) -> None:
        """Keep what was seen lately in less room when it is much, and let go of what was not seen for long."""
        if len(self._numbers) <= REMEMBERED // _LOOSE:
            return
        seen = _Packed.of([*self._numbers], self._numbers.values())
        self._numbers = {}
        if len(self._newer) + len(seen) > REMEMBERED // 2 - REMEMBERED // _LOOSE:
            self._older, self._newer = self._newer, seen
        else:
            self._newer = self._newer.with_more(seen)
