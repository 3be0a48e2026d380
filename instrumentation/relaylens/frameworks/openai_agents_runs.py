"""The runs of the OpenAI Agents SDK: its loop, the agents' turns in it, and the approvals it waits for."""

import contextlib
import sys
from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar, Token
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.frameworks import openai_agents_texts as texts
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkStep, Pause, Pauses, fingerprint, framework_run
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import EscalationState, Evidence, Outcome

_pauses: Final = Pauses()
"""Runs that wait for approvals, by the call that waits: what a `RunState` keeps when it becomes JSON."""


class Loop(Around):
    """One execution of the SDK's loop: the run, if it is the outermost, and the turns of the agent whose stint it is."""

    def __init__(self, framework: Framework, run: Around | None, resumed: Any, threads: tuple[str | None, ...]) -> None:  # noqa: ANN401
        """Prepare; `run` stands around the whole of it, `resumed` is the state that it goes on with."""
        self.framework = framework
        self.resumed = resumed
        self.threads = threads
        """The conversation's id that the SDK has, if any, and what it may have been called before."""
        self.step: FrameworkStep | None = None
        self.passed_on = False
        """Whether a handoff came with arguments, which its target does not get as they are."""
        self.model: Any = None
        self.model_input: Any = None
        """What is asked of which model, before it is."""
        self._run = run
        self._token: Token[Loop | None] | None = None

    def _enter(self) -> None:
        if self._run is not None:
            self._run._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
        self._token = _current.set(self)

    def _returned(self, value: object) -> None:
        if self._run is not None:
            self._run._returned(value)  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end an agent's stint"):
            step, self.step = self.step, None
            if step is not None:
                # What ends the loop between two turns is no failure of the agent whose turn it would have been.
                step.close()
        with guarded("leave a loop"):
            if self._token is not None:
                _current.reset(self._token)
        if self._run is not None:
            self._run._leave(error)  # noqa: SLF001 - as above


_current: ContextVar[Loop | None] = ContextVar("relaylens-openai-agents-loop", default=None)


def current_loop() -> Loop | None:
    """The loop that this is called in."""
    return _current.get()


class _Turn(Around):
    """One turn of an agent: in its step, which lasts until it hands over, answers, waits or fails."""

    def __init__(self, loop: Loop, agent: Any, given: object, items: Iterable[Any]) -> None:  # noqa: ANN401 - agents.Agent
        self._loop = loop
        self._agent = agent
        self._given = given
        self._items = items
        self._is_over = True

    def _enter(self) -> None:
        with guarded("begin an agent's turn"):
            if self._loop.step is not None:
                self._loop.step.resumed()
                return
            agent = self._agent
            given = texts.conversation(self._given, self._items)
            passed_on, self._loop.passed_on = self._loop.passed_on, False
            self._loop.step = FrameworkStep(
                self._loop.framework,
                agent.name,
                version=_version(agent),
                description=agent.handoff_description,
                given=given,
                payload=given if passed_on else MISSING,
            )
            self._loop.step.open()
        with guarded("record an answer"):
            resumed, self._loop.resumed = self._loop.resumed, None
            if resumed is not None:
                _answer_all(resumed, self._loop.threads)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - SingleStepResult
        step, following = self._loop.step, value.next_step
        kind = type(following).__name__
        self._is_over = kind != "NextStepRunAgain"
        if step is not None:
            step.output(following.output if kind == "NextStepFinalOutput" else texts.answered(value.model_response.output))
        for item in getattr(following, "interruptions", ()):
            _ask(item, self._loop.threads[0])

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end an agent's turn"):
            step = self._loop.step
            if step is None:
                return
            if error is None and not self._is_over:
                step.paused()
                return
            self._loop.step = None
            step.close(error)


def _version(agent: Any) -> str:  # noqa: ANN401 - agents.Agent
    """A version of what the agent is made of."""
    written = agent.instructions
    model = agent.model
    return fingerprint(
        written if isinstance(written, str) or written is None else getattr(written, "__qualname__", ""),
        model if isinstance(model, str) or model is None else getattr(model, "model", type(model).__qualname__),
        [[tool.name, getattr(tool, "description", None)] for tool in agent.tools],
        [getattr(other, "agent_name", None) or getattr(other, "name", None) for other in agent.handoffs],
    )


def _ask(item: Any, thread: str | None) -> None:  # noqa: ANN401 - ToolApprovalItem
    """Ask a person for what the SDK waits for."""
    question = {"tool": _tool_name(item), "arguments": texts.arguments(texts.field(item.raw_item, "arguments"))}
    _pauses.ask(_key(item, thread), _call_id(item), question, own_id=None if thread is None else _question_id(item, thread))


def _key(item: Any, thread: str | None) -> Hashable:  # noqa: ANN401 - as above
    """What a call that waits is known by, with or without a process in between; some models' call ids are unique in one answer only."""
    return thread, getattr(item.agent, "name", None), _call_id(item), str(texts.field(item.raw_item, "arguments"))


def _question_id(item: Any, thread: str) -> str:  # noqa: ANN401 - as above
    """The question's id, which whoever resumes can tell, in this process or another."""
    return f"{thread}/{_call_id(item)}"


def _call_id(item: Any) -> str:  # noqa: ANN401 - as above
    return str(texts.field(item.raw_item, "call_id") or texts.field(item.raw_item, "id"))


def _tool_name(item: Any) -> str:  # noqa: ANN401 - as above
    return str(getattr(item, "tool_name", None) or texts.field(item.raw_item, "name"))


def _paused(state: Any, threads: Iterable[str | None]) -> Pause | None:  # noqa: ANN401 - agents.RunState
    """The run that a state goes on with, if this process has seen it pause."""
    keys = [_key(item, thread) for item in state.get_interruptions() for thread in threads]
    return next((found for key in keys if (found := _pauses.waiting(key)) is not None), None)


def _answer_all(state: Any, threads: tuple[str | None, ...]) -> None:  # noqa: ANN401 - as above
    """Write what people have decided about the calls that this state's agent waits with."""
    for item in state.get_interruptions():
        if getattr(item.agent, "name", None) != state._current_agent.name:  # noqa: SLF001 - the SDK has no public way to read it
            # An agent that was called as a tool asked; it goes on by a state of its own.
            continue
        name, call = _tool_name(item), _call_id(item)
        context = state._context  # noqa: SLF001 - the SDK has no public way to read a decision
        status = context.get_approval_status(name, call, existing_pending=item)
        if status is None:
            continue
        pauses = [_pauses.resume(_key(item, thread)) for thread in threads]
        asked = [each.id for pause in pauses if pause is not None for each in pause.questions.values()]
        if not asked and threads[0] is not None:
            # Another process asked.
            asked = [_question_id(item, threads[0])]
        reply = None if status else context.get_rejection_message(name, call, existing_pending=item)
        for question in asked:
            relaylens.answer(question, EscalationState.APPROVED if status else EscalationState.DENIED, reply)


def _state_limit(words: str) -> None:
    """Say that the limit of turns was reached: of the run, or of an agent that was called as a tool in it."""
    loop = _current.get()
    if current_scope().step is None:
        relaylens.outcome(Outcome.FAILED, words, evidence=Evidence.RULE)
    elif loop is not None and loop.step is not None:
        loop.step.outcome(Outcome.FAILED)


def _loop(framework: Framework, given: Any, named: Named, result: Any) -> Loop:  # noqa: ANN401 - any input, any way to the answer
    """What stands around one execution of the loop."""
    config = named.get("run_config")
    state = given if hasattr(given, "get_interruptions") else None
    thread, outer = _conversation(named, config, state), current_loop()
    threads = (thread, _trace_id(state), None) if outer is None else outer.threads
    pause = None if state is None else _paused(state, threads)
    run = framework_run(
        framework,
        _workflow(config),
        run_id=None if pause is None else pause.run_id,
        conversation=thread if pause is None else pause.conversation,
        given=texts.conversation(given) if state is None else MISSING,
        result=result,
    )
    return Loop(framework, run, state, threads)


def _trace_id(state: Any) -> str | None:  # noqa: ANN401 - agents.RunState, if any
    """The SDK's trace that a state was made in."""
    return getattr(getattr(state, "_trace_state", None), "trace_id", None)


def _workflow(config: Any) -> str:  # noqa: ANN401 - agents.RunConfig, if any
    """Name of the workflow: that of the trace the host has opened, else the run's own."""
    name = getattr(_host_trace(), "name", None) or getattr(config, "workflow_name", None)
    return name if isinstance(name, str) and name not in {"", "no-op"} else "Agent workflow"


def _conversation(named: Named, config: Any, state: Any) -> str | None:  # noqa: ANN401 - as above
    """The conversation's id, from where the SDK has one."""
    trace = _host_trace()
    candidates: tuple[Callable[[], object], ...] = (
        lambda: named["session"].session_id,
        lambda: named["conversation_id"],
        lambda: config.group_id,
        lambda: trace.group_id,
        lambda: state._conversation_id,  # noqa: SLF001 - the SDK has no public way to read it
        lambda: state._trace_state.group_id,  # noqa: SLF001 - as above
        # Several runs in one trace of the host belong together.
        lambda: None if trace.name == "no-op" else trace.trace_id,
    )
    for candidate in candidates:
        # Some sessions have no id before their first use.
        with contextlib.suppress(Exception):
            found = candidate()
            if isinstance(found, str) and found:
                return found
    return None


def _host_trace() -> Any:  # noqa: ANN401 - agents.Trace, if any
    """The SDK's trace that is open here."""
    return sys.modules["agents.tracing"].get_current_trace()


def _answer(result: Any) -> object:  # noqa: ANN401 - agents.RunResult or RunResultStreaming
    """A run's answer; one that waits for a person has none yet."""
    return MISSING if result.interruptions or result.final_output is None else result.final_output


def patch(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put loops around the runner and turns around its turns."""
    run_loop = sys.modules["agents.run_internal.run_loop"]

    def run(instance: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        given = args[1] if len(args) > 1 else named.get("input")
        return _loop(framework, given, named, _answer)

    def streaming(instance: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        streamed = named["streamed_result"]
        state = named.get("run_state") if named.get("is_resumed_state") else None
        return _loop(framework, named["starting_input"] if state is None else state, named, lambda _: _answer(streamed))

    def turn(instance: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        loop = _current.get()
        items = named.get("generated_items") or named.get("original_pre_step_items") or ()
        return None if loop is None else _Turn(loop, named["bindings"].public_agent, named.get("original_input"), items)

    def streamed_turn(instance: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        loop = _current.get()
        streamed, bindings = (*args, None, None)[:2]
        streamed, bindings = streamed or named["streamed_result"], bindings or named["bindings"]
        return None if loop is None else _Turn(loop, bindings.public_agent, streamed.input, streamed._model_input_items)  # noqa: SLF001

    def at_limit(instance: Any, args: Arguments, named: Named) -> None:  # noqa: ANN401, ARG001 - the hook's form
        # With a handler, and always when streaming, nothing is raised where the run could see it.
        if named.get("error_kind") == "max_turns":
            _state_limit(str(named["error"]))

    patches.around(module.AgentRunner, "run", run)
    patches.around(module, "start_streaming", streaming)
    patches.around(module, "run_single_turn", turn)
    patches.around(run_loop, "run_single_turn_streamed", streamed_turn)
    for owner in (module, run_loop):
        patches.around(owner, "resolve_interrupted_turn", turn)
        patches.before(owner, "resolve_run_error_handler_result", at_limit)
