"""Relaylens: observability for networks of AI agents. This package is what a host process imports.

import relaylens

relaylens.instrument(service="support")

with relaylens.run("answer a ticket", conversation="ticket-17") as run:
    with relaylens.agent("triage") as step:
        relaylens.handoff("docs", {"ticket": 17})
    with relaylens.agent("docs"):
        ...
    run.outcome("completed")
"""

from relaylens.calls import ModelCall, ToolCall, model_call, tool
from relaylens.escalations import Escalation, answer, escalate
from relaylens.exceptions import MissingExtraError, RelaylensError, SettingError
from relaylens.handoffs import Handoff, handoff
from relaylens.judgements import BlockOutcome, Feedback, Validation, feedback, outcome, validation
from relaylens.tracing import Instrumentation, flush, instrument, shutdown, uninstrument
from relaylens.transfers import Received, Transfer, carry, receive
from relaylens.work import AgentStep, Run, agent, run

__all__ = [
    "AgentStep",
    "BlockOutcome",
    "Escalation",
    "Feedback",
    "Handoff",
    "Instrumentation",
    "MissingExtraError",
    "ModelCall",
    "Received",
    "RelaylensError",
    "Run",
    "SettingError",
    "ToolCall",
    "Transfer",
    "Validation",
    "agent",
    "answer",
    "carry",
    "escalate",
    "feedback",
    "flush",
    "handoff",
    "instrument",
    "model_call",
    "outcome",
    "receive",
    "run",
    "shutdown",
    "tool",
    "uninstrument",
    "validation",
]
