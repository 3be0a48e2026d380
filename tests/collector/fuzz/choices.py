"""Choices made by bytes: the same inputs can be drawn by a seeded generator, by hypothesis and by libFuzzer."""

from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


class Choices:
    """Reads one choice after the other from a string of bytes; when they are used up every choice is the first one."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._place = 0

    @property
    def left(self) -> int:
        """How many bytes are left to choose by."""
        return len(self._data) - self._place

    def number(self, size: int) -> int:
        """Choose a number of so many bytes."""
        return int.from_bytes(self._take(size))

    def below(self, limit: int) -> int:
        """Choose a number from 0 to below the limit."""
        return self.number(1 if limit <= 1 << 8 else 2 if limit <= 1 << 16 else 4) % limit

    def one_in(self, count: int) -> bool:
        """Say yes once in so many times; never when the bytes are used up."""
        return self.below(count) == count - 1

    def of(self, items: Sequence[_Item]) -> _Item:
        """Choose one of the items."""
        return items[self.below(len(items))]

    def text(self, most: int) -> bytes:
        """Choose a string of bytes."""
        return self._take(min(self.below(most + 1), self.left))

    def _take(self, size: int) -> bytes:
        taken = self._data[self._place : self._place + size]
        self._place += size
        return taken
