"""A run as lanes, one for each agent, with arrows where work was handed over; `lanes.js` only draws it.

Across, places are a share of the time axis; down, they are pixels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relaylens.semconv import HUMAN
from relaylens_dashboard import numerals, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.charts.clock import Clock, clock

_TOP: Final = 26.0
_ROW: Final = 30.0
_LANE_GAP: Final = 16.0
_BOTTOM: Final = 24.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One agent's step."""

    id: str
    agent: str
    start: datetime
    end: datetime
    outcome: str
    says: str


@dataclass(frozen=True, slots=True)
class Block:
    """A model call, a tool call or a verdict within a turn."""

    id: str
    turn: str | None
    agent: str
    kind: str
    name: str
    start: datetime
    end: datetime
    failed: bool
    says: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """Work handed over, or control going back."""

    id: str
    source: str
    target: str | None
    offered: datetime
    accepted: datetime | None
    from_turn: str | None
    to_turn: str | None
    succeeded: bool
    reason: str | None
    is_return: bool
    says: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A person asked, and the answer."""

    id: str
    agent: str
    asked: datetime
    answered: datetime | None
    state: str
    says: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """A finding at its place."""

    id: str
    agent: str
    at: datetime
    severity: str
    says: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """What is drawn."""

    start: datetime
    """Zero of the axis: the beginning of the run."""

    turns: Sequence[Turn]
    blocks: Sequence[Block] = ()
    arrows: Sequence[Arrow] = ()
    questions: Sequence[Question] = ()
    pins: Sequence[Pin] = ()
    called: Callable[[str], str] = str
    """How agents are shown."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where everything stands."""

    axis: Clock
    lanes: Mapping[str, float]
    """Top of each lane."""
    rows: Mapping[str, float]
    """Middle of each turn."""
    since: Callable[[datetime], float]

    def x(self, moment: datetime) -> float:
        return self.axis.share(self.since(moment))

    def y(self, turn: str | None, agent: str) -> float:
        return self.rows.get(turn or "", self.lanes.get(agent, _TOP) + _ROW / 2)


def draw(part: Slice) -> dict[str, object]:
    """Lay out a slice of a run; the answer is what the component of the same name takes."""

    def since(moment: datetime) -> float:
        return (moment - part.start).total_seconds() * 1000

    axis = clock((since(start), since(end)) for start, end in _stretches(part))
    agents = _agents(part)
    row_of, depth = _rows(part.turns)
    tops, height = dict[str, float](), _TOP
    for agent in agents:
        tops[agent] = height
        height += depth.get(agent, 1) * _ROW + _LANE_GAP
    rows = {turn.id: tops[turn.agent] + row_of[turn.id] * _ROW + _ROW / 2 for turn in part.turns}
    scene = _Scene(axis, tops, rows, since)
    return {
        "height": height - _LANE_GAP + _BOTTOM + 8,
        "row": _ROW,
        "ticks": [{"x": share, "text": _since(moment)} for moment, share in axis.ticks()],
        "gaps": [
            {"left": piece.left, "right": piece.right, "text": wording.whole(piece.end_ms - piece.start_ms)}
            for piece in axis.pieces
            if piece.cut
        ],
        "lanes": [_lane(agent, tops[agent], depth.get(agent, 1), part.called) for agent in agents],
        "turns": [_turn(turn, scene) for turn in part.turns],
        "blocks": [_block(block, scene) for block in part.blocks if block.agent in tops],
        "arrows": [_arrow(arrow, scene) for arrow in part.arrows if arrow.source in tops],
        "questions": [_question(question, scene, axis) for question in part.questions if question.agent in tops],
        "pins": _pins(part.pins, scene),
        "legend": _legend(part),
    }


def _stretches(part: Slice) -> list[tuple[datetime, datetime]]:
    """Give the time that was busy: calls, and the moments at which something was handed over, asked, answered or begun."""
    within = {block.turn for block in part.blocks}
    stretches = [(block.start, block.end) for block in part.blocks]
    stretches += [(turn.start, turn.start if turn.id in within else turn.end) for turn in part.turns]
    stretches += [(arrow.offered, arrow.offered) for arrow in part.arrows]
    stretches += [(arrow.accepted, arrow.accepted) for arrow in part.arrows if arrow.accepted is not None]
    stretches += [(question.asked, question.asked) for question in part.questions]
    stretches += [(question.answered, question.answered) for question in part.questions if question.answered is not None]
    return stretches


def _agents(part: Slice) -> list[str]:
    """Order the lanes by who came first; a person comes last."""
    first = dict[str, datetime]()
    seen = [(turn.start, turn.agent) for turn in part.turns] + [(block.start, block.agent) for block in part.blocks]
    seen += [(arrow.offered, arrow.source) for arrow in part.arrows] + [(question.asked, question.agent) for question in part.questions]
    seen += [(arrow.accepted or arrow.offered, arrow.target) for arrow in part.arrows if arrow.target is not None]
    for moment, agent in sorted(seen):
        first.setdefault(agent, moment)
    agents = sorted((agent for agent in first if agent != HUMAN), key=lambda agent: (first[agent], agent))
    return [*agents, HUMAN] if part.questions or HUMAN in first else agents


def _rows(turns: Sequence[Turn]) -> tuple[dict[str, int], dict[str, int]]:
    """Give turns of one agent that overlap rows of their own."""
    row_of, ends = dict[str, int](), dict[str, list[datetime]]()
    for turn in sorted(turns, key=lambda turn: (turn.start, turn.id)):
        rows = ends.setdefault(turn.agent, [])
        row = next((number for number, end in enumerate(rows) if end <= turn.start), len(rows))
        rows[row:] = [turn.end, *rows[row + 1 :]]
        row_of[turn.id] = row
    return row_of, {agent: len(rows) for agent, rows in ends.items()}


def _lane(agent: str, top: float, depth: int, called: Callable[[str], str]) -> dict[str, object]:
    return {"agent": agent, "shown": called(agent), "top": top, "height": depth * _ROW, "person": agent == HUMAN}


def _turn(turn: Turn, scene: _Scene) -> dict[str, object]:
    colour = colours.OUTCOMES.get(turn.outcome, colours.UNKNOWN)
    return {
        "id": turn.id,
        "left": scene.x(turn.start),
        "right": scene.x(turn.end),
        "y": scene.rows[turn.id],
        "colour": colour,
        "says": turn.says,
    }


def _block(block: Block, scene: _Scene) -> dict[str, object]:
    return {
        "id": block.id,
        "left": scene.x(block.start),
        "right": scene.x(block.end),
        "y": scene.y(block.turn, block.agent),
        "colour": colours.SPANS.get(block.kind, colours.UNKNOWN),
        "failed": block.failed,
        "name": block.name,
        "says": block.says,
        "link": block.link,
    }


def _arrow(arrow: Arrow, scene: _Scene) -> dict[str, object]:
    target = arrow.target if arrow.target in scene.lanes else None
    decided = arrow.succeeded or arrow.reason is not None
    colour = colours.UNKNOWN if arrow.is_return or not decided else colours.GOOD if arrow.succeeded else colours.BAD
    start = scene.y(arrow.from_turn, arrow.source)
    return {
        "id": arrow.id,
        "from": [scene.x(arrow.offered), start],
        "to": [scene.x(arrow.accepted or arrow.offered), scene.y(arrow.to_turn, target) if target is not None else start + _ROW * 0.9],
        "arrives": target is not None and (arrow.accepted is not None or arrow.succeeded or arrow.is_return),
        "colour": colour,
        "back": arrow.is_return,
        "reason": wording.word(arrow.reason) if arrow.reason else "",
        "says": arrow.says,
        "link": arrow.link,
    }


def _question(question: Question, scene: _Scene, axis: Clock) -> dict[str, object]:
    return {
        "id": question.id,
        "left": scene.x(question.asked),
        "right": scene.x(question.answered)
        if question.answered is not None
        else min(scene.x(question.asked) + 0.06, axis.pieces[-1].right),
        "from": scene.y(None, question.agent),
        "y": scene.y(None, HUMAN),
        "open": question.answered is None,
        "colour": colours.ESCALATIONS.get(question.state, colours.UNKNOWN),
        "text": wording.word(question.state),
        "says": question.says,
        "link": question.link,
    }


def _pins(pins: Sequence[Pin], scene: _Scene) -> list[dict[str, object]]:
    """Pin findings on the upper edge of their lane; those at one place stand side by side."""
    at = dict[tuple[float, float], int]()
    placed = list[dict[str, object]]()
    for pin in sorted(pins, key=lambda pin: (pin.at, pin.id)):
        place = (round(scene.x(pin.at), 2), scene.lanes.get(pin.agent, _TOP))
        beside = at.get(place, 0)
        at[place] = beside + 1
        colour = colours.SEVERITIES.get(pin.severity, colours.UNKNOWN)
        placed.append(
            {"id": pin.id, "x": scene.x(pin.at), "beside": beside, "y": place[1], "colour": colour, "says": pin.says, "link": pin.link}
        )
    return placed


def _legend(part: Slice) -> list[dict[str, str]]:
    kinds = {block.kind for block in part.blocks}
    legend = [
        {"colour": colours.SPANS[kind], "says": f"{words}"}
        for kind, words in (("llm", "model call"), ("tool", "tool call"), ("validation", "verdict"))
        if kind in kinds
    ]
    ways = {("failed" if arrow.reason else "back" if arrow.is_return else "ok") for arrow in part.arrows}
    legend += [{"colour": colours.GOOD, "says": "handoff"}] if "ok" in ways else []
    legend += [{"colour": colours.BAD, "says": "failed handoff"}] if "failed" in ways else []
    legend += [{"colour": colours.UNKNOWN, "says": "control going back"}] if "back" in ways else []
    return legend + ([{"colour": colours.BAD, "says": "! finding"}] if part.pins else [])


def _since(milliseconds: float) -> str:
    """Write a moment as time since the beginning of the run: +350 ms, +2.5 s, +1 min 10 s, +2 h 5 min."""
    if abs(milliseconds) < 60_000:  # noqa: PLR2004 - a minute
        return "0" if milliseconds == 0 else f"+{numerals.duration(milliseconds)}"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours:,} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes) + [f"{seconds} s"] * bool(seconds and not hours)
    return f"+{' '.join(parts)}"
