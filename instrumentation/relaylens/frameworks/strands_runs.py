"""What stands around the calls of Strands' agents and networks: runs, turns, handoffs, questions to people."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context

import relaylens
from relaylens.frameworks import strands_texts as texts
from relaylens.frameworks.base import Framework
from relaylens.frameworks.recording import FrameworkRun, FrameworkStep, Pause, Pauses, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import Missing
from relaylens.safety import guarded
from relaylens.scope import current_scope, normalised
from relaylens.semconv import Evidence, Outcome, TransferMode
from relaylens.transfers import Transfer

_NETWORK = otel_context.create_key("relaylens-strands-network")
_OUTERMOST = otel_context.create_key("relaylens-strands-outermost")

_pauses = Pauses()
"""Runs that wait for a person, by the session or the object that is called again to go on."""

_MOST_INTERRUPTED = 10_000
_interrupted: OrderedDict[tuple[object, str], Transfer] = OrderedDict()
"""What agents that wait for a person had been handed, by what is called again and their name."""


class Call(InRun):
    """A call of an agent or a network: the run, unless there is one, and what is inside of it."""

    keeps_items = False

    def __init__(self, framework: Framework, called: Any, prompt: Any) -> None:  # noqa: ANN401 - an agent or a network, and its input
        """Prepare."""
        self._framework = framework
        self.called = called
        self._prompt = prompt
        self._result: Any = None
        self._token: Any = None
        self._goes_on = False
        outermost = otel_context.get_value(_OUTERMOST)
        self._outermost = outermost if isinstance(outermost, Call) else self

    @property
    def key(self) -> object:
        """What will be called again to go on: the outermost."""
        outermost = self._outermost.called
        return texts.session_of(outermost) or id(outermost)

    def _mark(self) -> None:
        if self._token is None:
            self._token = otel_context.attach(self._marked(otel_context.set_value(_OUTERMOST, self._outermost)))

    def _marked(self, context: Context) -> Context:
        """What holds inside."""
        return context

    def _unmark(self) -> None:
        token, self._token = self._token, None
        if token is not None:
            otel_context.detach(token)

    def saw(self, event: Mapping[str, Any]) -> None:
        """See an event of the stream."""
        if "result" in event:
            self._result = event["result"]

    def _begin_run(self, name: str) -> None:
        said = dict(texts.responses(self._prompt))
        self._goes_on = bool(said)
        pause = _pauses.resume(self.key) if said and current_scope().run is None else None
        self._run = framework_run(
            self._framework,
            name,
            run_id=None if pause is None else pause.run_id,
            conversation=texts.session_of(self.called) if pause is None else pause.conversation,
            given=texts.asked(self._prompt),
        )
        self._enter_run()
        if pause is not None:
            _answer(pause, said)

    def _end_run(self, answer: object, error: BaseException | None) -> None:
        if isinstance(self._run, FrameworkRun) and not isinstance(answer, Missing):
            self._run.output(answer)
        self._leave_run(error)


class AgentCall(Call):
    """A turn of an agent; inside of another agent's turn it is a delegation, whose control comes back."""

    def __init__(self, framework: Framework, agent: Any, prompt: Any) -> None:  # noqa: ANN401 - a strands.Agent and its input
        """Prepare."""
        super().__init__(framework, agent, prompt)
        self._agent = agent
        self._network = current_network()
        self._name = texts.name_of(agent, None if self._network is None else self._network.node_of(agent))
        self._delegation: Handoff | None = None
        self._step: FrameworkStep | None = None

    def _enter(self) -> None:
        with guarded("begin an agent's turn"):
            self._begin_run(self._name)
            scope, given = current_scope(), texts.asked(self._prompt)
            called = not self._goes_on and not self._is_expected()
            if scope.step is not None and called and normalised(scope.step.agent) != normalised(self._name):
                self._delegation = handoff(self._name, given, mode=TransferMode.RETURN_TO_CALLER)
                self._delegation._enter()  # noqa: SLF001 - one Around made of several
            self._step = FrameworkStep(
                self._framework,
                self._name,
                version=texts.version_of(self._agent),
                agent_id=getattr(self._agent, "agent_id", None),
                description=getattr(self._agent, "description", None),
                given=given,
                received=_interrupted.pop((self.key, self._name), None) if self._goes_on else self._delegation,
            )
            self._step.open()
            self._mark()

    def _is_expected(self) -> bool:
        """Whether an agent of the same network has handed over to this one."""
        run = current_scope().run
        return run is not None and any(normalised(offer.target or "") == normalised(self._name) for offer in run.offers)

    def _suspend(self) -> None:
        with guarded("leave an agent's turn"):
            self._unmark()
            for part in (self._step, self._delegation):
                if part is not None:
                    part._suspend()  # noqa: SLF001 - one Around made of several
            super()._suspend()

    def _resume(self) -> None:
        with guarded("enter an agent's turn"):
            super()._resume()
            for part in (self._delegation, self._step):
                if part is not None:
                    part._resume()  # noqa: SLF001 - one Around made of several
            self._mark()

    def _leave(self, error: BaseException | None) -> None:
        answer: object = Missing.MISSING
        with guarded("end an agent's turn"):
            self._unmark()
            if error is None:
                answer = texts.answered(getattr(self._result, "message", None))
                self._ask()
                self._state_limit()
        with guarded("end an agent's turn"):
            if self._step is not None:
                if not isinstance(answer, Missing):
                    self._step.output(answer)
                self._step.close(error)
            if self._delegation is not None:
                if not isinstance(answer, Missing):
                    self._delegation.output(answer)
                self._delegation._leave(error)  # noqa: SLF001 - one Around made of several
        with guarded("end a run"):
            self._end_run(answer, error)

    def _ask(self) -> None:
        """Ask what the agent was interrupted for, once for each interrupt: it comes up through every agent that called this one."""
        asked = getattr(self._result, "interrupts", None) or ()
        if asked and self._step is not None and self._step.received is not None:
            _interrupted[self.key, self._name] = self._step.received
            while len(_interrupted) > _MOST_INTERRUPTED:
                _interrupted.popitem(last=False)
        waiting = _pauses.waiting(self.key)
        known = () if waiting is None else tuple(waiting.questions)
        for interrupt in asked:
            if interrupt.response is None and not any(_is_same(interrupt.id, name) for name in known):
                _pauses.ask(self.key, interrupt.id, {"name": interrupt.name, "reason": interrupt.reason})

    def _state_limit(self) -> None:
        """An agent that stops at one of its limits says so without an error."""
        reason = str(getattr(self._result, "stop_reason", ""))
        if reason.startswith("limit_") and isinstance(self._run, FrameworkRun):
            relaylens.outcome(Outcome.FAILED, reason, evidence=Evidence.RULE)


class Network(Call):
    """A call of a network, as the agents in it see it."""

    def node_of(self, agent: object) -> str | None:
        """The name of an agent's node."""
        return next((name for name, node in self.called.nodes.items() if node.executor is agent), None)

    def _marked(self, context: Context) -> Context:
        return otel_context.set_value(_NETWORK, self, context)


def current_network() -> Network | None:
    """The network that runs here."""
    found = otel_context.get_value(_NETWORK)
    return found if isinstance(found, Network) else None


def _answer(pause: Pause, said: Mapping[str, object]) -> None:
    """Record what people have answered."""
    for name, question in pause.questions.items():
        for answered, response in said.items():
            if not _is_same(answered, name):
                continue
            relaylens.answer(question.id, texts.verdict_of(response), response if isinstance(response, str | Mapping) else None)


def _is_same(outer: str, inner: str) -> bool:
    """Whether an interrupt is one of an agent within: on its way up each tool call puts its own name before the id."""
    return outer == inner or outer.endswith(f":{inner}")
