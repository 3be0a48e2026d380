"""The runs of AutoGen's teams, and what their managers and members tell of each other."""

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, Final

from opentelemetry import context as otel_context

import relaylens
from relaylens.around import Around
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen_loops import Loop, is_orchestrator, is_swarm
from relaylens.frameworks.autogen_people import answer, ask, ask_with, conversations, resumed
from relaylens.frameworks.autogen_turns import Place, TakingPart, Turn, current_loop
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Make, Named, Patches
from relaylens.frameworks.recording import Pause, Region, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, HandoffReason, Outcome, TransferMode

_LIMITS: Final = frozenset({"MaxMessageTermination", "TokenUsageTermination", "TimeoutTermination"})
"""Conditions that end a team because it took too long."""

_STOPPED_BY_HAND: Final = "ExternalTermination"

_loops: Final[dict[str, Loop]] = {}
"""Teams that run, by the id that all of their messages carry; each runs once at a time."""


class _TeamRun(InRun):
    """A team's run from its task to its result."""

    keeps_items = False

    def __init__(self, run: Around | None, team: Any, task: object, pause: Pause | None) -> None:  # noqa: ANN401 - a BaseGroupChat
        self._run = run
        self._team = team
        self._task = task
        self._pause = pause
        self._loop: Loop | None = None
        self._is_outermost = current_loop() is None and current_scope().step is None

    def _enter(self) -> None:
        self._enter_run()
        with guarded("begin a team's run"):
            self._loop = _loops[self._team._team_id] = Loop(self._team, otel_context.get_current(), texts.task(self._task))  # noqa: SLF001 - as above
            answer(self._pause, self._task)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end a team's run"):
            loop = self._loop
            if loop is not None:
                if _loops.get(self._team._team_id) is loop:  # noqa: SLF001 - as above
                    del _loops[self._team._team_id]  # noqa: SLF001 - as above
                self._left(loop, error)
                loop.close(error)
                if self._run is not None and error is None and loop.leaving is None and loop.answer is not None:
                    self._run._returned(loop.answer)  # noqa: SLF001 - as above
        self._leave_run(error)

    def _left(self, loop: Loop, error: BaseException | None) -> None:
        """What became of a handoff to somebody who is not in the team."""
        message = loop.leaving
        if message is None or isinstance(error, GeneratorExit):
            return
        stint = loop.last_stint()
        with nullcontext() if stint is None else stint():
            self._note_leaving(loop, message, error)

    def _note_leaving(self, loop: Loop, message: Any, error: BaseException | None) -> None:  # noqa: ANN401 - a HandoffMessage
        if error is not None:
            if is_swarm(type(self._team)):
                relaylens.handoff(
                    message.target,
                    texts.passed_on(message),
                    mode=TransferMode.PASS_CONTROL,
                    failed=HandoffReason.UNKNOWN_TARGET,
                    reason=str(error) or type(error).__name__,
                )
        elif self._is_outermost:
            written = loop.handed_with.get(message.source)
            if written:
                ask_with(conversations.of(self._team), message, written)
            else:
                ask(conversations.of(self._team), message)


class _Quiet(Region):
    """Something done to a team of which the runtime speaks, in no run."""

    def __init__(self, framework: Framework, then: Callable[[Any], None]) -> None:
        """Prepare; `then` sees what it gave."""
        super().__init__(framework, silent=framework.silent)
        self._then = then

    def _returned(self, value: object) -> None:
        self._then(value)


def _signalled(manager: Any, message: Any) -> None:  # noqa: ANN401 - a manager and its StopMessage
    """A team stops: by a limit, where another end was meant, or by hand."""
    sources = set(message.source.split(", "))
    limit = getattr(manager, "_max_turns", None)
    at_limit = sources <= _LIMITS or (
        message.source == manager._name  # noqa: SLF001 - AutoGen has no public way to read it
        and message.content in {f"Maximum number of turns {limit} reached.", "Max rounds reached."}
    )
    if at_limit and _has_other_end(manager):
        scope = current_scope()
        if scope.step is None or is_orchestrator(manager):
            relaylens.outcome(Outcome.FAILED, message.content, evidence=Evidence.RULE)
    elif sources == {_STOPPED_BY_HAND} and current_scope().step is None:
        relaylens.outcome(Outcome.ABANDONED, message.content, evidence=Evidence.RULE)


def _has_other_end(manager: Any) -> bool:  # noqa: ANN401 - a manager
    """Whether the team can end in another way than by a limit: one that is given only a limit is meant to work that long."""
    if is_orchestrator(manager) or type(manager).__name__ == "GraphFlowManager":
        return True
    conditions = _conditions(getattr(manager, "_termination_condition", None))
    return any(type(each).__name__ not in {*_LIMITS, _STOPPED_BY_HAND} for each in conditions)


def _conditions(condition: Any) -> Iterator[Any]:  # noqa: ANN401 - a TerminationCondition
    """A condition, or the parts of one that is combined."""
    parts = getattr(condition, "_conditions", None)
    if parts is not None:
        for part in parts:
            yield from _conditions(part)
    elif condition is not None:
        yield condition


def _published(agent: Any, message: Any, topic: Any) -> None:  # noqa: ANN401 - a manager or a container, what it says and to whom
    """A manager lets a member speak, or a member has spoken."""
    loop = _loops.get(agent.id.key)
    kind = type(message).__name__
    if loop is None:
        return
    if kind == "GroupChatRequestPublish":
        names = {each: name for name, each in agent._participant_name_to_topic_type.items()}  # noqa: SLF001 - as above
        loop.requested(names[topic.type], agent)
    elif kind == "GroupChatAgentResponse":
        # Before 0.7 they have other names.
        response = getattr(message, "response", None) or message.agent_response
        if is_orchestrator(agent):
            loop.instructed(response.chat_message)
        else:
            loop.responded(getattr(message, "name", None) or message.agent_name, response.chat_message)
    elif kind == "GroupChatTeamResponse" and message.result.messages:
        loop.responded(message.name, message.result.messages[-1])


def patch(framework: Framework, patches: Patches) -> None:
    """Put runs around teams and see what passes between managers and members."""
    chats = "autogen_agentchat.teams._group_chat"
    base, containers, managers, agents = (
        sys.modules[f"{chats}.{name}"]
        for name in ("_base_group_chat", "_chat_agent_container", "_base_group_chat_manager", "_sequential_routed_agent")
    )

    def run(team: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
        task = named.get("task")
        conversation = conversations.of(team)
        pause = resumed(conversation, task)
        around = framework_run(
            framework,
            getattr(team, "name", type(team).__name__),
            run_id=None if pause is None else pause.run_id,
            conversation=conversation,
            given=texts.task(task),
            result=texts.text,
        )
        return _TeamRun(around, team, task, pause)

    def handling(agent: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        loop = _loops.get(agent.id.key)
        if loop is None:
            return None
        return Place(loop, loop.orchestrating(agent, args[0]) if is_orchestrator(agent) else None)

    def turn(container: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        loop = _loops.get(container.id.key)
        if loop is None:
            return None
        agent, messages = container._agent, container._message_buffer  # noqa: SLF001 - as above
        return TakingPart(loop, agent) if hasattr(agent, "_participants") else Turn(loop, agent, messages)

    def published(agent: Any, args: Arguments, named: Named) -> None:  # noqa: ANN401 - the hook's form
        _published(agent, args[0] if args else named.get("message"), named.get("topic_id") or (args[1] if len(args) > 1 else None))

    def led(edge: Any, args: Arguments, named: Named, holds: Any) -> None:  # noqa: ANN401, ARG001 - the hook's form
        loop = current_loop()
        if holds and loop is not None and args:
            loop.edges[edge.target].append(args[0].source)

    patches.around(base.BaseGroupChat, "run_stream", run)
    patches.around(agents.SequentialRoutedAgent, "on_message_impl", handling)
    patches.around(containers.ChatAgentContainer, "handle_request", turn)
    patches.before(agents.SequentialRoutedAgent, "publish_message", published)
    patches.before(managers.BaseGroupChatManager, "_signal_termination", lambda manager, args, _: _signalled(manager, args[0]))
    patches.after(sys.modules[f"{chats}._graph._digraph_group_chat"].DiGraphEdge, "check_condition", led)
    _patch_the_rest(framework, base.BaseGroupChat, patches)
    _patch_runtime(patches)


def _patch_the_rest(framework: Framework, team: type, patches: Patches) -> None:
    """See what is done to teams outside of their runs."""

    def quiet(then: Callable[[Any, Any], None]) -> Make:
        return lambda chat, args, named: _Quiet(framework, lambda result: then(chat, args[0] if args else named.get("state", result)))

    def nothing(chat: Any, state: Any) -> None:  # noqa: ANN401 - the form of the others
        """Pausing and resuming leave the conversation as it is."""

    patches.around(team, "reset", quiet(lambda chat, _: conversations.forget(chat)))
    patches.around(team, "save_state", quiet(conversations.saved))
    patches.around(team, "load_state", quiet(conversations.loaded))
    for name in ("pause", "resume"):
        patches.around(team, name, quiet(nothing))


def _patch_runtime(patches: Patches) -> None:
    """Pass a team's messages on in its run: a runtime of the program's own was started elsewhere."""

    def passing(_: object, args: Arguments, named: Named) -> Around | None:
        envelope = args[0] if args else named["message_envelope"]
        ends = (getattr(envelope, each, None) for each in ("topic_id", "recipient", "sender"))
        teams = [getattr(end, "source", None) or getattr(end, "key", None) for end in ends]
        loop = next((_loops[team] for team in teams if team in _loops), None)
        return None if loop is None else Place(loop)

    for name in ("_process_send", "_process_publish", "_process_response"):
        patches.around(sys.modules["autogen_core"].SingleThreadedAgentRuntime, name, passing)
