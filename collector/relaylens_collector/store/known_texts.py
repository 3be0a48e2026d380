"""Which texts are stored already, by content."""

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

    def identify(self, texts: list[bytes]) -> list[int]:
        """Return the number of each text; new ones get the next numbers and wait to be stored."""
        keys = [sha256(text).digest()[:KEY_BYTES] for text in texts]
        numbers = list(map(self._numbers.get, keys))
        result: list[int] = []
        for place, number in enumerate(numbers):
            result.append(self._number(keys[place], texts[place]) if number is None else number)
        return result

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

    def new_rows(self) -> pa.Table | None:
        """Return the rows of the new texts, or None when there are none."""
        if not self._new_keys:
            return None
        count = len(self._new_keys)
        offsets = np.cumsum([0, *map(len, self._new_texts)], dtype=np.int64)
        return pa.table(
            {
                "text_id": pa.array(np.arange(self._next - count, self._next)),
                "text_hash": uuids(self._new_keys),
                # Chunks of UTF-8 texts, cut at ASCII characters, are UTF-8.
                "text": pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(b"".join(self._new_texts))),
            }
        )

    def stored(self) -> None:
        """Take note that the new texts are stored."""
        self._new_keys, self._new_texts = [], []
        if len(self._numbers) > REMEMBERED // 2:
            self._older, self._numbers = self._numbers, {}

    def not_stored(self) -> None:
        """Forget the new texts: their transaction was rolled back."""
        for key in self._new_keys:
            del self._numbers[key]
        self._next -= len(self._new_keys)
        self._new_keys, self._new_texts = [], []
