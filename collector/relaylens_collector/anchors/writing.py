"""The files of a store's anchors: lines are appended whole or not at all, and the public key lies beside them."""

import logging
import os
from pathlib import Path
from typing import Final

from relaylens_collector.anchors.lines import SignedAnchor
from relaylens_collector.errors import AnchorKeyError, JournalCorruptError
from relaylens_collector.journal.segments import sync_directory

ANCHORS_FILE: Final = "anchors.jsonl"

_logger: Final = logging.getLogger(__name__)


def append(path: Path, text: bytes) -> None:
    """Bring one line to the disk, or nothing of it."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            with os.fdopen(descriptor, "ab", closefd=False) as file:
                file.write(text + b"\n")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        sync_directory(path.parent)


def last_line(path: Path) -> SignedAnchor | None:
    """Read the newest anchor, and cut off what a killed process left half written."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    whole, _, torn = data.rpartition(b"\n")
    if torn:
        _logger.warning("%s: cut at byte %d of %d: the last line was not finished.", path, len(data) - len(torn), len(data))
        with path.open("r+b") as file:
            file.truncate(len(data) - len(torn))
            os.fsync(file.fileno())
    lines = whole.splitlines()
    if not lines:
        return None
    try:
        return SignedAnchor.parse(lines[-1])
    except ValueError as error:
        message = f"{path}, line {len(lines)}: {error}. `relaylens doctor` says what can be done."
        raise JournalCorruptError(message) from error


def write_public(path: Path, pem: bytes) -> None:
    """Keep the public key in the store, too, for those who ask for it there."""
    try:
        if not path.exists() or path.read_bytes() != pem:
            path.write_bytes(pem)
            path.chmod(0o644)
    except OSError as error:
        detail = f"{path}: {error.strerror}."
        raise AnchorKeyError(detail) from error
