"""Carries an erasure out: journalled first, then done to the segments and the database, and done again after a kill in between."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from relaylens_collector.erasing.database import erase_from_database
from relaylens_collector.erasing.plans import Operation, Plan, operation_body
from relaylens_collector.journal import Journal, request_hash
from relaylens_collector.journal.segments import sync_directory
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal

ERASING_FILE: Final = "erasing"
"""Is there while an erasure is under way, with the number that its operation has at least."""

_logger: Final = logging.getLogger(__name__)


def erase(store: Path, database: Path, journal: Journal, plan: Plan, *, memory_limit: str) -> int:
    """Erase what a plan names, and return the operation's record; nobody may have the database open."""
    hashes: dict[int, bytes] = {}
    parts = {choice.seq: choice for choice in plan.choices if choice.places is not None}
    for record in _records(journal, sorted(parts)):
        hashes[record.seq] = request_hash(record.signal, parts[record.seq].left_of(record))
    _note(store, journal.last_seq + 1)
    operation = journal.append_after_seal(Signal.OPERATIONS, operation_body(plan, hashes))
    _carry_out(store, database, journal, operation, memory_limit=memory_limit)
    (store / ERASING_FILE).unlink()
    sync_directory(store)
    return operation.seq


def finish(store: Path, database: Path, journal: Journal, *, memory_limit: str) -> None:
    """Carry out what a process that was killed had begun."""
    path = store / ERASING_FILE
    try:
        first = int(path.read_text() or 0)
    except FileNotFoundError:
        return
    for record in journal.read(max(first, 1) - 1):
        if record.signal is Signal.OPERATIONS:
            _logger.warning("Operation %d had been begun and is carried out.", record.seq)
            _carry_out(store, database, journal, record, memory_limit=memory_limit)
    path.unlink()
    sync_directory(store)


def _carry_out(store: Path, database: Path, journal: Journal, record: Record, *, memory_limit: str) -> None:
    operation = Operation.of(record)
    if operation is None or not operation.choices:
        return
    journal.rewrite(operation.change, first=min(operation.choices), last=max(operation.choices))
    batches = sorted(operation.choices)
    erase_from_database(database, batches, _records(journal, batches), operation=record.seq, memory_limit=memory_limit)
    _logger.info("%s: operation %d erased something of %d records.", store, record.seq, len(batches))


def _records(journal: Journal, numbers: list[int]) -> Iterator[Record]:
    """Read some records of the journal, in order."""
    if not numbers:
        return
    wanted = set(numbers)
    for record in journal.read(numbers[0] - 1):
        if record.seq in wanted:
            yield record
        if record.seq >= numbers[-1]:
            return


def _note(store: Path, first: int) -> None:
    """Say that something is going on, before anything of it is on disk."""
    path = store / ERASING_FILE
    new = path.with_name(f"{ERASING_FILE}.new")
    with new.open("w") as file:
        file.write(f"{first}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_directory(store)
