"""Run: one piece of work from request to answer; who had it when, what was said, and where it went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from relaylens_dashboard import components, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import (
    address,
    finding_list,
    frame,
    links,
    marking,
    payloads,
    reading,
    run_about,
    run_blame,
    run_lanes,
    run_spans,
    run_unusual,
    tables,
    tiles,
    transcript,
)
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row
from relaylens_dashboard.screens.tiles import tile

SLICE: Final = 40
"""Steps drawn at once; a longer run is shown slice by slice."""

_EVENTS: Final = 60
_FINDINGS: Final = 15
_MOST_PARTS: Final = 100
"""Parts of the strip; each stands for several slices where there are more."""
_VIEWS: Final = {
    "transcript": "Transcript",
    "handoffs": "Handoffs",
    "findings": "Findings",
    "began": "Where it began",
    "unusual": "Unusual",
    "spans": "Spans",
    "about": "About",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The run, and the slice of it that is on the screen."""

    run: Record
    first: int
    last: int
    since: datetime | None
    until: datetime | None
    turns: Sequence[Record]

    @property
    def key(self) -> dict[str, str]:
        """What every question about the run names."""
        return {"run": self.run["run"], "conversation": self.run["conversation"]}

    @property
    def slice(self) -> dict[str, datetime | str | None]:
        """The key, and the time of the slice."""
        return {**self.key, "since": self.since, "until": self.until}


def body() -> None:
    """Draw the screen."""
    name = address.value("run")
    if name is None:
        frame.empty("No run is chosen.", "Choose one from Runs.", wider=False)
        return
    run = reading.row("run", run=name, conversation=address.value("conversation"))
    if run is None:
        frame.empty(
            f"There is no run {tables.plain(name, limit=100)} in the store.",
            "It may have been written to another store, or not have arrived yet.",
            wider=False,
        )
        return
    _head(run)
    shown = _slice(run)
    if shown.turns:
        run_lanes.show(shown.run, shown.turns, shown.slice)
    view = _view()
    _DRAWN[view](shown)


def _view() -> str:
    """Offer the views; a selection that belongs to one of them opens it."""
    otherwise = "spans" if address.value("span") else "handoffs" if address.value("handoff") else "transcript"
    return frame.switch("View", "view", _VIEWS, otherwise=otherwise)


def _head(run: Record) -> None:
    said = run["name"] or run["run"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(tables.plain(said, limit=120), width="content")
        st.caption(f"began {wording.clock(run['started_at'])} UTC", width="content")
        links.show(
            ("Runs of this conversation", address.link("runs", conversation=run["conversation"], range="all")), key="run.conversation"
        )
        st.space("stretch")
        marking.run(run["run"])
    marking.trouble()
    evidence = wording.evidence(run["outcome_evidence"], run["outcome_rule"])
    tokens = (run["input_tokens"] or 0) + (run["output_tokens"] or 0)
    shown = [
        tile("Outcome", wording.word(run["outcome"]), evidence, colours.OUTCOMES.get(run["outcome"])),
        tile(
            "Took", wording.lasted(run["duration_ms"]), f"work {wording.lasted(run['work_ms'])}, waiting {wording.lasted(run['wait_ms'])}"
        ),
        tile("Steps", f"{run['steps']:,}", wording.count(run["agents"], "agent")),
        tile("Handoffs", f"{run['handoffs']:,}", f"{run['handoffs_failed']:,} failed", colours.BAD if run["handoffs_failed"] else None),
        tile("Escalations", f"{run['escalations']:,}", "asked a person" if run["escalations"] else "nobody was asked"),
        tile(
            "Findings",
            f"{run['findings']:,}",
            wording.count(run["errors"] + run["soft_errors"], "error"),
            colours.BAD if run["findings"] else None,
        ),
        tile("Tokens", wording.compact(tokens), wording.count(run["model_calls"], "model call")),
        tile(
            "Cost", wording.NOTHING if run["cost_usd"] is None else f"${run['cost_usd']:.4f}", wording.count(run["tool_calls"], "tool call")
        ),
    ]
    tiles.show(shown, key="run.head")


def _slice(run: Record) -> Shown:
    """Find the slice of the run to show, and offer the others."""
    total = run["steps"]
    slices = max(-(-total // SLICE), 1)
    number = min(_slice_of_selection(run) if "slice" not in st.query_params else address.number("slice"), slices - 1)
    first, last = number * SLICE + 1, (number + 1) * SLICE
    turns = reading.own("run_turns", run=run["run"], conversation=run["conversation"], first=first, last=last)
    if slices == 1:
        return Shown(run, first, last, None, None, turns)
    after = reading.own("run_turns", run=run["run"], conversation=run["conversation"], first=last + 1, last=last + 1)
    _strip(run, number, slices)
    since = turns[0]["started_at"] if turns and number else None
    return Shown(run, first, last, since, after[0]["started_at"] if after else None, turns)


def _slice_of_selection(run: Record) -> int:
    """Give the slice with the selected finding."""
    finding = address.value("finding")
    if finding is None:
        return 0
    found = reading.rows("run_findings", run=run["run"], conversation=run["conversation"], limit=reading.MOST_ROWS)
    step = next((row["step"] for row in found if row["finding"] == finding), None)
    steps = reading.own("step_position", run=run["run"], step=step) if step is not None else []
    return (steps[0]["position"] - 1) // SLICE if steps else 0


def _strip(run: Record, number: int, slices: int) -> None:
    """Draw the whole run as a strip, each slice with who acted in it."""
    together = -(-slices // _MOST_PARTS)
    outline = reading.own("run_outline", run=run["run"], conversation=run["conversation"], slice=SLICE * together)
    hue = _hues([row["agent"] for row in outline])
    parts = dict[int, list[Record]]()
    for row in outline:
        parts.setdefault(row["slice"], []).append(row)
    drawn = [_part_data(one, parts[one], hue, run["steps"], together) for one in sorted(parts)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Steps {number * SLICE + 1:,} to {min((number + 1) * SLICE, run['steps']):,} of {run['steps']:,}", width="content")
        before = [("← Earlier", _slice_link(number - 1))] if number else []
        after = [("Later →", _slice_link(number + 1))] if number + 1 < slices else []
        links.show(*before, *after, key="run.slices")
    components.mount("strip", {"slices": drawn, "shown": number // together}, key="strip")


def _slice_link(number: int) -> str:
    return address.here(slice=number, page=None, span=None, handoff=None, finding=None)


def _part_data(number: int, rows: Sequence[Record], hue: dict[str, str], steps: int, together: int) -> dict[str, object]:
    """Give a part of the strip, which opens the first of its slices."""
    failed, errors, grave = (sum(row[name] for row in rows) for name in ("failed", "errors", "grave_findings"))
    size = SLICE * together
    agents = ", ".join(f"{tables.name(row['agent'], limit=40)} {row['steps']:,}" for row in rows)
    troubles = [wording.count(failed, "failed step")] * bool(failed) + [wording.count(errors, "error")] * bool(errors)
    troubles += [wording.count(grave, "grave finding")] * bool(grave)
    return {
        "number": number,
        "link": _slice_link(number * together),
        "parts": [{"share": row["steps"], "colour": hue[row["agent"]]} for row in rows],
        "troubled": bool(troubles),
        "says": "\n".join([f"Steps {number * size + 1:,} to {min((number + 1) * size, steps):,}", agents, *troubles]),
    }


def _hues(agents: Sequence[str]) -> dict[str, str]:
    return {agent: colours.AGENTS[index % len(colours.AGENTS)] for index, agent in enumerate(sorted(set(agents)))}


def _transcript(shown: Shown) -> None:
    page = address.number("page")
    told = reading.transcript(**shown.slice, limit=_EVENTS, offset=page * _EVENTS, text_limit=transcript.TEXT_LIMIT)
    if not told.entries:
        frame.empty("Nothing was recorded here.", "The run has no turns, calls or handoffs in this slice.", wider=False)
        return
    _ends(shown, "asked" if page == 0 and shown.first == 1 else "")
    components.mount("transcript", {"entries": transcript.drawn(told.entries, address.value("finding"), reading.names())}, key="transcript")
    if told.calls_too_large:
        st.caption(f"Of {wording.count(told.calls_too_large, 'model call')} the messages are too large to be shown here.")
    frame.pager(told.total, _EVENTS)


def _ends(shown: Shown, which: str) -> None:
    """Show what was asked of the network and what it answered, before the details."""
    if not which:
        return
    asked, answered = shown.run["input_preview"], shown.run["output_preview"]
    left, right = st.columns(2)
    with left:
        st.caption("Asked")
        st.code(tables.plain(asked), language=None, wrap_lines=True)
    with right:
        st.caption("Answered")
        st.code(tables.plain(answered) if answered != "" else "(an empty answer)", language=None, wrap_lines=True)


def _handoffs(shown: Shown) -> None:
    found = reading.own("run_crossings", **shown.slice, limit=300)
    if not found:
        frame.empty("No work was handed over here.", wider=False)
        return
    interesting = next((row for row in found if row["reason"] is not None), found[0])
    selected = address.value("handoff") or interesting["handoff"]
    columns = [
        Column("When", nowrap=True),
        Column("From"),
        Column("To"),
        Column("", width="130px"),
        Column("Came as far as"),
        Column("Wait", right=True),
        Column("Mode"),
        Column("Found by"),
    ]
    rows = [_handoff_row(row, marked=row["handoff"] == selected) for row in found]
    tables.show(columns, rows, key="run.handoffs", says="Handoffs of this run")
    chosen = next((row for row in found if row["handoff"] == selected), None)
    if chosen is not None:
        st.markdown("##### What was sent, and what was received")
        payloads.show(chosen)


def _handoff_row(row: Record, *, marked: bool) -> Row:
    cells = [
        tables.text(wording.clock(row["offered_at"]), quiet=True),
        tables.agent(row["from_agent"]),
        tables.agent(row["to_agent"], "unknown"),
        payloads.verdict(row),
        wording.word(row["state"]),
        wording.lasted(row["wait_ms"]),
        tables.text(wording.word(row["mode"]), quiet=True),
        tables.text(wording.word(row["rule"]), quiet=True),
    ]
    return Row(cells, address.here(view="handoffs", handoff=row["handoff"], span=None, finding=None), marked)


def _findings(shown: Shown) -> None:
    found = reading.rows("findings", **shown.key, limit=_FINDINGS, offset=address.number("page") * _FINDINGS)
    if not found:
        frame.empty("Nothing was found in this run.", wider=False)
        return
    finding_list.show(found, within_run=True)
    frame.pager(found[0]["total"], _FINDINGS)


def _began(shown: Shown) -> None:
    run_blame.show(shown.key)


def _unusual(shown: Shown) -> None:
    run_unusual.show(shown.key)


def _spans(shown: Shown) -> None:
    run_spans.show(shown.key)


def _about(shown: Shown) -> None:
    run_about.show(shown.run, shown.key)


_DRAWN: Final = {
    "transcript": _transcript,
    "handoffs": _handoffs,
    "findings": _findings,
    "began": _began,
    "unusual": _unusual,
    "spans": _spans,
    "about": _about,
}
"""What draws each view."""

if __name__ == "__main__":
    frame.show("run", "Run", body, dated=False)
