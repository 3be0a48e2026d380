"""`relaylens label` and `relaylens rebuild`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaylens_collector.access import Scope
from relaylens_collector.collector import Collector

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


def test_a_label_of_what_is_not_there_is_refused(relaylens: Relaylens, store: Path) -> None:
    """A misspelt run or finding is wrong use, and nothing is kept of it."""
    run = relaylens("label", "run-9", "accuracy", "true", "--store", store)
    finding = relaylens("label", "run-1", "finding", "true", "--finding", "nothing", "--store", store)
    found = json.loads(relaylens("findings", "--store", store, "--format", "json").out)[0]
    other = relaylens("label", "run-1", "finding", "true", "--finding", found["finding"], "--store", store, COLUMNS="200")
    right = relaylens("label", found["run"], "finding", "true", "--finding", found["finding"], "--store", store)

    assert (2, 2, 2, 0) == (run.code, finding.code, other.code, right.code)
    assert "there is no run 'run-9' here; `relaylens runs` lists them" in run.err
    assert "there is no finding 'nothing' here" in finding.err
    assert "is of another run than 'run-1'" in other.err
    assert [("finding", "run-2")] == [
        (row["name"], row["run"]) for row in json.loads(relaylens("sql", "FROM labels", "--store", store, "--format", "json").out)
    ]


def test_a_token_that_may_only_label_labels(relaylens: Relaylens, collector: Collector) -> None:
    """Whether the run is there cannot be looked at then, which is said; over HTTP a label may come before its run."""
    token = collector.authenticator.issue("ci", project="default", scopes={Scope.LABEL})
    done = relaylens("label", "run-9", "accuracy", "true", "--url", collector.http_url, "--token", token)

    assert 0 == done.code, done.err
    assert "Whether the run is there was not looked at: the token may not read." in done.err


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
