"""The lanes of a run: a slice of it read from the store and made into what `charts.lanes` draws."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from relaylens_dashboard import components, wording
from relaylens_dashboard.charts import lanes
from relaylens_dashboard.charts.lanes import Arrow, Block, Pin, Question, Slice, Turn
from relaylens_dashboard.screens import address, reading, tables
from relaylens_dashboard.screens.reading import Record

_MOST_BLOCKS: Final = 600
_MOST_ARROWS: Final = 300


def show(run: Record, turns: Sequence[Record], part: Mapping[str, datetime | str | None]) -> None:
    """Draw the lanes; a click selects a call, a handoff, a question or a finding."""
    known = {turn["step"] for turn in turns}
    now = _end_of(run)
    blocks = reading.own("run_blocks", **part, limit=_MOST_BLOCKS)
    crossings = reading.own("run_crossings", **part, limit=_MOST_ARROWS)
    whole = {"run": part["run"], "conversation": part["conversation"]}
    asked = [row for row in reading.rows("run_escalations", **whole, now=address.now(), limit=200) if _within(row["requested_at"], part)]
    found = [row for row in reading.rows("run_findings", **whole, limit=300) if _within(row["found_at"], part)]
    data = lanes.draw(
        Slice(
            start=wording.as_utc(run["started_at"] or turns[0]["started_at"]),
            turns=[_turn(turn, now) for turn in turns if turn["started_at"] is not None],
            blocks=[_block(row, now) for row in blocks if row["started_at"] is not None and row["agent"]],
            arrows=[_arrow(row, known) for row in crossings if row["offered_at"] is not None],
            questions=[_question(row) for row in asked if row["agent"] and row["requested_at"] is not None],
            called=tables.name,
            pins=[_pin(row) for row in found if row["agent"] and row["found_at"] is not None],
        )
    )
    selected = address.value("span") or address.value("handoff") or address.value("finding")
    components.mount("lanes", {**data, "selected": selected, "says": "Who had the work when"}, key="lanes")
    if len(blocks) == _MOST_BLOCKS:
        st.caption(f"The first {_MOST_BLOCKS:,} calls of this slice are drawn.")


def _select(view: str, **what: str) -> str:
    """Give the address that shows one thing of the run in its view."""
    return address.here(**{"span": None, "handoff": None, "finding": None, "page": None, "view": view, **what})


def _end_of(run: Record) -> datetime:
    """Give the end of what has not ended: the latest that is known of the run."""
    return wording.as_utc(run["ended_at"] or run["started_at"])


def _within(moment: datetime | None, part: Mapping[str, datetime | str | None]) -> bool:
    since, until = part["since"], part["until"]
    if moment is None:
        return False
    return (not isinstance(since, datetime) or moment >= since) and (not isinstance(until, datetime) or moment < until)


def _turn(row: Record, now: datetime) -> Turn:
    start = wording.as_utc(row["started_at"])
    lines = [
        f"{tables.name(row['agent'], limit=60)}, turn {row['position']:,}: {wording.word(row['outcome'])}",
        f"Took {wording.lasted(row['duration_ms'])}",
        f"{wording.count(row['model_calls'], 'model call')}, {wording.count(row['tool_calls'], 'tool call')}",
        f"{row['outcome_evidence']} by the rule {row['outcome_rule']}",
    ]
    end = wording.as_utc(row["ended_at"]) if row["ended_at"] is not None else max(now, start)
    return Turn(row["step"], row["agent"], start, end, row["outcome"], "\n".join(lines))


def _block(row: Record, now: datetime) -> Block:
    start = wording.as_utc(row["started_at"])
    name = tables.plain(row["model"] if row["span_class"] == "llm" else row["tool_name"] or row["span_class"], limit=60)
    failed = row["is_error"] or row["is_soft_error"]
    trouble = [tables.plain(row["error_type"] or "failed", limit=80)] if failed else []
    return Block(
        id=f"{row['trace_id']}:{row['span_id']}",
        turn=row["step"],
        agent=row["agent"],
        kind=row["span_class"],
        name=name,
        start=start,
        end=wording.as_utc(row["ended_at"]) if row["ended_at"] is not None else max(now, start),
        failed=failed,
        says="\n".join([name, f"Took {wording.lasted(row['duration_ms'])}", *trouble]),
        link=_select("spans", span=f"{row['trace_id']}:{row['span_id']}"),
    )


def _name(agent: str | None) -> str:
    return tables.name(agent, "nobody known", limit=50)


def _arrow(row: Record, known: set[str]) -> Arrow:
    way = f"{_name(row['from_agent'])} to {_name(row['to_agent'])}"
    if row["is_return"]:
        lines = [way, "Control goes back"]
    else:
        outcome = "succeeded" if row["succeeded"] else wording.word(row["reason"]) if row["reason"] else "not decided yet"
        lines = [
            way,
            f"{outcome}, came as far as {wording.word(row['state'])}",
            f"Wait {wording.lasted(row['wait_ms'])}",
            f"Found by the rule {row['rule']}",
        ]
    return Arrow(
        id=row["handoff"],
        source=row["from_agent"],
        target=row["to_agent"],
        offered=wording.as_utc(row["offered_at"]),
        accepted=wording.as_utc(row["accepted_at"]) if row["accepted_at"] is not None else None,
        from_turn=row["from_step"] if row["from_step"] in known else None,
        to_turn=row["to_step"] if row["to_step"] in known else None,
        succeeded=row["succeeded"],
        reason=row["reason"],
        is_return=row["is_return"],
        says="\n".join(lines),
        link=_select("handoffs", handoff=row["handoff"]),
    )


def _question(row: Record) -> Question:
    answered = wording.as_utc(row["answered_at"]) if row["answered_at"] is not None else None
    lines = [
        f"{_name(row['agent'])} asks a person: {wording.word(row['state'])}",
        f"Open {wording.lasted(row['pending_ms'])}",
    ]
    said = [tables.plain(row["question"], limit=200)] if row["question"] else []
    return Question(
        id=row["escalation"],
        agent=row["agent"],
        asked=wording.as_utc(row["requested_at"]),
        answered=answered,
        state=row["state"],
        says="\n".join([*lines, *said]),
        link=_select("transcript", finding=row["escalation"]),
    )


def _pin(row: Record) -> Pin:
    says = f"{wording.word(row['detector'])} ({row['severity']})\n{tables.plain(reading.in_words(row['message']), limit=200)}"
    link = _select("transcript", finding=row["finding"])
    return Pin(row["finding"], row["agent"], wording.as_utc(row["found_at"]), row["severity"], says, link)
