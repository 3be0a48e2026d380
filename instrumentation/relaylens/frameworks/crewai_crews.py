"""CrewAI's crews and tasks: their runs, and the guardrails that judge what agents produce."""

from types import ModuleType
from typing import Any

from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.crewai_agents import argument, name_of, raw
from relaylens.frameworks.crewai_trail import CrewTrail, arrive, current_crew
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import framework_run
from relaylens.scope import current_scope


def patch_crew(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """See crews run."""

    def run(crew: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        # While it streams, the crew runs by a second call, when the stream is read.
        if crew.stream:
            return None
        given = argument(args, kwargs, 0, "inputs") or "\n".join(str(task.description) for task in crew.tasks)
        return framework_run(framework, crew.name or "crew", given=given, result=raw)

    def replay(crew: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        return framework_run(framework, crew.name or "crew", given=argument(args, kwargs, 1, "inputs") or "", result=raw)

    def trail(crew: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401, ARG001
        return None if current_scope().run is None else CrewTrail(crew)

    for name in ("_execute_tasks", "_aexecute_tasks"):
        patches.around(module.Crew, name, trail)
    for name in ("kickoff", "akickoff"):
        patches.around(module.Crew, name, run)
    patches.around(module.Crew, "replay", replay)


def patch_task(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """See tasks that are run without a crew."""

    def run(task: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        if current_scope().run is not None:
            return None
        agent = argument(args, kwargs, 0, "agent") or task.agent
        return framework_run(framework, str(task.name or name_of(agent)), given=str(task.description), result=raw)

    def beside(task: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401
        # A task that runs beside others is handed over here, in the crew's order, and not when its thread happens to begin.
        crew, scope = current_crew(), current_scope()
        agent = argument(args, kwargs, 0, "agent") or task.agent
        if crew is not None and agent is not None and scope.run is not None and scope.step is None and crew.begins(task):
            arrive(crew.before(task), name_of(agent), argument(args, kwargs, 1, "context") or str(task.description))

    patches.before(module.Task, "execute_async", beside)
    patches.around(module.Task, "_execute_core", run)
    patches.around(module.Task, "_aexecute_core", run)
