"""Findings one below the other, each with its evidence in place, the ways into its run, and the marks."""

from collections.abc import Sequence

import streamlit as st

from relaylens.semconv import Outcome
from relaylens_dashboard import components, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, marking, reading, tables
from relaylens_dashboard.screens.reading import Record

_MOST_SPANS = 4
"""Spans of the evidence that are linked; the transcript shows the rest."""


def show(found: Sequence[Record], *, within_run: bool = False) -> None:
    """Draw the findings; `within_run` leaves out what the run's own screen says above them."""
    marking.trouble()
    for row in found:
        shown, marks = st.columns([0.81, 0.19], gap="small")
        with shown:
            components.mount("finding", _data(row, within_run=within_run), key=f"shown.{row['finding']}")
        with marks:
            marking.finding(row)


def _data(row: Record, *, within_run: bool) -> dict[str, object]:
    began = row["blamed_agent"] if row["blamed_agent"] != row["agent"] else None
    outcome = None if within_run else row["run_outcome"]
    return {
        "detector": wording.word(row["detector"]),
        "means": f"severity {row['severity']}",
        "hue": colours.SEVERITIES.get(row["severity"], colours.UNKNOWN),
        "agent": tables.name(row["agent"], wording.NOTHING, limit=120),
        "began": tables.name(began, limit=120) if began else None,
        "certainty": row["certainty"],
        "when": f"{wording.clock(row['found_at'])} UTC",
        "outcome": ("run goes on" if outcome == Outcome.RUNNING else f"run {wording.word(outcome)}") if outcome else None,
        "marked": f"marked by {tables.plain(row['marked_by'], limit=60)}" if row["mark"] and row["marked_by"] else None,
        "message": tables.plain(reading.in_words(row["message"])),
        "evidence": tables.lines(tables.evidence(row["evidence"])) if row["evidence"] else None,
        "judge": _judged(row),
        "links": [{"text": text, "link": link} for text, link in _ways(row)],
        "selected": row["finding"] == address.value("finding"),
    }


def _judged(row: Record) -> str | None:
    """Say what a judge made of it; that is shown, and counts for nothing."""
    if not row.get("judgement"):
        return None
    score = f" ({row['judge_score']:.2f})" if row["judge_score"] is not None else ""
    why = f": {tables.plain(row['judge_comment'], limit=600)}" if row["judge_comment"] else ""
    return f"The judge says {row['judgement']}{score}{why}"


def _ways(row: Record) -> list[tuple[str, str]]:
    """Give the links into the run: where it shows in the transcript, and each span of the evidence."""
    if not row["run"]:
        return []
    of_run = {"run": row["run"], "conversation": row["conversation"]}
    ways = [("In the transcript", address.link("run", **of_run, view="transcript", finding=row["finding"]))]
    spans = row["span_ids"] or ([f"{row['trace_id']}:{row['span_id']}"] if row["span_id"] else [])
    for number, span in enumerate(spans[:_MOST_SPANS], 1):
        text = "The span" if len(spans) == 1 else f"Span {number} of {len(spans)}"
        ways.append((text, address.link("run", **of_run, view="spans", span=span)))
    return ways
