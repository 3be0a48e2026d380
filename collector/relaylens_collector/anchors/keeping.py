"""Writes the anchors of a store that is open: at start and stop, every so many records or seconds, and when the clock jumps."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relaylens_collector.anchors import keys
from relaylens_collector.anchors.lines import Event, Reach, SignedAnchor, sign
from relaylens_collector.anchors.rotating import finish
from relaylens_collector.anchors.writing import ANCHORS_FILE, append, last_line, write_public
from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.framing import Link

_ADVICE: Final = "Bring back the journal that belongs to it; `relaylens doctor` says what else can be done."
_LOOK_EVERY_SECONDS: Final = 1.0
_JUMP_SECONDS: Final = 5.0
"""A clock that differs by more from the time that passed was set."""

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How anchors are written."""

    key: Path | None = None
    """File of the private key; nothing for the store's own folder."""

    copies: Path | None = None
    """Folder for a second copy of each line, best on another machine's disk or with another owner."""

    records: int = 1000
    seconds: float = 60.0


class Keeper:
    """Appends to the anchors of one store, in a thread of its own, so that no request waits for a signature."""

    def __init__(self, store: Path, how: Anchoring, reach: Callable[[], Reach]) -> None:
        """Read what is there, make the key if need be, and note the start; `reach` tells how far the store is on disk.

        Raises JournalCorruptError when the journal ends before a record that was signed, AnchorKeyError when the key cannot be used.
        """
        self._reach = reach
        self._how = how
        self._path = store / ANCHORS_FILE
        last = last_line(self._path)
        place = how.key or store / keys.PRIVATE_KEY_FILE
        finish(place, last)
        self._key = keys.load_or_make(place)
        public = self._key.public_key()
        write_public(store / keys.PUBLIC_KEY_FILE, keys.public_pem(public))
        self._copy = None if how.copies is None else how.copies / f"{store.resolve().name}-{keys.name_of(public)}.jsonl"
        self._copy_fails = False
        _check_end(self._path, last, reach().link)
        self._last = last
        self._stop = threading.Event()
        was_killed = last is not None and last.event is not Event.STOP
        self._try_to_note(Event.START, "The collector before this one did not stop in order." if was_killed else "")
        self._thread = threading.Thread(target=self._keep, name="relaylens-anchors", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Note the end; called when the journal takes no more."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        self._try_to_note(Event.STOP)

    def _keep(self) -> None:
        noted_at = time.monotonic()
        offset = time.time() - noted_at
        while not self._stop.wait(_LOOK_EVERY_SECONDS):
            now = time.monotonic()
            jump = time.time() - now - offset
            if abs(jump) > _JUMP_SECONDS:
                offset += jump
                _logger.warning("The clock jumped by %+.1f s.", jump)
                self._try_to_note(Event.CLOCK, f"The clock jumped by {jump:+.1f} s.")
                noted_at = now
            new = self._reach().link.seq - (0 if self._last is None else self._last.link.seq)
            if new >= self._how.records or (new and now - noted_at >= self._how.seconds):
                self._try_to_note(Event.ANCHOR)
                noted_at = now

    def _try_to_note(self, event: Event, detail: str = "") -> None:
        try:
            self._note(event, detail)
        except OSError as error:
            # Requests are safe without it; the next line reaches as far.
            _logger.warning("%s: cannot be written: %s.", self._path, error.strerror or error)

    def _note(self, event: Event, detail: str = "") -> None:
        line = sign(self._key, event, self._reach(), detail, self._last)
        append(self._path, line.text)
        self._last = line
        if self._copy is not None:
            self._write_copy(self._copy, line.text)

    def _write_copy(self, path: Path, text: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            append(path, text)
        except OSError as error:
            if not self._copy_fails:
                _logger.warning("%s: anchors cannot be copied there: %s.", path, error.strerror or error)
            self._copy_fails = True
        else:
            self._copy_fails = False


def _check_end(path: Path, last: SignedAnchor | None, end: Link) -> None:
    """Refuse a journal that lost what was signed: the segments and the plain anchor may have been taken back together."""
    if last is None:
        return
    if last.link.seq > end.seq:
        message = f"{path.parent}: the journal ends with record {end.seq}, but record {last.link.seq} was signed ({path.name}). {_ADVICE}"
        raise JournalCorruptError(message)
    if last.link.seq == end.seq and last.link.head != end.head:
        message = f"{path.parent}: record {end.seq} of the journal is not the one that was signed ({path.name}). {_ADVICE}"
        raise JournalCorruptError(message)
