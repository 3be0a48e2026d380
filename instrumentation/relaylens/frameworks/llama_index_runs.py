"""What happens in LlamaIndex while it happens: a workflow's run, whose turn it is, its model and tool calls, and questions to people."""

import asyncio
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from opentelemetry import context as otel_context

from relaylens import content
from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.escalations import Escalation, escalate
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.llama_index_texts import answered, asked, finish_reason, message, prompt, usage
from relaylens.frameworks.recording import FrameworkRun, FrameworkStep, fingerprint, framework_run
from relaylens.frameworks.verdicts import verdict
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import MISSING
from relaylens.recording import write_error
from relaylens.safety import guarded
from relaylens.scope import current_scope, with_scope
from relaylens.semconv import (
    GEN_AI_OUTPUT_MESSAGES,
    RELAYLENS_SPAN_ROLE,
    EscalationState,
    HandoffReason,
    SpanRole,
    TransferMode,
)

_DESK: Final = otel_context.create_key("relaylens-llama-index-run")
_HANDOFF: Final = "handoff"
"""Name of the tool by which agents hand over; LlamaIndex keeps it for itself."""

_conversations: Final[weakref.WeakKeyDictionary[Any, str]] = weakref.WeakKeyDictionary()
"""The conversation that a `Context` holds, for the runs that go on with it."""


class WorkflowRun(Around):
    """One run of a workflow, from `run()` to what its handler gives."""

    def __init__(self, framework: Framework, workflow: Any, kwargs: Mapping[str, Any], args: tuple[Any, ...]) -> None:  # noqa: ANN401 - a Workflow
        """See what is asked of which workflow."""
        self._framework = framework
        self._workflow = workflow
        given = kwargs.get("ctx") or next((each for each in args if type(each).__name__ == "Context"), None)
        self._conversation = None if given is None else _conversations.get(given)
        self._start = kwargs.get("start_event") or next((each for each in args if hasattr(each, "model_dump")), None)
        self._named = {key: value for key, value in kwargs.items() if key not in {"ctx", "start_event", "run_id"}}
        self._outer: Around | None = None
        self._call: Handoff | None = None
        self._token: Any = None
        self._caller: str | None = None
        self._turn: FrameworkStep | None = None
        self._agent: str | None = None
        self._answer: object = None
        self._next: tuple[str, object] | None = None
        self._questions: dict[str, Escalation] = {}

    @property
    def framework(self) -> Framework:
        """LlamaIndex."""
        return self._framework

    def _enter(self) -> None:
        with guarded("begin a workflow"):
            step = current_scope().step
            self._caller = None if step is None else step.agent
            name = getattr(self._workflow, "name", None) or getattr(self._workflow, "workflow_name", None) or type(self._workflow).__name__
            self._outer = framework_run(self._framework, str(name), conversation=self._conversation, given=self._input())
            if self._outer is not None:
                self._outer._enter()  # noqa: SLF001 - one Around made of several
            self._token = otel_context.attach(otel_context.set_value(_DESK, self))

    def _input(self) -> object:
        """What the caller asked."""
        start = self._start
        user = self._named.get("user_msg") if start is None else start.get("user_msg", None)
        if user is not None:
            return user if isinstance(user, str) else [message(user)]
        history = self._named.get("chat_history") if start is None else start.get("chat_history", None)
        if history:
            return asked(history)
        return MISSING if start is None and not self._named else (self._named or start)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a WorkflowHandler
        """The workflow runs from here on; its end is that of the handler."""
        task = value._result_task  # noqa: SLF001 - what the handler itself waits for
        task.add_done_callback(self._done)
        if isinstance(self._outer, FrameworkRun) and self._outer.conversation is not None:
            with guarded("remember a conversation"):
                _conversations[value.ctx] = self._outer.conversation
        self._is_running = True

    _is_running = False

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a workflow"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)
        if self._outer is not None:
            self._outer._suspend()  # noqa: SLF001 - one Around made of several
        if error is not None or not self._is_running:
            self._end(error, None)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        """The workflow is done."""
        with guarded("end a workflow"):
            if task.cancelled():
                self._end(asyncio.CancelledError(), None)
            else:
                error = task.exception()
                stop = None if error is not None else task.result()
                stopped = type(error).__name__ == "WorkflowCancelledByUser"
                self._end(asyncio.CancelledError() if stopped else error, getattr(stop, "result", stop))

    def _end(self, error: BaseException | None, result: object) -> None:
        with guarded("end a workflow"):
            if self._next is not None and self._turn is not None:
                self._hand_over(*self._next).close()
            # At its limit of turns the workflow fails, not the agent whose turn it is.
            self._close(None if type(error).__name__ == "WorkflowRuntimeError" else error)
            if self._call is not None:
                if result is not None:
                    self._call.output(answered(result))
                self._call._leave(error)  # noqa: SLF001 - one Around made of several
        if self._outer is not None:
            with guarded("end a workflow"):
                if isinstance(self._outer, FrameworkRun) and result is not None:
                    self._outer.output(answered(result))
            self._outer._leave(error)  # noqa: SLF001 - one Around made of several

    def turn(self, agent: Any, messages: Any) -> FrameworkStep:  # noqa: ANN401 - a BaseWorkflowAgent
        """The turn of an agent: the one that is open, or a new one, to which the last agent has handed over."""
        name = str(agent.name)
        if self._turn is not None and self._agent == name:
            return self._turn
        received: Handoff | None = None
        if self._turn is not None:
            target, payload = self._next if self._next is not None else (name, MISSING)
            received = self._hand_over(target, payload)
            self._close(None)
        elif self._caller is not None and self._agent is None and self._caller != name:
            received = self._call = handoff(name, asked(messages), mode=TransferMode.RETURN_TO_CALLER)
        self._next = None
        described = agent.description if agent.description != "An agent that can perform a task" else None
        step = FrameworkStep(
            self._framework, name, version=_version(agent), description=described, given=asked(messages), received=received
        )
        step.open()
        step.paused()
        self._turn, self._agent, self._answer = step, name, None
        return step

    def _hand_over(self, target: str, payload: object) -> Handoff:
        """Write that the agent whose turn it is hands over."""
        return handoff(target, payload, mode=TransferMode.PASS_CONTROL, source=self._agent)

    def _close(self, error: BaseException | None) -> None:
        step, self._turn = self._turn, None
        if step is not None:
            if self._answer is not None:
                step.output(self._answer)
            step.close(error)

    def answered(self, output: Any) -> None:  # noqa: ANN401 - an AgentOutput
        """What the agent said last."""
        self._answer = answered(output)

    def failed(self, error: BaseException) -> None:
        """The agent's turn failed."""
        self._close(error)

    @property
    def step(self) -> FrameworkStep | None:
        """The turn that is open."""
        return self._turn

    def wants_to_hand_over(self, given: Mapping[str, Any], said: str) -> None:
        """The tool for handing over was called, with what it said."""
        target = str(given.get("to_agent", ""))
        agents: Mapping[str, Any] = getattr(self._workflow, "agents", {})
        allowed = getattr(agents.get(self._agent or ""), "can_handoff_to", None)
        if target not in agents:
            handoff(target, given.get("reason", MISSING), failed=HandoffReason.UNKNOWN_TARGET, reason=said)
        elif allowed is not None and target not in allowed:
            handoff(target, given.get("reason", MISSING), failed=HandoffReason.REFUSED, reason=said)
        else:
            self._next = (target, given.get("reason", MISSING))

    def ask(self, waiter: Any) -> None:  # noqa: ANN401 - an AddWaiter
        """A tool waits for a person; each question once, since the tool begins anew with the answer."""
        if waiter.waiter_id not in self._questions:
            event = waiter.waiter_event
            shown = {} if event is None else dict(event.items())
            question = shown.get("prefix") or shown or waiter.event_type.__name__
            self._questions[waiter.waiter_id] = escalate(question, to=str(shown.get("user_name") or "human"))

    def was_answered(self, waiter_id: str | None, reply: Any) -> None:  # noqa: ANN401 - the event, or None for nobody
        """A person has answered, or nobody in time."""
        name = waiter_id if waiter_id in self._questions else next(iter(self._questions), None)
        asked_for = None if name is None else self._questions.pop(name)
        if asked_for is None:
            return
        if reply is None:
            asked_for.answer(EscalationState.TIMED_OUT)
            return
        values = dict(reply.items())
        state, said = verdict(values.get("response", values))
        asked_for.answer(state, said, by=values.get("user_name"))


def _version(agent: Any) -> str:  # noqa: ANN401 - a BaseWorkflowAgent
    """A fingerprint of an agent's instructions, model and tools."""
    tools = [(tool.metadata.name, tool.metadata.description) for tool in agent.tools or ()]
    return fingerprint(agent.system_prompt, getattr(agent.llm, "model", type(agent.llm).__name__), tools)


def current_run() -> WorkflowRun | None:
    """The workflow that runs here."""
    found = otel_context.get_value(_DESK)
    return found if isinstance(found, WorkflowRun) else None


class _InTurn(Around):
    """Something that is done in an agent's turn."""

    keeps_items = False

    def __init__(self, run: WorkflowRun, step: FrameworkStep | None) -> None:
        self.run = run
        self._step = step
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("enter an agent's turn"):
            place = otel_context.get_current() if self._step is None or self._step.place is None else self._step.place
            self._token = otel_context.attach(self._inside(otel_context.set_value(_DESK, self.run, place)))

    def _inside(self, context: Any) -> Any:  # noqa: ANN401 - an OpenTelemetry context
        return context

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave an agent's turn"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)
            if error is not None and type(error).__name__ != "WaitingForEvent":
                self._failed(error)

    def _failed(self, error: BaseException) -> None:
        """Write what went wrong."""


class Thinking(_InTurn):
    """An agent calls its model; what LlamaIndex tells of that becomes the model call."""

    _key: Final = otel_context.create_key("relaylens-llama-index-model")

    def __init__(self, run: WorkflowRun, step: FrameworkStep | None, *, ends: bool) -> None:
        """Prepare; `ends` says whether an error ends the turn."""
        super().__init__(run, step)
        self._ends = ends
        self._depth = 0
        self._model_call: ModelCall | None = None

    @classmethod
    def here(cls) -> "Thinking | None":
        """The one that is done here."""
        found = otel_context.get_value(cls._key)
        return found if isinstance(found, Thinking) else None

    def _inside(self, context: Any) -> Any:  # noqa: ANN401
        scope = current_scope(context)
        # The model's client may record the same call itself.
        quiet = with_scope(replace(scope, silent=scope.silent | CLIENT_SCOPES), context)
        return otel_context.set_value(self._key, self, quiet)

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        """The input is the turn's."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - an AgentOutput or a ChatResponse
        if hasattr(value, "response"):
            self.run.answered(value)

    def _failed(self, error: BaseException) -> None:
        self._close(error)
        if self._ends:
            self.run.failed(error)

    def begun(self, event: Any) -> None:  # noqa: ANN401 - an LLMChatStartEvent
        """A model was asked; an integration that builds on another one says so twice."""
        self._depth += 1
        if self._depth == 1:
            about = event.model_dict or {}
            name = about.get("model") or about.get("model_name") or about.get("class_name") or "model"
            call = ModelCall(str(name), None, "chat")
            call._enter()  # noqa: SLF001 - the call ends with another event
            call._suspend()  # noqa: SLF001 - as above
            call.messages(prompt(event.messages))
            if (tools := (event.additional_kwargs or {}).get("tools")) is not None:
                call.tools(tools)
            self._model_call = call

    def ended(self, event: Any) -> None:  # noqa: ANN401 - an LLMChatEndEvent
        """The model has answered."""
        self._depth -= 1
        call = self._model_call
        if self._depth == 0 and call is not None:
            if event.response is not None:
                written = message(event.response.message)
                parts = written["parts"] if isinstance(written["parts"], list) else []
                calls = any(part["type"] == "tool_call" for part in parts)
                reason = finish_reason(event.response) or ("tool_calls" if calls else "stop")
                call.answer(None, finish_reason=reason)
                call._set_content(GEN_AI_OUTPUT_MESSAGES, lambda: content.as_json([{**written, "finish_reason": reason}]))  # noqa: SLF001
                call.usage(*usage(event.response))
            self._close(None)

    def _close(self, error: BaseException | None) -> None:
        call, self._model_call, self._depth = self._model_call, None, 0
        if call is not None:
            call._leave(error)  # noqa: SLF001 - as above


class ToolUse(_InTurn):
    """An agent calls a tool."""

    def __init__(self, run: WorkflowRun, tool: Any, given: Mapping[str, Any]) -> None:  # noqa: ANN401 - a BaseTool
        """See what is asked of which tool."""
        super().__init__(run, run.step)
        self._name = str(tool.metadata.name)
        self._given = given
        self._span = ToolCall(self._name, None)

    def _enter(self) -> None:
        super()._enter()
        self._span._enter()  # noqa: SLF001 - one Around made of several
        # Its name may sound like a handoff or a question: those are on spans of their own.
        self._span.set(RELAYLENS_SPAN_ROLE, SpanRole.DETAIL.value)
        self._span.input(dict(self._given))

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        """The arguments were recorded already."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a ToolOutput
        self._span.output(value.content)
        if value.is_error:
            raised = getattr(value, "exception", None)
            write_error(self._span.span, raised if isinstance(raised, BaseException) else ToolError(value.content), self._span._recorder)  # noqa: SLF001
        if self._name == _HANDOFF:
            self.run.wants_to_hand_over(self._given, str(value.content))

    def _leave(self, error: BaseException | None) -> None:
        self._span._leave(None if type(error).__name__ == "WaitingForEvent" else error)  # noqa: SLF001 - one Around made of several
        super()._leave(error)


class ToolError(Exception):
    """What a tool said of its failure, where it told that to the model instead of raising it."""


class Waiting(Around):
    """A step of a workflow waits for an event; the question is asked when it begins to, the answer is there when it begins anew."""

    def __init__(self, run: WorkflowRun, waiter_id: str | None) -> None:
        """Prepare."""
        self._run = run
        self._waiter_id = waiter_id

    def _enter(self) -> None:
        """The question is known only from what is raised."""

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        """As above."""

    def _returned(self, value: object) -> None:
        self._run.was_answered(self._waiter_id, value)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("ask a person"):
            if type(error).__name__ == "WaitingForEvent":
                self._run.ask(error.add)  # type: ignore[union-attr] # as the name says
            elif isinstance(error, TimeoutError):
                self._run.was_answered(self._waiter_id, None)
