"""Escalations: what people were asked, what still waits for an answer, and how long answers take."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from relaylens.semconv import OPEN_ESCALATIONS, EscalationState
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, exports, frame, reading, tables, tiles
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row
from relaylens_dashboard.screens.tiles import tile

_MOST: Final = 300
_STATES: Final = {
    "all": "All",
    "open": "Open",
    **{state.value: wording.word(state).capitalize() for state in EscalationState if state not in OPEN_ESCALATIONS},
}


def body() -> None:
    """Draw the screen: open questions first, the oldest on top."""
    window = address.window()
    bar = st.container(horizontal=True, vertical_alignment="center", key="filters")
    with bar:
        state = frame.switch("State", "state", _STATES, otherwise="all")
        agents = reading.agents()
        frame.pick("Agent", "agent", list(agents), words=agents, every="Any agent")
    states = None if state == "all" else list(OPEN_ESCALATIONS) if state == "open" else [state]
    asked = {**window.params(), "agent": address.value("agent"), "states": states, "now": address.now()}
    found = reading.rows("escalations", **asked, limit=_MOST)
    if not found:
        which = "" if state == "all" else f" that is {_STATES[state].lower()}"
        frame.empty(f"No agent asked a person anything{which} in {address.range_in_words()}.")
        return
    with bar:
        exports.offer("escalations", lambda: reading.fresh("escalations", **asked, limit=reading.MOST_ROWS), len(found))
    _tiles(found)
    waiting = [row for row in found if row["open"]]
    answered = [row for row in reversed(found) if not row["open"]]
    if waiting:
        st.markdown(f"##### Waiting for an answer: {len(waiting):,}")
        _table(waiting, "waiting", "Questions that wait for an answer", "Open for")
    if answered:
        st.markdown("##### No longer open")
        _table(answered, "answered", "Questions that are no longer open", "After")
    if len(found) == _MOST:
        st.caption(f"The latest {_MOST:,}; choose a shorter time to see the others.")


def _tiles(found: Sequence[Record]) -> None:
    window, agent = address.window(), address.value("agent")
    answers = {row["part"]: row for row in reading.metric("escalation_answers", window, agent=agent)}
    took = reading.metric("escalation_answer_time", window, agent=agent)
    waits = [row["pending_ms"] for row in found if row["open"] and row["pending_ms"] is not None]
    shown = [
        tile(
            "Waiting",
            f"{sum(1 for row in found if row['open']):,}",
            f"oldest {wording.whole(max(waits))}" if waits else "nobody waits",
            colours.WEAK if waits else None,
        ),
        tile(
            "Time to answer, median",
            wording.lasted(took[0]["value"] if took else None),
            f"p95 {wording.lasted(took[0]['p95'])}" if took else "",
        ),
    ]
    shown += [
        tile(wording.word(part).capitalize(), wording.share(row["value"]), f"{row['numerator']:,.0f} of {row['denominator']:,.0f}")
        for part, row in sorted(answers.items(), key=lambda one: (-one[1]["numerator"], one[0]))
        if part not in OPEN_ESCALATIONS
    ]
    tiles.show(shown, key="escalation.tiles")


def _table(rows: Sequence[Record], key: str, says: str, pending: str) -> None:
    columns = [
        Column("Asked", nowrap=True, width="12%"),
        Column("State", width="9%"),
        Column("By", width="11%"),
        Column("Question", width="34%"),
        Column("Answer", width="18%"),
        Column("Answered by"),
        Column(pending, right=True, nowrap=True, width="8%"),
    ]
    tables.show(columns, [_row(row) for row in rows], key=key, says=says)


def _row(row: Record) -> Row:
    pending = row["pending_ms"]
    cells = [
        tables.text(wording.clock(row["requested_at"]), quiet=True),
        tables.chip(row["state"], colours.ESCALATIONS),
        tables.agent(row["agent"], under=row["tool_name"]),
        tables.text(row["question"] if row["question"] is not None else "not recorded", quiet=row["question"] is None),
        tables.text(row["answer"]),
        tables.agent(row["answered_by"], quiet=True),
        (wording.whole(pending) if row["open"] else wording.lasted(pending)) if pending is not None else wording.NOTHING,
    ]
    run = {"run": row["run"], "conversation": row["conversation"], "finding": row["escalation"]}
    return Row(cells, address.link("run", **run) if row["run"] else None)


if __name__ == "__main__":
    frame.show("escalations", "Escalations", body)
