"""Every `.sql` file of the store is one that DuckDB understands against the real schema."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.collector.store.building import pair, request, span

import relaylens_collector.store
from relaylens_analytics.settle import create_tables
from relaylens_collector.mapping import Decoded
from relaylens_collector.records import Receipt
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.known_texts import KnownTexts
from relaylens_collector.store.rows import Known, prepare
from relaylens_collector.store.statements import APPLY, read_statement, schema_statements

FOLDER = Path(relaylens_collector.store.__file__).parent
READ = sorted(path.stem for path in (FOLDER / "read").glob("*.sql"))


def _pairs() -> list[tuple[Receipt, Decoded]]:
    """Return a request of each signal, one with a record that is rejected."""
    numbered = request(span(1, name="x" * 1000), span(0))
    numbered.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="relaylens.sequence").value.int_value = 7
    log = b"\x0a\x04\x12\x02\x12\x00"  # one log record, and one metric, with nothing in it
    return [
        pair(1, numbered.SerializeToString()),
        pair(2, log, Signal.LOGS),
        pair(3, log, Signal.METRICS),
        pair(4, b'{"name": "a"}', Signal.LABELS),
        pair(5, b'{"operation": "hold"}', Signal.OPERATIONS),
    ]


def test_the_order_names_every_file_of_the_schema() -> None:
    """A file that is not in `_order` would never be executed."""
    files = sorted(path.name for path in (FOLDER / "schema").glob("*.sql"))

    assert files == sorted(name for name, _ in schema_statements())


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.sql")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_opens_with_what_it_is_for(path: Path) -> None:
    """The first line is a comment, and there is one statement."""
    text = path.read_text()

    assert text.startswith("-- ")
    assert 1 == len(duckdb.extract_statements(text))


_NOW = datetime(2026, 11, 22)  # noqa: DTZ001 - times are stored without a zone, in UTC


@pytest.mark.parametrize("name", READ)
def test_every_question_can_be_asked(name: str, store: Store) -> None:
    """Each question names real tables and columns."""
    statement = read_statement(name)
    parameters: dict[str, object] = {"first": 1, "request_hash": b"", "batches": [1], "table": "spans", "services": 1, "now": _NOW}
    create_tables(store.connection)  # some are about what settling makes

    store.connection.execute(statement, {key: value for key, value in parameters.items() if f"${key}" in statement})


def test_every_table_has_a_statement_whose_rows_fit(store: Store) -> None:
    """What the mapping gives for each table has its columns, all of them, under their names."""
    rows = prepare(_pairs(), Known(KnownOrigins([]), KnownOrigins([]), KnownTexts(store.connection))).rows

    assert set(APPLY) == set(rows)
    for table, mapped in rows.items():
        assert sorted(store.connection.table(table).columns) == sorted(mapped.column_names), table
