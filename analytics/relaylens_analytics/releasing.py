"""Shows what was held back of detectors whose false alarms are known to be few by now, and holds back that of those that raise more.

How often a detector speaks of good runs is counted over the whole store, and anew when a hundredth of its runs were derived since, when
verdicts have changed, or when something was erased: in a large store one more trace changes no rate that anybody can see.
"""

from typing import Final
from weakref import WeakKeyDictionary

import duckdb

from relaylens_analytics.stages import one_number, statement

SHARE: Final = 0.01
"""Of a store's runs; when so many were derived since, rates are counted anew."""

_HELD: Final = "SELECT count(*) FROM (FROM hints LIMIT 1)"
_SHOWN: Final = "SELECT count(*) FROM (FROM findings WHERE list_contains(getvariable('held_back'), detector) LIMIT 1)"


_derived: WeakKeyDictionary[duckdb.DuckDBPyConnection, int] = WeakKeyDictionary()
"""How many runs were derived since rates were counted, into the table `released`; by store, and only where they were."""


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Have rates counted anew: settings have changed, or the transaction in which they were counted was rolled back."""
    _derived.pop(connection, None)


def release(connection: duckdb.DuckDBPyConnection, *, count_anew: bool) -> None:
    """Move findings to where they belong; with `count_anew`, because verdicts have changed or something was erased, by new rates."""
    if connection in _derived:
        _derived[connection] += one_number(connection, "SELECT count(*) FROM new_runs")
    if not one_number(connection, _HELD) and not one_number(connection, _SHOWN):
        return
    if connection not in _derived or count_anew or _derived[connection] >= SHARE * one_number(connection, "SELECT count(*) FROM runs"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE released AS {statement('staging/released.sql')}")
        _derived[connection] = 0
    connection.execute(f"CREATE OR REPLACE TEMP TABLE moved_findings AS {statement('staging/moved_findings.sql')}")
    if not one_number(connection, "SELECT count(*) FROM moved_findings"):
        return
    for source, target, is_hint in (("hints", "findings", True), ("findings", "hints", False)):
        which = f"finding IN (SELECT finding FROM moved_findings WHERE is_hint = {is_hint})"  # noqa: S608 - our own words
        connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM {source} WHERE {which}")  # noqa: S608 - our own names
        connection.execute(f"DELETE FROM {source} WHERE {which}")  # noqa: S608 - our own names
    connection.execute(statement("staging/recounted_runs.sql"))
