"""A mark for "not given" where None is a value like any other."""

from enum import Enum
from typing import Final


class Missing(Enum):
    """Type of the mark."""

    MISSING = "missing"

    def __repr__(self) -> str:
        """Short, since it shows in signatures."""
        return "MISSING"


MISSING: Final = Missing.MISSING
"""The mark."""
