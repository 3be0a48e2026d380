"""The store's `.sql` files."""

from importlib.resources import files
from typing import Final

_FOLDER: Final = files("relaylens_collector.store")

APPLY: Final = {
    name: (_FOLDER / "apply" / f"{name}.sql").read_text()
    for name in (
        "batches",
        "resources",
        "scopes",
        "texts",
        "spans",
        "number_ranges",
        "logs",
        "metric_points",
        "labels",
        "dead_letters",
        "operations",
    )
}
"""For each table the statement that stores rows registered as `mapped_<table>`."""

NOTE_VERSION: Final = (_FOLDER / "apply" / "schema_version.sql").read_text()
SET_ASIDE: Final = (_FOLDER / "apply" / "set_aside.sql").read_text()
TAKEN_BACK: Final = (_FOLDER / "apply" / "taken_back.sql").read_text()


def read_statement(name: str) -> str:
    """Return the question of that name."""
    return (_FOLDER / "read" / f"{name}.sql").read_text()


def schema_statements() -> list[tuple[str, str]]:
    """Return each file of the schema and its statement, in the order of `_order`."""
    names = (_FOLDER / "schema" / "_order").read_text().split()
    return [(name, (_FOLDER / "schema" / name).read_text()) for name in names]
