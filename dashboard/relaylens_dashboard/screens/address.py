"""The address holds every filter, so that any view can be linked, reloaded and gone back to.

The URL is the truth: a widget is set from it before it is drawn, and writes to it when it is changed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from relaylens_analytics import Window

RANGES: Final[Mapping[str, timedelta | None]] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "all": None,
}
"""The spans of time on offer, by the word that stands in the URL."""

DEFAULT_RANGE: Final = "24h"

GLOBAL: Final = ("range", "since", "until", "service", "live")
"""Filters that stay when another screen is opened."""

HOME: Final = "network"
"""The screen that the bare address opens."""

_GRAIN_S: Final = 5
"""A window that ends now begins at a multiple of this, so that the questions of one view have one answer in the cache."""

_KEPT: Final = "address.kept"
_SCREEN: Final = "address.screen"


def value(name: str) -> str | None:
    """Give a filter from the URL, None where it is not set."""
    return st.query_params.get(name) or None


def number(name: str, otherwise: int = 0) -> int:
    """Give a filter that is a whole number, not below zero; nonsense in the URL counts as not set."""
    text = value(name)
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else otherwise  # noqa: PLR2004 - no page is that far


def one_of(name: str, allowed: Sequence[str] | Mapping[str, object], otherwise: str) -> str:
    """Give a filter that has a few values; nonsense in the URL counts as not set."""
    text = value(name)
    return text if text is not None and text in allowed else otherwise


def write(**changes: str | int | None) -> None:
    """Change filters in the URL; None takes one out."""
    st.query_params.from_dict(_changed(changes))


def keep(screen: str) -> None:
    """Carry the filters of the whole dashboard over to a screen opened from the navigation, which begins with an empty address."""
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if kept and st.session_state.get(_SCREEN) not in {None, screen} and not st.query_params:
        st.query_params.from_dict(kept)
    st.session_state[_SCREEN] = screen
    st.session_state[_KEPT] = {name: st.query_params[name] for name in GLOBAL if name in st.query_params}


def link(screen: str, **filters: str | int | None) -> str:
    """Give the address of a view, relative to the dashboard, with the filters of the whole dashboard."""
    kept = {name: st.query_params[name] for name in GLOBAL if name in st.query_params}
    return _written(screen, {**kept, **{name: str(given) for name, given in filters.items() if given is not None}})


def here(**changes: str | int | None) -> str:
    """Give the address of this view with some filters changed; None takes one out."""
    return _written(st.session_state.get(_SCREEN, HOME), _changed(changes))


def moment(name: str) -> datetime | None:
    """Give a moment from the URL; one without a zone is UTC."""
    text = value(name)
    try:
        parsed = datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed


def now() -> datetime:
    """Give this moment, cut to the grain of the cache."""
    second = int(datetime.now(UTC).timestamp())
    return datetime.fromtimestamp(second - second % _GRAIN_S, UTC)


def window() -> Window:
    """Give the part of the record that the URL asks for."""
    since, until = moment("since"), moment("until")
    if since is not None or until is not None:
        return Window(since, until, value("service"))
    length = RANGES[one_of("range", RANGES, DEFAULT_RANGE)]
    return Window(None if length is None else now() - length, None, value("service"))


def window_before() -> Window | None:
    """Give the window of the same length just before, None where there is none."""
    this = window()
    if this.since is None:
        return None
    until = this.until or now()
    return Window(this.since - (until - this.since), this.since, this.service)


def ends(first: datetime | None, bucket: int) -> tuple[datetime, datetime] | None:
    """Give the ends of an axis of time: the window, or where that is open, from the first that is known to now; a bucket more before."""
    this = window()
    begin, end = this.since or first, this.until or now()
    return None if begin is None else (begin - timedelta(seconds=bucket), end)


def bucket_s(first: datetime | None, last: datetime | None) -> int:
    """Give the length of a bucket that makes some dozens of points of a stretch of time."""
    if first is None or last is None:
        return 3600
    wanted = (last - first).total_seconds() / 48
    return next((size for size in (10, 30, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86_400) if size >= wanted), 7 * 86_400)


def range_in_words() -> str:
    """Say which part of the record is shown."""
    since, until = moment("since"), moment("until")
    if since is not None or until is not None:
        ends = [f"from {since:%Y-%m-%d %H:%M}" if since else "", f"to {until:%Y-%m-%d %H:%M}" if until else ""]
        return " ".join(["the time", *(end for end in ends if end)])
    name = one_of("range", RANGES, DEFAULT_RANGE)
    words = {
        "15m": "the last 15 minutes",
        "1h": "the last hour",
        "24h": "the last 24 hours",
        "7d": "the last 7 days",
        "30d": "the last 30 days",
    }
    return words.get(name, "the whole record")


def _changed(changes: Mapping[str, str | int | None]) -> dict[str, str]:
    held = {name: st.query_params[name] for name in st.query_params if name not in changes}
    return held | {name: str(change) for name, change in changes.items() if change is not None and change != ""}


def _written(screen: str, filters: Mapping[str, str]) -> str:
    query = urlencode(filters)
    return f"{'.' if screen == HOME else screen}{'?' if query else ''}{query}"
