"""Which texts are stored already, by content."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from relaylens_collector.mapping.columns import uuids
from relaylens_collector.store.statements import read_statement

REMEMBERED: Final = 250_000
"""Texts kept in memory to be recognised; one not seen for that long may be stored again."""

KEY_BYTES: Final = 16
"""How much of a text's SHA-256 is its key."""


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
        self._older: dict[bytes, int] = {}
        self._new_keys: list[bytes] = []
        self._new_texts: list[bytes] = []
        recent = connection.sql(read_statement("recent_texts"), params={"first": self._next - REMEMBERED // 2}).to_arrow_table()
        self._numbers.update(zip(map(bytes.fromhex, recent["text_hash"].to_pylist()), recent["text_id"].to_pylist(), strict=True))

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._numbers) + len(self._older)

    def identify(self, texts: pa.BinaryArray) -> pa.Int64Array:
        """Return the number of each text; new ones get the next numbers and wait to be stored."""
        # Most are there several times: they are found equal here, and hashed once.
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        keys = [sha256(text).digest()[:KEY_BYTES] for text in distinct]
        numbers = [
            self._number(key, text) if number is None else number
            for number, key, text in zip(map(self._numbers.get, keys), keys, distinct, strict=True)
        ]
        return pa.array(numbers, pa.int64()).take(encoded.indices)

    def _number(self, key: bytes, text: bytes) -> int:
        """Return the number of a text not seen lately."""
        number = self._numbers.get(key) or self._older.get(key)
        if number is None:
            number = self._next
            self._next += 1
            self._new_keys.append(key)
            self._new_texts.append(text)
        self._numbers[key] = number
        return number

    def take_new(self) -> NewTexts:
        """Return the new texts as rows to be stored."""
        keys, texts = self._new_keys, self._new_texts
        self._new_keys, self._new_texts = [], []
        if len(self._numbers) > REMEMBERED // 2:
            self._older, self._numbers = self._numbers, {}
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

    def forget(self, keys: Iterable[bytes]) -> None:
        """Forget texts that could not be stored."""
        for key in keys:
            self._numbers.pop(key, None)
            self._older.pop(key, None)
