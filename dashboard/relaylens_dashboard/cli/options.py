"""The options that commands share, each declared once."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_analytics import Reader, Window, open_store
from relaylens_collector.signals import Signal
from relaylens_dashboard import moments

DEFAULT_STORE: Final = Path("relaylens-data")
"""Folder of the store where none is named."""

URL_VARIABLE: Final = "RELAYLENS_URL"
STORE_VARIABLE: Final = "RELAYLENS_STORE"
"""Environment variables that say what is read where no option does; the first wins."""

_READ: Final = "Where to read"
_WHAT: Final = "What to show"


class OtlpSignal(StrEnum):
    """What a file of OTLP requests holds."""

    TRACES = Signal.TRACES
    LOGS = Signal.LOGS
    METRICS = Signal.METRICS


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


def moment(text: str) -> datetime:
    """Read a moment, or say what a moment is."""
    try:
        return moments.moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        help=f"Folder of the store. Where nothing is named: {URL_VARIABLE}, {STORE_VARIABLE}, or ./{DEFAULT_STORE}.",
        rich_help_panel=_READ,
    ),
]
OwnStore = Annotated[Path, typer.Option("--store", envvar=STORE_VARIABLE, help="Folder of the store.")]
Folder = Annotated[
    Path | None, typer.Option("--store", help=f"Folder of the store. Where none is named: {STORE_VARIABLE}, or ./{DEFAULT_STORE}.")
]
OlderStore = Annotated[Path | None, typer.Argument(metavar="STORE", help="The older form of --store.", show_default=False)]
Prices = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        envvar="RELAYLENS_PRICES",
        exists=True,
        dir_okay=False,
        help="CSV with the prices of models, instead of ours; kept in the store.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Address of a running collector, such as http://127.0.0.1:4318, instead of a folder.",
        rich_help_panel=_READ,
    ),
]
Token = Annotated[
    str | None, typer.Option("--token", envvar="RELAYLENS_TOKEN", help="Token that the collector asks for.", rich_help_panel=_READ)
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=moment, metavar="WHEN", help="From then on: ISO 8601, or ago as 24h or 7d.", rich_help_panel=_WHAT),
]
Until = Annotated[
    datetime | None, typer.Option("--until", parser=moment, metavar="WHEN", help="Before then; as --since.", rich_help_panel=_WHAT)
]
At = Annotated[
    datetime | None,
    typer.Option("--at", parser=moment, metavar="WHEN", help="As it was then, instead of now; as --since.", rich_help_panel=_WHAT),
]
Service = Annotated[str | None, typer.Option("--service", help="Of this service only.", rich_help_panel=_WHAT)]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many, the latest.", rich_help_panel=_WHAT)]
Form = Annotated[Format, typer.Option("--format", help="How to print.", case_sensitive=False)]
Out = Annotated[Path | None, typer.Option("--out", dir_okay=False, help="File to write; else standard output.")]

SECOND_PATH: Final = "Where two are named, the first is the folder of the store: the older form of --store."


def place(store: Path | None, url: str | None) -> str | Path:
    """Give the folder or the address that the options name, or the environment where they name none."""
    if store is None and url is None:
        url = os.environ.get(URL_VARIABLE) or None
        store = Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)
    elif store is not None and url is not None:
        detail = "give either --store or --url"
        raise typer.BadParameter(detail)
    if url is None:
        if store is not None and store.parts[:1] in {("http:",), ("https:",)}:
            detail = "--store is a folder; give the address of a collector as --url"
            raise typer.BadParameter(detail)
        return store or DEFAULT_STORE
    if "://" not in url:
        detail = f"the address of a collector begins with http:// or https://, found {url!r}; the folder of a store is --store"
        raise typer.BadParameter(detail)
    return url


def folder(older: Path | None, store: Path | None) -> Path:
    """Give the folder that the option names, or the argument of the older form, or the environment where neither does."""
    if older is not None and store is not None:
        detail = "name the folder once; --store does"
        raise typer.BadParameter(detail)
    return older or store or Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)


def reader(store: Path | None, url: str | None, token: str | None) -> Reader:
    """Open what the options name."""
    return open_store(place(store, url), token=token)


def window(since: datetime | None, until: datetime | None, service: str | None = None) -> Window:
    """Make the window of the options."""
    if since is not None and until is not None and since >= until:
        detail = "--since is not before --until"
        raise typer.BadParameter(detail)
    return Window(since, until, service)
