"""Every type that DuckDB answers with is written, and the formats agree."""

import csv
import io
import json

import duckdb
import pytest

from relaylens_dashboard import tabular

EVERY_TYPE = """
    SELECT 1::UBIGINT AS big, 170141183460469231731687303715884105727::HUGEINT AS huge, 1.5::DOUBLE AS number, 'NaN'::DOUBLE AS nan,
        2.50::DECIMAL(9, 2) AS decimal, true AS flag, NULL AS nothing, 'text' AS text, 'ab'::BLOB AS bytes,
        TIMESTAMP '2026-03-01 12:00:00.123456' AS moment, TIMESTAMPTZ '2026-03-01 13:00:00+01' AS zoned, DATE '2026-03-01' AS day,
        TIME '12:30:00' AS clock, INTERVAL 90 SECOND AS span, [1, 2] AS list, {'a': 1, 'b': 'x'} AS struct, MAP {'k': 'v'} AS map,
        MAP {} AS empty_map, 'c7e1a5a0-0000-4000-8000-000000000001'::UUID AS id, 1 AS twice, 2 AS twice
"""


@pytest.fixture
def rows() -> tabular.Rows:
    """One row that holds every type."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return tabular.Rows.from_arrow(connection.sql(EVERY_TYPE).to_arrow_table())


def test_json_holds_every_type(rows: tabular.Rows) -> None:
    """A moment is ISO 8601 in UTC, what JSON has no number for is null, two columns of one name are two."""
    expected = {
        "big": 1,
        "huge": 170141183460469231731687303715884105727,
        "number": 1.5,
        "nan": None,
        "decimal": 2.5,
        "flag": True,
        "nothing": None,
        "text": "text",
        "bytes": "6162",
        "moment": "2026-03-01T12:00:00.123456Z",
        "zoned": "2026-03-01T12:00:00Z",
        "day": "2026-03-01",
        "clock": "12:30:00",
        "span": {"months": 0, "seconds": 90.0},
        "list": [1, 2],
        "struct": {"a": 1, "b": "x"},
        "map": {"k": "v"},
        "empty_map": {},
        "id": "c7e1a5a0-0000-4000-8000-000000000001",
        "twice": 1,
        "twice_1": 2,
    }

    assert [expected] == json.loads(tabular.to_json(rows))


def test_csv_agrees_with_json(rows: tabular.Rows) -> None:
    """A cell of CSV is the JSON value: text as it is, null as nothing, the rest as JSON writes it."""
    (header, cells) = csv.reader(io.StringIO(tabular.to_csv(rows)))
    (record,) = json.loads(tabular.to_json(rows))

    expected = ["" if value is None else value if isinstance(value, str) else json.dumps(value) for value in record.values()]

    assert list(record) == header
    assert expected == cells


def test_markdown_has_a_line_for_each_row(rows: tabular.Rows) -> None:
    """The table is a head, a rule and the rows, each with every column."""
    lines = tabular.to_markdown(rows).splitlines()

    assert 3 == len(lines)
    assert {len(rows.columns) + 1} == {line.count("|") for line in lines}


def test_no_rows_are_an_empty_result() -> None:
    """Machine formats stay readable when there is nothing to tell."""
    nothing = tabular.Rows(("a", "b"), ())

    assert [] == json.loads(tabular.to_json(nothing))
    assert "a,b\n" == tabular.to_csv(nothing)
    assert "| a | b |\n| --- | --- |\n" == tabular.to_markdown(nothing)
