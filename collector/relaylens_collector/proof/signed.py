"""Signed anchors as they are checked: every line's signature, its number, and its bond to the line before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relaylens_collector.anchors.keys import name_of
from relaylens_collector.anchors.lines import NO_LINE, SignedAnchor
from relaylens_collector.proof.chain import Point
from relaylens_collector.proof.findings import Fault, Finding, Report

_FORGED: Final = "Only the holder of the private key can have written the other lines; compare with a copy of the anchors held elsewhere."
_NEXT_START: Final = "Nothing: the next start of the collector cuts it off."


def signed_points(path: Path, key: Ed25519PublicKey, report: Report) -> Iterator[Point]:
    """Yield what the lines of a file vouch for, and report those that cannot be believed."""
    lines = path.read_bytes().split(b"\n")
    torn = lines.pop()
    before: SignedAnchor | None = None
    for place, text in enumerate(lines, start=1):
        where = f"{path}, line {place}"
        try:
            anchor = SignedAnchor.parse(text)
        except ValueError as error:
            report.add(Finding(Fault.ANCHOR_DAMAGED, where, f"The line cannot be read: {error}.", _FORGED))
            before = None
            continue
        if not anchor.is_signed_by(key):
            what = f"Anchor {anchor.number} is not signed by the key {name_of(key)}."
            report.add(Finding(Fault.ANCHOR_FORGED, where, what, _FORGED, anchor.link.seq))
        else:
            wrong = _does_not_follow(anchor, before, is_first=place == 1)
            if wrong is not None:
                report.add(Finding(Fault.ANCHOR_FORGED, where, wrong, _FORGED, anchor.link.seq))
            yield Point(anchor.link, where, is_signed=True, applied=anchor.applied)
        before = anchor
    if torn:
        what = f"After anchor {before.number if before else 0} follow {len(torn)} bytes of a line that was not finished."
        report.add(Finding(Fault.TAIL_TORN, str(path), what, _NEXT_START))


def _does_not_follow(anchor: SignedAnchor, before: SignedAnchor | None, *, is_first: bool) -> str | None:
    """Say how a line does not fit to the one before; a copy may begin later, but then goes on without a gap."""
    if before is None:
        if is_first and anchor.number == 1 and anchor.previous != NO_LINE:
            return "The first anchor names a line before it."
        return None
    if anchor.number != before.number + 1:
        return f"After anchor {before.number} comes anchor {anchor.number}: lines are missing or repeated."
    if anchor.previous != before.digest:
        return f"Anchor {anchor.number} follows another line than anchor {before.number} as it stands now."
    if anchor.link.seq < before.link.seq:
        return f"Anchor {anchor.number} is of an earlier record than the one before it."
    return None
