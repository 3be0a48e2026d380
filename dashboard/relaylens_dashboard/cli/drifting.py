"""`relaylens drift` and `relaylens unusual`: a deployment beside its own past, and one run beside its deployment's good runs."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relaylens_analytics import Window
from relaylens_dashboard import hostile, tabular, wording
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.options import Format
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.naming import Names

if TYPE_CHECKING:
    from relaylens_analytics.baseline.drift import Drift, Movement, Side
    from relaylens_analytics.baseline.suspicion import Act, RunSuspicion

Agent = Annotated[str | None, typer.Argument(metavar="[AGENT]", help="Only runs with this agent.")]
Versions = Annotated[
    tuple[str, str] | None, typer.Option("--versions", metavar="OLD NEW", help="Compare the runs of two versions of the agent.")
]
Every = Annotated[bool, typer.Option("--all", help="Also figures that have not moved.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, as `relaylens runs` prints it.")]
Conversation = Annotated[str | None, typer.Option("--conversation", help="Its conversation, where two have a run of this id.")]
Json = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]

_COLUMNS: Final = (
    "service",
    "figure",
    "before",
    "before low",
    "before high",
    "after",
    "after low",
    "after high",
    "difference",
    "chance",
    "runs before",
    "runs after",
)


def show_drift(
    *,
    agent: Agent = None,
    versions: Versions = None,
    every: Every = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    form: options.Form = Format.TABLE,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Says in which figures the runs of a deployment have moved between two times, or between two versions of an agent.

    With --since the runs from then on are compared with those of as long a time before. With --versions the runs in which the agent
    had the one version are compared with those of the other, within --since and --until where these are given. A figure has moved when
    any figure would move as much by chance in fewer than one case in twenty. Below 12 runs on a side nothing is said.
    """
    from relaylens_analytics.baseline.drift import drifts

    with options.reader(store, url, token) as reader:
        before, after = _sides(Names.ask(reader).key(agent), versions, since, until)
        found = drifts(reader, before, after, service=service)
    shown = [(one, movement) for one in found for movement in (one.movements if every else one.moved)]
    for one in found:
        say(_summary(one))
    if not found:
        say("There are no such runs here.")
    elif shown or form is not Format.TABLE:
        show(tabular.Rows(_COLUMNS, tuple(_row(*pair) for pair in shown)), form, none="")


def _sides(agent: str | None, versions: tuple[str, str] | None, since: datetime | None, until: datetime | None) -> "tuple[Side, Side]":
    """Give what is compared with what."""
    from relaylens_analytics.baseline.drift import Side

    window = options.window(since, until)
    if versions is not None:
        if agent is None:
            detail = "--versions are those of an agent: name it, as in `relaylens drift triage --versions 1 2`"
            raise typer.BadParameter(detail)
        return Side(window, agent, versions[0]), Side(window, agent, versions[1])
    earlier = window.previous()
    if earlier is None:
        detail = "give --since, such as --since 7d to compare the last 7 days with those before, or --versions OLD NEW of an agent"
        raise typer.BadParameter(detail)
    return Side(Window(earlier.since, earlier.until), agent), Side(window, agent)


def _summary(one: "Drift") -> str:
    """Say what was compared, and how much moved."""
    from relaylens_analytics.baseline.drift import LEAST_RUNS

    compared = f"{one.service or 'no service name'}: {wording.count(one.runs_before, 'run')} before, {one.runs_after:,} after"
    if not one.is_enough:
        return f"{compared}. Not enough history: {LEAST_RUNS} are needed on each side."
    return f"{compared}; {len(one.moved)} of {wording.count(len(one.movements), 'figure')} moved."


def _row(one: "Drift", moved: "Movement") -> tuple[tabular.Cell, ...]:
    numbers = (moved.before, *moved.before_interval, moved.after, *moved.after_interval)
    return (
        one.service,
        moved.name,
        *(round(number, 2) for number in numbers),
        round(moved.difference, 3),
        round(moved.p_value, 4),
        one.runs_before,
        one.runs_after,
    )


def show_unusual(
    *,
    run: Run,
    conversation: Conversation = None,
    as_json: Json = False,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Says how unlike the good runs of its deployment a run is, in which figures, and which of its steps are unusual in what."""
    from relaylens_analytics.baseline.suspicion import suspicion
    from relaylens_analytics.queries.runs import RunKey

    with options.reader(store, url, token) as reader:
        found = suspicion(reader, RunKey(run, conversation))
        names = Names.ask(reader)
    if found is None:
        say(f"There is no run {run} here that could be compared.")
        raise typer.Exit(1)
    if as_json:
        sys.stdout.write(hostile.for_json(json.dumps(_document(run, found), indent=2, ensure_ascii=False)) + "\n")
        return
    sys.stdout.writelines(f"{hostile.visible(line)}\n" for line in _lines(run, found, names))


def _document(run: str, found: "RunSuspicion") -> dict[str, Any]:
    return {"run": run, **asdict(found)}


def _lines(run: str, found: "RunSuspicion", names: Names) -> Iterator[str]:
    from relaylens_analytics.baseline.judging import LEAST_HISTORY

    name = hostile.one_line(run)
    if not found.is_enough:
        yield f"Run {name}: not enough history. There are {found.history} other good runs that differ, and {LEAST_HISTORY} are needed."
        return
    service = hostile.one_line(found.service or "no service name")
    yield f"Run {name} beside {wording.count(found.history, 'different good run')} of {service}."
    if found.p_value is not None:
        flagged = "flagged" if found.alarm else "not flagged"
        yield f"When it settled, {found.p_value:.1%} of good runs were as unusual; it was {flagged}."
    yield from (f"- {hostile.one_line(one)}" for one in found.figures)
    if not found.figures:
        yield "- no figure of the run stands out"
    notable = [(place, act) for place, act in enumerate(found.acts) if act.unusual_in]
    yield ""
    yield "Unusual steps:" if notable else "No step is unusual by itself."
    yield from _acts(notable, found.began, names)


def _acts(notable: "Sequence[tuple[int, Act]]", began: int | None, names: Names) -> Iterator[str]:
    for place, act in notable:
        first = ", the first" if place == began else ""
        turn = f"step {act.position}" if act.position is not None else "outside any step"
        yield (
            f"- {hostile.one_line(names.of(act.agent) or 'nobody')}, {turn}{first}: {hostile.one_line(act.what)} is unusual in "
            f"{' and '.join(act.unusual_in)} ({act.score:.1f})  {act.trace_id}:{act.span_id}"
        )
