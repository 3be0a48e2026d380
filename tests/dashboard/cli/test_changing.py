"""`relaylens label` and `relaylens rebuild`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Relaylens = Callable[..., Any]


@pytest.fixture
def store(relaylens: Relaylens, bodies: list[bytes], framed: Callable[..., bytes], tmp_path: Path) -> Path:
    """Import the network into a store that a test may change."""
    (tmp_path / "network.pb").write_bytes(framed(*bodies))
    assert 0 == relaylens("import", tmp_path / "network.pb", "--store", tmp_path / "store").code
    return tmp_path / "store"


def test_labels_become_a_metric(relaylens: Relaylens, store: Path) -> None:
    """Words, numbers and scores of runs are counted by their name; who says so is kept."""
    said = [
        relaylens("label", "run-1", "accuracy", "true", "--source", "qa", "--store", store),
        relaylens("label", "run-2", "accuracy", "false", "--source", "qa", "--comment", "wrong customer", "--store", store),
        relaylens("label", "run-1", "stars", "4", "--store", store),
        relaylens("label", "run-2", "stars", "--score", "2", "--store", store),
    ]

    done = relaylens("metrics", "label_score", "--store", store, "--format", "json")

    assert {0} == {one.code for one in said}
    assert {"accuracy": 0.5, "stars": 3.0} == {row["part"]: row["value"] for row in json.loads(done.out)}


def test_a_label_needs_something_to_say(relaylens: Relaylens, store: Path) -> None:
    """Neither value nor score is wrong use."""
    assert 2 == relaylens("label", "run-1", "accuracy", "--store", store).code


def test_a_rebuild_gives_the_same_and_keeps_labels(relaylens: Relaylens, store: Path) -> None:
    """The database is made from the journal alone; the one before is kept beside it."""
    relaylens("label", "run-1", "accuracy", "true", "--store", store)
    before = [relaylens(noun, "--store", store, "--format", "json").out for noun in ("runs", "handoffs", "findings")]

    done = relaylens("rebuild", "--store", store)

    assert (0, "") == (done.code, done.out)
    assert "from 3 records" in done.err
    assert before == [relaylens(noun, "--store", store, "--format", "json").out for noun in ("runs", "handoffs", "findings")]
    assert 1 == len(json.loads(relaylens("sql", "FROM labels", "--store", store, "--format", "json").out))
    assert 1 == len(list(store.glob("relaylens.duckdb.replaced-*")))


def test_a_rebuild_mends_a_broken_database(relaylens: Relaylens, store: Path) -> None:
    """A file that is no database is said to be one, and `rebuild` makes it anew."""
    before = relaylens("runs", "--store", store, "--format", "json").out
    (store / "relaylens.duckdb").write_bytes(b"not a database")

    unreadable = relaylens("runs", "--store", store)
    done = relaylens("rebuild", "--store", store)

    assert 1 == unreadable.code
    assert "`relaylens rebuild`" in unreadable.err
    assert 0 == done.code, done.err
    assert before == relaylens("runs", "--store", store, "--format", "json").out


def test_there_must_be_something_to_rebuild(relaylens: Relaylens, tmp_path: Path) -> None:
    """A folder without a journal is not made into a store."""
    done = relaylens("rebuild", "--store", tmp_path / "nothing")

    assert 1 == done.code
    assert not (tmp_path / "nothing").exists()
