"""Which resources or scopes are stored already, by content."""

from collections.abc import Iterable

from relaylens_collector.mapping.origins import Origin


class KnownOrigins:
    """Finds the ones to store: each has one row, or a join with it would double the spans. Not for several threads."""

    def __init__(self, stored: Iterable[bytes]) -> None:
        """Take the keys of all that are stored."""
        self._known = set(stored)

    def take_new(self, origins: Iterable[tuple[int, Origin]]) -> list[tuple[int, Origin]]:
        """Return those not seen yet, to be stored, with the batch they come in."""
        found = []
        for batch, origin in origins:
            if origin.key not in self._known:
                self._known.add(origin.key)
                found.append((batch, origin))
        return found

    def forget(self, origins: Iterable[tuple[int, Origin]]) -> None:
        """Forget those that could not be stored."""
        self._known.difference_update(origin.key for _, origin in origins)
