"""LangGraph and LangChain's agents: graphs are runs, agents are steps, and what passes between nodes are handoffs."""

import importlib.util
from types import ModuleType
from typing import Any, Final

from relaylens.around import Around, call_async_generator, call_generator
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.langgraph_calls import GraphCall
from relaylens.frameworks.langgraph_people import answer_pending
from relaylens.frameworks.langgraph_runs import current_graph, current_task, task_run
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region


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
    """A model call makes its node an agent, and is recorded once, not by the model's client too."""
    is_recorded = any(_installed(name) for name in ("opentelemetry.instrumentation.genai.langchain", "openinference.instrumentation.langchain"))

    def call(_model: object, _args: Arguments, _kwargs: Named) -> Around | None:
        task = current_task()
        if task is not None and task.can_be_agent:
            task.begin()
        return Region(FRAMEWORK, silent=CLIENT_SCOPES) if is_recorded and current_graph() is not None else None

    for name in ("generate", "agenerate"):
        patches.around(module.BaseChatModel, name, call)
    patches.around(module.BaseChatModel, "stream", call, call=call_generator)
    patches.around(module.BaseChatModel, "astream", call, call=call_async_generator)


def _installed(module: str) -> bool:
    """Whether a module is there; the packages around it are imported for that."""
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


FRAMEWORK: Final = Framework(
    name="langgraph",
    distribution="langgraph",
    tested=">=1.0,<2",
    patches={
        "langgraph.pregel": _graphs,
        "langgraph.pregel._runner": _tasks,
        "langgraph.pregel._loop": _loops,
        "langchain_core.language_models.chat_models": _models,
    },
    adds="the run of a graph, each agent's turn, handoffs by commands, edges, sends and agents called as tools, questions of `interrupt()`",
    why="OpenTelemetry's own instrumentation of LangChain records model and tool calls with their texts, through LangChain's callbacks",
    instrumentations=("opentelemetry-instrumentation-genai-langchain", "openinference-instrumentation-langchain"),
    instrumentations_after="langchain_core.language_models.chat_models",
    details=frozenset(
        {
            "opentelemetry.instrumentation.genai.langchain",
            "openinference.instrumentation.langchain",
            "opentelemetry.instrumentation.langchain",
        }
    ),
)
