"""Runs of Agno's agents and teams: each is a step, the outermost is the run, one inside of another one's is handed over to."""

import inspect
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around, call_function, call_generator
from relaylens.content import as_text
from relaylens.frameworks.agno_order import Place, here
from relaylens.frameworks.agno_people import answer_all, ask
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkStep, fingerprint, framework_run
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.recording import STOPPED
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, Outcome, TransferMode

_ENDS: Final = frozenset({"COMPLETED", "PAUSED", "CANCELLED", "ERROR"})


class AgnoError(Exception):
    """What Agno says of a run that it has ended with an error, without an exception."""


class Stint(FrameworkStep):
    """An agent's or a team leader's run, as what happens in it knows it."""

    entity: Any = None
    """The agent or team."""
    error: BaseException | None = None
    """The last error of a model call in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - those of a step
        """Prepare."""
        super().__init__(*args, **kwargs)
        self.unknown: set[str] = set()
        """Ids of members that the model named and that there are not."""


class _AgnoRun(Around):
    """One run of an agent or a team."""

    def __init__(self, framework: Framework, entity: Any, named: Named, *, resumed: bool) -> None:  # noqa: ANN401 - Agent or Team
        """Prepare."""
        self._framework = framework
        self._entity = entity
        self._resumed = resumed
        self._response = named.get("run_response")
        # The events of a stream are only needed where they alone say how it ended.
        self.keeps_items = self._response is None
        self._requirements = named.get("requirements")
        context = named.get("run_context")
        self._run_id: str | None = getattr(self._response, "run_id", None) or named.get("run_id") or getattr(context, "run_id", None)
        self._session: str | None = named.get("session_id") or getattr(context, "session_id", None)
        self._session = self._session or getattr(self._response, "session_id", None)
        self._user: str | None = named.get("user_id") or getattr(context, "user_id", None)
        self._run: Around | None = None
        self._handoff: Handoff | None = None
        self._step: Stint | None = None
        self._answer: object = MISSING
        self._place: Place | None = None
        self._is_over = False
        self._status_before = _status(self._response)
        self._is_running = self._status_before not in _ENDS
        """Whether it is, or was since: one that goes on is first what it was when it stopped."""

    def _enter(self) -> None:
        with guarded("begin a run of Agno"):
            name, caller = name_of(self._entity), current_scope().step
            given = MISSING if self._response is None or self._resumed else _given(self._response)
            run = framework_run(
                self._framework,
                name,
                run_id=self._run_id,
                conversation=self._session,
                user=self._user,
                given=given,
                result=_as_is,
            )
            if run is not None:
                run._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
                self._run = run
            self._place = here()
            others: list[Handoff] = []
            if self._place is not None and self._place.last and not self._resumed:
                others = self._place.moves_on(name, given)
            elif caller is not None and not self._resumed:
                self._handoff = Handoff(name, given, _mode(caller), None)
                self._handoff._enter()  # noqa: SLF001 - as above
            step = Stint(
                self._framework,
                name,
                version=_version(self._entity),
                agent_id=_text(getattr(self._entity, "id", None)),
                description=_text(getattr(self._entity, "role", None)) or _text(getattr(self._entity, "description", None)),
                given=_given(self._response) if self._response is not None else MISSING,
                result=_as_is,
            )
            step.entity = self._entity
            for other in others:
                other.accept()
            step.open()
            self._step = step
        if self._resumed:
            with guarded("record an answer"):
                answer_all(self._entity, self._requirements or getattr(self._response, "requirements", None) or ())

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - RunOutput, TeamRunOutput, or the events of one
        if self._is_over:
            return
        response = self._response
        if response is None or hasattr(value, "run_id"):
            response = _last(value) if isinstance(value, list) else value
        self._response = response
        if isinstance(value, list) and _status(response) not in _ENDS:
            # Nobody has read the stream to its end.
            return
        if _status(response) == "PAUSED":
            for requirement in getattr(response, "requirements", None) or ():
                ask(requirement)
            return
        self._answer = "" if response.content is None else response.content
        if self._step is not None:
            self._step.output(self._answer)

    def _leave(self, error: BaseException | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        with guarded("end a run of Agno"):
            status = _status(self._response)
            if error is None and status == "ERROR":
                noted = None if self._step is None else self._step.error
                error = noted or AgnoError(as_text(getattr(self._response, "content", None) or "no more is known"))
            left = isinstance(error, GeneratorExit) and status not in _ENDS
            if left or (status == "CANCELLED" and not isinstance(error, STOPPED)):
                self._called_off()
        if self._step is not None:
            self._step.close(error)
            if self._place is not None:
                self._place.last = (self._step.agent,)
        if self._handoff is not None:
            if self._answer is not MISSING:
                self._handoff.output(self._answer)
            self._handoff._leave(error)  # noqa: SLF001 - as above
        if self._run is not None:
            if self._answer is not MISSING:
                with guarded("record an answer"):
                    self._run._returned(self._answer)  # noqa: SLF001 - as above
            self._run._leave(error)  # noqa: SLF001 - as above

    def _called_off(self) -> None:
        """Agno ends a run that was cancelled as any other."""
        if self._step is not None:
            self._step.outcome(Outcome.ABANDONED)
        if self._handoff is None and self._run is not None:
            relaylens.outcome(Outcome.ABANDONED, evidence=Evidence.RULE)

    def _suspend(self) -> None:
        status = _status(self._response)
        self._is_running = self._is_running or status not in _ENDS
        if not self._is_over and status in _ENDS and (self._is_running or status != self._status_before):
            # Agno does not read its own streams to their end: what follows the answer is left to the garbage collector.
            with guarded("record a result"):
                self._returned(self._response)
            self._leave(None)
        for each in (self._step, self._handoff, self._run):
            if each is not None:
                each._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        if self._is_over:
            return
        for each in (self._run, self._handoff, self._step):
            if each is not None:
                each._resume()  # noqa: SLF001 - as above


def _as_is(value: object) -> object:
    return value


def name_of(entity: Any) -> str:  # noqa: ANN401 - Agent or Team
    """The name of an agent or team."""
    return str(getattr(entity, "name", None) or getattr(entity, "id", None) or "agent")


def _mode(caller: object) -> TransferMode:
    """Whether control comes back: not to a leader that lets its member answer directly."""
    team = caller.entity if isinstance(caller, Stint) else None
    return TransferMode.PASS_CONTROL if getattr(team, "respond_directly", False) is True else TransferMode.RETURN_TO_CALLER


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _version(entity: Any) -> str:  # noqa: ANN401 - Agent or Team
    """A version of what the agent is made of."""

    def named(each: Any) -> str:  # noqa: ANN401 - tools and members of any kind
        return str(getattr(each, "name", None) or getattr(each, "__name__", type(each).__qualname__))

    written = entity.instructions
    tools, members = entity.tools, getattr(entity, "members", None)
    return fingerprint(
        written if isinstance(written, str | list) or written is None else getattr(written, "__qualname__", ""),
        getattr(entity.model, "id", None),
        [named(tool) for tool in tools] if isinstance(tools, list) else None,
        [named(member) for member in members] if isinstance(members, list) else None,
    )


def _given(response: Any) -> object:  # noqa: ANN401 - RunOutput or TeamRunOutput
    """What a run was asked: its text, or its messages."""
    given = getattr(response.input, "input_content", None)
    if isinstance(given, list) and given and all(hasattr(item, "role") for item in given):
        return [{"role": item.role, "content": as_text(item.content or "")} for item in given]
    return MISSING if given is None else given


def _status(response: Any) -> str | None:  # noqa: ANN401 - as above
    status = getattr(response, "status", None)
    return None if status is None else str(getattr(status, "value", status)).upper()


def _last(items: list[Any]) -> Any:  # noqa: ANN401 - events
    """What a stream has said of its end: the run itself, or its last event with content."""
    whole = [item for item in items if hasattr(item, "status") and hasattr(item, "run_id")]
    return (whole or [item for item in items if hasattr(item, "content")] or items)[-1]


def _as_it_returns(around: Around, function: Any, args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401 - any call
    """Call what returns a result or a generator, whichever was asked for: its work is done here or while it is read."""
    if kwargs.get("stream") or (kwargs.get("stream") is None and getattr(args[0], "stream", None)):
        found = function(*args, **kwargs)
        if inspect.isgenerator(found):
            return call_generator(around, lambda *_, **__: found, args, kwargs)
        return found
    return call_function(around, function, args, kwargs)


def patch_agents(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put steps around the runs of agents."""
    _patch(framework, module, patches, begun=("_run", "_run_stream", "_arun", "_arun_stream"))
    _patch(framework, module, patches, resumed=("_continue_run", "_continue_run_stream", "_acontinue_run", "_acontinue_run_stream"))


def patch_teams(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put steps around the runs of teams; one that goes on lets its members go on first."""
    _patch(framework, module, patches, begun=("_run", "_run_stream", "_arun", "_arun_stream"))
    _patch(framework, module, patches, resumed=("_acontinue_run", "_acontinue_run_stream"))

    def goes_on(instance: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        return _AgnoRun(framework, args[0], named, resumed=True)

    patches.around(module, "continue_run_dispatch", goes_on, call=_as_it_returns)


def _patch(
    framework: Framework, module: ModuleType, patches: Patches, *, begun: tuple[str, ...] = (), resumed: tuple[str, ...] = ()
) -> None:
    """Put steps around functions whose first argument is the agent or team."""

    def around(*, goes_on: bool) -> Any:  # noqa: ANN401 - what stands around a call
        return lambda _, args, named: _AgnoRun(framework, args[0] if args else named.get("agent") or named["team"], named, resumed=goes_on)

    for name in begun:
        patches.around(module, name, around(goes_on=False))
    for name in resumed:
        patches.around(module, name, around(goes_on=True))
