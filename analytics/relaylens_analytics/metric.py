"""What there is to know of a metric, and the words metrics are described in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relaylens_analytics import statements


class Better(StrEnum):
    """Which way a metric should move."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Unit(StrEnum):
    """What a value is measured in."""

    RATIO = "ratio"
    MILLISECONDS = "ms"
    TOKENS = "tokens"
    USD = "USD"
    COUNT = "count"
    SCORE = "score"


DIMENSIONS: Final[dict[str, str]] = {
    "total": "everything in the window as one row, its key `total`",
    "agent": "the agent; programs get its normalised name",
    "agent_version": "the agent and the version of its definition, `agent version`",
    "detector": "what raised the finding",
    "edge": "who handed over and to whom, `from -> to`",
    "from_agent": "who handed over",
    "label": "name of the label",
    "mode": "whether control comes back, `pass_control` or `return_to_caller`",
    "model": "the model that answered",
    "outcome": "how the run ended",
    "rule": "the rule that found the handoff: its grade of evidence",
    "service": "`service.name` of the resource",
    "severity": "how grave the finding is",
    "source": "who gave the label",
    "target_type": "`agent` or `human`",
    "time": "beginning of the bucket of `$bucket` seconds (an hour when not given), UTC",
    "to_agent": "who was to take over",
    "tool": "name of the tool",
    "validator": "who judged",
    "workflow": "name of the workflow, or of the root span",
}
"""What a metric can be seen by; the values stand in the column `key`, NULL where the record does not say."""

AUDIT_CHECKS: Final[dict[str, str]] = {
    "prompt": "an ended step holds what the agent was given",
    "answer": "a completed step holds what the agent produced",
    "model": "an ended step says which model answered",
    "agent_version": "an ended step says which version of the agent acted",
    "parent": "the parent that a span names is in the store; one that is not is a dangling parent",
    "attributes": "nothing of the span (attributes, events, links) was dropped by the SDK",
    "span": "a span that a process has begun is in the store; `relaylens gaps` names those that are missing, and why",
    "receipt": "of a handoff to an agent that exists, the turn that received it, or what it received, is in the store",
}
"""What `audit_completeness` asks of each step, span and handoff; the names stand in its column `part`."""

COLUMNS: Final = ("metric", "dimension", "key", "value", "numerator", "denominator", "low", "high", "unit")
"""The columns that every metric begins with, in this order."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number and what there is to know of it."""

    name: str
    """Name of its file and of the column `metric`."""

    title: str
    """Heading on a screen."""

    unit: Unit
    """What `value` is measured in."""

    better: Better
    """Which way it should move."""

    dimensions: tuple[str, ...]
    """What it can be seen by; the first is what is meant when none is named."""

    formula: str
    """What is counted and what is not, in words."""

    extra: tuple[str, ...] = ()
    """Its columns beyond those that all metrics share."""

    part: str = ""
    """What its column `part` holds, for a metric with several rows to a key; empty for one row."""

    @property
    def file(self) -> str:
        """Name of its SQL, as `query_file` takes it."""
        return f"{statements.METRICS}/{self.name}"

    @property
    def question(self) -> str:
        """What it answers; written in its file alone."""
        return statements.read(self.file).question

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of cases, with Wilson's interval."""
        return self.unit is Unit.RATIO
