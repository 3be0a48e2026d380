"""Turns of the Microsoft Agent Framework's agents, in workflows, in tools, and alone."""

from types import ModuleType
from typing import Any, Final

from relaylens.around import Around
from relaylens.frameworks import agent_framework_texts as texts
from relaylens.frameworks.agent_framework import FRAMEWORK
from relaylens.frameworks.agent_framework_following import call_either
from relaylens.frameworks.agent_framework_people import answer, approvals, ask_for_approvals, waiting
from relaylens.frameworks.agent_framework_places import executing
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkRun, FrameworkStep, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope, normalised
from relaylens.semconv import Evidence, Outcome, TransferMode
from relaylens.transfers import Transfer

_LIMIT: Final = "Function invocation limit reached before a final answer could be produced."
"""What the framework answers for an agent that calls tools without end (`_FUNCTION_INVOCATION_LIMIT_FALLBACK_TEXT`)."""


class _Turn(InRun):
    """An agent's turn: with a run around it, if nothing is open, or a handoff, if another agent called it."""

    def __init__(self, agent: Any, messages: Any, session: Any, instructions: Any) -> None:  # noqa: ANN401 - of the framework
        """Prepare."""
        self._name: str = agent.name or agent.id
        self._answers = approvals(messages)
        self._executing = executing()
        self._handoffs: list[Handoff] = []
        given = texts.messages(messages)
        pause = waiting(self._answers)
        self._run = framework_run(
            FRAMEWORK,
            self._name,
            run_id=None if pause is None else pause.run_id,
            conversation=getattr(session, "session_id", None) if pause is None else pause.conversation,
            given=given or MISSING,
        )
        if isinstance(instructions, str) and instructions:
            given = [{"role": "system", "parts": [{"type": "text", "content": instructions}]}, *given]
        self._step = FrameworkStep(
            FRAMEWORK, self._name, version=texts.version(agent), description=getattr(agent, "description", None), given=given or MISSING
        )
        self._given = given

    def _enter(self) -> None:
        self._enter_run()
        with guarded("begin an agent's turn"):
            answer(self._answers)
            scope = current_scope()
            if scope.step is not None:
                if not _is_awaited(scope.run, self._name):
                    # An agent that runs inside of another one's turn gives control back.
                    self._handoffs = [Handoff(self._name, self._given or MISSING, TransferMode.RETURN_TO_CALLER, None).offer()]
            elif self._executing is not None:
                self._handoffs = self._executing.begin(self._name)
        self._step.open()
        with guarded("receive handoffs"):
            run = current_scope().run
            while run is not None and isinstance(offer := run.take_offer(self._name), Transfer):
                # Several branches of a workflow meet here.
                offer.accept()

    def _suspend(self) -> None:
        self._step.paused()
        super()._suspend()

    def _resume(self) -> None:
        super()._resume()
        self._step.resumed()

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - an AgentResponse
        requests = value.user_input_requests
        ask_for_approvals(requests)
        self._step.output(texts.messages(value.messages))
        for each in self._handoffs:
            each.output(value.text)
        cut_short = value.text == _LIMIT
        if cut_short:
            self._step.outcome(Outcome.FAILED)
        if isinstance(self._run, FrameworkRun) and not requests:
            self._run.output(value.text)
            if cut_short:
                self._run.outcome(Outcome.FAILED, _LIMIT, evidence=Evidence.RULE)
        if self._executing is not None:
            self._executing.flow.worked(self._name, self._step.span, current_scope(), value.text or texts.messages(value.messages))

    def _leave(self, error: BaseException | None) -> None:
        self._step.close(error)
        for each in self._handoffs:
            each._leave(error)  # noqa: SLF001 - they were offered and not entered
        self._leave_run(error)


def _is_awaited(run: Any, name: str) -> bool:  # noqa: ANN401 - the run that is open, if any
    """Whether a handoff to this agent waits already."""
    return run is not None and any(normalised(offer.target or "") == normalised(name) for offer in run.offers)


def patch(module: ModuleType, patches: Patches) -> None:
    """Put turns around agents."""

    def invoked(agent: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _Turn(agent, named["messages"], named["session"], named["merged_options"].get("instructions"))

    patches.around(module.AgentTelemetryLayer, "_trace_agent_invocation", invoked, call=call_either)
