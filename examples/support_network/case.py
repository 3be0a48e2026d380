"""One support run while it goes on: the ticket, what the agents have found, and how work passes between them."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import relaylens

from .archive import Archive
from .clock import pause
from .content import Ticket
from .faults import Fault
from .model import CircuitBreaker, Model, Question
from .truth import HandoffTruth, Truth

Payload = dict[str, Any]


@dataclass
class Baton:
    """Work that arrives at an agent."""

    agent: str
    payload: Payload
    handoff: relaylens.Handoff | None = None
    truth: HandoffTruth | None = None


@dataclass
class Parked:
    """The run waits for a person."""

    escalation: relaylens.Escalation
    draft: str
    answered: bool


@dataclass
class Case:
    """A support run."""

    ticket: Ticket
    truth: Truth
    rng: random.Random
    fault: Fault | None
    breaker: CircuitBreaker
    lessons: Counter[str]
    archive: Archive = field(init=False)
    lossy_edge: tuple[str, str] = field(init=False)
    """Where a handoff is dropped or refused in the runs in which one is."""
    hops: int = 0

    def __post_init__(self) -> None:
        """Prepare the tools and decide where a fault will strike."""
        self.archive = Archive(self.ticket, self.rng, available=self.fault is not Fault.SWALLOWED_TOOL_ERROR)
        edges = [("triage", "retriever"), ("retriever", "drafter"), ("drafter", "approver")]
        self.lossy_edge = self.rng.choice(edges)

    def step(self, baton: Baton, version: str, description: str) -> relaylens.AgentStep:
        """The step of the agent that got the baton, with what arrived."""
        self.truth.agents[baton.agent].steps += 1
        if baton.handoff is None:
            return relaylens.agent(baton.agent, version=version, description=description)
        return relaylens.agent(baton.agent, version=version, description=description, received=baton.handoff, payload=baton.payload)

    async def think(self, agent: str, system: str, prompt: str, answer: str) -> str:
        """Ask the model."""
        overloaded = self.fault is Fault.MODEL_ERROR_WITH_FALLBACK and agent == "drafter"
        return await Model(self.truth, self.breaker, self.rng).ask(Question(agent, system, prompt, answer), overloaded=overloaded)

    async def hand_over(self, source: str, target: str, payload: Payload, reason: str) -> Baton | None:
        """Offer work to the next agent, from within one's own step; nothing comes out when it is lost on the way."""
        handoff = relaylens.handoff(target, payload, reason=reason)
        known = self.truth.offered(source, target, "pass_control")
        arrives = payload
        if self.fault is Fault.DROPPED_HANDOFF and (source, target) == self.lossy_edge:
            known.fail("unanswered", ok=False)
            self.truth.blame(source, "failed_handoff")
            return None
        if self.fault is Fault.CORRUPTED_CONTEXT and (source, target) == ("retriever", "drafter"):
            arrives = self._garbled(payload)
            known.fail("context_lost")
            self.truth.blame(source, "context_lost")
        return Baton(target, arrives, handoff, known)

    def _garbled(self, payload: Payload) -> Payload:
        """The payload as a faulty serialiser leaves it: facts gone, or those of another order."""
        if self.rng.random() < 0.5:  # noqa: PLR2004 - half of the time
            return {key: value for key, value in payload.items() if key != "facts"}
        other = f"FW-{self.rng.randrange(100_000, 999_999)}"
        return {**payload, "order": other, "facts": [f"Order {other} was cancelled by the customer."]}

    async def travel(self) -> None:
        """Let the work lie in the queue for a moment."""
        await pause(self.rng.choice((0.05, 0.1, 0.2, 0.4, 1.5)) * self.rng.uniform(0.8, 1.4))
