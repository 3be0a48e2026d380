"""Signed anchors as they are checked: every line's signature, its number, and its bond to the line before."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relaylens_collector.anchors.keys import name_of
from relaylens_collector.anchors.lines import NO_LINE, SignedAnchor, handed_over
from relaylens_collector.proof.chain import Point
from relaylens_collector.proof.findings import Fault, Finding, Report

_FORGED: Final = "Only the holder of the private key can have written the other lines; compare with a copy of the anchors held elsewhere."
_NEXT_START: Final = "Nothing: the next start of the collector cuts it off."


def signed_points(path: Path, key: Ed25519PublicKey, report: Report) -> Iterator[Point]:
    """Yield what the lines of a file vouch for, and report those that cannot be believed."""
    lines = path.read_bytes().split(b"\n")
    torn = lines.pop()
    known = _Keys(key, lines)
    before: SignedAnchor | None = None
    for place, text in enumerate(lines, start=1):
        where = f"{path}, line {place}"
        try:
            anchor = SignedAnchor.parse(text)
        except ValueError as error:
            report.add(Finding(Fault.ANCHOR_DAMAGED, where, f"The line cannot be read: {error}.", _FORGED))
            before = None
            continue
        wrong = known.distrust(anchor)
        if wrong is not None:
            report.add(Finding(Fault.ANCHOR_FORGED, where, wrong, _FORGED, anchor.link.seq))
        else:
            wrong = _does_not_follow(anchor, before, is_first=place == 1)
            if wrong is not None:
                report.add(Finding(Fault.ANCHOR_FORGED, where, wrong, _FORGED, anchor.link.seq))
            yield Point(anchor.link, where, is_signed=True, applied=anchor.applied)
        before = anchor
    if torn:
        what = f"After anchor {before.number if before else 0} follow {len(torn)} bytes of a line that was not finished."
        report.add(Finding(Fault.TAIL_TORN, str(path), what, _NEXT_START))


class _Keys:
    """The keys that may have signed: the one that is trusted, and those that it followed or that followed it."""

    def __init__(self, key: Ed25519PublicKey, lines: list[bytes]) -> None:
        """Follow the lines in which one key hands over to another."""
        self._name = name_of(key)
        self._trusted = {self._name: key}
        self._replaced: set[str] = set()
        anchors = [_parsed(line) for line in lines]
        handing = [(one, after, keys) for one, after in pairwise([*anchors, None]) if one is not None and (keys := handed_over(one))]
        for one, _, (old, new) in handing:
            if name_of(old) in self._trusted and one.is_signed_by(old):
                self._trusted[name_of(new)] = new
        for one, after, (old, new) in reversed(handing):
            # The first line of the new key vouches for the one before it, and so for the old key until then.
            if name_of(new) in self._trusted and after is not None and after.previous == one.digest and after.is_signed_by(new):
                self._trusted[name_of(old)] = old

    def distrust(self, anchor: SignedAnchor) -> str | None:
        """Say why the next line cannot be believed, nothing where it can."""
        key = self._trusted.get(anchor.key)
        if key is None or not anchor.is_signed_by(key):
            return f"Anchor {anchor.number} is not signed by the key {self._name}, nor by one that it followed or that followed it."
        if anchor.key in self._replaced:
            return f"Anchor {anchor.number} is signed by the key {anchor.key}, which was replaced before."
        if handed_over(anchor) is not None:
            self._replaced.add(anchor.key)
        return None


def _parsed(line: bytes) -> SignedAnchor | None:
    try:
        return SignedAnchor.parse(line)
    except ValueError:
        return None


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
