"""A set of whole numbers that come nearly without gaps, such as the batches stored."""

from bisect import bisect_right
from collections.abc import Iterable


class Intervals:
    """Whole numbers, kept as the runs they form."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        """Take runs, by first and last number, in order and with a gap between each and the next."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for first, last in runs:
            self._starts.append(first)
            self._ends.append(last)

    def __contains__(self, number: int) -> bool:
        """Say whether the number is in the set."""
        place = bisect_right(self._starts, number) - 1
        return place >= 0 and number <= self._ends[place]

    def add(self, number: int) -> None:
        """Put the number into the set."""
        if number in self:
            return
        place = bisect_right(self._starts, number)
        joins_before = place > 0 and self._ends[place - 1] == number - 1
        joins_after = place < len(self._starts) and self._starts[place] == number + 1
        if joins_before and joins_after:
            self._ends[place - 1] = self._ends.pop(place)
            del self._starts[place]
        elif joins_before:
            self._ends[place - 1] = number
        elif joins_after:
            self._starts[place] = number
        else:
            self._starts.insert(place, number)
            self._ends.insert(place, number)

    def runs(self) -> list[tuple[int, int]]:
        """Return the first and last number of each run."""
        return list(zip(self._starts, self._ends, strict=True))

    @property
    def last(self) -> int:
        """The greatest number, 0 when there is none."""
        return self._ends[-1] if self._ends else 0
