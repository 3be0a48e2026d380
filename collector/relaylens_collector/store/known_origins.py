"""Which resources or scopes are stored already, by content."""

from collections.abc import Iterable

from relaylens_collector.mapping.origins import Origin


class KnownOrigins:
    """Finds the ones to store: each has one row, or a join with it would double the spans. Not for several threads."""

    def __init__(self, stored: Iterable[bytes]) -> None:
        """Take the keys of all that are stored."""
        self._stored = set(stored)
        self._new: dict[bytes, tuple[int, Origin]] = {}

    def take_new(self, origins: Iterable[tuple[int, Origin]]) -> list[tuple[int, Origin]]:
        """Return those that are neither stored nor waiting to be, with the batch they come in."""
        found = []
        for batch, origin in origins:
            if origin.key not in self._stored and origin.key not in self._new:
                self._new[origin.key] = (batch, origin)
                found.append((batch, origin))
        return found

    def stored(self) -> None:
        """Take note that the new ones are stored."""
        self._stored.update(self._new)
        self._new.clear()

    def not_stored(self) -> None:
        """Forget the new ones: their transaction was rolled back."""
        self._new.clear()
