"""Nine kinds of tampering with the journal: found with the anchors in nine of nine, and five of nine by the chain alone."""

import random
import shutil
from pathlib import Path

import pytest
from tests.collector.proof.tampering import MISSED_BY_THE_CHAIN, TAMPERINGS, without_anchors

from relaylens_collector.anchors import Anchoring, Keeper, Reach
from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import compress, list_segments
from relaylens_collector.proof import Auditing, Fault, Report, verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal

RECORDS = 30


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a journal of several segments with anchors after ten, twenty and all records, and copy the anchors elsewhere."""
    folder = tmp_path_factory.mktemp("original")
    store = folder / "store"
    for part in range(3):
        _fill(store, folder / "auditor", part)
    [copied] = (folder / "auditor").iterdir()
    copied.rename(folder / "auditor.jsonl")
    shutil.copy(store / "anchor-public-key.pem", folder / "public.pem")
    return folder


def _fill(store: Path, copies: Path, part: int) -> None:
    journal = Journal(store / "journal", segment_bytes=400)
    keeper = Keeper(store, Anchoring(copies=copies), lambda: Reach(journal.end, 0))
    for number in range(10):
        journal.append(Signal.LABELS, f'{{"run": "{part}/{number}", "name": "accuracy", "score": 0.5}}'.encode())
    journal.close()
    keeper.close()


def look(store: Path, original: Path) -> Report:
    """Verify as an auditor does who has the public key and a copy of the anchors."""
    return verify(store, database=False, auditing=Auditing(original / "public.pem", original / "auditor.jsonl"))


def test_the_original_is_whole(original: Path) -> None:
    """Every anchor of both files is borne out, up to the last record."""
    report = look(original / "store", original)

    assert (Verdict.WHOLE, []) == (report.verdict, report.findings)
    assert (RECORDS, RECORDS, 12) == (report.records, report.last_anchored, report.anchors)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_is_found_with_the_anchors(original: Path, tmp_path: Path, kind: str) -> None:
    """Each kind, at several places, by somebody who makes hashes, checksums and the plain anchor fit."""
    for seed in range(5):
        store = Path(shutil.copytree(original / "store", tmp_path / str(seed)))
        TAMPERINGS[kind](store, random.Random(seed))  # noqa: S311 - the same places each time

        assert Verdict.BROKEN == look(store, original).verdict, f"{kind}, seed {seed}"


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_the_chain_alone_misses(original: Path, tmp_path: Path, kind: str) -> None:
    """Without any anchor a chain that was cut or written anew as a whole fits together; everything else shows."""
    store = Path(shutil.copytree(original / "store", tmp_path / "store"))
    TAMPERINGS[kind](store, random.Random(1))  # noqa: S311 - the same places each time
    without_anchors(store)
    counts = verify(store, database=False).counts.keys() - {Fault.ANCHOR_MISSING}

    assert (kind in MISSED_BY_THE_CHAIN) == (not counts)


@pytest.mark.crash
@pytest.mark.parametrize("kind", TAMPERINGS)
def test_a_hundred_of_each(original: Path, tmp_path: Path, kind: str) -> None:
    """The long form: a hundred random places of each kind."""
    found = 0
    for seed in range(100):
        store = Path(shutil.copytree(original / "store", tmp_path / str(seed)))
        TAMPERINGS[kind](store, random.Random(seed))  # noqa: S311 - the same places each time
        found += look(store, original).verdict is Verdict.BROKEN
        shutil.rmtree(store)

    print(f"{kind}: {found} of 100 found")  # noqa: T201 - the long form is read
    assert 100 == found


def test_a_deleted_segment_is_named(original: Path, tmp_path: Path) -> None:
    """A gap in the middle names the records that are gone, and the rest is looked at."""
    store = Path(shutil.copytree(original / "store", tmp_path / "store"))
    segments = list_segments(store / "journal")
    segments[2].path.unlink()
    report = look(store, original)

    assert {Fault.SEGMENT_MISSING: 1} == report.counts
    assert f"Segment 3 is missing, with the records {segments[2].first_seq} to {segments[3].first_seq - 1}." == report.findings[0].what
    assert RECORDS - (segments[3].first_seq - segments[2].first_seq) == report.records


def test_compressed_segments_are_read_alike(original: Path, tmp_path: Path) -> None:
    """What is compressed verifies as well, and damage in it is found."""
    store = Path(shutil.copytree(original / "store", tmp_path / "store"))
    for segment in list_segments(store / "journal")[:-1]:
        compress(segment)
    whole = look(store, original)
    path = max(store.rglob("*.zst"), default=None)
    assert path is not None
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    damaged = look(store, original)

    assert (Verdict.WHOLE, RECORDS) == (whole.verdict, whole.records)
    assert Verdict.BROKEN == damaged.verdict


def test_a_torn_tail_is_no_fault(original: Path, tmp_path: Path) -> None:
    """Bytes behind the last anchored record are what a killed process leaves; the next start cuts them."""
    store = Path(shutil.copytree(original / "store", tmp_path / "store"))
    with list_segments(store / "journal")[-1].path.open("ab") as file:
        file.write(b"RLRC half a header")
    report = look(store, original)

    assert (Verdict.WHOLE, {Fault.TAIL_TORN: 1}) == (report.verdict, report.counts)
