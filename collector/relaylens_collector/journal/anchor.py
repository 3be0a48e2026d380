"""The anchor: how far the journal reaches and the hash of its last record, kept beside the segments.

It shows a loss that the segments cannot show themselves: records missing at the end, or a journal written anew.
The file has two lines of fixed width, written in turn, so that a torn write leaves the other one.
"""

import os
import zlib
from pathlib import Path
from typing import Final

from relaylens_collector.journal.framing import Link

ANCHOR_FILE: Final = "anchor"

_LINE: Final = 128
_WORD: Final = "relaylens-anchor-1"


class Anchor:
    """The anchor file of one journal folder."""

    def __init__(self, directory: Path) -> None:
        """Name the file; nothing is read or written yet."""
        self._path = directory / ANCHOR_FILE
        self._descriptor: int | None = None
        self._turn = 0
        self.damaged_lines = 0
        """How many of its lines the last reading could not use; the newest may have been among them."""

    def read(self) -> Link | None:
        """Return the newest whole line, or nothing when there is no anchor."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        lines = [data[start : start + _LINE] for start in (0, _LINE)]
        links = [_parse(line) for line in lines]
        self.damaged_lines = sum(link is None for line, link in zip(lines, links, strict=True) if line)
        whole = [link for link in links if link is not None]
        if not whole:
            return None
        newest = max(whole, key=lambda link: link.seq)
        self._turn = 1 - links.index(newest)
        return newest

    def write(self, link: Link) -> None:
        """Note how far the journal is on disk; safe at once against a killed process, after `sync` against lost power."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(self._descriptor, _format(link), self._turn * _LINE)
        self._turn = 1 - self._turn

    def sync(self) -> None:
        """Bring the anchor to the disk."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Sync and close."""
        if self._descriptor is not None:
            self.sync()
            os.close(self._descriptor)
            self._descriptor = None


def _format(link: Link) -> bytes:
    text = f"{_WORD} {link.seq:020d} {link.head.hex()}"
    return f"{text} {zlib.crc32(text.encode()):08x}".ljust(_LINE - 1).encode() + b"\n"


def _parse(line: bytes) -> Link | None:
    text, _, crc = line.rstrip().rpartition(b" ")
    if f"{zlib.crc32(text):08x}".encode() != crc:
        return None
    word, seq, head = text.decode().split(" ")
    return Link(int(seq), bytes.fromhex(head)) if word == _WORD else None
