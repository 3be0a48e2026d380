"""`relaylens run`, in the list of commands; its options are those of the instrumentation, which needs none of this package."""

from typing import Final

import typer

TAKES_ANY: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Everything is passed on, since the command that follows has options of its own."""


def run_program(context: typer.Context) -> None:
    """Runs a program with relaylens.instrument() called at its start, in it and in every Python process it starts.

    `relaylens run [--service NAME] [--endpoint URL] [--protocol P] [--capture-content ...] [--frameworks NAMES] -- python app.py`
    """
    from relaylens.launching import main

    raise typer.Exit(main(context.args))
