"""LangGraph and LangChain's agents: graphs are runs, agents are steps, and what passes between nodes are handoffs."""

from types import ModuleType
from typing import Any, Final

from relaylens.around import Around, call_async_generator, call_generator
from relaylens.frameworks.base import Framework
from relaylens.frameworks.langgraph_calls import GraphCall
from relaylens.frameworks.langgraph_models import ChatCall, ToolUse
from relaylens.frameworks.langgraph_people import answer_pending
from relaylens.frameworks.langgraph_tasks import task_run
from relaylens.frameworks.patching import Arguments, Named, Patches


def _graphs(module: ModuleType, patches: Patches) -> None:
    """Every way to start a graph comes through these two."""

    def call(graph: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401 - a Pregel
        return GraphCall.of(FRAMEWORK, graph, args, kwargs)

    patches.around(module.Pregel, "stream", call, call=call_generator)
    patches.around(module.Pregel, "astream", call, call=call_async_generator)


def _tasks(module: ModuleType, patches: Patches) -> None:
    """Each node's task, with its retries."""

    def run(_: object, args: Arguments, kwargs: Named) -> Around | None:
        return task_run(args, kwargs)

    patches.around(module, "run_with_retry", run)
    patches.around(module, "arun_with_retry", run)


def _loops(module: ModuleType, patches: Patches) -> None:
    """A graph's loop knows what was asked before, and what the graph's output is."""

    def begun(loop: Any, _args: Arguments, _kwargs: Named, _result: object) -> None:  # noqa: ANN401 - a PregelLoop
        call = GraphCall.here()
        if call is not None and call.goes_on:
            answer_pending(call.pause, call.given, loop)

    def ended(loop: Any, _args: Arguments, _kwargs: Named, _result: object) -> None:  # noqa: ANN401 - a PregelLoop
        call = GraphCall.here()
        if call is not None:
            call.ended(loop)

    for kind, enter, leave in ((module.SyncPregelLoop, "__enter__", "__exit__"), (module.AsyncPregelLoop, "__aenter__", "__aexit__")):
        patches.after(kind, enter, begun)
        patches.after(kind, leave, ended)


def _models(module: ModuleType, patches: Patches) -> None:
    """Each prompt to a chat model."""

    def call(model: object, args: Arguments, kwargs: Named) -> Around | None:
        return ChatCall.of(model, args, kwargs)

    patches.around(module.BaseChatModel, "_generate_with_cache", call)
    patches.around(module.BaseChatModel, "_agenerate_with_cache", call)
    patches.around(module.BaseChatModel, "stream", call, call=call_generator)
    patches.around(module.BaseChatModel, "astream", call, call=call_async_generator)


def _tools(module: ModuleType, patches: Patches) -> None:
    """Each call of a tool."""

    def call(tool: object, args: Arguments, kwargs: Named) -> Around | None:
        return ToolUse.of(tool, args, kwargs)

    patches.around(module.BaseTool, "run", call)
    patches.around(module.BaseTool, "arun", call)


FRAMEWORK: Final = Framework(
    name="langgraph",
    distribution="langgraph",
    tested=">=1.0,<2",
    patches={
        "langgraph.pregel": _graphs,
        "langgraph.pregel._runner": _tasks,
        "langgraph.pregel._loop": _loops,
        "langchain_core.language_models.chat_models": _models,
        "langchain_core.tools.base": _tools,
    },
    adds="the run of a graph, each agent's turn, handoffs by commands, edges, sends and agents called as tools, questions of "
    "`interrupt()`, model and tool calls of LangChain",
    why="What records LangChain otherwise keeps a tree of its own, repeats the conversation on every span of a graph, and takes commands "
    "and interrupts for errors",
    instead_of=(
        "openinference-instrumentation-langchain",
        "opentelemetry-instrumentation-genai-langchain",
        "opentelemetry-instrumentation-langchain",
    ),
    silent=frozenset(
        {
            "openinference.instrumentation.langchain",
            "opentelemetry.instrumentation.genai.langchain",
            "opentelemetry.instrumentation.langchain",
        }
    ),
)
