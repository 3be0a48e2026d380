"""What was seen of a network, as plain values, and who finds it out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan

from relaylens.scope import normalised
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    GEN_AI_OPERATION_NAME,
    GEN_AI_TRANSFER_MODE,
    GEN_AI_TRANSFER_TARGET_NAME,
    GEN_AI_WORKFLOW_NAME,
    RELAYLENS_ESCALATION_ID,
    RELAYLENS_ESCALATION_STATE,
    RELAYLENS_HANDOFF_ID,
    RELAYLENS_HANDOFF_STATUS,
    RELAYLENS_RUN_ID,
    RELAYLENS_RUN_OUTCOME,
    RELAYLENS_RUN_OUTCOME_REASON,
    RELAYLENS_STEP_OUTCOME,
    EscalationState,
    Evidence,
    HandoffReason,
    HandoffStatus,
    Operation,
    Outcome,
)

SETTLING: Final = "relaylens_settling"
"""Group of the entry point by which the analytics offer their settling; this package does not import them."""


@dataclass(frozen=True)
class Run:
    """One piece of work asked of the network."""

    id: str
    name: str | None
    outcome: str
    evidence: str
    reason: str | None = None


@dataclass(frozen=True)
class Step:
    """One agent's turn."""

    agent: str
    outcome: str
    run: str | None = None


@dataclass(frozen=True)
class Handoff:
    """Work that passed, or was to pass, from one agent to another."""

    source: str
    target: str | None
    succeeded: bool
    reason: str | None = None
    """Why it did not succeed."""
    mode: str | None = None
    rule: str = "stated"
    """The rule that found it."""

    def __str__(self) -> str:
        """As a failed assertion shows it."""
        return f"{self.source} -> {self.target or '?'}" + ("" if self.succeeded else f" ({self.reason or 'did not succeed'})")


@dataclass(frozen=True)
class Escalation:
    """A question to a person."""

    agent: str | None
    state: str
    question: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that went wrong without an error, or because of one."""

    detector: str
    agent: str | None
    message: str
    severity: str

    def __str__(self) -> str:
        """As a failed assertion shows it."""
        return f"{self.detector} ({self.severity}, {self.agent or 'no agent'}): {self.message}"


@dataclass(frozen=True)
class Seen:
    """Everything that was found out."""

    runs: list[Run] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    findings: list[Finding] | None = None
    """None where nobody has looked for any."""


Settle = Callable[[Sequence[ReadableSpan]], Seen]
"""Finds out what the spans show."""


@cache
def settling() -> Settle | None:
    """The settling of production, where its libraries are installed."""
    for point in entry_points(group=SETTLING):
        try:
            loaded: Settle = point.load()
        except ImportError:
            continue
        return loaded
    return None


def stated(spans: Sequence[ReadableSpan]) -> Seen:
    """What the spans say by themselves: the less exact answer of an install without the analytics."""
    runs = [_run(span) for span in spans if _says(span, GEN_AI_OPERATION_NAME) == Operation.INVOKE_WORKFLOW]
    stated_later = {
        _says(span, RELAYLENS_RUN_ID): _says(span, RELAYLENS_RUN_OUTCOME)
        for span in spans
        if _says(span, GEN_AI_OPERATION_NAME) == Operation.OUTCOME
    }
    runs = [Run(run.id, run.name, stated_later.get(run.id) or run.outcome, run.evidence, run.reason) for run in runs]
    steps = [
        Step(
            normalised(_says(span, GEN_AI_AGENT_NAME) or ""),
            _says(span, RELAYLENS_STEP_OUTCOME) or (Outcome.COMPLETED if span.status.is_ok or span.status.is_unset else Outcome.FAILED),
            _says(span, RELAYLENS_RUN_ID),
        )
        for span in spans
        if _says(span, GEN_AI_OPERATION_NAME) == Operation.INVOKE_AGENT
    ]
    questions = {
        _says(span, RELAYLENS_ESCALATION_ID): Escalation(_says(span, GEN_AI_AGENT_NAME), str(_says(span, RELAYLENS_ESCALATION_STATE)))
        for span in spans
        if _says(span, GEN_AI_OPERATION_NAME) == Operation.ESCALATE
    }
    waiting = any(question.state == EscalationState.REQUESTED for question in questions.values())
    if waiting:
        runs = [Run(run.id, run.name, Outcome.ESCALATED, run.evidence, run.reason) for run in runs]
    return Seen(runs, steps, [_handoff(span, spans) for span in spans if _is_offer(span)], list(questions.values()), None)


def _run(span: ReadableSpan) -> Run:
    """A run from its own span."""
    outcome = _says(span, RELAYLENS_RUN_OUTCOME)
    ended = Outcome.COMPLETED if span.status.is_ok or span.status.is_unset else Outcome.FAILED
    return Run(
        _says(span, RELAYLENS_RUN_ID) or "",
        _says(span, GEN_AI_WORKFLOW_NAME),
        outcome or ended,
        Evidence.STATED if outcome else Evidence.INFERRED,
        _says(span, RELAYLENS_RUN_OUTCOME_REASON),
    )


def _handoff(offer: ReadableSpan, spans: Sequence[ReadableSpan]) -> Handoff:
    """A handoff from its offer and its receipt."""
    handoff = _says(offer, RELAYLENS_HANDOFF_ID)
    statuses = [
        _says(span, RELAYLENS_HANDOFF_STATUS) for span in spans if span is not offer and _says(span, RELAYLENS_HANDOFF_ID) == handoff
    ]
    reason = None
    if not statuses:
        reason = HandoffReason.UNANSWERED
    elif HandoffStatus.REFUSED in statuses:
        reason = HandoffReason.REFUSED
    source, target = _says(offer, GEN_AI_AGENT_NAME), _says(offer, GEN_AI_TRANSFER_TARGET_NAME)
    return Handoff(
        normalised(source or ""), None if target is None else normalised(target), reason is None, reason, _says(offer, GEN_AI_TRANSFER_MODE)
    )


def _is_offer(span: ReadableSpan) -> bool:
    return _says(span, GEN_AI_OPERATION_NAME) == Operation.HANDOFF


def _says(span: ReadableSpan, key: str) -> str | None:
    """A text on a span."""
    value = (span.attributes or {}).get(key)
    return None if value is None else str(value)
