"""The doctor names what is the matter, and repairs only when told, without deleting the only copy of anything."""

from collections.abc import Callable
from pathlib import Path

import pytest

from relaylens_collector.errors import JournalCorruptError, StoreLockedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal
from relaylens_collector.upkeep.doctor import examine, mend


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Fill a store with two labels."""
    with Ingest(tmp_path / "store") as ingest:
        for number in (1, 2):
            ingest.submit(Signal.LABELS, f'{{"run": "r{number}", "name": "accuracy", "score": 1}}'.encode())
    return tmp_path / "store"


def tear(store: Path) -> None:
    """Leave half a record behind the last one."""
    with max((store / "journal").glob("*.segment")).open("ab") as file:
        file.write(b"RLRC and no more")


def spoil(store: Path) -> None:
    """Make the database unreadable."""
    (store / "relaylens.duckdb").write_bytes(b"no database")


def open_up(store: Path) -> None:
    """Let everybody read the key."""
    (store / "anchor-key.pem").chmod(0o644)


def leave_copy(store: Path) -> None:
    """Leave a database that was set aside."""
    (store / "relaylens.duckdb.replaced-20261121T120000Z").write_bytes(b"old")


def lose(store: Path) -> None:
    """Lose the journal's records."""
    for path in (store / "journal").glob("*.segment*"):
        path.unlink()


def test_nothing_is_the_matter(store: Path) -> None:
    """A whole store has no ailments."""
    assert [] == examine(store)


@pytest.mark.parametrize(
    ("harm", "said"),
    [(tear, "tail torn"), (spoil, "database unreadable"), (open_up, "Others than its owner"), (leave_copy, "set aside")],
)
def test_what_can_be_repaired_is(store: Path, harm: Callable[[Path], None], said: str) -> None:
    """Named first, mended when told, and then a collector runs on it and it verifies."""
    harm(store)
    [ailment] = examine(store)
    assert said in ailment.what
    assert ailment.repair is not None
    assert 1 == mend(store, [ailment])
    with Ingest(store) as ingest:
        ingest.flush()

    assert Verdict.WHOLE == verify(store).verdict


def test_a_loss_is_accepted_only_when_told(store: Path) -> None:
    """A journal that lost what was signed is not opened; the repair renames what says so, and the loss stays in sight."""
    lose(store)
    with pytest.raises(JournalCorruptError):
        Ingest(store)
    ailments = examine(store)
    mend(store, ailments)
    with Ingest(store) as ingest:
        ingest.flush()

    assert any("records missing" in one.what for one in ailments)
    assert 1 == len(list(store.glob("anchors.jsonl.aside-*")))


def test_nothing_is_repaired_under_a_collector(store: Path) -> None:
    """The store is looked at as far as that can be, and left alone."""
    open_up(store)
    with Ingest(store):
        ailments = examine(store)
        with pytest.raises(StoreLockedError):
            mend(store, ailments)
    assert any("holds the store" in one.what for one in ailments)
