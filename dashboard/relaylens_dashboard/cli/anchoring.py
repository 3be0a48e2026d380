"""`relaylens anchor`: the signed anchors of a store, for those who are to hold a copy."""

import shutil
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_collector.errors import StoreNotFoundError
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.tabular import Rows

_COLUMNS: Final = ("anchor", "event", "record", "head", "applied", "at", "detail", "key")

AnchorKey = Annotated[
    Path | None, typer.Option("--anchor-key", dir_okay=False, help="File of the private key, where it is not in the store's folder.")
]

app = typer.Typer(
    name="anchor",
    help="Shows and exports the signed anchors of a store: what its journal held, and when.",
    no_args_is_help=True,
)

Out = Annotated[Path, typer.Argument(metavar="FILE", help="File for the anchors; one that is there is replaced.")]
Second = Annotated[Path | None, typer.Argument(metavar="FILE", help=options.SECOND_PATH, show_default=False)]
KeyOut = Annotated[Path | None, typer.Option("--public-key", dir_okay=False, help="File for the public key, too.")]


@app.command("show")
def show_anchors(older: options.OlderStore = None, *, store: options.Folder = None, form: options.Form = options.Format.TABLE) -> None:
    """Shows every anchor: starts, stops and jumps of the clock among them; a start without a stop before it followed a kill."""
    from relaylens_collector.anchors import SignedAnchor

    anchors = [SignedAnchor.parse(line) for line in _file(options.folder(older, store)).read_bytes().splitlines()]
    rows = tuple(
        (one.number, one.event.value, one.link.seq, one.link.head.hex(), one.applied, one.at, one.detail, one.key) for one in anchors
    )
    show(Rows(_COLUMNS, rows), form, none="There are no anchors.")


@app.command("export")
def export_anchors(out: Out, second: Second = None, *, store: options.Folder = None, public_key: KeyOut = None) -> None:
    """Copies the anchors, and the public key, for somebody to whom the journal is to be proved later; a collector may run meanwhile."""
    from relaylens_collector.anchors.keys import PUBLIC_KEY_FILE

    older, file = (None, out) if second is None else (out, second)
    folder = options.folder(older, store)
    shutil.copyfile(_file(folder), file)
    say(f"Wrote {file}")
    if public_key is not None:
        shutil.copyfile(folder / PUBLIC_KEY_FILE, public_key)
        say(f"Wrote {public_key}")


@app.command("rotate")
def rotate_key(older: options.OlderStore = None, *, store: options.Folder = None, anchor_key: AnchorKey = None) -> None:
    """Replaces the key that signs, of a store that no collector holds; every anchor still verifies, with either public key.

    Give the new public key to those who hold the old one.
    """
    from relaylens_collector.anchors.rotating import rotate

    old, new = rotate(options.folder(older, store), anchor_key)
    say(f"The key {new} signs from here on, in place of {old}.")


def _file(store: Path) -> Path:
    from relaylens_collector.anchors.writing import ANCHORS_FILE

    path = store / ANCHORS_FILE
    if not path.exists():
        detail = f"Looked for {path}."
        raise StoreNotFoundError(detail)
    return path
