"""Who passed control to whom: the step that fed each step, by handoff, by call or by turn, and who only directs others."""

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Final

from relaylens_analytics.blame.record import Row, RunRecord

_THROUGH: Final = 0.9
"""Share of the changes of turn that go through a coordinator."""

_FEWEST_TURNS: Final = 8
"""With a single colleague, who of the two directs can be told from no fewer turns."""


@dataclass(frozen=True, slots=True)
class Feed:
    """How a step came to its work."""

    turn: int
    """The step that passed the work on."""

    handoff: Row | None
    """The handoff that shows it; None where it follows from the nesting or the order of the turns."""

    words: str
    """How, in a few words."""


def feeds(record: RunRecord) -> dict[int, Feed]:
    """Give for each step but the first the step that fed it: the one that handed over, else the one that called it, else the one before."""
    offered = {row["to_step"]: row for row in record.handoffs if row["to_step"] and row["from_step"] and not row["return"]}
    found: dict[int, Feed] = {}
    for turn in record.turns:
        handoff = offered.get(turn.step)
        source = record.by_step.get(handoff["from_step"]) if handoff is not None else None
        if source is not None and source.index != turn.index:
            found[turn.index] = Feed(source.index, handoff, f"{source.agent} handed the work to {turn.agent}")
        elif turn.parent in record.by_step:
            caller = record.by_step[turn.parent]
            found[turn.index] = Feed(caller.index, None, f"{caller.agent} called {turn.agent}")
        elif turn.index:
            before = record.turns[turn.index - 1]
            found[turn.index] = Feed(before.index, None, f"{turn.agent} had its turn after {before.agent}")
    return found


def sources(fed: dict[int, Feed], turn: int) -> list[int]:
    """Give the steps from which control came to a step, nearest first."""
    found: list[int] = []
    while turn in fed and fed[turn].turn not in found:
        turn = fed[turn].turn
        found.append(turn)
    return found


def coordinator(record: RunRecord) -> str | None:
    """Give the family of the agent that directs the others, if one does: most turns, and nearly every change of turn, are its own."""
    turns = [turn.family for turn in record.turns if not turn.person]
    if not turns:
        return None
    ((family, count),) = Counter(turns).most_common(1)
    few = len(set(turns)) < 3  # noqa: PLR2004 - it and one colleague
    if count * 2 < len(turns) or (few and (count * 3 < len(turns) * 2 or record.executors or len(turns) < _FEWEST_TURNS)):
        return None
    changes = [pair for pair in itertools.pairwise(turns) if pair[0] != pair[1]]
    return family if changes and sum(family in pair for pair in changes) >= _THROUGH * len(changes) else None
