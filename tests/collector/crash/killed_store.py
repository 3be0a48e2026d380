"""A store as a killed collector leaves it: sealed segments, plain and packed, a database with a checkpoint, and a log behind it."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.collector.crash.killing import request

from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import compress, list_segments
from relaylens_collector.signals import Signal

_SEGMENT_BYTES: Final = 100_000
_BEFORE_CHECKPOINT: Final = 60
_BEHIND_CHECKPOINT: Final = 30


def leave_killed_store(folder: Path) -> list[str]:
    """Make it, and return the names of all spans that were acknowledged."""
    names: list[str] = []
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        store = Path(work) / "store"
        journal = Journal(store / "journal", segment_bytes=_SEGMENT_BYTES)
        for number in range(_BEFORE_CHECKPOINT):
            body, more = request("h0", number)
            journal.append(Signal.TRACES, body)
            names += more
        journal.close()
        for segment in list_segments(store / "journal")[:-1:2]:
            compress(segment)
        with Ingest(store, settle) as ingest:  # closing writes a checkpoint
            ingest.flush()
        with Ingest(store, settle) as ingest:
            ingest.flush()
            for number in range(_BEHIND_CHECKPOINT):
                body, more = request("g0", number)
                ingest.submit(Signal.TRACES, body)
                names += more
                if number % 10 == 0:
                    ingest.flush()
            ingest.flush()
            deadline = time.monotonic() + 10
            # What a killed process leaves is what is in the files at that moment.
            while not (store / "relaylens.duckdb.wal").exists():
                assert time.monotonic() < deadline
            shutil.copytree(store, folder)
    (folder / "lock").unlink()
    return names
