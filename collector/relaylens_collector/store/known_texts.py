"""Which texts are stored already, by content."""

from hashlib import sha256
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.mapping.columns import uuids
from relaylens_collector.store.statements import read_statement

REMEMBERED: Final = 250_000
"""Texts kept in memory to be recognised; one not seen for that long may be stored again."""

PUNCTUATION: Final = 8
"""Bytes; what is this short stands between messages, again and again, and is looked up without hashing it each time."""


class KnownTexts:
    """Gives texts their numbers. Not for several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Recall the texts stored last."""
        self._next = int(connection.execute(read_statement("last_text")).fetchall()[0][0]) + 1
        self._numbers: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}
        self._new: dict[bytes, tuple[int, bytes]] = {}
        recent = connection.sql(read_statement("recent_texts"), params={"first": self._next - REMEMBERED // 2}).to_arrow_table()
        self._numbers.update(zip(map(bytes.fromhex, recent["text_hash"].to_pylist()), recent["text_id"].to_pylist(), strict=True))

    def identify(self, texts: list[bytes]) -> list[int]:
        """Return the number of each text; new ones get the next numbers and wait to be stored."""
        numbers = self._numbers
        punctuation: dict[bytes, int] = {}
        result = []
        for text in texts:
            if len(text) <= PUNCTUATION:
                number = punctuation.get(text)
                if number is None:
                    number = punctuation[text] = self._number(sha256(text).digest()[:16], text)
            else:
                key = sha256(text).digest()[:16]
                number = numbers.get(key)
                if number is None:
                    number = self._number(key, text)
            result.append(number)
        return result

    def _number(self, key: bytes, text: bytes) -> int:
        """Return the number of a text not seen lately."""
        number = self._older.get(key)
        if number is None:
            number = self._next
            self._next += 1
            self._new[key] = (number, text)
        self._numbers[key] = number
        return number

    def new_rows(self) -> pa.Table | None:
        """Return the rows of the new texts, or None when there are none."""
        if not self._new:
            return None
        numbers, texts = zip(*self._new.values(), strict=True)
        return pa.table(
            {
                "text_id": pa.array(numbers, pa.int64()),
                "text_hash": uuids(list(self._new)),
                "text": pa.array(texts, pa.binary()).cast(pa.string()),
            }
        )

    def stored(self) -> None:
        """Take note that the new texts are stored."""
        self._new.clear()
        if len(self._numbers) > REMEMBERED // 2:
            self._older, self._numbers = self._numbers, {}

    def not_stored(self) -> None:
        """Forget the new texts: their transaction was rolled back. Their numbers stay unused."""
        for text_hash in self._new:
            del self._numbers[text_hash]
        self._new.clear()
