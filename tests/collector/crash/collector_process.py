"""Collectors with settling, as processes that a test can kill; they checkpoint often, for that is when a database is most at risk.

Most of a collector's start is importing its libraries. So that hundreds of kills take minutes, this process imports them once and forks
for each start; what is killed is a process of its own with all its threads, files and sockets made after the fork.
"""

import json
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

_BETWEEN_CHECKPOINTS: Final = 0.05
_FAILED: Final = 1


class _SettleAndCheckpoint:
    """Settles, and checkpoints in a share of the cases."""

    def __init__(self, share: float) -> None:
        self._share = share

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> int:
        settled = settle(connection)
        if random.random() < self._share:  # noqa: S311 - any moment will do
            connection.execute("FORCE CHECKPOINT")
        return settled


def _checkpoint_without_end(collector: Collector, stop: threading.Event) -> None:
    """The storm: a checkpoint beside all that is stored and settled, again and again."""
    while not stop.wait(_BETWEEN_CHECKPOINTS):
        try:
            with collector.ingest.reading() as cursor:
                cursor.execute("CHECKPOINT")
        except Exception:  # noqa: BLE001, S112 - refused while a transaction runs, and while the database is closed
            continue


def serve(
    *, store: str, http_port: int, grpc_port: int, checkpoint_share: float, storm: bool, free_bytes: int, retention_days: float | None
) -> int:
    """Run a collector until SIGTERM."""
    random.seed()
    settings = Settings(
        store=Path(store),
        otlp_http_port=http_port,
        otlp_grpc_port=grpc_port,
        quiet_seconds=0.05,
        settle_every_seconds=0.3,
        free_bytes=free_bytes,
        retention_days=retention_days,
    )
    collector = Collector(settings, _SettleAndCheckpoint(checkpoint_share))
    collector.start()
    stop = threading.Event()
    storming = threading.Thread(target=_checkpoint_without_end, args=(collector, stop))
    if storm:
        storming.start()
    signal.sigwait([signal.SIGTERM])
    stop.set()
    if storm:
        storming.join()
    collector.stop()
    return 0


def _fork(log: str, run: Callable[[], int]) -> int:
    child = os.fork()
    if child:
        return child
    code = _FAILED
    try:
        os.setpgid(0, 0)
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(target, sys.stderr.fileno())
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdin.fileno())
        os.dup2(sys.stdin.fileno(), sys.stdout.fileno())
        code = run()
    except BaseException:
        logging.getLogger(__name__).exception("The collector ended.")
    finally:
        os._exit(code)


def main() -> None:
    """Take orders, one a line: `start` answers the process's number, `wait` its exit code, which is negative after a signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            log, arguments = order["log"], order["start"]
            answer = _fork(log, partial(serve, **arguments))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
