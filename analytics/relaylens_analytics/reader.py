"""What reads a store, whichever way: screens, commands and reports know only this."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

from relaylens_analytics import statements
from relaylens_analytics.values import Value


class Reader(Protocol):
    """A store that can be asked; the answer has the same types from a file and from a collector."""

    @property
    def url(self) -> str:
        """Where the store is, as given."""

    def query(self, sql: str, params: Mapping[str, Value] | None = None, *, max_rows: int | None = None) -> pa.Table:
        """Answer one SELECT with its `$parameters` bound; `max_rows` cuts the answer off."""

    def query_file(self, name: str, params: Mapping[str, Value] | None = None) -> pa.Table:
        """Answer a query kept in a file, such as `queries/runs`; parameters not given are NULL."""

    def close(self) -> None:
        """Let go of the file or the connection."""

    def __enter__(self) -> Self:
        """Use the reader in a `with` block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close at the end of the block."""


class ReaderBase:
    """What both readers share: named queries and the `with` block."""

    def query(self, sql: str, params: Mapping[str, Value] | None = None, *, max_rows: int | None = None) -> pa.Table:
        """Answer one SELECT; each reader has its own way."""
        raise NotImplementedError

    def query_file(self, name: str, params: Mapping[str, Value] | None = None) -> pa.Table:
        """Answer a query kept in a file, such as `queries/runs`; parameters not given are NULL."""
        statement = statements.read(name)
        return self.query(statement.text, statement.bind(dict(params or {})))

    def close(self) -> None:
        """Let go of what the reader holds."""

    def __enter__(self) -> Self:
        """Use the reader in a `with` block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close at the end of the block."""
        self.close()
