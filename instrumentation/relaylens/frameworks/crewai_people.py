"""People whom CrewAI asks: `human_input` of tasks, `@human_feedback` and `ask` of flows; and where an agent's loop ends at its limit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final

from opentelemetry import context as otel_context

from relaylens.around import Around
from relaylens.escalations import Escalation, answer
from relaylens.frameworks.crewai_agents import Delegation
from relaylens.frameworks.crewai_trail import NotHere
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkStep
from relaylens.judgements import outcome
from relaylens.safety import guarded
from relaylens.scope import current_scope, with_scope
from relaylens.semconv import HUMAN, EscalationState, Evidence, Outcome

_ASKED: Final = otel_context.create_key("relaylens-crewai-review")
_CARRIED: Final = otel_context.create_key("relaylens-crewai-question")
_CARRIED_AS: Final = "relaylens"
"""Name under which a flow that waits keeps, in the metadata of its feedback context, what its run goes on with."""

_APPROVALS: Final = frozenset({"approved", "approve", "accepted", "accept", "yes", "ok"})
_DENIALS: Final = frozenset({"rejected", "reject", "denied", "deny", "declined", "decline", "no"})


def is_waiting(value: object) -> bool:
    """Whether it says that a flow waits for a person: CrewAI gives this back as a result or raises it."""
    return type(value).__name__ == "HumanFeedbackPending"


class _Review(Around):
    """A person looks at an agent's answer before the task ends; an empty line accepts it, anything else is worked in."""

    def __init__(self, answered: Any) -> None:  # noqa: ANN401 - CrewAI's AgentFinish
        self._first = answered
        self._open: Escalation | None = None
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("ask a person"):
            self.ask(self._first)
            self._token = otel_context.attach(otel_context.set_value(_ASKED, self))

    def ask(self, answered: Any) -> None:  # noqa: ANN401
        """Show the person an answer."""
        self._open = Escalation(getattr(answered, "output", answered), HUMAN).ask()

    def told(self, feedback: str) -> None:
        """The person has said something."""
        asked, self._open = self._open, None
        if asked is not None:
            edited = bool(feedback.strip())
            asked.answer(EscalationState.EDITED if edited else EscalationState.APPROVED, feedback if edited else None)

    def _returned(self, value: object) -> None:
        asked, self._open = self._open, None
        if asked is not None:
            # A provider of the host's own, whose questions are not seen.
            asked.answer(EscalationState.APPROVED if value is self._first else EscalationState.EDITED)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - a question without an answer stays open
        with guarded("ask a person"):
            otel_context.detach(self._token)


def patch_executor(module: ModuleType, patches: Patches) -> None:
    """See people asked for an agent's answer, and agents at their limit."""

    def review(executor: object, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ARG001
        answered = args[0] if args else kwargs.get("formatted_answer")
        return None if current_scope().run is None else _Review(answered)

    def again(executor: object, args: Arguments, kwargs: Named, result: object) -> None:  # noqa: ARG001
        found = otel_context.get_value(_ASKED)
        if isinstance(found, _Review):
            found.ask(result)

    def limit(function: object, args: Arguments, kwargs: Named) -> None:  # noqa: ARG001
        step = current_scope().step
        if not isinstance(step, FrameworkStep):
            return
        step.outcome(Outcome.FAILED)
        if not isinstance(step.received, Delegation):
            outcome(Outcome.FAILED, f"{step.agent}: maximum iterations reached, final answer forced", evidence=Evidence.RULE)

    # CrewAI before 1.15 has three executors in three modules.
    kind = getattr(module, "AgentExecutor", None) or module.CrewAgentExecutor
    for name in ("_handle_human_feedback", "_ahandle_human_feedback"):
        if hasattr(kind, name):
            patches.around(kind, name, review)
    for name in ("_invoke_loop", "_ainvoke_loop"):
        patches.after(kind, name, again)
    patches.before(module, "handle_max_iterations_exceeded", limit)


def patch_input(module: ModuleType, patches: Patches) -> None:
    """See what people answer at the terminal."""

    def told(provider: object, args: Arguments, kwargs: Named, result: object) -> None:  # noqa: ARG001
        found = otel_context.get_value(_ASKED)
        if isinstance(found, _Review):
            found.told(str(result))

    for name in ("_prompt_input", "_prompt_input_async"):
        patches.after(module.SyncHumanInputProvider, name, told)


class Question(Around):
    """A flow asks a person; the answer may come at once, or after the flow was stopped and taken up again, anywhere."""

    def __init__(self, question: object, agents: tuple[str, ...]) -> None:
        """Prepare; `agents` are those whose work it is about."""
        self._question = question
        self._agents = agents
        self._asked: Escalation | None = None
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("ask a person"):
            scope = current_scope()
            run = scope.run
            if scope.step is None and self._agents:
                scope = replace(scope, step=NotHere(self._agents[-1]))
            token = otel_context.attach(with_scope(scope))
            self._asked = Escalation(self._question, HUMAN).ask()
            otel_context.detach(token)
            carried = Carried(None if run is None else run.id, self._asked.id, self._agents)
            self._token = otel_context.attach(otel_context.set_value(_CARRIED, carried))

    def _leave(self, error: BaseException | None) -> None:
        with guarded("ask a person"):
            carried = current_carried()
            otel_context.detach(self._token)
            if error is not None and is_waiting(error) and carried is not None:
                context = error.context  # type: ignore[attr-defined] # CrewAI's exception
                context.metadata = {**(context.metadata or {}), _CARRIED_AS: carried.as_dict()}


class Ask(Question):
    """`Flow.ask`: a question with a free answer, or none in time."""

    def _returned(self, value: object) -> None:
        if self._asked is not None:
            state = EscalationState.TIMED_OUT if value is None else EscalationState.APPROVED
            self._asked.answer(state, value)


@dataclass(frozen=True)
class Carried:
    """What goes along with a flow that waits for a person, beside the host's own metadata."""

    run_id: str | None
    escalation_id: str
    agents: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """In the types of JSON, since CrewAI stores it so."""
        return {"run": self.run_id, "escalation": self.escalation_id, "agents": list(self.agents)}


class Resuming(Around):
    """A flow is taken up again with a person's feedback."""

    def __init__(self, carried: Carried) -> None:
        """Prepare."""
        self._carried = carried
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("take up a flow"):
            self._token = otel_context.attach(otel_context.set_value(_CARRIED, self._carried))

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the run
        with guarded("take up a flow"):
            otel_context.detach(self._token)


def current_carried() -> Carried | None:
    """The question whose answer is expected here."""
    found = otel_context.get_value(_CARRIED)
    return found if isinstance(found, Carried) else None


def carried_by(flow: Any) -> Carried | None:  # noqa: ANN401 - CrewAI's flow
    """Take what went along with a flow that waits; the host's metadata is as it was then."""
    context = getattr(flow, "_pending_feedback_context", None)
    metadata = getattr(context, "metadata", None)
    told = metadata.get(_CARRIED_AS) if isinstance(metadata, Mapping) else None
    if context is None or not isinstance(metadata, Mapping) or not isinstance(told, Mapping):
        return None
    context.metadata = {key: value for key, value in metadata.items() if key != _CARRIED_AS}
    agents = told.get("agents")
    return Carried(told.get("run"), str(told.get("escalation")), tuple(map(str, agents)) if isinstance(agents, list) else ())


def feedback_given(result: Any) -> None:  # noqa: ANN401 - CrewAI's HumanFeedbackResult
    """Write the answer: nothing said accepts; words are taken as changes, or as the outcome that CrewAI reads in them."""
    carried = current_carried()
    if carried is None:
        return
    feedback, chosen = str(result.feedback or ""), str(result.outcome or "").strip().lower()
    if chosen in _DENIALS:
        state = EscalationState.DENIED
    elif chosen in _APPROVALS or not feedback.strip():
        state = EscalationState.APPROVED
    else:
        state = EscalationState.EDITED
    answer(carried.escalation_id, state, feedback or chosen or None, run=carried.run_id)
