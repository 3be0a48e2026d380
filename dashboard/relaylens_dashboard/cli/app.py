"""The commands of `relaylens`, and what becomes of their errors."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, Final, NamedTuple

import typer

from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_collector.errors import CollectorError, SettingsError
from relaylens_dashboard.cli import (
    accounting,
    anchoring,
    assisting,
    blaming,
    changing,
    copying,
    declaring,
    drifting,
    erasing,
    evaluating,
    examining,
    exporting,
    finding,
    importing,
    judging,
    launching,
    lists,
    live,
    numbers,
    reporting,
    status,
    tokens,
    verifying,
)
from relaylens_dashboard.cli.children import ChildEndedError
from relaylens_dashboard.cli.output import say

_FAILED: Final = 1
_WRONG_USE: Final = 2
_INTERRUPTED: Final = 130
"""What a shell says of a command that Ctrl-C ended."""

_RUN: Final = "Run"
_RECORD: Final = "Keep the record"
_READ: Final = "Read"
_ACCESS: Final = "Who may do what"

app = typer.Typer(
    name="relaylens",
    help="Shows how work moves through a network of agents: who did what, who handed it to whom, what was lost on the way.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, asked: bool) -> None:
    if asked:
        sys.stdout.write(f"relaylens {version('relaylens')}\n")
        raise typer.Exit


@app.callback()
def relaylens(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    """Shows how work moves through a network of agents: who did what, who handed it to whom, what was lost on the way."""


class Command(NamedTuple):
    """One command, where it stands in the help, and what it is in a few words."""

    name: str
    panel: str
    function: Callable[..., None]
    short: str


COMMANDS: Final = (
    Command("up", _RUN, live.up, "Collector and dashboard, until Ctrl-C."),
    Command("demo", _RUN, live.demo, "The example network live in collector and dashboard."),
    Command("run", _RUN, launching.run_program, "A program, observed without a change of it."),
    Command("status", _RUN, status.status, "How a running collector is doing."),
    Command("import", _RECORD, importing.import_files, "OTLP files into a store."),
    Command("export", _RECORD, exporting.export, "OTLP or Parquet out of a store."),
    Command("label", _RECORD, changing.label, "A judgement about a run."),
    Command("mark", _RECORD, finding.mark, "Whether a finding is true, or a run good."),
    Command("judge", _RECORD, judging.judge, "A second opinion on findings, by a judge of your own."),
    Command("rebuild", _RECORD, changing.rebuild, "The database anew from the journal."),
    Command("verify", _RECORD, verifying.verify, "Whether the record is whole."),
    Command("backup", _RECORD, copying.backup, "A whole copy of a store, also of a running one."),
    Command("restore", _RECORD, copying.restore, "A store from a backup."),
    Command("erase", _RECORD, erasing.erase, "A conversation, run, trace or user out of a store."),
    Command("retention", _RECORD, erasing.retention, "What the rules do not keep, out of a store."),
    Command("doctor", _RECORD, examining.doctor, "What is the matter with a store."),
    Command("runs", _READ, lists.show_runs, "Runs and their outcomes."),
    Command("handoffs", _READ, lists.show_handoffs, "Who handed work to whom, and whether it succeeded."),
    Command("escalations", _READ, lists.show_escalations, "Questions to people."),
    Command("findings", _READ, finding.show_findings, "Silent failures."),
    Command("detectors", _READ, finding.show_detectors, "What looks for silent failures, and how often it was right here."),
    Command("blame", _READ, blaming.blame, "Where what is wrong with a run may have begun."),
    Command("unusual", _READ, drifting.show_unusual, "How unlike its deployment's good runs a run is, step by step."),
    Command("drift", _READ, drifting.show_drift, "In which figures runs have moved between two times or versions."),
    Command("network", _READ, declaring.show_network, "What runs that nobody declared, and what is declared and does not run."),
    Command("gaps", _READ, lists.show_gaps, "What is missing in the record, and why."),
    Command("silences", _READ, lists.show_silences, "Deployments from which nothing comes any more, by their own rhythm."),
    Command("account", _READ, accounting.account, "Whether what was sent adds up, by process."),
    Command("dead-letters", _READ, lists.show_dead_letters, "What came and could not be kept, and why."),
    Command("metrics", _READ, numbers.show_metrics, "Every number, by what you like, with its SQL."),
    Command("evaluate", _READ, evaluating.evaluate_labels, "How often detectors and blame are right on labelled runs."),
    Command("report", _READ, reporting.report, "One file for people who do not open a dashboard."),
    Command("sql", _READ, numbers.answer_sql, "One SELECT."),
    Command("mcp", _READ, assisting.serve_assistant, "The store as tools for an assistant (Model Context Protocol)."),
)
"""Every command, in the order of the help."""

_TAKES_MORE: Final[dict[str, dict[str, Any]]] = {"run": launching.TAKES_ANY, "up": live.TAKES_SETTINGS}

for _command in COMMANDS:
    app.command(
        _command.name,
        rich_help_panel=_command.panel,
        short_help=_command.short,
        context_settings=_TAKES_MORE.get(_command.name),
    )(_command.function)


app.add_typer(anchoring.app, rich_help_panel=_RECORD, short_help="Signed anchors: shown and exported.")
app.add_typer(erasing.app, rich_help_panel=_RECORD, short_help="Legal holds: added, listed and removed.")
app.add_typer(tokens.app, rich_help_panel=_ACCESS, short_help="Tokens: made, listed and revoked.")


def run() -> int:
    """Run the command line: 0 done, 1 failed, 2 wrong use; an error of ours is a sentence, not a traceback."""
    try:
        app()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough, as in `relaylens runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except OSError as error:
        say(f"relaylens: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return _FAILED
    except (RelaylensAnalyticsError, CollectorError, ChildEndedError) as error:
        say(f"relaylens: {error}")
        return _WRONG_USE if isinstance(error, SettingsError) else _FAILED
    return 0
