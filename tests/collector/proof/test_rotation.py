"""A new key for the anchors: who trusts the old one or the new one can check every line, and the old one signs no more."""

import shutil
from pathlib import Path

import pytest
from tests.benchmarks.generate import trace_requests

from relaylens_collector.anchors import SignedAnchor, keys
from relaylens_collector.anchors.lines import Event, Reach, handing_over, sign
from relaylens_collector.anchors.rotating import rotate
from relaylens_collector.anchors.writing import ANCHORS_FILE, append, last_line
from relaylens_collector.errors import AnchorKeyError, StoreLockedError, StoreNotFoundError
from relaylens_collector.ingest import Ingest
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Fault, Verdict
from relaylens_collector.proof.verifying import Auditing
from relaylens_collector.signals import Signal


def _lines(store: Path) -> list[SignedAnchor]:
    return [SignedAnchor.parse(line) for line in (store / ANCHORS_FILE).read_bytes().splitlines()]


def _go_on(store: Path, seed: int) -> None:
    """Let a collector run once more and take a request."""
    with Ingest(store) as ingest:
        for body in trace_requests(1, 3 + seed):
            ingest.submit(Signal.TRACES, body)


def test_either_key_verifies_every_line(store: Path, tmp_path: Path) -> None:
    """Two rotations, with work between them: the first, the second and the third public key each vouch for all anchors."""
    held = []
    for number in range(3):
        held.append(tmp_path / f"key-{number}.pem")
        shutil.copyfile(store / keys.PUBLIC_KEY_FILE, held[-1])
        if number < 2:
            rotate(store)
            _go_on(store, number)
    lines = _lines(store)

    assert 3 == len({line.key for line in lines})
    assert [Event.KEY] * 2 == [line.event for line in lines if line.event is Event.KEY]
    for key in held:
        report = verify(store, database=False, auditing=Auditing(public_key=key))
        assert (Verdict.WHOLE, len(lines)) == (report.verdict, report.anchors)
    assert 0o600 == (store / keys.PRIVATE_KEY_FILE).stat().st_mode & 0o777


def test_the_old_key_signs_no_more(store: Path, tmp_path: Path) -> None:
    """A line that it signs after it was replaced is reported, though it was trusted before."""
    shutil.copyfile(store / keys.PRIVATE_KEY_FILE, tmp_path / "old.pem")
    rotate(store)
    last = last_line(store / ANCHORS_FILE)
    assert last is not None
    old = keys.load_or_make(tmp_path / "old.pem")
    append(store / ANCHORS_FILE, sign(old, Event.ANCHOR, Reach(last.link, last.applied), "", last).text)

    report = verify(store, database=False)

    assert {Fault.ANCHOR_FORGED: 1} == report.counts


def test_a_key_that_nobody_handed_over_to_is_not_believed(store: Path, tmp_path: Path) -> None:
    """A line that names the trusted key as its old one, and is not signed by it, hands over nothing."""
    thief = keys.load_or_make(tmp_path / "thief.pem")
    trusted = keys.load_public(store / keys.PUBLIC_KEY_FILE)
    last = last_line(store / ANCHORS_FILE)
    assert last is not None
    detail = handing_over(trusted, thief.public_key())
    forged = sign(thief, Event.KEY, Reach(last.link, last.applied), detail, last)
    append(store / ANCHORS_FILE, forged.text)
    append(store / ANCHORS_FILE, sign(thief, Event.ANCHOR, Reach(last.link, last.applied), "", forged).text)

    report = verify(store, database=False)

    assert {Fault.ANCHOR_FORGED: 2} == report.counts


@pytest.mark.parametrize("is_written", [False, True])
def test_a_kill_in_the_middle_is_made_good(store: Path, tmp_path: Path, *, is_written: bool) -> None:
    """Before the line that names it the new key is forgotten by the next start, after it put in its place."""
    place = store / keys.PRIVATE_KEY_FILE
    before = place.read_bytes()
    shutil.copytree(store, tmp_path / "rotated")
    rotate(tmp_path / "rotated")
    shutil.copyfile(tmp_path / "rotated" / keys.PRIVATE_KEY_FILE, place.with_name(place.name + ".next"))
    if is_written:
        lines = (tmp_path / "rotated" / ANCHORS_FILE).read_bytes().splitlines(keepends=True)
        (store / ANCHORS_FILE).write_bytes(b"".join(lines[:-1]))

    _go_on(store, 1)

    assert is_written == (place.read_bytes() != before)
    assert not place.with_name(place.name + ".next").exists()
    assert Verdict.WHOLE is verify(store, database=False).verdict


def test_only_a_store_that_nobody_holds_is_given_a_new_key(store: Path, tmp_path: Path) -> None:
    """Nor one that never signed anything, nor a folder that is none."""
    with Ingest(store), pytest.raises(StoreLockedError):
        rotate(store)
    (tmp_path / "empty").mkdir()
    with pytest.raises(AnchorKeyError, match="nothing was signed yet"):
        rotate(tmp_path / "empty")
    with pytest.raises(StoreNotFoundError):
        rotate(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
