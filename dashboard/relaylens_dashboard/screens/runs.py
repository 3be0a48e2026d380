"""Runs: every piece of work asked of the network; filtered, searched, sorted and paged by the store."""

from typing import Final

import streamlit as st

from relaylens.semconv import Detector, Outcome
from relaylens_analytics.metric import Unit
from relaylens_analytics.queries import limits
from relaylens_dashboard import numerals, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, exports, frame, reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

PAGE: Final = 50
"""Runs on a page."""

_SORTS: Final = (
    "started_at",
    "duration_ms",
    "steps",
    "handoffs",
    "handoffs_failed",
    "escalations",
    "findings",
    "errors",
    "tokens",
    "cost_usd",
    "outcome",
    "name",
)
_ENDINGS: Final = {"all": "All", **{outcome.value: outcome.value.capitalize() for outcome in Outcome}}
_MOST_AGENTS: Final = 300


def body() -> None:
    """Draw the screen."""
    bar = st.container(horizontal=True, vertical_alignment="center", key="filters")
    with bar:
        outcome = _filters()
    by, descending = tables.sorting(_SORTS, "started_at")
    asked = {
        **address.window().params(),
        "outcomes": None if outcome == "all" else [outcome],
        "agent": address.value("agent"),
        "detector": address.value("detector"),
        "conversation": address.value("conversation"),
        "search": address.value("q"),
        "searched": limits.SEARCHED,
        "sort": by,
        "descending": descending,
    }
    found = reading.rows("runs", **asked, limit=PAGE, offset=address.number("page") * PAGE)
    if not found:
        _nothing()
        return
    with bar:
        exports.offer("runs", lambda: reading.fresh("runs", **asked, limit=reading.MOST_ROWS, offset=0), found[0]["total"])
    tables.show(_columns(), [_row(row) for row in found], key="runs", says="Runs", sort=(by, descending))
    frame.pager(found[0]["total"], PAGE)
    if found[0]["searched_since"] is not None:
        since = wording.clock(found[0]["searched_since"])
        said = f"What agents were told and said was searched in the latest {limits.SEARCHED:,} runs, those since {since}"
        st.caption(f"{said}; choose an earlier time for others.")


def _filters() -> str:
    outcome = frame.switch("Outcome", "outcome", _ENDINGS, otherwise="all")
    agents = reading.agents()
    frame.pick("Agent", "agent", list(agents), words=agents, every="Any agent")
    frame.pick("Finding", "detector", list(Detector), words={name: wording.word(name) for name in Detector}, every="Any finding or none")
    frame.search("Search", "q", hint="Search prompts and answers")
    conversation = address.value("conversation")
    if conversation is not None and st.button("Only one conversation", icon=":material/close:", help="Show all conversations"):
        address.write(conversation=None, page=None)
        st.rerun()
    return outcome


def _nothing() -> None:
    narrowed = any(address.value(name) for name in ("outcome", "agent", "detector", "conversation", "q"))
    if narrowed:
        more = f" Of more than {limits.SEARCHED:,} runs only the latest are searched in full." if address.value("q") else ""
        frame.empty(f"No run in {address.range_in_words()} fits these filters.", f"Take one of them away, or look at another time.{more}")
    else:
        frame.empty(f"No run began in {address.range_in_words()}.")


def _columns() -> list[Column]:
    return [
        Column("Began", sort="started_at", nowrap=True),
        Column("Outcome", sort="outcome"),
        Column("Asked", width="24%"),
        Column("Answered", width="22%"),
        Column("Way"),
        Column("Steps", sort="steps", right=True),
        Column("Handoffs", sort="handoffs_failed", right=True, says="Handoffs, and how many of them failed; sorted by the failed ones"),
        Column("Escal.", sort="escalations", right=True, says="Questions to a person"),
        Column("Findings", sort="findings", right=True),
        Column("Took", sort="duration_ms", right=True),
        Column("Cost", sort="cost_usd", right=True),
    ]


def _row(row: Record) -> Row:
    failed = row["handoffs_failed"]
    detectors = ", ".join(wording.word(name) for name in row["detectors"] or [])
    grade = f"{row['outcome_evidence']}, by the rule {row['outcome_rule']}"
    cells = [
        tables.text(wording.clock(row["started_at"]), under=row["name"]),
        tables.chip(row["outcome"], colours.OUTCOMES, says=grade),
        tables.text(row["input_preview"]),
        tables.text(
            "(an empty answer)" if row["output_preview"] == "" else row["output_preview"], quiet=row["output_preview"] in {None, ""}
        ),
        tables.text(_way(row), quiet=True),
        f"{row['steps']:,}",
        tables.text(f"{row['handoffs']:,}", under=f"{failed:,} failed" if failed else None),
        f"{row['escalations']:,}" if row["escalations"] else "",
        tables.text(f"{row['findings']:,}" if row["findings"] else "", says=detectors),
        wording.lasted(row["duration_ms"]),
        wording.NOTHING if row["cost_usd"] is None else numerals.written(row["cost_usd"], Unit.USD),
    ]
    return Row(cells, address.link("run", run=row["run"], conversation=row["conversation"]))


def _way(row: Record) -> str:
    first, last = reading.called(row["first_agent"]), reading.called(row["last_agent"])
    if first is None:
        return wording.NOTHING
    return first if last in {first, None} else f"{first} → {last}"


if __name__ == "__main__":
    frame.show("runs", "Runs", body)
