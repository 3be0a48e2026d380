"""The texts of a store by their content: each checked against its hash, and found again by it."""

from hashlib import sha256
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relaylens_collector.store.known_texts import KEY_BYTES, KnownTexts, NewTexts

_READ: Final = "SELECT text_id, replace(text_hash::VARCHAR, '-', '') AS text_hash, text::BLOB AS text FROM stored.texts"
_NOWHERE: Final = -1
"""The number of a text that is not stored."""

Numbers = npt.NDArray[np.int64]


class StoredTexts(KnownTexts):
    """Gives texts the numbers they have in the store; a text that is stored twice has the lower one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read all texts once, and note those whose content is not that of their hash."""
        self.changed: list[int] = []
        keys: list[bytes] = []
        numbers: list[Numbers] = []
        for batch in connection.sql(_READ).to_arrow_reader():
            stored = [bytes.fromhex(one) for one in batch.column("text_hash").to_pylist()]
            ids = batch.column("text_id").to_numpy()
            texts = batch.column("text").cast(pa.large_binary())
            for place, text in enumerate(texts.to_pylist()):
                if sha256(text).digest()[:KEY_BYTES] != stored[place]:
                    self.changed.append(int(ids[place]))
            keys += stored
            numbers.append(ids)
        all_keys = np.frombuffer(b"".join(keys), dtype=f"S{KEY_BYTES}") if keys else np.array([], f"S{KEY_BYTES}")
        all_numbers: Numbers = np.concatenate(numbers) if numbers else np.array([], np.int64)
        order = np.lexsort((all_numbers, all_keys))
        self._keys = all_keys[order]
        self._ids = all_numbers[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = self._keys[1:] != self._keys[:-1]
        first = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
        self._lowest = self._ids[first] if len(order) else self._ids
        """For each stored text the lowest number of the same content."""
        self._used = np.zeros(len(order), np.bool_)
        self._first = first

    @property
    def has_repeated(self) -> bool:
        """Whether a text is stored more than once, so that cells that differ may mean the same."""
        return bool((self._lowest != self._ids).any())

    def canonical(self) -> dict[int, int]:
        """Return for each text that repeats an earlier one the number of that one."""
        repeated = self._lowest != self._ids
        return dict(zip(self._ids[repeated].tolist(), self._lowest[repeated].tolist(), strict=True))

    def identify(self, texts: pa.BinaryArray) -> pa.Int64Array:
        """Return the number of each text, and one that no text has for those not stored."""
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        if not distinct or not len(self._keys):
            return pa.array(np.full(len(texts), _NOWHERE, np.int64))
        wanted = np.frombuffer(b"".join(sha256(text).digest()[:KEY_BYTES] for text in distinct), dtype=f"S{KEY_BYTES}")
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        there = self._keys[places] == wanted
        self._used[places[there]] = True
        return pa.array(np.where(there, self._lowest[places], _NOWHERE)).take(encoded.indices)

    def take_new(self) -> NewTexts:
        """There is nothing to store."""
        return NewTexts([], None)

    def unused(self) -> list[int]:
        """Return the numbers of the texts that nothing asked for."""
        found: list[int] = sorted(self._ids[~self._used[self._first]].tolist())
        return found
