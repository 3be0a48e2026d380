"""What is read of one run before anybody is suspected: its turns, its calls, who passed work to whom, and what was found in it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from relaylens.semconv import HUMAN
from relaylens_analytics import message_shapes
from relaylens_analytics.queries import runs
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.queries.together import together
from relaylens_analytics.reader import Reader

MOST_STEPS: Final = 5_000
"""Turns of a run that are looked at; a longer run is judged by its first ones."""

_CHARACTERS: Final = 2_000_000
"""Characters of texts that are looked at in all; each text of a long run is cut shorter."""

_SHORTEST: Final = 250
_LONGEST: Final = 20_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of the run, with what it was given and what it produced as plain text."""

    index: int
    """Place in the run, from 0 on, in order of start."""

    step: str
    trace_id: str
    span_id: str
    agent: str
    family: str
    """The agent without the role that it writes behind its name: `Planner (thought)` and `Planner (to coder)` are one."""

    person: bool
    version: str | None
    parent: str | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str
    errors: int
    """Errors and soft errors."""

    empty: bool
    given: str
    said: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    trace_id: str
    span_id: str
    step: str | None
    agent: str | None
    tool: str
    arguments: str
    result: str
    failed: bool
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class RunRecord:
    """Everything about one run that blame looks at."""

    run: Row
    turns: tuple[Turn, ...]
    calls: tuple[Call, ...]
    handoffs: tuple[Row, ...]
    findings: tuple[Row, ...]
    escalations: tuple[Row, ...]
    labels: tuple[Row, ...]

    @cached_property
    def by_step(self) -> dict[str, Turn]:
        """The turns by the id of their step."""
        return {turn.step: turn for turn in self.turns}

    @cached_property
    def calls_of(self) -> dict[str | None, list[Call]]:
        """The calls by the step that made them."""
        found: dict[str | None, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.step, []).append(call)
        return found

    @cached_property
    def turns_of(self) -> dict[str, list[Turn]]:
        """The turns by their agent."""
        found: dict[str, list[Turn]] = {}
        for turn in self.turns:
            found.setdefault(turn.agent, []).append(turn)
        return found

    @cached_property
    def executors(self) -> frozenset[str]:
        """Agents that only carry out what others write: most of their turns report an execution, or are the same text again."""
        said: dict[str, list[str]] = {}
        for turn in self.turns:
            said.setdefault(turn.agent, []).append(turn.said)
        return frozenset(agent for agent, texts in said.items() if _mechanical(texts))

    @property
    def request(self) -> str:
        """What was asked of the network."""
        first = self.turns[0].given if self.turns else ""
        return first or self.run["input_preview"] or ""


def read(reader: Reader, key: RunKey) -> RunRecord | None:
    """Read one run; None where there is no such run."""
    found = runs.one(reader, key).to_pylist()
    if not found:
        return None
    row: Row = found[0]
    key = RunKey(row["run"], row["conversation"])
    texts = 2 * max(row["steps"] + row["tool_calls"], 1)
    limit = max(_SHORTEST, min(_LONGEST, _CHARACTERS // texts))
    steps, agents, calls, handoffs, findings, escalations, labels = together(
        lambda: runs.steps(reader, key, limit=MOST_STEPS, text_limit=limit),
        lambda: runs.agents(reader, row["conversation"]),
        lambda: runs.tool_calls(reader, key, limit=MOST_STEPS, text_limit=limit),
        lambda: runs.handoffs(reader, key, limit=MOST_STEPS),
        lambda: runs.findings(reader, key),
        lambda: runs.escalations(reader, key),
        lambda: runs.labels(reader, key),
    )
    known = {agent["agent"]: agent for agent in agents}
    return RunRecord(
        run=row,
        turns=tuple(_turn(index, step, known.get(step["agent"], {})) for index, step in enumerate(steps)),
        calls=tuple(_call(call) for call in calls),
        handoffs=tuple(handoffs),
        findings=tuple(findings),
        escalations=tuple(escalations),
        labels=tuple(labels),
    )


def plain(text: str | None) -> str:
    """Give what a recorded text says: the words of its messages where it is a list of them, else the text itself."""
    if not text:
        return ""
    if text[0] not in "[{":
        return text
    messages = message_shapes.read(text, "assistant")
    return "\n".join(message.text for message in messages) if messages else text


def _turn(index: int, row: Row, agent: Row) -> Turn:
    return Turn(
        index=index,
        step=row["step"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        agent=row["agent"],
        family=agent.get("family", row["agent"]),
        person=agent.get("kind") == HUMAN or row["agent"] in {HUMAN, "user"},
        version=row["agent_version"],
        parent=row["parent_step"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        errors=row["errors"] + row["soft_errors"],
        empty=row["empty_output"],
        given=plain(row["input"]),
        said=plain(row["output"]),
    )


def _call(row: Row) -> Call:
    return Call(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        step=row["step"],
        agent=row["agent"],
        tool=row["tool_name"] or "",
        arguments=row["arguments"] or "",
        result=plain(row["result"]),
        failed=row["is_error"] or row["is_soft_error"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def _mechanical(texts: list[str]) -> bool:
    again = Counter(texts)
    counted = sum(1 for text in texts if text and (_reports_execution(text) or again[text] > 1))
    return counted * 2 > len(texts)


def _reports_execution(text: str) -> bool:
    head = text[:200].lower()
    return any(word in head for word in ("exit code", "exitcode", "exit status", "traceback (most recent", "stdout", "stderr"))
