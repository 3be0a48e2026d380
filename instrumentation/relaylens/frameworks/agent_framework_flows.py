"""Workflows of the Microsoft Agent Framework."""

from types import ModuleType
from typing import Any

import relaylens
from relaylens.around import Around
from relaylens.frameworks import agent_framework_texts as texts
from relaylens.frameworks.agent_framework import FRAMEWORK
from relaylens.frameworks.agent_framework_people import answer, ask, waiting
from relaylens.frameworks.agent_framework_places import Executing, Flow, executing, flows
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region, framework_run
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, Outcome

_TURNS_OF_A_CHAT = frozenset({"HandoffAgentUserRequest"})
"""Requests by which a workflow waits for the next message of its user: nothing is asked."""


class _WorkflowRun(Around):
    """A workflow from what it is given until it has nothing more to do, or waits."""

    def __init__(self, workflow: Any, named: Named) -> None:  # noqa: ANN401 - a Workflow
        """Prepare."""
        self._workflow = workflow
        self._answers = dict(named.get("responses") or {})
        pause = waiting(self._answers)
        message = named.get("message")
        self._run = framework_run(
            FRAMEWORK,
            workflow.name or "workflow",
            run_id=None if pause is None else pause.run_id,
            conversation=workflow.id if pause is None else pause.conversation,
            given=texts.given_or_missing(message),
            result=_answer_among,
        )

    def _enter(self) -> None:
        if self._run is not None:
            self._run._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
        with guarded("begin a workflow"):
            flows.setdefault(self._workflow._runner_context, Flow())  # noqa: SLF001 - what all of its executors get
            answer(self._answers)

    def _suspend(self) -> None:
        if self._run is not None:
            self._run._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        if self._run is not None:
            self._run._resume()  # noqa: SLF001 - as above

    def _returned(self, value: object) -> None:
        if self._run is not None:
            self._run._returned(value)  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        if self._run is not None:
            self._run._leave(error)  # noqa: SLF001 - as above


def _answer_among(events: object) -> object:
    """The last output among a workflow's events."""
    for event in reversed(events) if isinstance(events, list) else ():
        if event.type == "output":
            shown = texts.plain(event.data)
            return texts.given_or_missing(event.data) if shown is event.data else shown
    return MISSING


def patch_workflow(module: ModuleType, patches: Patches) -> None:
    """Put runs around workflows."""

    def run(workflow: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _WorkflowRun(workflow, named)

    patches.around(module.Workflow, "_run_core", run)


def patch_executor(module: ModuleType, patches: Patches) -> None:
    """Know which executor works, and what it was sent by whom."""

    def execute(executor: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - the hook's form
        sources = args[1] if len(args) > 1 else named["source_executor_ids"]
        flow = flows.get(args[3] if len(args) > 3 else named["runner_context"])  # noqa: PLR2004 - its place
        return None if flow is None else Executing(flow, executor, sources)

    patches.around(module.Executor, "execute", execute)


def patch_context(module: ModuleType, patches: Patches) -> None:
    """See what executors tell of handoffs."""

    def told(_: object, args: Arguments, named: Named) -> None:
        event = args[0] if args else named["event"]
        here = executing()
        if event.type == "handoff_sent" and here is not None:
            here.flow.handed.add((event.data.source, event.data.target))
            here.flow.hand_over(event.data.source, event.data.target)

    patches.before(module.WorkflowContext, "add_event", told)


def patch_runner(module: ModuleType, patches: Patches) -> None:
    """See what executors ask of whoever runs the workflow."""

    def requested(_: object, args: Arguments, named: Named) -> None:
        event = args[0] if args else named["event"]
        request = event.data
        is_approval = getattr(request, "type", None) == "function_approval_request"
        if current_scope().run is None or is_approval or type(request).__name__ in _TURNS_OF_A_CHAT:
            return
        ask(event.request_id, texts.plain(request))

    def told(_: object, args: Arguments, named: Named) -> None:
        event, here = args[0] if args else named["event"], executing()
        if event.type == "output" and here is not None and here.manages:
            _note_limit(here.executor, event.data)

    patches.before(module.InProcRunnerContext, "add_request_info_event", requested)
    patches.before(module.InProcRunnerContext, "add_event", told)


def _note_limit(orchestrator: Any, output: Any) -> None:  # noqa: ANN401 - a BaseGroupChatOrchestrator and what it gives
    """A group chat that was to end in another way has come to its last round."""
    has_other_end = orchestrator._termination_condition is not None or type(orchestrator).__name__ != "GroupChatOrchestrator"  # noqa: SLF001
    words = orchestrator.MAX_ROUNDS_MET_MESSAGE
    if has_other_end and texts.plain(output) == words and current_scope().step is None:
        relaylens.outcome(Outcome.FAILED, words, evidence=Evidence.RULE)


def patch_builder(module: ModuleType, patches: Patches) -> None:
    """A workflow that is built says so in a trace of its own."""
    patches.around(module.WorkflowBuilder, "build", lambda *_: Region(FRAMEWORK, silent=FRAMEWORK.silent))
