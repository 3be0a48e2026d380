"""The names of ADK's runs: its own invocation ids, which a session keeps and which come back when something that waited goes on."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace

from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import RELAYLENS_RUN_ID

_drawn: Final[set[str]] = set()
"""Ids that runs have and that ADK is to get when it asks for a new one."""

_unnamed: Final[dict[str, Callable[[str], None]]] = {}
"""Runs that go on with something, by the id they have until ADK has found which; they are told then."""


def draw(make: Callable[[], str]) -> str:
    """An id of ADK's own for a run that begins, drawn a moment before ADK does."""
    made = make()
    _drawn.add(made)
    return made


def await_name(run_id: str, named: Callable[[str], None]) -> None:
    """Let a run be told its name."""
    _unnamed[run_id] = named


def forget(run_id: str | None) -> None:
    """A run has ended."""
    _drawn.discard(run_id or "")
    _unnamed.pop(run_id or "", None)


def patch(module: ModuleType, patches: Patches) -> None:
    """Let ADK's invocations have the names of the runs, and runs those of invocations that go on."""
    make = module.new_invocation_context_id

    def new_invocation_context_id() -> str:
        with guarded("name an invocation"):
            run = current_scope().run
            if run is not None and run.id is not None and run.id in _drawn:
                _drawn.discard(run.id)
                return run.id
        return str(make())

    patches.put(module, "new_invocation_context_id", new_invocation_context_id)
    patches.after(module.Runner, "_new_invocation_context", _named)


def _named(_: object, args: Arguments, named: Named, context: Any) -> None:  # noqa: ANN401, ARG001 - InvocationContext, the hook's form
    """ADK knows which invocation it is."""
    run = current_scope().run
    tell = None if run is None else _unnamed.pop(run.id or "", None)
    if tell is not None:
        tell(context.invocation_id)
        # The span that ADK has opened for the invocation by now.
        trace.get_current_span().set_attribute(RELAYLENS_RUN_ID, context.invocation_id)
