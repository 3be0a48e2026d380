"""Which requests are stored already, by the hash of their bytes."""

from collections.abc import Iterable
from typing import Final

import duckdb
import numpy as np

from relaylens_collector.store.statements import read_statement

_IS_STORED: Final = read_statement("is_request_stored")
_MOST_RECENT: Final = 65_536
_PREFIX_BYTES: Final = 8


class KnownRequests:
    """Knows every request by eight bytes of its hash, and asks the database only when those are there.

    May be asked from any thread; `add` is the writer's.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the hashes of all requests stored."""
        self._connection = connection
        self._recent: set[int] = set()
        reader = connection.sql(read_statement("stored_requests")).to_arrow_reader()
        found = [_prefix(one) for batch in reader for one in batch.column(0).to_pylist()]
        self._older = np.sort(np.array(found, np.uint64))

    def __contains__(self, request_hash: bytes) -> bool:
        """Say whether the request is stored."""
        prefix = _prefix(request_hash)
        if prefix not in self._recent:
            older = self._older
            place = int(np.searchsorted(older, np.uint64(prefix)))
            if place == len(older) or int(older[place]) != prefix:
                return False
        cursor = self._connection.cursor()
        try:
            return bool(cursor.execute(_IS_STORED, {"request_hash": request_hash}).fetchall())
        finally:
            cursor.close()

    def add(self, hashes: Iterable[bytes]) -> None:
        """Take the hashes of requests just stored."""
        self._recent.update(map(_prefix, hashes))
        if len(self._recent) > _MOST_RECENT:
            # The new array is in place before the set is: a reader in between sees both.
            self._older = np.sort(np.concatenate([self._older, np.array(list(self._recent), np.uint64)]))
            self._recent = set()


def _prefix(request_hash: bytes) -> int:
    """Return the first bytes of the hash as a number."""
    return int.from_bytes(request_hash[:_PREFIX_BYTES].ljust(_PREFIX_BYTES, b"\0"))
