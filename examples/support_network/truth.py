"""What really happened in a run, written by the program that did it; charts and rules are measured against this.

One JSON object a line:

- `run`, `conversation`, `kind` (`support` or `team`), `name`, `fault` (or null), `traces` (2 where the run was parked for a person)
- `started_at`, `ended_at` (ISO 8601, UTC), `duration_ms`
- `outcome`: completed, failed, escalated or abandoned
- `handoffs`: agent to agent, in the order they were offered: `from`, `to`, `mode`, `ok`, `succeeded`, `reason`, `offered_at`.
  `ok`: somebody took it. `succeeded`: and did useful work, and it was not refused, looped, failed or garbled on the way.
  Questions to a person are no handoffs.
- `returns`: control that came back to a caller: `from`, `to`
- `escalations`: `agent`, `state`, `pending_ms` (null without an answer)
- `validations`: `validator`, `subject`, `verdict`
- `agents`: by name: `steps`, `model_calls`, `tool_calls`, `input_tokens`, `output_tokens`
- `model_errors`, `tool_errors`, `retries` (the same tool or the same model called again in the same step after an error),
  `fallbacks` (another model was called instead), `rework` (sent back by a validator)
- `findings`: names of `relaylens.semconv.Detector`, sorted, each once; `blamed_agent`: where it began (null where that is nobody's fault)
- `labels`: what the business says later: `name`, `value`, `score`
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from .clock import SECOND, now


def as_iso(nanos: int) -> str:
    """A time as text."""
    return datetime.fromtimestamp(nanos / SECOND, UTC).isoformat(timespec="microseconds")


@dataclass
class HandoffTruth:
    """One handoff."""

    source: str
    target: str
    mode: str
    offered: int
    ok: bool = True
    succeeded: bool = True
    reason: str | None = None

    def fail(self, reason: str, *, ok: bool = True) -> None:
        """It did not succeed."""
        self.ok, self.succeeded, self.reason = ok, False, reason

    def row(self) -> dict[str, Any]:
        """As written."""
        return {
            "from": self.source,
            "to": self.target,
            "mode": self.mode,
            "ok": self.ok,
            "succeeded": self.succeeded,
            "reason": self.reason,
            "offered_at": as_iso(self.offered),
        }


@dataclass
class EscalationTruth:
    """One question to a person."""

    agent: str
    requested: int
    state: str = "pending"
    answered: int | None = None

    def row(self) -> dict[str, Any]:
        """As written."""
        pending = None if self.answered is None else round((self.answered - self.requested) / 1e6, 3)
        return {"agent": self.agent, "state": self.state, "pending_ms": pending}


@dataclass
class AgentTruth:
    """What one agent did in the run."""

    steps: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass
class Truth:
    """Everything about one run, filled in while it happens."""

    run: str
    conversation: str
    kind: str
    name: str
    fault: str | None
    started: int = 0
    ended: int = 0
    traces: int = 1
    outcome: str = "abandoned"
    handoffs: list[HandoffTruth] = field(default_factory=list)
    returns: list[tuple[str, str]] = field(default_factory=list)
    escalations: list[EscalationTruth] = field(default_factory=list)
    validations: list[dict[str, str]] = field(default_factory=list)
    agents: dict[str, AgentTruth] = field(default_factory=lambda: defaultdict(AgentTruth))
    model_errors: int = 0
    tool_errors: int = 0
    retries: int = 0
    fallbacks: int = 0
    rework: int = 0
    findings: set[str] = field(default_factory=set)
    blamed_agent: str | None = None
    labels: list[dict[str, Any]] = field(default_factory=list)

    def offered(self, source: str, target: str, mode: str) -> HandoffTruth:
        """A handoff was offered."""
        handoff = HandoffTruth(source, target, mode, now())
        self.handoffs.append(handoff)
        return handoff

    def label(self, name: str, value: str, score: float) -> None:
        """What the business will say."""
        self.labels.append({"name": name, "value": value, "score": score})

    def blame(self, agent: str | None, *detectors: str) -> None:
        """Something went wrong, and began there."""
        self.findings.update(detectors)
        self.blamed_agent = agent

    def row(self) -> dict[str, Any]:
        """As written."""
        return {
            "run": self.run,
            "conversation": self.conversation,
            "kind": self.kind,
            "name": self.name,
            "fault": self.fault,
            "traces": self.traces,
            "started_at": as_iso(self.started),
            "ended_at": as_iso(self.ended),
            "duration_ms": round((self.ended - self.started) / 1e6, 3),
            "outcome": self.outcome,
            "handoffs": [handoff.row() for handoff in sorted(self.handoffs, key=lambda handoff: handoff.offered)],
            "returns": [{"from": source, "to": target} for source, target in self.returns],
            "escalations": [escalation.row() for escalation in self.escalations],
            "validations": self.validations,
            "agents": {name: vars(agent) for name, agent in sorted(self.agents.items())},
            "model_errors": self.model_errors,
            "tool_errors": self.tool_errors,
            "retries": self.retries,
            "fallbacks": self.fallbacks,
            "rework": self.rework,
            "findings": sorted(self.findings),
            "blamed_agent": self.blamed_agent,
            "labels": self.labels,
        }

    def write(self, file: TextIO) -> None:
        """Append to a file, at once."""
        file.write(json.dumps(self.row(), ensure_ascii=False) + "\n")
        file.flush()
