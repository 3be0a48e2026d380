"""Findings: what went wrong without an error, as an inbox: what is new stands first, and each can be marked true, false or known."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from relaylens.semconv import Detector, Mark
from relaylens_analytics.values import Value
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, exports, finding_list, frame, links, reading, silences, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

_PAGE: Final = 15
_MOST_GROUPS: Final = 100
_FEW_GROUPS: Final = 10
_SEVERITIES: Final = {"all": "All", "high": "High", "medium": "Medium", "low": "Low"}
_RUNS: Final = {"all": "All runs", "silent": "Completed runs only"}
_MARKS: Final = {"inbox": "Inbox", "open": "Not marked", "true": "True", "false": "False", "known": "Known"}
_MARKS_SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "inbox": (Mark.OPEN, Mark.TRUE, Mark.FALSE),
    **{mark: (mark,) for mark in Mark},
}


def body() -> None:
    """Draw the screen: the kinds of finding, and the findings themselves below."""
    bar = st.container(horizontal=True, vertical_alignment="center", key="filters")
    with bar:
        asked = _filters()
    silences.show()
    kinds = reading.rows("findings_inbox", **asked, newest=True, now=address.now(), limit=_MOST_GROUPS)
    if not kinds:
        _nothing(asked)
        return
    st.markdown("##### By kind and agent")
    every = address.value("groups") == "all"
    _inbox(kinds if every else kinds[:_FEW_GROUPS])
    if len(kinds) > _FEW_GROUPS and st.button(f"Show the first {_FEW_GROUPS}" if every else f"Show all {len(kinds):,}", type="tertiary"):
        address.write(groups=None if every else "all")
        st.rerun()
    _folded(asked)
    _list(asked)


def _filters() -> dict[str, Value]:
    """Offer the filters, and give what they say."""
    marks = frame.switch("Marks", "marks", _MARKS, otherwise="inbox")
    severity = frame.switch("Severity", "severity", _SEVERITIES, otherwise="all")
    runs = frame.switch("Runs", "runs", _RUNS, otherwise="all")
    return {
        **address.window().params(),
        "marks": _MARKS_SHOWN[marks],
        "severity": None if severity == "all" else severity,
        "silent": runs == "silent",
    }


def _nothing(asked: dict[str, Value]) -> None:
    """Say why there is nothing: a quiet network, or filters that leave nothing."""
    wider = {**address.window().params(), "marks": None, "severity": None, "silent": False}
    if asked != wider and reading.rows("findings", **wider, limit=1, offset=0):
        frame.empty("No finding fits these filters.", "Those that are known are under Known.", wider=False)
        _folded(asked)
        return
    frame.empty(f"Nothing was found in {address.range_in_words()}.", "Every run is checked as it arrives; an empty list is good news.")


def _inbox(kinds: Sequence[Record]) -> None:
    detector, agent = address.value("detector"), address.value("agent")
    columns = [
        Column("Finding", width="190px"),
        Column("Agent", nowrap=True),
        Column("New", nowrap=True, says="Against the time of the same length just before; new where this kind was never seen before"),
        Column("Findings", right=True),
        Column("Runs", right=True),
        Column("Silent", right=True, says="Completed runs with such a finding: failures that nobody would have seen"),
        Column("Trend", says="Findings over the time that is shown, in twelve parts"),
        Column("First", right=True, nowrap=True),
        Column("Last", right=True, nowrap=True),
        Column("Right here", width="150px", says="Precision measured here: of its findings that were marked true or false, the true ones"),
        Column("The last one", width="30%"),
    ]
    rows = [
        Row(
            [
                tables.chip(
                    row["detector"],
                    {row["detector"]: colours.SEVERITIES.get(row["severity"], colours.UNKNOWN)},
                    says=f"severity {row['severity']}",
                ),
                tables.agent(row["agent"]),
                _change(row),
                f"{row['findings']:,}",
                f"{row['runs']:,}",
                f"{row['silent_runs']:,}",
                {"text": "", "bars": row["trend"], "says": f"{row['findings']:,} in {address.range_in_words()}"},
                wording.ago(row["first_ever_at"], address.now()),
                wording.ago(row["last_found_at"], address.now()),
                _precision(row),
                tables.text(reading.in_words(row["last_message"]), quiet=True),
            ],
            address.here(detector=row["detector"], agent=row["agent"], page=None),
            row["detector"] == detector and row["agent"] == agent,
        )
        for row in kinds
    ]
    tables.show(columns, rows, key="inbox", says="Kinds of finding")


def _change(row: Record) -> tables.Cell:
    if row["findings_before"] is None:
        return tables.text(wording.NOTHING, quiet=True, says="Nothing was recorded before the time that is shown")
    if row["is_new"]:
        return tables.chip("new", {"new": colours.BAD}, says="Not seen before the time that is shown")
    change = row["findings"] - row["findings_before"]
    said = f"{change:+,}" if change else "same"
    return tables.text(said, quiet=change <= 0, says=f"{row['findings_before']:,} in the time of the same length just before")


def _precision(row: Record) -> tables.Cell:
    """Show how often the detector was right here, and say how that is known."""
    marked = row["marked_true"] + row["marked_false"]
    if not marked:
        return tables.text("not measured here yet", quiet=True, says="Mark some of its findings true or false")
    cell = tables.rate(row["precision"], row["precision_low"], row["precision_high"], of=marked, counted=row["marked_true"])
    return {**cell, "under": f"{row['marked_true']:,} of {marked:,} marked"} if isinstance(cell, dict) else cell


def _folded(asked: dict[str, Value]) -> None:
    """Say how many known ones are folded away, and offer them."""
    if Mark.KNOWN in (asked["marks"] or ()):  # type: ignore[operator]
        return
    known = reading.rows("findings", **{**asked, "marks": (Mark.KNOWN,)}, limit=1, offset=0)
    if known:
        with st.container(horizontal=True, vertical_alignment="center", key="folded"):
            st.caption(f"{wording.count(known[0]['total'], 'known finding is', 'known findings are')} folded away.", width="content")
            links.show(("Show them", address.here(marks="known", detector=None, agent=None, page=None)), key="findings.known")


def _list(asked: dict[str, Value]) -> None:
    bar = st.container(horizontal=True, vertical_alignment="center", key="kinds")
    with bar:
        st.markdown("##### Findings", width="content")
        st.space("small")
        frame.pick("Kind", "detector", list(Detector), words={name: wording.word(name) for name in Detector}, every="Any kind")
        agents = reading.agents()
        frame.pick("Agent", "agent", list(agents), words=agents, every="Any agent")
    asked = {**asked, "detector": address.value("detector"), "agent": address.value("agent")}
    found = reading.rows("findings", **asked, limit=_PAGE, offset=address.number("page") * _PAGE)
    if not found:
        frame.empty("No finding fits these filters.", wider=False)
        return
    with bar:
        exports.offer("findings", lambda: reading.fresh("findings", **asked, limit=reading.MOST_ROWS, offset=0), found[0]["total"])
    finding_list.show(found)
    frame.pager(found[0]["total"], _PAGE)


if __name__ == "__main__":
    frame.show("findings", "Findings", body)
