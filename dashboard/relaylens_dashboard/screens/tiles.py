"""Headline numbers: a title, a value, and what it is made of."""

from collections.abc import Sequence

from relaylens_dashboard import components

Tile = dict[str, object]
"""What `tiles.js` draws."""


def tile(title: str, value: str, basis: str, colour: str | None = None, *, says: str = "") -> Tile:
    """Make a number; its colour says what it means, and the pointer what there is no room for."""
    return {"title": title, "value": value, "basis": basis, "hue": colour, "says": says or basis}


def show(tiles: Sequence[Tile], *, key: str) -> None:
    """Draw numbers side by side."""
    components.mount("tiles", {"tiles": list(tiles)}, key=key)
