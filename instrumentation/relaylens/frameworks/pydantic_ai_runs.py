"""The runs of Pydantic AI: what stands around the places where its own instrumentation writes spans."""

import contextlib
import sys
from collections import OrderedDict
from contextvars import ContextVar, Token
from typing import Any, Final
from weakref import WeakSet

from opentelemetry import trace

import relaylens
from relaylens import recorder
from relaylens.around import Around
from relaylens.frameworks import pydantic_ai_texts as texts
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Pause, Pauses, Region, framework_run
from relaylens.frameworks.turns import Turn
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.recording import write_error
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, normalised
from relaylens.semconv import GEN_AI_OPERATION_NAME, Operation, TransferMode

_MOST_REMEMBERED: Final = 10_000
_FORMATS: Final = (6, 5)
"""Versions of the framework's form of messages, the preferred first."""

_pauses: Final = Pauses()
"""Runs that wait for approvals, by conversation and tool call: what a message history names when it is resumed."""

_in_output_function: ContextVar[Turn | None] = ContextVar("relaylens-pydantic-ai-output-function", default=None)
"""The turn whose output function is running: the agent has made its last decision."""

_agents: Final[OrderedDict[str, tuple[str | None, str]]] = OrderedDict()
"""By the framework's id of a run: the run it was part of, and the agent."""


_marked: Final[WeakSet[BaseException]] = WeakSet()
"""Errors of streams that are on a model call already."""


class AgentRun(Around):
    """One run of an agent: the whole run where it is the outermost, the handoff that brings it about, and its step."""

    def __init__(self, framework: Framework, context: Any) -> None:  # noqa: ANN401 - pydantic_ai.RunContext
        """Prepare."""
        self._framework = framework
        self._context = context
        self._name = texts.name(context.agent)
        self._given = MISSING if context.prompt is None else texts.prompt(context.prompt)
        self._goes_on = _paused(context)
        self._open: list[Around] = []

    def _enter(self) -> None:
        with guarded("begin a run of Pydantic AI"):
            self._begin(self._run())
            before = current_scope().step
            handoff = self._handoff(current_scope())
            step = Turn(
                self._framework,
                self._name,
                version=texts.version(self._context.agent),
                description=texts.description(self._context.agent),
                given=self._given,
                result=texts.output,
                received=handoff,
            )
            self._begin(step.after(before if isinstance(before, Turn) and before.is_over else None))
            _remember(self._context.run_id, self._name)

    def _begin(self, around: Around | None) -> None:
        if around is not None:
            around._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
            self._open.append(around)

    def _run(self) -> Around | None:
        """The run, with the name that a message history keeps of it, so that whoever resumes it knows it."""
        name, conversation = self._context.run_id, self._context.conversation_id
        if self._goes_on is not None:
            name, conversation = self._goes_on.run_id, self._goes_on.conversation
        return framework_run(
            self._framework, self._name, run_id=name or None, conversation=conversation or None, given=self._given, result=texts.output
        )

    def _handoff(self, scope: Scope) -> Handoff | None:
        """The handoff by which this agent has the work, unless the program has written it itself."""
        if (
            scope.run is None
            or self._goes_on is not None
            or any(normalised(offer.target or "") == normalised(self._name) for offer in scope.run.offers)
        ):
            return None
        if isinstance(scope.step, Turn):
            if _in_output_function.get() is scope.step:
                return scope.step.pass_on(self._name, self._given)
            call = Handoff(self._name, self._given, TransferMode.RETURN_TO_CALLER, None)
            self._begin(call)
            return call
        if scope.step is None:
            return self._takes_over(scope)
        return None

    def _takes_over(self, scope: Scope) -> Handoff | None:
        """The handoff by which the program passes the messages of one agent on to another one in the same run."""
        last = next((message.run_id for message in reversed(self._context.messages) if getattr(message, "run_id", None)), None)
        run, agent = _agents.get(last or "", (None, self._name))
        if scope.run is None or run != scope.run.id or agent == self._name:
            return None
        return relaylens.handoff(self._name, self._given, mode=TransferMode.PASS_CONTROL, source=agent)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - pydantic_ai.run.AgentRunResult
        # What waits in an agent that was called from here has been asked there.
        response, own = texts.open_calls(value.all_messages())
        for call in texts.approvals(value.output):
            if call.tool_call_id in own:
                _ask(self._context, call, response)
        for around in reversed(self._open):
            with guarded("record a result"):
                around._returned(texts.answer(value) if isinstance(around, Handoff) else value)  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        while self._open:
            self._open.pop()._leave(error)  # noqa: SLF001 - as above


class _OutputFunction(Around):
    """The function that an agent's last decision calls; an agent that runs inside of it goes on in its place."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._token: Token[Turn | None] | None = None

    def _enter(self) -> None:
        self._token = _in_output_function.set(self._turn)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans around
        with guarded("leave an output function"):
            if self._token is not None:
                _in_output_function.reset(self._token)


class _Questions(Around):
    """Questions that a handler of the program answers while the agent waits."""

    def __init__(self, manager: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401 - ToolManager
        self._context = manager.ctx
        self._requests = _first(args, kwargs, "requests")

    def _enter(self) -> None:
        with guarded("ask for approval"):
            for call in texts.approvals(self._requests):
                _ask(self._context, call, self._context)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - DeferredToolResults | None
        _answer(self._context, value, self._context)

    def _leave(self, error: BaseException | None) -> None:
        """Nothing to end: a question without an answer stays pending."""


def patch(framework: Framework, patches: Patches) -> None:
    """Put everything in place; what is patched has been imported with the agents."""
    capability = sys.modules["pydantic_ai.capabilities.instrumentation"].Instrumentation
    patches.around(capability, "wrap_run", lambda _, args, kwargs: _agent_run(framework, _context_of(args, kwargs)))
    patches.around(capability, "wrap_model_request", lambda *_: Region(framework, silent=CLIENT_SCOPES))
    patches.around(capability, "wrap_output_process", _output_function)
    graph = sys.modules["pydantic_ai._agent_graph"]
    patches.before(graph.UserPromptNode, "run", _resumed)
    patches.around(graph.ToolManager, "resolve_deferred_tool_calls", _Questions)
    if hasattr(graph, "_interrupted_stream_response"):
        patches.before(graph, "_interrupted_stream_response", lambda _, args, kwargs: _stream_broke(_first(args, kwargs, "stream_error")))
    agent = sys.modules["pydantic_ai.agent"].Agent
    if not agent._instrument_default:  # noqa: SLF001 - whether the program has chosen already
        patches.put(agent, "_instrument_default", _settings(patches))


def _settings(patches: Patches) -> Any:  # noqa: ANN401 - InstrumentationSettings
    """The framework's own instrumentation: texts as we keep them, its newest form."""
    settings = sys.modules["pydantic_ai.models.instrumented"].InstrumentationSettings
    given = {"tracer_provider": patches.tracer_provider, "include_content": recorder.current().capture_content}
    for version in _FORMATS:
        with contextlib.suppress(ValueError):
            return settings(version=version, **given)
    return settings(**given)


def _agent_run(framework: Framework, context: Any) -> Around | None:  # noqa: ANN401 - RunContext
    """What stands around an agent's run; spoken sessions have no end to their answers and are left alone."""
    return None if getattr(context, "realtime", False) else AgentRun(framework, context)


def _stream_broke(error: BaseException) -> None:
    """Mark a model call whose stream broke as failed: the framework's own span of it says nothing of that."""
    span = trace.get_current_span()
    is_call = (getattr(span, "attributes", None) or {}).get(GEN_AI_OPERATION_NAME) == Operation.CHAT
    # It passes through the streams of all agents that wait for the one whose call it was: that one comes first.
    if is_call and error not in _marked and isinstance(error, sys.modules["pydantic_ai.exceptions"].ModelAPIError):
        _marked.add(error)
        write_error(span, error, recorder.current())


def _output_function(_: object, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ARG001 - the hook's form
    turn = current_scope().step
    return _OutputFunction(turn) if isinstance(turn, Turn) and kwargs["output_context"].has_function else None


def _resumed(node: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401 - UserPromptNode
    """See what the program brings along for tools that waited."""
    results = node.deferred_tool_results
    turn = current_scope().step
    if results is None or not isinstance(turn, Turn):
        return
    graph = _first(args, kwargs, "ctx")
    if node.user_prompt is None:
        turn.input(texts.results(results))
    response, _ = texts.open_calls(graph.state.message_history)
    _answer(graph.state, results, response)


def _context_of(args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401 - RunContext
    return _first(args, kwargs, "ctx")


def _first(args: Arguments, kwargs: Named, name: str) -> Any:  # noqa: ANN401 - the function's own
    return args[0] if args else kwargs[name]


def _ask(context: Any, call: Any, asker: Any) -> None:  # noqa: ANN401 - RunContext, ToolCallPart, what has the asking run's id
    """Ask for one approval."""
    call_id = call.tool_call_id
    _pauses.ask((context.conversation_id, call_id), call_id, texts.question(call), own_id=_question(asker, call_id))


def _answer(context: Any, results: Any, asker: Any) -> None:  # noqa: ANN401 - what has a conversation, DeferredToolResults, as above
    """Write the answers to what was asked here, or in another process."""
    for call_id, state, reply, who in texts.verdicts(results):
        pause = _pauses.resume((context.conversation_id, call_id))
        asked = [_question(asker, call_id)] if pause is None else [question.id for question in pause.questions.values()]
        for question in filter(None, asked):
            relaylens.answer(question, state, reply, by=who)


def _question(asker: Any, call_id: str) -> str | None:  # noqa: ANN401 - as above
    """The name of a question: whoever has the message history can say it."""
    run_id = getattr(asker, "run_id", None)
    return f"{run_id}/{call_id}" if run_id else None


def _paused(context: Any) -> Pause | None:  # noqa: ANN401 - RunContext
    """The run that a message history goes on with: as this process remembers it, else as the messages say."""
    response, waiting = texts.open_calls(context.messages)
    for call_id in waiting:
        known = _pauses.waiting((context.conversation_id, call_id))
        if known is not None:
            return known
    run_id = getattr(response, "run_id", None)
    return Pause(run_id, context.conversation_id) if waiting and run_id else None


def _remember(run_id: str | None, agent: str) -> None:
    """Keep which agent a run of the framework was, for those who go on with its messages."""
    run = current_scope().run
    if run_id and run is not None:
        _agents[run_id] = (run.id, agent)
        while len(_agents) > _MOST_REMEMBERED:
            with contextlib.suppress(KeyError):
                _agents.popitem(last=False)
