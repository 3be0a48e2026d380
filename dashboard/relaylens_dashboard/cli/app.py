"""The commands of `relaylens`, and what becomes of their errors."""

import os
import sys
from importlib.metadata import version
from typing import Annotated, Final

import typer

from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_collector.errors import CollectorError
from relaylens_dashboard.cli import changing, exporting, importing, lists, live, numbers, reporting
from relaylens_dashboard.cli.children import ChildEndedError
from relaylens_dashboard.cli.output import say

_INTERRUPTED: Final = 130
"""What a shell says of a command that Ctrl-C ended."""

_RUN: Final = "Run"
_RECORD: Final = "Keep the record"
_READ: Final = "Read"

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


app.command("up", rich_help_panel=_RUN)(live.up)
app.command("demo", rich_help_panel=_RUN)(live.demo)
app.command("import", rich_help_panel=_RECORD)(importing.import_files)
app.command("export", rich_help_panel=_RECORD)(exporting.export)
app.command("rebuild", rich_help_panel=_RECORD)(changing.rebuild)
app.command("label", rich_help_panel=_RECORD)(changing.label)
app.command("runs", rich_help_panel=_READ)(lists.show_runs)
app.command("handoffs", rich_help_panel=_READ)(lists.show_handoffs)
app.command("escalations", rich_help_panel=_READ)(lists.show_escalations)
app.command("findings", rich_help_panel=_READ)(lists.show_findings)
app.command("metrics", rich_help_panel=_READ)(numbers.show_metrics)
app.command("report", rich_help_panel=_READ)(reporting.report)
app.command("sql", rich_help_panel=_READ)(numbers.answer_sql)


def run() -> int:
    """Run the command line: 0 done, 1 failed, 2 wrong use; an error of ours is a sentence, not a traceback."""
    try:
        app()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except (RelaylensAnalyticsError, CollectorError, ChildEndedError) as error:
        say(f"relaylens: {error}")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough, as in `relaylens runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        say(f"relaylens: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return 1
    return 0
