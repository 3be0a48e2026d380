"""`relaylens network`: the network as it is declared beside the one that was seen, and a first declaration of it."""

from typing import Annotated, Any, Final

import typer

from relaylens.semconv import DeclaredState, SpecificationPart
from relaylens_dashboard import tabular, wording
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.options import Format
from relaylens_dashboard.cli.output import say, show, write
from relaylens_dashboard.naming import Names

_COLUMNS: Final = {
    "service_name": "service",
    "part": "kind",
    "name": "name",
    "target": "to",
    "state": "state",
    "times": "times",
    "last_at": "last",
}
_PARTS: Final = (SpecificationPart.AGENT, SpecificationPart.HANDOFF, SpecificationPart.TOOL)
_MOST: Final = 10_000
_NOT_LEARNED: Final = (
    '# What needs a person\'s yes cannot be learned. Above the tables of a service: approval = ["TOOL", ...]\n'
    "# Read it, take out what should not be, and keep it as network.toml in the store's folder.\n"
)

Every = Annotated[bool, typer.Option("--all", help="Also what was seen as it is declared.", rich_help_panel="What to show")]
Declare = Annotated[bool, typer.Option("--declare", help="Print a network.toml of what the good runs did.")]


def show_network(
    *,
    every: Every = False,
    declare: Declare = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Shows which agents, handoffs and tools were seen that nobody declared, and which are declared and were not seen.

    What is declared stands in network.toml in the store's folder (docs/network.md). With --declare such a file is made of what the
    good runs did, to begin with.
    """
    from relaylens_analytics import specification
    from relaylens_analytics.queries import network

    window = options.window(since, until, service)
    with options.reader(store, url, token) as reader:
        found = network.declared(reader, window, parts=_PARTS, limit=_MOST).to_pylist()
        services = sorted({row["service_name"] for row in found})
        names = Names.ask(reader)
        if declare:
            usual = [row for name in services for row in network.usual(reader, window, name)]
            if not usual:
                say("There is no good run here to learn a network from: one that was completed without a grave finding.")
                raise typer.Exit(1)
            write(_NOT_LEARNED + "\n" + specification.written(usual), out)
            return
    held = {row["service_name"] for row in found if row["state"] != DeclaredState.NOT_HELD}
    if not held:
        say(
            "Nothing is declared here. `relaylens network --declare --out network.toml` makes a file to begin with, for the store's folder."
        )
    shown = [row for row in found if every or row["state"] not in {DeclaredState.AS_DECLARED, DeclaredState.NOT_HELD}]
    if form is Format.TABLE:
        shown = [{**row, "name": names.of(row["name"]), **_target(row, names)} for row in shown]
    cells = tuple(tuple(tabular.to_cell(row[column]) for column in _COLUMNS) for row in shown)
    if held or every or form is not Format.TABLE:
        show(
            tabular.Rows(tuple(_COLUMNS.values()), cells),
            form,
            none=f"All that was seen of {wording.count(len(held), 'service')} is declared.",
        )


def _target(row: dict[str, Any], names: Names) -> dict[str, str | None]:
    """Call whom a handoff goes to by the name; the target of an agent's tool is the tool."""
    return {} if row["part"] == SpecificationPart.TOOL else {"target": names.of(row["target"])}
