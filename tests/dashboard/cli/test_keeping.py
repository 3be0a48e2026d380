"""`relaylens hold`, `relaylens erase` and `relaylens retention`, in a folder and at a running collector."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relaylens_collector.collector import Collector

Relaylens = Callable[..., Any]


def _conversations(relaylens: Relaylens, *place: object) -> list[str]:
    """List the conversations of the runs that are left."""
    done = relaylens("runs", *place, "--format", "json")
    assert 0 == done.code, done.err
    return sorted(row["conversation"] for row in json.loads(done.out))


def test_what_is_erased_is_gone_and_the_store_still_verifies(relaylens: Relaylens, store: Path) -> None:
    """A dry run says what would go and does nothing; the erasure takes one conversation and leaves the other."""
    dry = relaylens("erase", "--conversation", "ticket-1", "--dry-run", "--store", store)
    before = _conversations(relaylens, "--store", store)
    done = relaylens("erase", "--conversation", "ticket-1", "--store", store)

    assert (0, 0) == (dry.code, done.code)
    assert dry.err.startswith("Would erase 5 rows")
    assert done.err.startswith("Erased 5 rows and what was made of them, in 1 records (subject) by operation 3.")
    assert (["ticket-1", "ticket-2"], ["ticket-2"]) == (before, _conversations(relaylens, "--store", store))
    assert 0 == relaylens("verify", store).code
    assert not any(b"ticket-1" in path.read_bytes() for path in store.rglob("*") if path.is_file())


def test_what_is_held_is_not_erased(relaylens: Relaylens, store: Path) -> None:
    """Neither by its subject nor by age; once it is released it goes."""
    held = relaylens("hold", "add", "--conversation", "ticket-1", "--name", "case 7", "--reason", "a complaint", "--store", store)
    listed = relaylens("hold", "list", "--store", store, "--format", "json")
    refused = relaylens("erase", "--conversation", "ticket-1", "--store", store)
    kept = _conversations(relaylens, "--store", store)
    released = relaylens("hold", "remove", "case 7", "--store", store)
    done = relaylens("erase", "--conversation", "ticket-1", "--store", store)

    assert [0] * 4 == [one.code for one in (held, refused, released, done)]
    assert [("case 7", "conversation", "ticket-1", "a complaint")] == [
        (one["hold"], one["kind"], one["subject"], one["reason"]) for one in json.loads(listed.out)
    ]
    assert "Erased 0 rows" in refused.err
    assert "5 rows are held and stay." in refused.err
    assert ["ticket-1", "ticket-2"] == kept
    assert ["ticket-2"] == _conversations(relaylens, "--store", store)
    assert "Nothing is held." in relaylens("hold", "list", "--store", store).err


def test_a_rule_erases_by_size_and_says_which_it_was(relaylens: Relaylens, store: Path) -> None:
    """Without a rule nothing is erased and that is an error; with one the oldest go, unless it is a dry run."""
    none = relaylens("retention", "--store", store)
    rule = {"RELAYLENS_RETENTION_BYTES": "1"}
    dry = relaylens("retention", "--dry-run", "--store", store, **rule)
    before = _conversations(relaylens, "--store", store)
    done = relaylens("retention", "--store", store, **rule)

    assert (1, 0, 0) == (none.code, dry.code, done.code)
    assert "No rule is set, so everything is kept;" in none.err
    assert dry.err.startswith("Would erase ")
    assert "(retention_bytes=1)" in done.err
    assert ["ticket-1", "ticket-2"] == before
    assert [] == _conversations(relaylens, "--store", store)


def test_exactly_one_subject_is_named(relaylens: Relaylens, store: Path) -> None:
    """None and two are mistakes of use, and nothing happens."""
    codes = [relaylens("erase", *named, "--store", store).code for named in ((), ("--run", "run-1", "--user", "u"))]

    assert [2, 2] == codes
    assert ["ticket-1", "ticket-2"] == _conversations(relaylens, "--store", store)


def test_a_running_collector_carries_out_the_same(relaylens: Relaylens, collector: Collector) -> None:
    """Hold, refuse, release and erase over its address, while it runs on."""
    place = ("--url", collector.http_url)
    held = relaylens("hold", "add", "--run", "run-1", "--name", "h", *place)
    refused = relaylens("erase", "--run", "run-1", *place)
    relaylens("hold", "remove", "h", *place)
    done = relaylens("erase", "--run", "run-1", *place)

    assert "Held: h" in held.err
    assert "5 rows are held and stay." in refused.err
    assert done.err.startswith("Erased 5 rows"), done.err
    collector.ingest.flush()
    assert ["ticket-2"] == _conversations(relaylens, *place)


def test_what_is_not_there_is_said_and_no_store_is_made(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """A misspelt folder is no empty store, a misspelt conversation no erasure, and a hold of nothing, or of no time, is noticed."""
    nowhere = ("--store", tmp_path / "nowhere")
    lost = [
        relaylens(*words, *nowhere) for words in (("erase", "--user", "u"), ("retention",), ("hold", "list"), ("hold", "add", "--run", "r"))
    ]
    erased = relaylens("erase", "--conversation", "ticket-9", "--store", store)
    held = relaylens("hold", "add", "--conversation", "ticket-9", "--store", store)
    known = relaylens("hold", "add", "--conversation", "ticket-1", "--store", store)
    turned = relaylens("hold", "add", "--window", "2026-02-01/2026-01-01", "--store", store)

    assert ([1] * 4, False) == ([one.code for one in lost], (tmp_path / "nowhere").exists())
    assert "There is no store here" in lost[0].err
    assert "Nothing of the conversation 'ticket-9' is in the store." in erased.err
    assert "Nothing of the conversation 'ticket-9' is in the store by now; what comes is held." in held.err
    assert "Nothing of" not in known.err
    assert (1, True) == (turned.code, "ends before it begins" in turned.err)
