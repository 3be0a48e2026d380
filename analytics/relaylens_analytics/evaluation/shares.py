"""A part of a whole, with the interval in which its rate lies."""

import math
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959963984540054
"""Of the normal distribution, for intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """The share itself; NaN of nothing."""
        return self.part / self.whole if self.whole else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval; everything is possible where nothing was seen."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.rate
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        low = 0.0 if self.part == 0 else max(0.0, middle - half)
        return low, 1.0 if self.part == n else min(1.0, middle + half)
