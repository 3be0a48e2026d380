"""The catalog, the files of SQL, the vocabulary and the page of documentation say the same."""

import re
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

import relaylens.semconv
from relaylens_analytics import metric_page, metrics, statements
from relaylens_analytics.catalog import AUDIT_CHECKS, DIMENSIONS, METRICS, Metric, Unit
from relaylens_analytics.statements import Statement

SQL = files("relaylens_analytics") / "sql"
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

VOCABULARY = {
    str(word)
    for enum in vars(relaylens.semconv).values()
    if isinstance(enum, type) and issubclass(enum, StrEnum) and enum is not StrEnum
    for word in enum
} | {relaylens.semconv.HUMAN}

OTHER_WORDS = {
    *(metric.name for metric in METRICS),
    *(str(unit) for unit in Unit),
    *DIMENSIONS,
    *AUDIT_CHECKS,
}
"""Words of our own that the catalog defines."""

COLUMNS_IN_SQL: dict[str, Iterable[StrEnum]] = {
    "outcome": relaylens.semconv.Outcome,
    "outcome_evidence": relaylens.semconv.Evidence,
    "reason": [*relaylens.semconv.HandoffReason, *relaylens.semconv.DropReason, *relaylens.semconv.GapReason],
    "detector": relaylens.semconv.Detector,
    "verdict": relaylens.semconv.Verdict,
    "span_class": relaylens.semconv.SpanClass,
    "mode": relaylens.semconv.TransferMode,
    "state": [*relaylens.semconv.HandoffState, *relaylens.semconv.EscalationState],
}
"""Columns whose values are words of the vocabulary."""


def all_statements() -> list[Statement]:
    """Read every metric and every named query."""
    return [statements.read(name) for folder in (statements.METRICS, statements.QUERIES) for name in statements.names(folder)]


def code(statement: Statement) -> str:
    """Give a file's SQL without its comments."""
    return re.sub(r"--[^\n]*", "", statement.text)


def test_every_file_has_an_entry_and_every_entry_a_file() -> None:
    """Nobody finds a metric that the catalog does not know, nor looks for one that is not there."""
    assert sorted(metric.file for metric in METRICS) == statements.names(statements.METRICS)


def test_names_are_used_once() -> None:
    """A metric is found by its name."""
    names = [metric.name for metric in METRICS]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_an_entry_says_everything(metric: Metric) -> None:
    """Title, question and formula are sentences, and every dimension is explained."""
    assert metric.question.endswith("?")
    assert metric.title
    assert metric.formula.endswith(".")
    assert set(metric.dimensions) <= set(DIMENSIONS)
    assert ("part" in metric.extra) == bool(metric.part)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_offers_the_dimensions_its_sql_knows(metric: Metric) -> None:
    """A dimension of the catalog is a branch of the file's CASE, and the other way round."""
    (case,) = re.findall(r"CASE \$by\n(.*?)END", metrics.statement_of(metric).text, re.DOTALL)
    branches = re.findall(r"\bWHEN '([a-z_]+)' THEN", case)

    assert sorted(branches) == sorted(metric.dimensions)


@pytest.mark.parametrize("statement", all_statements(), ids=lambda statement: statement.name)
def test_a_file_opens_with_its_question(statement: Statement) -> None:
    """The first line says what the query answers; every parameter stands in the comment that follows."""
    first, *rest = statement.text.splitlines()
    comment = " ".join(line for line in (first, *rest) if line.startswith("--"))

    assert re.fullmatch(r"-- .+[?.]", first)
    assert statement.parameters == set(re.findall(r"\$([a-z_]+)", comment))


@pytest.mark.parametrize("statement", all_statements(), ids=lambda statement: statement.name)
def test_a_file_is_prepared_against_the_real_schema(empty_store: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Tables, columns and macros are there, with nothing known of any parameter."""
    (parsed,) = empty_store.extract_statements(statement.text)

    assert parsed.type == duckdb.StatementType.SELECT
    assert statement.parameters == parsed.named_parameters
    assert [] == empty_store.execute(parsed, statement.bind()).fetchall() or statement.name.startswith("queries/")


@pytest.mark.parametrize("statement", all_statements(), ids=lambda statement: statement.name)
def test_a_word_for_an_outcome_or_state_is_in_the_vocabulary(statement: Statement) -> None:
    """No query waits for a word that nobody writes."""
    for column, allowed in COLUMNS_IN_SQL.items():
        found = re.findall(rf"\b{column}\s*(?:=|<>|IS (?:NOT )?DISTINCT FROM)\s*'([^']*)'", code(statement))
        for group in re.findall(rf"\b{column}\s+(?:NOT )?IN\s*\(([^)]*)\)", code(statement)):
            found.extend(re.findall(r"'([^']*)'", group))

        assert set(found) <= {str(word) for word in allowed}, column


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_quoted_word_of_a_metric_is_known(metric: Metric) -> None:
    """A word in quotes is the vocabulary's, the catalog's, or one that the file's formula explains."""
    words = set(re.findall(r"'([a-zA-Z_]+)'", code(metrics.statement_of(metric))))

    assert words - VOCABULARY - OTHER_WORDS <= set(re.findall(r"[a-z_]+", metric.formula))


def test_every_metric_is_documented() -> None:
    """The tables of the page are what the catalog gives; `python -m relaylens_analytics.metric_page docs/metrics.md` writes them."""
    page = PAGE.read_text(encoding="utf-8")

    assert metric_page.renewed(page) == page
    assert all(f"`{metric.name}`" in page for metric in METRICS)


def test_the_metrics_do_not_repeat_a_question() -> None:
    """Two metrics that answer the same question would be one."""
    questions = sorted(metric.question for metric in METRICS)

    assert all(first != second for first, second in pairwise(questions))
