"""Texts that want to hurt, and runs that are large: blame answers all the same, and soon."""

import json
import time
from collections.abc import Iterator

import pytest

import relaylens
from relaylens_analytics import Reader
from relaylens_analytics.blame import blame, entities, flow, reach
from relaylens_analytics.blame.entities import Kind
from relaylens_analytics.queries.runs import RunKey

from .conftest import told, turn

TEXTS = (
    "\x1b[2J\x00\ufffe" * 50,
    "a1." * 20_000,
    "1," * 20_000,
    '"' * 20_000,
    "A " * 20_000,
    "[" * 20_000,
    json.dumps({"a": [{"b": "1" * 5_000}]}),
    "'; DROP TABLE runs; -- {run} $run %s \\ <script>",
    "january " * 5_000,
    "\u0661\u0662\u0663 \uff14\uff15\uff16 \u00b2\u00b3",
)
LONG = 400


def hostile_texts(run: relaylens.Run) -> None:
    """Every text is given and said by somebody."""
    for number, text in enumerate(TEXTS):
        turn(f"agent {number}", text, text[::-1])
    run.outcome("failed", TEXTS[0])


def long_run(run: relaylens.Run) -> None:
    """Many turns, each with values of its own and one of an earlier one."""
    for number in range(LONG):
        given = {"order": f"A{number - 1:05}", "amount": number * 17}
        turn(
            f"agent {number % 7}",
            given,
            f"Order A{number:05} of Ada Lovelace costs {number * 17}.50 EUR, due 2026-03-{number % 28 + 1:02}.",
        )
    run.outcome("failed", "too long")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A store with both runs."""
    with told(tmp_path_factory.mktemp("hostile"), (hostile_texts, long_run)) as reader:
        yield reader


@pytest.mark.parametrize("run", ["hostile_texts", "long_run"])
def test_whatever_a_text_is_blame_answers_soon(reader: Reader, run: str) -> None:
    """Suspects, chain and what took from them, in less than a second of processor time each."""
    began = time.process_time()
    result = blame(reader, RunKey(run))
    assert result is not None
    assert ["outcome"] == [symptom.kind for symptom in result.symptoms if symptom.kind == "outcome"]
    for suspect in result.suspects:
        assert suspect.chain[0].kind == "symptom"
        reach(reader, result, suspect.step)
    assert time.process_time() - began < 2


def test_values_are_read_in_one_writing() -> None:
    """Thousands, currencies, dates, identifiers, quoted words and names, each with what it is called."""
    text = 'Order FW-4711 of "Ada Lovelace" costs $1,200.50 since June 1, 2026; see Pine Street. total: 17'
    assert [
        ("fw-4711", Kind.IDENTIFIER, "order", False),
        ("ada lovelace", Kind.QUOTED, "of", False),
        ("1200.5", Kind.NUMBER, "costs", False),
        ("june 1 2026", Kind.DATE, "since", False),
        ("17", Kind.NUMBER, "total", True),
        ("ada lovelace", Kind.NAME, "", False),
        ("pine street", Kind.NAME, "", False),
    ] == [(value.text, value.kind, value.key, value.field) for value in entities.values(text)]


def test_values_of_json_stand_under_their_keys() -> None:
    """Each leaf under the key that holds it; true, false and null are no values."""
    found = entities.values(json.dumps({"Order": "A17", "lines": [{"amount": 3}, {"amount": 4.50}], "paid": True, "note": None}))
    assert [("a17", "order", True), ("3", "amount", True), ("4.5", "amount", True)] == [(one.text, one.key, one.field) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("order: FW-4711", "order: FW-4712", True),
        ("order: FW-4711", "order: A1", False),
        ("amount: 120", "amount: 210", True),
        ("amount: 120", "amount: 12000", False),
        ("amount: 120", "amount: 120.0", False),
        ("amount: 1", "amount: 2", False),
    ],
)
def test_a_slip_is_of_the_same_shape(before: str, after: str, *, expected: bool) -> None:
    """An identifier with other digits or a number of like size; small numbers and other shapes are something else."""
    assert expected is flow.near(entities.values(before)[0], entities.values(after)[0])
