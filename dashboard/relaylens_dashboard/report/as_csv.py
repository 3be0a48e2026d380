"""A report as one flat CSV: every number by every dimension, a row each."""

from typing import Final

from relaylens_dashboard import tabular
from relaylens_dashboard.report.content import Report

COLUMNS: Final = ("metric", "dimension", "key", "part", "value", "unit", "numerator", "denominator", "low", "high")
"""The columns; `low` and `high` are Wilson's 95 % interval of a rate."""


def write(report: Report) -> str:
    """Write the numbers."""
    rows = [tuple(tabular.to_cell(row.get(column)) for column in COLUMNS) for breakdown in report.breakdowns for row in breakdown.rows]
    return tabular.to_csv(tabular.Rows(COLUMNS, tuple(rows)))
