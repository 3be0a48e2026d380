"""Workflows of the Microsoft Agent Framework."""

from collections import OrderedDict
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.frameworks import agent_framework_texts as texts
from relaylens.frameworks.agent_framework import FRAMEWORK
from relaylens.frameworks.agent_framework_people import answer, ask, waiting
from relaylens.frameworks.agent_framework_places import Executing, Flow, executing, flows
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, Outcome

_TURNS_OF_A_CHAT = frozenset({"HandoffAgentUserRequest"})
"""Requests by which a workflow waits for the next message of its user: nothing is asked."""


_MOST_WAITING: Final = 1000
_waiting: Final[OrderedDict[str, Flow]] = OrderedDict()
"""Workflows that wait for an answer, by their run."""


class _WorkflowRun(InRun):
    """A workflow from what it is given until it has nothing more to do, or waits."""

    def __init__(self, workflow: Any, named: Named) -> None:  # noqa: ANN401 - a Workflow
        """Prepare."""
        self._workflow = workflow
        self._answers = dict(named.get("responses") or {})
        pause = waiting(self._answers)
        self._run_id = None if pause is None else pause.run_id
        self._flow: Flow | None = None
        message = named.get("message")
        self._run = framework_run(
            FRAMEWORK,
            workflow.name or "workflow",
            run_id=None if pause is None else pause.run_id,
            conversation=getattr(workflow, "id", None) if pause is None else pause.conversation,
            given=texts.given_or_missing(message),
            result=_answer_among,
        )

    def _enter(self) -> None:
        self._enter_run()
        with guarded("begin a workflow"):
            context = getattr(self._workflow, "_runner_context", None)
            if context is not None:
                # All of its executors get this. A workflow that was built anew goes on where the one before it waits.
                kept = _waiting.get(self._run_id or "") or Flow()
                self._flow = flows.setdefault(context, kept)
            answer(self._answers)

    def _returned(self, value: object) -> None:
        for event in value if isinstance(value, list) else ():
            # Executors' requests were seen when they were made; those of a function are seen here.
            if event.type == "request_info" and event.request_id not in self._answers:
                _note_request(event)
                self._wait()
        if self._run is not None:
            self._run._returned(value)  # noqa: SLF001 - as above

    def _wait(self) -> None:
        """Keep what has passed between executors until the run goes on."""
        run = current_scope().run
        if run is not None and run.id is not None and self._flow is not None:
            _waiting[run.id] = self._flow
            if len(_waiting) > _MOST_WAITING:
                _waiting.popitem(last=False)

    def _leave(self, error: BaseException | None) -> None:
        self._leave_run(error)


def _answer_among(events: object) -> object:
    """The last output among a workflow's events."""
    for event in reversed(events) if isinstance(events, list) else ():
        if event.type == "output":
            shown = texts.plain(event.data)
            return texts.given_or_missing(event.data) if shown is event.data else shown
    return MISSING


def patch_workflow(module: ModuleType, patches: Patches) -> None:
    """Put runs around workflows, those that are graphs and those that are functions."""

    def run(workflow: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _WorkflowRun(workflow, named)

    kind = module.FunctionalWorkflow if module.__name__.endswith("_functional") else module.Workflow
    patches.around(kind, "_run_core", run)


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
        _note_request(args[0] if args else named["event"])

    def told(_: object, args: Arguments, named: Named) -> None:
        event, here = args[0] if args else named["event"], executing()
        if event.type == "output" and here is not None and here.manages:
            _note_limit(here.executor, event.data)

    patches.before(module.InProcRunnerContext, "add_request_info_event", requested)
    patches.before(module.InProcRunnerContext, "add_event", told)


def _note_request(event: Any) -> None:  # noqa: ANN401 - a WorkflowEvent
    """Ask what a workflow asks, once."""
    request = event.data
    is_approval = getattr(request, "type", None) == "function_approval_request"
    if current_scope().run is not None and not is_approval and type(request).__name__ not in _TURNS_OF_A_CHAT:
        ask(event.request_id, texts.plain(request))


def _note_limit(orchestrator: Any, output: Any) -> None:  # noqa: ANN401 - a BaseGroupChatOrchestrator and what it gives
    """A group chat that was to end in another way has come to its last round."""
    has_other_end = orchestrator._termination_condition is not None or type(orchestrator).__name__ != "GroupChatOrchestrator"  # noqa: SLF001
    words = orchestrator.MAX_ROUNDS_MET_MESSAGE
    if has_other_end and texts.plain(output) == words and current_scope().step is None:
        relaylens.outcome(Outcome.FAILED, words, evidence=Evidence.RULE)


def patch_builder(module: ModuleType, patches: Patches) -> None:
    """A workflow that is built says so in a trace of its own."""
    patches.around(module.WorkflowBuilder, "build", lambda *_: Region(FRAMEWORK, silent=FRAMEWORK.silent))
