"""AutoGen's agents outside of teams, and users who take part in teams."""

from types import ModuleType
from typing import Any

import relaylens
from relaylens.around import Around
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen_people import Asking, answer, ask, conversations, resumed
from relaylens.frameworks.autogen_turns import current_loop, step_of
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkRun, Pause, Region, framework_run
from relaylens.frameworks.stacking import InRun
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, Outcome, TransferMode


class _Alone(InRun):
    """An agent's run of its own: the run, if nothing is open, and its one step."""

    def __init__(self, framework: Framework, agent: Any, task: Any, messages: Any = ()) -> None:  # noqa: ANN401 - a chat agent
        """Prepare for a task or for messages."""
        conversation = conversations.of(agent)
        asked = task if task is not None else list(messages) or None
        self._pause: Pause | None = resumed(conversation, asked)
        self._agent = agent
        self._asked = asked
        self._run = framework_run(
            framework,
            agent.name,
            run_id=None if self._pause is None else self._pause.run_id,
            conversation=conversation,
            given=texts.task(asked),
        )
        self._step = step_of(agent, agent.name, texts.task(asked))

    def _enter(self) -> None:
        self._enter_run()
        with guarded("answer what an agent asked"):
            answer(self._pause, self._asked)
        self._step.open()

    def _suspend(self) -> None:
        self._step.paused()
        super()._suspend()

    def _resume(self) -> None:
        super()._resume()
        self._step.resumed()

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a TaskResult, a Response, or the items of a stream
        result = value[-1] if isinstance(value, list) and value else value
        messages = getattr(result, "messages", None)
        message = messages[-1] if messages else getattr(result, "chat_message", None)
        if message is None:
            return
        self._step.output(texts.text(message))
        if _is_cut_short(self._agent, message):
            self._cut_short(f"The limit of {self._agent._max_tool_iterations} tool iterations was reached.")  # noqa: SLF001 - as above
        if type(message).__name__ != "HandoffMessage":
            if isinstance(self._run, FrameworkRun):
                self._run.output(texts.text(message))
        elif isinstance(self._run, FrameworkRun):
            # Nobody else is there: whoever runs the agent has to answer.
            ask(conversations.of(self._agent), message)
        else:
            relaylens.handoff(message.target, texts.passed_on(message), mode=TransferMode.PASS_CONTROL)

    def _cut_short(self, words: str) -> None:
        if isinstance(self._run, FrameworkRun):
            self._run.outcome(Outcome.FAILED, words, evidence=Evidence.RULE)
        else:
            self._step.outcome(Outcome.FAILED)

    def _leave(self, error: BaseException | None) -> None:
        self._step.close(error)
        self._leave_run(error)


def _is_cut_short(agent: Any, message: Any) -> bool:  # noqa: ANN401 - a chat agent and its last message
    """Whether an agent that may go on after its tools has come to the limit before it said anything."""
    return type(message).__name__ == "ToolCallSummaryMessage" and getattr(agent, "_max_tool_iterations", 1) > 1


def _is_person(agent: object) -> bool:
    return any(kind.__name__ == "UserProxyAgent" for kind in type(agent).__mro__)


def patch(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put runs around agents that are run by themselves, and questions around users."""

    def run(agent: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        return None if _is_person(agent) else _Alone(framework, agent, named.get("task"))

    def called(agent: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - the hook's form
        messages = args[0] if args else named.get("messages", ())
        return _Alone(framework, agent, None, messages) if current_scope().step is None else None

    def asked(agent: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - the hook's form
        loop = current_loop()
        said = None if loop is None else loop.answer
        question = (args[0] if args else named.get("prompt")) if said is None else texts.text(said)
        return None if current_scope().run is None else Asking(agent.name, question)

    for name in ("run", "run_stream"):
        patches.around(module.BaseChatAgent, name, run)
    for name in ("on_messages", "on_messages_stream"):
        patches.around(module.AssistantAgent, name, called)
    patches.after(module.AssistantAgent, "on_reset", lambda agent, *_: conversations.forget(agent))
    patches.around(module.UserProxyAgent, "_get_input", asked)
    # An agent that is made says so in a trace of its own.
    patches.around(module.BaseChatAgent, "__init__", lambda *_: Region(framework, silent=framework.silent))
