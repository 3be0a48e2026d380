"""The axis of time: work as long as it took, and long waiting cut short, so that a run that waited an hour can still be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_LONGEST_GAP: Final = 0.07
"""A gap longer than this share of the busy time is cut down to it."""

_WORTH: Final = 1.6
"""A gap is cut only where it is this many times longer than that."""

_TICKS: Final = 9
_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_STEPS_MS: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(number * _SECOND for number in (1, 2, 5, 10, 15, 30)),
    *(number * _MINUTE for number in (1, 2, 5, 10, 30)),
    *(number * _HOUR for number in (1, 2, 6, 12, 24)),
)
"""Distances between the moments that are written below the axis."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time and the share of the width it takes."""

    start_ms: float
    end_ms: float
    left: float
    right: float
    cut: bool
    """Whether it is waiting, drawn shorter than it was."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns moments, in milliseconds since the beginning, into a share of the width."""

    pieces: tuple[Piece, ...]

    def share(self, moment_ms: float) -> float:
        """Give where a moment stands, from 0 on the left to 1 on the right."""
        for piece in self.pieces:
            if moment_ms <= piece.end_ms:
                long = piece.end_ms - piece.start_ms
                part = min(max((moment_ms - piece.start_ms) / long, 0.0), 1.0) if long > 0 else 0.0
                return round(piece.left + part * (piece.right - piece.left), 5)
        return 1.0

    def ticks(self) -> list[tuple[float, float]]:
        """Give round moments to write below, none within a cut gap: milliseconds and share of the width."""
        shown = [piece for piece in self.pieces if not piece.cut]
        busy = sum(piece.end_ms - piece.start_ms for piece in shown)
        step = next((step for step in _STEPS_MS if busy / step <= _TICKS), _STEPS_MS[-1])
        found = list[tuple[float, float]]()
        for piece in shown:
            first = -(-piece.start_ms // step) * step
            while first <= piece.end_ms:
                share = self.share(first)
                if not found or share - found[-1][1] >= 0.6 / _TICKS:
                    found.append((first, share))
                first += step
        return found


def clock(stretches: Iterable[tuple[float, float]]) -> Clock:
    """Make the axis for stretches of work, each from and to in milliseconds since the beginning."""
    busy = _merged(stretches)
    if not busy:
        return Clock((Piece(0.0, 1.0, 0.0, 1.0, cut=False),))
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(busy)]
    longest = _LONGEST_GAP * max(sum(end - start for start, end in busy), 1.0)
    lengths = [(*busy[0], busy[0][1] - busy[0][0], False)]
    for gap, (earlier, later) in zip(gaps, pairwise(busy), strict=True):
        cut = gap > longest * _WORTH
        lengths.append((earlier[1], later[0], longest if cut else gap, cut))
        lengths.append((*later, later[1] - later[0], False))
    whole = sum(length for _, _, length, _ in lengths) or 1.0
    pieces, left = list[Piece](), 0.0
    for start, end, length, cut in lengths:
        pieces.append(Piece(start, end, left, left + length / whole, cut))
        left += length / whole
    return Clock(tuple(pieces))


def _merged(stretches: Iterable[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Join stretches that touch or overlap."""
    merged = list[tuple[float, float]]()
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, max(start, end)))
    return merged
