"""Nine ways to change a record of what happened, each done to a journal by somebody who knows the format; the chance picks where."""

import random
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from relaylens_collector.anchors.writing import ANCHORS_FILE
from relaylens_collector.journal.anchor import Anchor
from relaylens_collector.journal.framing import (
    NO_HASH,
    SEGMENT_HEADER_SIZE,
    Link,
    SegmentHeader,
    pack_record_header,
    pack_segment_header,
    request_hash,
)
from relaylens_collector.journal.segments import SegmentReader, list_segments, segment_path
from relaylens_collector.records import Record
from relaylens_collector.store_folder import JOURNAL_FOLDER


@dataclass(frozen=True, slots=True)
class Kept:
    """A record with the header it has in the file."""

    record: Record
    header: bytes

    @property
    def data(self) -> bytes:
        """The record's bytes in the file."""
        return self.header + self.record.body


Tamper = Callable[[Path, random.Random], None]


def read_all(journal: Path) -> list[list[Kept]]:
    """Return the records of each segment with their headers."""
    segments = []
    link = Link(0, NO_HASH)
    for segment in list_segments(journal):
        reader = SegmentReader(segment)
        kept = []
        for record in reader:
            header, link = pack_record_header(record, link)
            kept.append(Kept(record, header))
        assert reader.stop is None
        reader.close()
        segments.append(kept)
    return segments


def write_all(journal: Path, segments: Sequence[Sequence[Kept]]) -> None:
    """Write the segments' records as they are; the segment headers stay."""
    for segment, kept in zip(list_segments(journal), segments, strict=True):
        reader = SegmentReader(segment)
        reader.close()
        header = segment.path.read_bytes()[:SEGMENT_HEADER_SIZE] if not segment.compressed else None
        assert header is not None, "the tests tamper with plain segments"
        segment.path.write_bytes(header + b"".join(one.data for one in kept))


def rechain(journal: Path, segments: Sequence[Sequence[Record]]) -> Link:
    """Write everything anew with sequences, hashes and checksums that fit, as Relaylens would have; returns the new end."""
    for segment in list_segments(journal):
        segment.path.unlink()
    link = Link(0, NO_HASH)
    for number, records in enumerate(segments, start=1):
        data = pack_segment_header(SegmentHeader(number, link.seq + 1, link.head))
        path = segment_path(journal, number, link.seq + 1)
        for one in records:
            asked = request_hash(one.signal, one.body)
            header, link = pack_record_header(replace(one, seq=link.seq + 1, request_hash=asked), link)
            data += header + one.body
        path.write_bytes(data)
    return link


def forge_plain_anchor(journal: Path, link: Link) -> None:
    """Write the anchor that needs no key."""
    (journal / "anchor").unlink(missing_ok=True)
    anchor = Anchor(journal)
    anchor.write(link)
    anchor.close()


def _place(segments: Sequence[Sequence[Kept]], chance: random.Random, *, room: int = 1) -> tuple[int, int]:
    """Pick a record in the middle, with some more behind it in its segment."""
    places = [(one, two) for one, kept in enumerate(segments) for two in range(len(kept) - room) if (one, two) != (0, 0)]
    return chance.choice(places)


def _forged(kept: Kept, body: bytes | None = None, **changes: object) -> Kept:
    """Change a record and make its own hash and checksum fit again; its link to the one before stays."""
    record = replace(kept.record, **({} if body is None else {"body": body}), **changes)  # type: ignore[arg-type]
    record = replace(record, request_hash=request_hash(record.signal, record.body))
    header, _ = pack_record_header(record, Link(record.seq - 1, kept.header[32:64]))
    return Kept(record, header)


def _changed(body: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(body))
    return body[:place] + bytes([body[place] ^ chance.randrange(1, 256)]) + body[place + 1 :]


def change_body(store: Path, chance: random.Random) -> None:
    """Change one byte of one body, and make hash and checksum of the record fit."""
    segments = read_all(store / JOURNAL_FOLDER)
    one, two = _place(segments, chance)
    kept = segments[one][two]
    segments[one][two] = _forged(kept, _changed(kept.record.body, chance))
    write_all(store / JOURNAL_FOLDER, segments)


def delete_record(store: Path, chance: random.Random) -> None:
    """Take one record out of the middle."""
    segments = read_all(store / JOURNAL_FOLDER)
    one, two = _place(segments, chance)
    del segments[one][two]
    write_all(store / JOURNAL_FOLDER, segments)


def insert_record(store: Path, chance: random.Random) -> None:
    """Put a made-up record between two, with the right link to the one before."""
    segments = read_all(store / JOURNAL_FOLDER)
    one, two = _place(segments, chance)
    segments[one].insert(two, _forged(segments[one][two], b"made up"))
    write_all(store / JOURNAL_FOLDER, segments)


def swap_records(store: Path, chance: random.Random) -> None:
    """Swap what two neighbours hold; each keeps a fitting hash and checksum."""
    segments = read_all(store / JOURNAL_FOLDER)
    one, two = _place(segments, chance, room=2)
    first, second = segments[one][two : two + 2]
    segments[one][two] = _forged(first, second.record.body)
    segments[one][two + 1] = _forged(second, first.record.body)
    write_all(store / JOURNAL_FOLDER, segments)


def change_time(store: Path, chance: random.Random) -> None:
    """Move the time at which a record was received."""
    segments = read_all(store / JOURNAL_FOLDER)
    one, two = _place(segments, chance)
    kept = segments[one][two]
    segments[one][two] = _forged(kept, received_unix_nano=kept.record.received_unix_nano - chance.randrange(1, 10**15))
    write_all(store / JOURNAL_FOLDER, segments)


def truncate_tail(store: Path, chance: random.Random) -> None:
    """Cut the last records off, and forge the anchor that needs no key."""
    journal = store / JOURNAL_FOLDER
    segments = read_all(journal)
    left = chance.randrange(1, len(segments[-1]))
    segments[-1] = segments[-1][:left]
    write_all(journal, segments)
    forge_plain_anchor(journal, _end(journal))


def replace_last(store: Path, chance: random.Random) -> None:
    """Replace the last record by another one that fits."""
    journal = store / JOURNAL_FOLDER
    segments = read_all(journal)
    segments[-1][-1] = _forged(segments[-1][-1], chance.randbytes(50))
    write_all(journal, segments)
    forge_plain_anchor(journal, _end(journal))


def rewrite_everything(store: Path, chance: random.Random) -> None:
    """Change one body and write the whole chain anew with hashes that fit."""
    journal = store / JOURNAL_FOLDER
    records = [[one.record for one in kept] for kept in read_all(journal)]
    one = chance.randrange(len(records))
    two = chance.randrange(len(records[one]))
    records[one][two] = replace(records[one][two], body=_changed(records[one][two].body, chance))
    forge_plain_anchor(journal, rechain(journal, records))


def roll_back(store: Path, chance: random.Random) -> None:
    """Take the store back to an earlier state: the last segments and, as far as nobody holds a copy, the anchors are deleted."""
    journal = store / JOURNAL_FOLDER
    segments = list_segments(journal)
    for segment in segments[chance.randrange(1, len(segments)) :]:
        segment.path.unlink()
    end = _end(journal)
    forge_plain_anchor(journal, end)
    anchors = store / ANCHORS_FILE
    if anchors.exists():
        lines = anchors.read_bytes().splitlines(keepends=True)
        anchors.write_bytes(b"".join(line for line in lines if _record(line) <= end.seq))


def _record(line: bytes) -> int:
    found = re.search(rb'"record":(\d+)', line)
    assert found is not None
    return int(found[1])


def _end(journal: Path) -> Link:
    reader = SegmentReader(list_segments(journal)[-1])
    for _ in reader:
        pass
    reader.close()
    return reader.link


TAMPERINGS: Final[dict[str, Tamper]] = {
    "changed body": change_body,
    "deleted record": delete_record,
    "inserted record": insert_record,
    "swapped order": swap_records,
    "changed time": change_time,
    "truncated tail": truncate_tail,
    "replaced last record": replace_last,
    "full rewrite": rewrite_everything,
    "rolled back": roll_back,
}

MISSED_BY_THE_CHAIN: Final = {"truncated tail", "replaced last record", "full rewrite", "rolled back"}
"""What leaves a chain that fits together: only what is known from elsewhere shows it."""


def without_anchors(store: Path) -> None:
    """Leave nothing but the chain."""
    (store / ANCHORS_FILE).unlink(missing_ok=True)
    (store / JOURNAL_FOLDER / "anchor").unlink(missing_ok=True)


def copy(store: Path, target: Path) -> Path:
    """Return a copy to be tampered with."""
    return Path(shutil.copytree(store, target))
