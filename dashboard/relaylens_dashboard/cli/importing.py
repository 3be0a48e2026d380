"""`relaylens import`: requests from files into a store, applied and settled when it returns."""

from pathlib import Path
from typing import Annotated

import typer

from relaylens_collector.signals import Signal
from relaylens_dashboard import wording
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...", exists=True, dir_okay=False, readable=True, help="Files of OTLP requests: .pb, .jsonl or .json, also .gz or .xz."
    ),
]
SignalOption = Annotated[options.OtlpSignal | None, typer.Option("--signal", help="What the files hold, where their names do not say.")]


def import_files(
    *,
    paths: Paths,
    signal: SignalOption = None,
    store: options.OwnStore = options.DEFAULT_STORE,
    prices: options.Prices = None,
) -> None:
    """Imports files of OTLP requests; a record that cannot be read is reported and costs only itself.

    The signal is in the file's name: run.logs.pb.xz holds logs, run.metrics.pb metrics, any other protobuf file traces.
    OTLP JSON says itself what it holds.
    """
    from relaylens_dashboard.cli.ingesting import ingest_files

    tally = ingest_files(paths, None if signal is None else Signal(signal), store, prices)
    say(
        f"Imported {tally.requests:,} requests with {tally.accepted:,} spans, log records and metrics into {store}"
        f" ({tally.rejected:,} rejected, {tally.duplicates:,} requests were there already)."
    )
    if tally.broken:
        say(f"{wording.count(tally.broken, 'record')} could not be read.")
        raise typer.Exit(1)
