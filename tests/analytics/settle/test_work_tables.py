"""The tables that settling works in are the same on every connection of a process."""

from pathlib import Path

import duckdb

from relaylens_analytics.detectors import setup
from relaylens_analytics.settle import BESIDE, GROUPING, MARTS, STAGES, create_tables
from relaylens_analytics.work_tables import create_work_tables
from relaylens_collector.store.store import Store

_STAGES = (*GROUPING, *STAGES, *MARTS)


def _made(connection: duckdb.DuckDBPyConnection) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Make the tables; their columns with their types, and the macros made with them."""
    create_tables(connection)
    for name, value in setup(None).variables().items():
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
    create_work_tables(connection, ("unusual_runs", *_STAGES, "touched_conversations"))
    columns = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'temp' ORDER BY table_name, column_index"
    )
    kinds = columns.fetchall()
    macros = connection.execute("SELECT function_name, macro_definition FROM duckdb_functions() WHERE database_name = 'temp' ORDER BY ALL")
    return kinds, macros.fetchall()


def test_a_later_connection_has_the_same_tables(tmp_path: Path) -> None:
    """The first makes them from their queries, the second from what the database told of the first's."""
    first = Store(tmp_path / "first.duckdb")
    second = Store(tmp_path / "second.duckdb")
    try:
        tables, macros = _made(first.connection)

        assert {"changed_traces", "work_spans", "found", "new_runs", *BESIDE} <= {table for table, *_ in tables}
        assert (tables, macros) == _made(second.connection)
        assert macros
    finally:
        first.close()
        second.close()
