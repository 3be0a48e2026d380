"""The tables that settling works in, empty, in the order of its stages.

A table has the columns of its query, so that making it means planning that query; all of them take half a second of processor time.
Once they are there, the database tells their columns, and every later connection of the process is given those.
"""

from collections.abc import Sequence

import duckdb

from relaylens_analytics.stages import Stage, needed_features

_known: dict[tuple[str, ...], str] = {}
"""What makes the tables of these stages, as the database told it."""


def create_work_tables(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Create the tables of stages as temporary ones, in the place of those that are there; the nouns they read are to exist."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE needed_features AS SELECT unnest($features) AS feature", {"features": needed_features()}
    )
    stages = tuple(map(Stage.named, names))
    known = _known.get(tuple(names))
    if known is None:
        for stage in stages:
            connection.execute(stage.create())
        _known[tuple(names)] = _as_they_are(connection, stages)
    else:
        connection.execute(known)


def _as_they_are(connection: duckdb.DuckDBPyConnection, stages: Sequence[Stage]) -> str:
    """The statements that make the tables of stages as they are now, and what is no table among the stages."""
    made = dict(connection.execute("SELECT table_name, sql FROM duckdb_tables() WHERE temporary").fetchall())
    anew = {table: sql.replace("CREATE TEMP TABLE", "CREATE OR REPLACE TEMP TABLE", 1) for table, sql in made.items()}
    return "\n".join(anew.get(stage.table, stage.create()) for stage in stages)
