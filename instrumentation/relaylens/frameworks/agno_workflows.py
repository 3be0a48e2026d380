"""Workflows of Agno: a run, in which control passes from each agent to the one that Agno lets work next."""

from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.frameworks.agno_order import InOrder, SideBySide
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Pauses, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.semconv import EscalationState, Evidence, Outcome

_pauses: Final = Pauses()
_BEGUN: Final = ("_execute", "_execute_stream", "_aexecute", "_aexecute_stream")
_RESUMED: Final = ("_continue_execute", "_continue_execute_stream", "_acontinue_execute", "_acontinue_execute_stream")
_WAYS: Final = ("execute", "execute_stream", "aexecute", "aexecute_stream")


class _WorkflowRun(InRun):
    """One execution of a workflow."""

    keeps_items = False

    def __init__(self, framework: Framework, workflow: Any, named: Named, *, resumed: bool) -> None:  # noqa: ANN401 - Workflow
        """Prepare."""
        self._response = named["workflow_run_response"]
        self._resumed = resumed
        given = getattr(named.get("execution_input"), "input", None)
        self._run = framework_run(
            framework,
            str(workflow.name or workflow.id or "workflow"),
            run_id=self._response.run_id,
            conversation=self._response.session_id,
            user=self._response.user_id,
            given=MISSING if given is None or resumed else given,
            result=lambda value: value,
        )
        self._order = InOrder(_before(self._response) if resumed else ())

    def _enter(self) -> None:
        self._enter_run()
        self._order._enter()  # noqa: SLF001 - as above
        if self._resumed:
            with guarded("record an answer"):
                self._answer_all()

    def _returned(self, value: object) -> None:  # noqa: ARG002 - the response was given along
        status = str(getattr(self._response.status, "value", self._response.status)).upper()
        if status == "PAUSED":
            for requirement in self._response.step_requirements or ():
                self._ask(requirement)
        elif status == "CANCELLED":
            relaylens.outcome(Outcome.ABANDONED, evidence=Evidence.RULE)
        elif self._run is not None and self._response.content is not None:
            self._run._returned(self._response.content)  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        self._order._leave(error)  # noqa: SLF001 - as above
        self._leave_run(error)

    def _question_id(self, requirement: Any) -> str:  # noqa: ANN401 - StepRequirement
        """The question's id, in this process and others."""
        return f"{self._response.run_id}/{requirement.step_id}/{requirement.retry_count}"

    def _ask(self, requirement: Any) -> None:  # noqa: ANN401 - StepRequirement
        """Ask what a step waits for; what its agent waits for, that has asked itself."""
        if requirement.requires_executor_input or _verdict(requirement)[0] is not None:
            return
        words = requirement.confirmation_message or requirement.user_input_message or requirement.output_review_message
        question = {"step": requirement.step_name, "message": words, "choices": requirement.available_choices}
        own_id = self._question_id(requirement)
        _pauses.ask(own_id, own_id, {key: value for key, value in question.items() if value is not None}, own_id=own_id)

    def _answer_all(self) -> None:
        """Write what people have answered."""
        for requirement in self._response.step_requirements or ():
            state, reply = _verdict(requirement)
            own_id = self._question_id(requirement)
            # A requirement stays in the list when the next step asks: it is answered once where this process has asked.
            if state is not None and _pauses.resume(own_id) is not None:
                relaylens.answer(own_id, state, reply)


def _verdict(requirement: Any) -> tuple[EscalationState | None, object]:  # noqa: ANN401 - StepRequirement
    """A person's decision about a step, if there is one."""
    if requirement.edited_output is not None:
        return EscalationState.EDITED, requirement.edited_output
    if requirement.confirmed is not None:
        return (EscalationState.APPROVED if requirement.confirmed else EscalationState.DENIED), requirement.rejection_feedback
    if requirement.user_input is not None:
        return EscalationState.APPROVED, requirement.user_input
    if requirement.selected_choices is not None:
        return EscalationState.APPROVED, requirement.selected_choices
    return None, None


def _before(response: Any) -> tuple[str, ...]:  # noqa: ANN401 - WorkflowRunOutput
    """Who had the last turn of a workflow that goes on."""
    done = [each for each in response.step_results or () if not isinstance(each, list)]
    names = [each.executor_name for each in done if each.executor_type in {"agent", "team"} and each.executor_name]
    return (names[-1],) if names else ()


def patch_workflow(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put runs around workflows."""

    def begun(workflow: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _WorkflowRun(framework, workflow, named, resumed=False)

    def resumed(workflow: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _WorkflowRun(framework, workflow, named, resumed=True)

    for name in _BEGUN:
        patches.around(module.Workflow, name, begun)
    for name in _RESUMED:
        patches.around(module.Workflow, name, resumed)


def patch_parallel(module: ModuleType, patches: Patches) -> None:
    """See where branches begin and end."""
    for name in _WAYS:
        patches.around(module.Parallel, name, lambda *_: SideBySide())
