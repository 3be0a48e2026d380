"""Which texts are stored already, by content."""

from hashlib import sha256
from typing import Final

import duckdb
import pyarrow as pa

REMEMBERED: Final = 250_000
"""Texts kept in memory to be recognised; one not seen for that long may be stored again."""

PUNCTUATION: Final = 8
"""Bytes; what is this short stands between messages, again and again, and is looked up without hashing it each time."""


class KnownTexts:
    """Gives texts their numbers. Not for several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Recall the texts stored last."""
        self._next = int(connection.execute("SELECT coalesce(max(text_id), 0) + 1 FROM texts").fetchall()[0][0])
        self._numbers: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}
        self._new: dict[bytes, tuple[int, bytes]] = {}
        rows = connection.execute(
            "SELECT text_hash, text_id FROM texts WHERE text_id >= $first", {"first": self._next - REMEMBERED // 2}
        ).fetchall()
        self._numbers = {int(text_hash).to_bytes(16): text_id for text_hash, text_id in rows}

    def identify(self, texts: list[bytes]) -> list[int]:
        """Return the number of each text; new ones get the next numbers and wait to be stored."""
        numbers, punctuation = self._numbers, {}
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
        high = [int.from_bytes(text_hash[:8]) for text_hash in self._new]
        low = [int.from_bytes(text_hash[8:]) for text_hash in self._new]
        return pa.table(
            {
                "text_id": pa.array([number for number, _ in self._new.values()], pa.int64()),
                "hash_high": pa.array(high, pa.uint64()),
                "hash_low": pa.array(low, pa.uint64()),
                "text": pa.array([text for _, text in self._new.values()], pa.binary()).cast(pa.string()),
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
