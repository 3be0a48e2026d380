"""The price table: ours, a user's own, and one that cannot be read."""

from pathlib import Path

import duckdb
import pytest

from relaylens_analytics import prices
from relaylens_analytics.errors import PriceFileError

HEAD = "place,model_pattern,input_usd,cached_usd,output_usd\n"


def priced(connection: duckdb.DuckDBPyConnection, model: str) -> tuple[float, float | None, float] | None:
    """Find the price of a model as settling does: of the rows that match, the one with the lowest place."""
    row = connection.execute(
        "SELECT input_usd, cached_usd, output_usd FROM prices WHERE lower($model) LIKE model_pattern ORDER BY place LIMIT 1",
        {"model": model},
    ).fetchone()
    return row and (row[0], row[1], row[2])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o-mini-2024-07-18", (0.15, 0.075, 0.6)),
        ("openai/gpt-4o", (2.5, 1.25, 10)),
        ("GPT-5", (1.25, 0.125, 10)),
        ("gpt-5-mini-2025-08-07", (0.25, 0.025, 2)),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", (3, 0.3, 15)),
        ("models/gemini-2.5-flash-lite", (0.1, 0.01, 0.4)),
        ("gpt-5-mini-of-tomorrow", None),
        ("claude-opus-9", None),
        ("", None),
    ],
)
def test_a_model_has_its_own_price_or_none(
    empty_store: duckdb.DuckDBPyConnection, model: str, expected: tuple[float, float, float] | None
) -> None:
    """A model that is not in the table is not priced like one of a similar name."""
    prices.load(empty_store)

    assert expected == priced(empty_store, model)


def test_no_row_of_ours_is_hidden_by_an_earlier_one() -> None:
    """Places are in order and used once, and no pattern stands twice."""
    rows = prices.read()

    assert list(range(1, len(rows) + 1)) == [row.place for row in rows]
    assert len(rows) == len({row.model_pattern for row in rows})
    assert all(row.cached_usd is None or row.cached_usd < row.input_usd <= row.output_usd for row in rows)


def test_a_users_file_replaces_the_table(empty_store: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As a whole: what is not in it has no price."""
    path = tmp_path / "prices.csv"
    path.write_text("# ours\n\n" + HEAD + "1, Our-Model%, 1.5, , 3\n# the end\n2,%,9,1,9\n", encoding="utf-8-sig")
    prices.load(empty_store)

    assert 2 == prices.load(empty_store, path)
    assert (1.5, None, 3.0) == priced(empty_store, "our-model-7")
    assert (9.0, 1.0, 9.0) == priced(empty_store, "gpt-4o")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("model,price\n", "line 1"),
        (HEAD + "1,%,cheap,,3\n", "line 2"),
        (HEAD + "# free\n1,%,-1,,3\n", "line 3"),
        (HEAD + "1,%,1,,nan\n", "line 2"),
        (HEAD + "1,%,1,3\n", "line 2"),
    ],
)
def test_a_wrong_file_names_the_line_and_changes_nothing(
    empty_store: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, where: str
) -> None:
    """A typing error does not make work free."""
    prices.load(empty_store)
    path = tmp_path / "prices.csv"
    path.write_text(text)

    with pytest.raises(PriceFileError, match=where):
        prices.load(empty_store, path)
    assert (2.5, 1.25, 10.0) == priced(empty_store, "gpt-4o")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """The name of the file is in the message."""
    with pytest.raises(PriceFileError, match="nowhere"):
        prices.read(tmp_path / "nowhere.csv")


def test_other_prices_are_told_from_the_same(empty_store: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A table that is not there, ours, and a user's: only the one with the same rows counts."""
    path = tmp_path / "prices.csv"
    path.write_text(HEAD + "2,b%,9,,9\n1,a%,1.5,0.1,3\n")
    rows = prices.read(path)
    found = []
    empty_store.execute("ALTER TABLE prices RENAME TO prices_elsewhere")
    found.append(prices.are_loaded(empty_store, rows))
    empty_store.execute("ALTER TABLE prices_elsewhere RENAME TO prices")
    for file in (None, path):
        prices.load(empty_store, file)
        found.append(prices.are_loaded(empty_store, rows))

    assert [False, False, True] == found
