"""The ways in which a run can go wrong on purpose."""

import random
from enum import StrEnum


class Fault(StrEnum):
    """A named fault of a support run."""

    CORRUPTED_CONTEXT = "corrupted_context"
    DROPPED_HANDOFF = "dropped_handoff"
    REFUSED_HANDOFF = "refused_handoff"
    PING_PONG = "ping_pong"
    EMPTY_ANSWER = "empty_answer"
    SWALLOWED_TOOL_ERROR = "swallowed_tool_error"
    MODEL_ERROR_WITH_FALLBACK = "model_error_with_fallback"
    APPROVAL_NEVER_ANSWERED = "approval_never_answered"
    WRONG_URGENCY = "wrong_urgency"


TEAM = "team"
BLOCK = 40
"""Runs after which each fault has occurred once."""
TEAM_RUNS = 8
"""Runs of the planning team in a block."""


class Plan:
    """Which kind of run comes next."""

    def __init__(self, faults: str, seed: int) -> None:
        """Read `none`, `mixed` or names of faults joined by commas."""
        self._rng = random.Random(f"plan {seed}")
        self._named = [] if faults in {"none", "mixed"} else [Fault(name.strip()) for name in faults.split(",")]
        self._mixed = faults == "mixed"
        self._block: list[str] = []

    def next(self) -> str:
        """A fault's name, `team`, or nothing for a support run in which all goes well."""
        if not self._block:
            if self._named:
                self._block = [fault.value for fault in self._named]
            else:
                faults = [fault.value for fault in Fault] if self._mixed else []
                self._block = faults + [TEAM] * TEAM_RUNS
                self._block += [""] * (BLOCK - len(self._block))
                self._rng.shuffle(self._block)
        return self._block.pop()
