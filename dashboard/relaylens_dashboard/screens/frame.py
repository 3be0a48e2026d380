"""What stands above every screen: its name, the span of time, the service, and how fresh it is."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from importlib.resources import files
from typing import Final

import streamlit as st

from relaylens_analytics.errors import (
    CollectorNotRunningError,
    NoStoreError,
    NotAuthorisedError,
    QueryLimitError,
    RelaylensAnalyticsError,
)
from relaylens_dashboard import hostile
from relaylens_dashboard.screens import address, reading

_LOG: Final = logging.getLogger(__name__)

_LIVE_S: Final = 5
"""How often a live view asks again."""

_ALL: Final = "All services"
_SHORT: Final[Mapping[str, str]] = {"15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "all": "All"}


def show(screen: str, title: str, body: Callable[[], None], *, dated: bool = True) -> None:
    """Draw a screen below its head; what goes wrong with the store becomes a sentence that says what to do."""
    address.keep(screen)
    st.html(f"<style>{_style()}</style>")
    head = st.container(horizontal=True, vertical_alignment="center", key="head")
    head.markdown(f"### {title}", width="content")
    try:
        with head:
            if (project := reading.project()) is not None:
                st.caption(f"Project {project}", width="content")
            st.space("stretch")
            if dated:
                _range()
                _service()
            _freshness()
        _standstill()
        body()
    except RelaylensAnalyticsError as error:
        trouble(error)
    except Exception:  # noqa: BLE001 - one screen's mistake must not look like the whole dashboard's
        _LOG.exception("The screen %s could not be drawn", screen)
        empty("This screen could not be drawn.", "The reason is in the log of the dashboard; the other screens work.", wider=False)


def trouble(error: RelaylensAnalyticsError) -> None:
    """Say what is wrong with the store, and what to do."""
    title, advice, command = _advice(error)
    with st.container(border=True, key="trouble"):
        st.markdown(f"#### {title}")
        st.text(advice)
        if command:
            st.code(command, language=None)
        with st.expander("What happened"):
            st.text(hostile.visible(str(error)))
        if st.button("Try again", type="primary"):
            reading.forget()
            st.rerun()


def begin() -> None:
    """Say how spans get here, where the store holds no run at all."""
    with st.container(border=True, key="begin"):
        st.text("No agent has sent anything yet.")
        if reading.is_remote():
            st.caption("Say where the collector is, in the shell that your agents start from, and start them:")
            st.code(f"export OTEL_EXPORTER_OTLP_ENDPOINT={reading.url()}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", language=None)
        else:
            st.caption("Start the collector on this folder, or import what was recorded elsewhere:")
            st.code(f"relaylens up --store {reading.url()}\nrelaylens import traces.jsonl --store {reading.url()}", language=None)
        st.caption("`relaylens demo` shows an example network at work.")


def empty(sentence: str, advice: str = "", *, wider: bool = True) -> None:
    """Say that there is nothing to see, and why; offer the whole record where less is shown, and to begin where nothing is recorded."""
    if wider and not reading.has_runs():
        begin()
        return
    with st.container(border=True):
        st.text(sentence)
        if advice:
            st.caption(advice)
        narrowed = (
            address.value("since") or address.value("until") or address.one_of("range", address.RANGES, address.DEFAULT_RANGE) != "all"
        )
        if wider and narrowed and st.button("Show the whole record", key=f"wider.{sentence}"):
            address.write(range="all", since=None, until=None)
            st.rerun()


def pick(label: str, name: str, options: Sequence[str], *, words: Mapping[str, str] | None = None, every: str | None = None) -> str | None:
    """Offer a few values of a filter in a list; None where `every` is chosen."""
    offered = [*([every] if every is not None else []), *options]
    current = address.value(name)
    if current is not None and current not in offered:
        offered.append(current)
    key = f"pick.{name}"
    st.session_state[key] = current if current is not None else offered[0] if offered else None
    st.selectbox(
        label,
        offered,
        key=key,
        format_func=lambda option: (words or {}).get(option, option),
        on_change=_picked,
        args=(name, key, every),
        label_visibility="collapsed",
        width=180,
    )
    return current


def switch(label: str, name: str, options: Mapping[str, str], *, otherwise: str) -> str:
    """Offer a few fixed values side by side; the words are ours, because Streamlit reads them as markdown."""
    current = address.one_of(name, options, otherwise)
    key = f"switch.{name}"
    st.session_state[key] = current
    st.segmented_control(
        label,
        list(options),
        key=key,
        format_func=lambda option: options[option],
        on_change=_switched,
        args=(name, key, otherwise),
        label_visibility="collapsed",
    )
    return current


def search(label: str, name: str, *, hint: str) -> str | None:
    """Offer a box for free text."""
    key = f"search.{name}"
    st.session_state[key] = address.value(name) or ""
    st.text_input(label, key=key, placeholder=hint, on_change=_picked, args=(name, key, None), label_visibility="collapsed", width=260)
    return address.value(name)


def pager(total: int, size: int) -> None:
    """Offer the pages of a list; which one is shown stands in the URL."""
    page = address.number("page")
    first = page * size
    if total <= size and page == 0:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="pager"):
        st.caption(f"{min(first + 1, total):,} to {min(first + size, total):,} of {total:,}", width="content")
        if st.button("Previous", disabled=page == 0, icon=":material/chevron_left:"):
            address.write(page=page - 1 or None)
            st.rerun()
        if st.button("Next", disabled=first + size >= total, icon=":material/chevron_right:", icon_position="right"):
            address.write(page=page + 1)
            st.rerun()


def _picked(name: str, key: str, every: str | None) -> None:
    chosen = st.session_state[key]
    address.write(**{name: None if chosen == every else chosen}, page=None)


def _switched(name: str, key: str, otherwise: str) -> None:
    chosen = st.session_state[key]
    address.write(**{name: None if chosen in {None, otherwise} else chosen}, page=None)


def _range() -> None:
    custom = address.moment("since") is not None or address.moment("until") is not None
    key = "head.range"
    st.session_state[key] = None if custom else address.one_of("range", address.RANGES, address.DEFAULT_RANGE)
    st.segmented_control(
        "Time", list(_SHORT), key=key, format_func=_SHORT.__getitem__, on_change=_ranged, args=(key,), label_visibility="collapsed"
    )
    with st.popover("Custom" if not custom else address.range_in_words().removeprefix("the time "), icon=":material/calendar_month:"):
        _custom_range()


def _ranged(key: str) -> None:
    chosen = st.session_state[key] or address.one_of("range", address.RANGES, address.DEFAULT_RANGE)
    address.write(range=None if chosen == address.DEFAULT_RANGE else chosen, since=None, until=None, page=None)


def _custom_range() -> None:
    window = address.window()
    since, until = window.since or datetime.now(UTC), window.until or datetime.now(UTC)
    st.caption("Days and hours in UTC")
    left, right = st.columns(2)
    first_day = left.date_input("From", since.date(), key="head.since.day")
    first_hour = right.time_input("at", since.time().replace(second=0, microsecond=0), key="head.since.hour")
    last_day = left.date_input("To", until.date(), key="head.until.day")
    last_hour = right.time_input("at ", until.time().replace(second=0, microsecond=0), key="head.until.hour")
    if st.button("Apply", type="primary"):
        start, end = (datetime.combine(day, hour or time(), UTC) for day, hour in ((first_day, first_hour), (last_day, last_hour)))
        if start >= end:
            st.error("The beginning is not before the end.")
            return
        address.write(since=start.isoformat(), until=end.isoformat(), range=None, page=None)
        st.rerun()


def _service() -> None:
    """Offer the services; where there is one, there is nothing to choose."""
    names = [row["service_name"] for row in reading.rows("services", limit=200) if row["service_name"]]
    if len(names) > 1 or address.value("service"):
        pick("Service", "service", names, every=_ALL)


def _freshness() -> None:
    """Offer to ask again, once or every few seconds."""
    key = "head.live"
    st.session_state[key] = address.value("live") == "1"
    st.toggle("Live", key=key, on_change=_live_changed, args=(key,), help=f"Ask again every {_LIVE_S} seconds")
    if st.button("", icon=":material/refresh:", help="Ask again", key="head.refresh"):
        reading.forget()
        st.rerun()
    if st.session_state[key]:
        _again()


def _live_changed(key: str) -> None:
    address.write(live="1" if st.session_state[key] else None)


@st.fragment(run_every=_LIVE_S)
def _again() -> None:
    """Run the whole screen again, except in the run that has just drawn it."""
    if st.session_state.pop("head.again", False):
        st.rerun()
    st.session_state["head.again"] = True


def _standstill() -> None:
    """Say what keeps the collector from going on: what is below may be old then."""
    if (said := reading.problem()) is not None:
        with st.container(border=True, key="standstill"):
            st.markdown(":material/warning: **The collector cannot go on. What came in last is not shown yet.**")
            st.text(hostile.visible(said))


def _advice(error: RelaylensAnalyticsError) -> tuple[str, str, str]:
    """Give a title, what to do, and the command that does it."""
    match error:
        case CollectorNotRunningError():
            return "The collector is not running", f"Nothing answers at {reading.url()}. Start it, then try again.", "relaylens up"
        case NoStoreError():
            return "There is no store here yet", "Start the collector, or import a file of spans first.", "relaylens up"
        case NotAuthorisedError():
            return (
                "The collector asks for a token",
                "Start the dashboard with the token that the collector was given.",
                "relaylens up --token ...",
            )
        case QueryLimitError():
            return "That was too much to ask at once", "Choose a shorter time or a narrower filter.", ""
        case _:
            return "The store did not answer", "What it said stands below.", ""


def _style() -> str:
    return (files("relaylens_dashboard") / "screens" / "frame.css").read_text(encoding="utf-8")
