"""The runs of ADK: its runners, the agents in them, and how control goes from one to the next."""

import functools
import importlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens import recorder
from relaylens.around import Around, call_async_generator
from relaylens.frameworks import google_adk_graphs as graphs
from relaylens.frameworks import google_adk_ids as ids
from relaylens.frameworks import google_adk_people as people
from relaylens.frameworks import google_adk_texts as texts
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.google_adk_orders import Order, order_of, within
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkRun, Region, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.frameworks.turns import Turn
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING, Missing
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, normalised
from relaylens.semconv import HandoffReason, TransferMode

_SILENT: Final = CLIENT_SCOPES | {"openinference.instrumentation.google_genai", "opentelemetry.instrumentation.google_generativeai"}
"""Instrumentations of clients that record the model calls which ADK records itself."""


class RunnerRun(InRun):
    """What a runner does with one message: the run, and the answers that the message brings to earlier questions."""

    def __init__(self, framework: Framework, runner: Any, named: Named, make_id: Callable[[], str]) -> None:  # noqa: ANN401 - Runner
        """Prepare."""
        message = named.get("new_message")
        self._answers = list(texts.verdicts(message))
        self._resumed: people.Resumed | None = None
        paused = next((pause for call, *_ in self._answers if (pause := people.waiting(call)) is not None), None)
        name = getattr(runner.agent, "name", None) or runner.app_name
        self._goes_on = paused is None and bool(texts.responses(message))
        run_id, conversation = named.get("invocation_id"), named.get("session_id")
        if paused is not None:
            run_id, conversation = paused.run_id, paused.conversation or conversation
        elif run_id is None and not self._goes_on and current_scope().run is None:
            run_id = ids.draw(make_id)
        self._run = framework_run(
            framework,
            str(name),
            run_id=run_id,
            conversation=conversation,
            user=named.get("user_id"),
            given=texts.given(message),
            result=texts.answer,
        )
        self._id = run_id

    def _enter(self) -> None:
        self._enter_run()
        with guarded("go on with a run"):
            run = current_scope().run
            if self._goes_on and isinstance(self._run, FrameworkRun) and run is not None and run.id is not None:
                # Which run it is, ADK is about to read from the session.
                self._id = run.id
                ids.await_name(run.id, self._named)
            else:
                self._answer()

    def _named(self, name: str) -> None:
        """Go on with the run of this name."""
        if isinstance(self._run, FrameworkRun):
            self._run.rename(name)
        self._answer()

    def _answer(self) -> None:
        answers, self._answers = self._answers, []
        self._resumed = people.resume(current_scope().run, answers)

    def _returned(self, value: object) -> None:
        if self._run is not None:
            self._run._returned(value)  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        with guarded("record answers"):
            ids.forget(self._id)
            if self._answers:
                self._answer()
            if self._resumed is not None:
                self._resumed.end()
        self._leave_run(error)


class AgentTurn(Around):
    """One turn of an agent, with what it says in its events."""

    def __init__(self, framework: Framework, agent: Any, context: Any) -> None:  # noqa: ANN401 - BaseAgent, InvocationContext
        """Prepare."""
        self._framework = framework
        self._agent = agent
        self._given = texts.given(context.user_content)
        self._open: list[Around] = []
        self._turn: Turn | None = None
        self._order: Order | None = None
        self._said: object | Missing = MISSING

    def _enter(self) -> None:
        with guarded("begin an agent's turn"):
            scope = current_scope()
            before = scope.step if isinstance(scope.step, Turn) and scope.step.is_over else None
            self._order = order_of(scope.step)
            if self._order is not None and not isinstance(self._order.said, Missing):
                self._given = self._order.said
            handoff = self._handoff(scope)
            self._turn = Turn(
                self._framework,
                self._agent.name,
                version=texts.version(self._agent),
                description=self._agent.description or None,
                given=self._given,
                received=handoff,
            ).after(before)
            if self._order is not None:
                self._order.belongs(self._turn)
            self._begin(self._turn)
            people.arrive(scope.run, self._agent.name)

    def _begin(self, around: Around) -> None:
        around._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
        self._open.append(around)

    def _handoff(self, scope: Scope) -> Handoff | None:
        """The handoff by which this agent has the work, unless one waits for it."""
        name = self._agent.name
        if scope.run is None or any(normalised(offer.target or "") == normalised(name) for offer in scope.run.offers):
            return None
        if self._order is not None and self._order.agent is not None:
            return self._order.handoff(name)
        if isinstance(scope.step, Turn) and not scope.step.is_over and not people.goes_on(scope.run, scope.agent, name, arrives=True):
            call = Handoff(name, self._given, TransferMode.RETURN_TO_CALLER, None)
            self._begin(call)
            return call
        return None

    def saw(self, event: Any) -> None:  # noqa: ANN401 - Event
        """See what comes out of the agent; what others in it say is seen there."""
        if event.author != self._agent.name or self._turn is None or getattr(event, "partial", False):
            return
        said = texts.text(event.content)
        if said is not None:
            self._said = said
        elif not event.get_function_calls() and not event.get_function_responses() and event.is_final_response() and event.content:
            self._said = ""
        for call, question in texts.questions(event):
            self._said = MISSING
            people.ask(call, question, self._agent.name)
        target = event.actions.transfer_to_agent
        if target and not self._turn.is_over:
            self._transfer(self._turn, target, getattr(event.actions, "transfer_reason", None))

    def _transfer(self, turn: Turn, target: str, reason: str | None) -> None:
        """Hand over as ADK does, or say that it cannot."""
        if self._agent.root_agent.find_agent(target) is None:
            words = f"Agent {target} not found in the agent tree."
            relaylens.handoff(target, self._given, failed=HandoffReason.UNKNOWN_TARGET, reason=words)
        elif normalised(target) != normalised(self._agent.name):
            turn.pass_on(target, self._given, reason)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end an agent's turn"):
            if self._turn is not None and not self._turn.is_over:
                if not isinstance(self._said, Missing):
                    self._turn.output(self._said)
                if self._order is not None:
                    self._order.passed(self._agent.name, self._said)
        while self._open:
            self._open.pop()._leave(None if people.is_pause(error) else error)  # noqa: SLF001 - as above

    def _suspend(self) -> None:
        for around in reversed(self._open):
            around._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        for around in self._open:
            around._resume()  # noqa: SLF001 - as above


def patch(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put everything in place; what is patched has been imported with the runners."""
    agents = importlib.import_module("google.adk.agents.base_agent")
    make_id = module.new_invocation_context_id
    patches.around(module.Runner, "run_async", lambda runner, _, named: RunnerRun(framework, runner, named, make_id))
    patches.around(agents.BaseAgent, "run_async", lambda agent, args, named: _agent(framework, agent, args, named), call=_watched)
    ids.patch(module, patches)
    # Each may be missing in another version, and the others do without it.
    for part in (_patch_calls, _patch_model_calls, _patch_workflows, _show_texts):
        with guarded(f"add to ADK: {part.__doc__}"):
            part(framework, patches)


def _patch_calls(framework: Framework, patches: Patches) -> None:  # noqa: ARG001 - the same for all parts
    """Agents that others call."""
    tools = importlib.import_module("google.adk.tools.agent_tool")
    for kind in (tools.AgentTool, getattr(tools, "_SingleTurnAgentTool", None)):
        if kind is not None:
            patches.around(kind, "run_async", lambda tool, _, named: _called(tool.agent.name, named.get("args")))
    wrapper = importlib.import_module("google.adk.workflow._llm_agent_wrapper")
    patches.around(wrapper, "_dispatch_task_fc", lambda _, args, named: _delegated(*args, **named))


def _patch_model_calls(framework: Framework, patches: Patches) -> None:
    """Model calls, recorded once."""
    flow = importlib.import_module("google.adk.flows.llm_flows.base_llm_flow")
    patches.around(flow.BaseLlmFlow, "_call_llm_async", lambda *_: Region(framework, silent=_SILENT))


def _patch_workflows(framework: Framework, patches: Patches) -> None:  # noqa: ARG001 - as above
    """Workflows."""
    workflow = importlib.import_module("google.adk.workflow._workflow").Workflow
    patches.around(workflow, "_run_impl", graphs.Workflow)
    patches.around(workflow, "_start_node_task", graphs.Begin)
    patches.around(workflow, "_buffer_downstream_triggers", graphs.Follow)


def _show_texts(framework: Framework, patches: Patches) -> None:  # noqa: ARG001 - as above
    """Texts on ADK's spans, as we keep them, in OpenTelemetry's attributes."""
    telemetry = importlib.import_module("google.adk.telemetry.context")
    switches = {"_read_experimental_genai_semconv": True}
    if not recorder.current().capture_content:
        switches["_read_add_content_to_legacy_spans"] = False
    for name, value in switches.items():
        if hasattr(telemetry, name):
            patches.put(telemetry, name, functools.partial(bool, value))


def _agent(framework: Framework, agent: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - BaseAgent
    """What stands around an agent: its turn, or the order of those it only leads."""
    kind = within(agent)
    if kind is not None:
        return kind
    return AgentTurn(framework, agent, args[0] if args else named["parent_context"])


def _watched(around: Around, function: Callable[..., Any], args: Arguments, named: Named) -> AsyncGenerator[Any, None]:
    """Call an agent, whose events are seen as they come."""
    if not isinstance(around, AgentTurn):
        return call_async_generator(around, function, args, named)

    async def watching(*args: Any, **named: Any) -> AsyncGenerator[Any, None]:  # noqa: ANN401 - the function's own
        async with aclosing(function(*args, **named)) as events:
            async for event in events:
                with guarded("see what an agent says"):
                    around.saw(event)
                yield event

    return call_async_generator(around, watching, args, named)


def _called(name: str, given: object, source: str | None = None) -> Around | None:
    """An agent that is called as a tool, or given a task, gives control back."""
    scope = current_scope()
    if scope.run is None:
        return None
    caller = source or scope.agent
    if people.goes_on(scope.run, caller, name):
        return None
    asked = next(iter(given.values())) if isinstance(given, dict) and len(given) == 1 else given
    return people.Call(Handoff(name, asked, TransferMode.RETURN_TO_CALLER, None, source=source), caller, scope.run.id or "")


def _delegated(parent_agent: Any, fc: Any, ctx: Any) -> Around | None:  # noqa: ANN401, ARG001 - LlmAgent, FunctionCall, Context
    """A sub-agent that is given a task."""
    return _called(fc.name, dict(fc.args or {}), parent_agent.name) if fc.name else None
