"""Records that are applied together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from relaylens_collector.mapping import Decoded
from relaylens_collector.records import Receipt


@dataclass(frozen=True, slots=True)
class Group:
    """Records in a row; those that need nothing more are left out."""

    records: list[Receipt]
    decoded: list[Decoded]
    """Of each record, until its rows are made."""

    last_seq: int
    size: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[Receipt, Decoded]], last_seq: int, size: int) -> Self:
        """Put records together."""
        group = cls([], [], last_seq, size)
        for record, decoded in pairs:
            group.records.append(record)
            group.decoded.append(decoded)
        return group

    def pour(self) -> Iterator[tuple[Receipt, Decoded]]:
        """Yield the records with what is in them, and let go of that: it takes twice the request's bytes."""
        self.decoded.reverse()
        for record in self.records:
            yield record, self.decoded.pop()
