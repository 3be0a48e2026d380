"""A collector without its network, to record its writes: small segments, quiet moments, and a checkpoint every other time."""

import itertools
import sys
import threading
import time
from pathlib import Path
from typing import Final

import duckdb
from tests.collector.crash.killing import request

from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.journal import Journal
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal

_SEGMENT_BYTES: Final = 300_000
_SENDERS: Final = 2
_ROUNDS: Final = 2
_QUIET_SECONDS: Final = 3.0
"""Long enough for finished segments to be compressed."""

_settlings = itertools.count()


def _settle_and_checkpoint(connection: duckdb.DuckDBPyConnection) -> int:
    settled = settle(connection)
    # Counted and not drawn by chance: on a slow machine there are few settlings, and each recording needs checkpoints to tear.
    if next(_settlings) % 2 == 0:
        connection.execute("FORCE CHECKPOINT")
    return settled


def _send(ingest: Ingest, sender: str, numbers: range) -> None:
    for number in numbers:
        ingest.submit(Signal.TRACES, request(sender, number)[0])
        time.sleep(0.02)


def main() -> None:
    """Send for two rounds, with a pause between them."""
    store, requests = Path(sys.argv[1]), int(sys.argv[2])
    # Segments begin and are compressed many times in this little data.
    Journal.__init__.__kwdefaults__ = {**(Journal.__init__.__kwdefaults__ or {}), "segment_bytes": _SEGMENT_BYTES}
    with Ingest(store, _settle_and_checkpoint, pace=Pace(quiet_seconds=0.05, settle_every_seconds=0.2)) as ingest:
        for turn in range(_ROUNDS):
            numbers = range(turn * requests, (turn + 1) * requests)
            threads = [threading.Thread(target=_send, args=(ingest, f"h{sender}", numbers)) for sender in range(_SENDERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            ingest.flush()
            time.sleep(_QUIET_SECONDS)


if __name__ == "__main__":
    main()
