"""`relaylens metrics` and `relaylens sql`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics.catalog import METRICS

Relaylens = Callable[..., Any]


def test_the_overview_has_every_metric(relaylens: Relaylens, network_store: Path) -> None:
    """One table, in the order of the catalog, each value with what it is made of."""
    done = relaylens("metrics", "--store", network_store, "--format", "json")
    rows = json.loads(done.out)
    (completion,) = (row for row in rows if row["metric"] == "task_completion_rate")

    assert 0 == done.code
    assert [metric.name for metric in METRICS if metric.name in {row["metric"] for row in rows}] == list(
        dict.fromkeys(row["metric"] for row in rows)
    )
    assert (0.5, 1, 2) == tuple(completion[column] for column in ("value", "numerator", "denominator"))
    assert 0 < completion["low"] < 0.5 < completion["high"] < 1


def test_a_metric_by_edge(relaylens: Relaylens, network_store: Path) -> None:
    """Split as asked, with the metric's own columns."""
    done = relaylens("metrics", "handoff_success_rate", "--by", "edge", "--store", network_store, "--format", "json")

    assert [("triage -> billing", 0.0), ("triage -> docs", 1.0)] == [(row["key"], row["value"]) for row in json.loads(done.out)]


def test_a_metrics_own_filter(relaylens: Relaylens, network_store: Path) -> None:
    """`--where` binds it."""
    done = relaylens("metrics", "handoff_success_rate", "--where", "to_agent=docs", "--store", network_store, "--format", "json")

    assert [1.0] == [row["value"] for row in json.loads(done.out)]


def test_the_sql_of_a_metric_makes_its_number(relaylens: Relaylens) -> None:
    """What `--sql` prints is the file that was run, with its question on top."""
    done = relaylens("metrics", "handoff_success_rate", "--sql")

    assert 0 == done.code
    assert done.out.startswith("-- How often does work survive being handed over?\n")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("no_such_metric",), 1, "there are runs, task_completion_rate"),
        (("runs", "--by", "moon"), 1, "total, outcome"),
        (("runs", "--where", "agent=x"), 2, "takes no filter"),
        (("handoff_success_rate", "--where", "to_agent"), 2, "to_agent=..."),
        (("--by", "edge"), 2, "name it"),
        (("runs", "--since", "7d", "--until", "2026-01-01"), 2, "--since is not before --until"),
    ],
)
def test_wrong_questions_are_told_what_would_be_right(
    relaylens: Relaylens, network_store: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """A mistake is answered with what there is."""
    done = relaylens("metrics", *arguments, "--store", network_store, COLUMNS="300")

    assert code == done.code
    assert says in done.err


def test_sql_answers_one_select(relaylens: Relaylens, network_store: Path) -> None:
    """From the argument or from standard input, cut where asked."""
    given = relaylens("sql", "SELECT run FROM runs ORDER BY run", "--store", network_store, "--format", "csv")
    piped = relaylens("sql", "-", "--store", network_store, "--format", "csv", stdin="SELECT run FROM runs ORDER BY run")
    cut = relaylens("sql", "SELECT run FROM runs ORDER BY run", "--limit", "1", "--store", network_store, "--format", "csv")

    assert ["run\nrun-1\nrun-2\n"] * 2 == [given.out, piped.out]
    assert "run\nrun-1\n" == cut.out


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM runs",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.db'",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY runs TO 'x.csv'",
        "SELEKT",
    ],
)
def test_sql_reads_the_store_and_nothing_else(relaylens: Relaylens, network_store: Path, tmp_path: Path, statement: str) -> None:
    """Whatever else is asked is refused with a sentence and exit code 1, and changes nothing."""
    done = relaylens("sql", statement, "--store", network_store, cwd=tmp_path)

    assert (1, "") == (done.code, done.out)
    assert done.err.startswith("relaylens: The query cannot be answered.")
    assert [] == list(tmp_path.iterdir())
