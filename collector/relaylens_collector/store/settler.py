"""What the writer calls after it stored batches."""

from typing import Protocol

import duckdb


class Settler(Protocol):
    """Derives conversations, runs, steps and handoffs from what is stored."""

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Settle the traces that changed; return how many there were."""
