"""What is called after batches were stored."""

from typing import Protocol

import duckdb


class Settler(Protocol):
    """Derives conversations, runs, steps and handoffs from what is stored.

    One thread calls it, on a cursor that is the same as long as no call fails.
    """

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Settle the traces that changed; return how many there were."""
