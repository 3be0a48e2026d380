"""The work itself: runs, and the steps of agents in them."""

from collections.abc import Callable, Sequence
from typing import Any, Self, overload

from opentelemetry.context import Context
from opentelemetry.trace import Link

from relaylens import content
from relaylens.around import P, R
from relaylens.carrying import headers_for
from relaylens.judgements import state_outcome
from relaylens.missing import MISSING, Missing
from relaylens.recording import STOPPED, Recorded, new_id
from relaylens.safety import guarded
from relaylens.scope import NOWHERE, Offer, RunState, Scope, current_scope
from relaylens.semconv import (
    GEN_AI_AGENT_DESCRIPTION,
    GEN_AI_AGENT_ID,
    GEN_AI_AGENT_NAME,
    GEN_AI_AGENT_VERSION,
    GEN_AI_INPUT_MESSAGES,
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_WORKFLOW_NAME,
    RELAYLENS_HANDOFF_ID,
    RELAYLENS_HANDOFF_REASON,
    RELAYLENS_HANDOFF_RECEIVED,
    RELAYLENS_HANDOFF_STATUS,
    RELAYLENS_RUN_ID,
    RELAYLENS_STEP_OUTCOME,
    USER_ID,
    Evidence,
    HandoffStatus,
    Operation,
    Outcome,
)
from relaylens.transfers import Transfer


class _InAndOut(Recorded):
    """Work that is given something and produces something."""

    def input(self, value: object) -> Self:
        """Record what was asked: a text, a value, or a list of messages."""
        self._set_content(GEN_AI_INPUT_MESSAGES, lambda: content.messages(value, "user"))
        return self

    def output(self, value: object) -> Self:
        """Record what was produced: a text, a value, or a list of messages."""
        self._set_content(GEN_AI_OUTPUT_MESSAGES, lambda: content.messages(value, "assistant", "stop"))
        return self

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        arguments = content.call_arguments(function, args, kwargs)
        if arguments:
            self.input(content.single(arguments))

    def _returned(self, value: object) -> None:
        if value is not None:
            self.output(value)


class Run(_InAndOut):
    """One piece of work asked of the network, from request to answer."""

    operation = Operation.INVOKE_WORKFLOW

    def __init__(self, name: str | None, run_id: str | None, conversation: str | None, user: str | None) -> None:
        """Prepare a run."""
        super().__init__(name, {USER_ID: user})
        self._run_id = run_id
        self._conversation = conversation
        self._state = RunState(run_id, conversation)
        self._inside = NOWHERE

    @property
    def id(self) -> str | None:
        """`relaylens.run.id`, to attach labels, answers or feedback to this run later."""
        return self._state.id

    @property
    def conversation(self) -> str | None:
        """The conversation the run belongs to."""
        return self._state.conversation

    def outcome(self, state: Outcome | str, reason: str | None = None, *, evidence: Evidence | str = Evidence.STATED) -> None:
        """State how this run ended."""
        state_outcome(self._state, state, reason, evidence)

    def headers(self) -> dict[str, str]:
        """W3C headers with which another thread or process goes on in this run by `receive(headers)`."""
        with guarded("write headers"):
            return headers_for(self.span.get_span_context(), self._state)
        return {}

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        conversation = self._conversation
        if conversation is None and (outer := current_scope().run) is not None:
            conversation = outer.conversation
        self._state = RunState(self._run_id, conversation)
        self._name = self._name or "run"
        self._attributes[GEN_AI_WORKFLOW_NAME] = self._name
        return None, ()

    def _scope(self, outer: Scope) -> Scope:  # noqa: ARG002 - a run begins a scope of its own
        inside = self._inside
        return Scope(self._state, inside.step, inside.details, inside.silent, inside.turn)

    def _started(self) -> None:
        self._state.span = self._span
        if self._state.id is None:
            context = self._span.get_span_context()
            is_root = context.is_valid and getattr(self._span, "parent", None) is None
            self._state.id = f"{context.trace_id:032x}" if is_root else new_id(context)
            self.set(RELAYLENS_RUN_ID, self._state.id)

    def _ending(self, error: BaseException | None) -> None:
        if isinstance(error, STOPPED) and not self._state.outcome_stated:
            state_outcome(self._state, Outcome.ABANDONED, None, Evidence.RULE)
        self._state.span = None


class AgentStep(_InAndOut):
    """One agent's step: its model calls, its tool calls, what it is given and what it produces."""

    operation = Operation.INVOKE_AGENT

    def __init__(  # noqa: PLR0913 - what is known of an agent, by name
        self,
        name: str | None,
        *,
        version: str | None,
        agent_id: str | None,
        description: str | None,
        received: Transfer | None,
        payload: object | Missing,
    ) -> None:
        """Prepare a step."""
        super().__init__(name, {GEN_AI_AGENT_VERSION: version, GEN_AI_AGENT_ID: agent_id, GEN_AI_AGENT_DESCRIPTION: description})
        self._version = version
        self._named = received
        self._received: Transfer | None = None
        self._payload = payload
        self._open_handoffs: list[Offer] = []

    @property
    def agent(self) -> str:
        """Name of the agent."""
        return self._name or ""

    @property
    def version(self) -> str | None:
        """Version of the agent's definition."""
        return self._version

    @property
    def received(self) -> Transfer | None:
        """The handoff this step received."""
        return self._received

    def outcome(self, state: Outcome | str) -> None:
        """State how this step ended."""
        with guarded("state a step's outcome"):
            self.set(RELAYLENS_STEP_OUTCOME, Outcome(state).value)

    def refuse(self, reason: str | None = None) -> None:
        """Refuse the work that this step received."""
        with guarded("refuse a handoff"):
            if self._received is not None:
                self.take(self._received, HandoffStatus.REFUSED, reason, MISSING)

    def take(self, handoff: Offer, status: HandoffStatus, reason: str | None, payload: object | Missing) -> bool:
        """Write the receipt of a handoff on this step; False when it already holds another one's."""
        if not isinstance(handoff, Transfer) or handoff.id is None or self._received not in {None, handoff}:
            return False
        if self._received is None:
            self._received = handoff
            for link in handoff.links():
                self._span.add_link(link.context, link.attributes)
        self.set(RELAYLENS_HANDOFF_ID, handoff.id)
        self.set(RELAYLENS_HANDOFF_STATUS, status.value)
        if reason is not None:
            self._set_content(RELAYLENS_HANDOFF_REASON, lambda: content.as_text(reason))
        self._record_received(payload)
        return True

    def keep_open(self, handoff: Offer) -> None:
        """Close the handoff at the latest when this step ends."""
        self._open_handoffs.append(handoff)

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        self._name = self._name or "agent"
        self._attributes[GEN_AI_AGENT_NAME] = self._name
        self._open_handoffs = []
        self._received = self._named
        run = current_scope().run
        if self._received is None and run is not None:
            offer = run.take_offer(self._name)
            self._received = offer if isinstance(offer, Transfer) else None
        handoff = self._received
        if handoff is None:
            return None, ()
        handoff.taken()
        if handoff.id is not None:
            self._attributes[RELAYLENS_HANDOFF_ID] = handoff.id
            self._attributes[RELAYLENS_HANDOFF_STATUS] = HandoffStatus.ACCEPTED.value
        return handoff.parent_context(), handoff.links()

    def _scope(self, outer: Scope) -> Scope:
        return Scope(outer.run, self, outer.details, outer.silent)

    def _started(self) -> None:
        if self._received is not None and self._received.id is not None:
            self._record_received(self._payload)

    def _record_received(self, payload: object | Missing) -> None:
        """Write what this step got."""
        with guarded("record what was received"):
            text = None if self._received is None else self._received.received_text(payload)
            if text is not None and self._recorder.capture_content:
                self._span.set_attribute(RELAYLENS_HANDOFF_RECEIVED, text)

    def _ending(self, error: BaseException | None) -> None:
        for handoff in self._open_handoffs:
            handoff.close()
        if isinstance(error, STOPPED):
            self._attributes.setdefault(RELAYLENS_STEP_OUTCOME, Outcome.ABANDONED.value)


@overload
def run(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def run(name: str | None = None, *, run_id: str | None = None, conversation: str | None = None, user: str | None = None) -> Run: ...
def run(
    name: str | Callable[P, R] | None = None,
    *,
    run_id: str | None = None,
    conversation: str | None = None,
    user: str | None = None,
) -> Run | Callable[P, R]:
    """One piece of work asked of the network.

    `conversation` names the thread it belongs to, `user` who asks, `run_id` a run that goes on here (an id is made otherwise).
    """
    if callable(name):
        return Run(None, None, None, None)(name)
    return Run(name, run_id, conversation, user)


@overload
def agent(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def agent(
    name: str | None = None,
    *,
    version: str | None = None,
    agent_id: str | None = None,
    description: str | None = None,
    received: Transfer | None = None,
    payload: object | Missing = MISSING,
) -> AgentStep: ...
def agent(  # noqa: PLR0913 - what is known of an agent, by name
    name: str | Callable[P, R] | None = None,
    *,
    version: str | None = None,
    agent_id: str | None = None,
    description: str | None = None,
    received: Transfer | None = None,
    payload: object | Missing = MISSING,
) -> AgentStep | Callable[P, R]:
    """One agent's step.

    It receives the oldest handoff that was offered to this agent in this run, or the one named by `received`;
    `payload` is what actually arrived, where that may differ from what was sent.
    """
    if callable(name):
        return AgentStep(None, version=None, agent_id=None, description=None, received=None, payload=MISSING)(name)
    return AgentStep(name, version=version, agent_id=agent_id, description=description, received=received, payload=payload)
