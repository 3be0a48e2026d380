"""The schema's `.sql` files, in the order in which they build on each other."""

from importlib.resources import files
from typing import Final

_FOLDER: Final = files("relaylens_collector.store") / "schema"


def schema_statements() -> list[tuple[str, str]]:
    """Return each file's name and statement, in the order of `_order`."""
    names = (_FOLDER / "_order").read_text().split()
    return [(name, (_FOLDER / name).read_text()) for name in names]
