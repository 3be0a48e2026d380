"""The collector with settling, as a process that a test can kill; it checkpoints often, for that is when a database is most at risk."""

import logging
import random
import signal
import sys
from pathlib import Path

import duckdb

from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings


class _SettleAndCheckpoint:
    """Settles, and checkpoints in a share of the cases."""

    def __init__(self, share: float) -> None:
        self._share = share

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> int:
        settled = settle(connection)
        if random.random() < self._share:  # noqa: S311 - any moment will do
            connection.execute("FORCE CHECKPOINT")
        return settled


def main() -> None:
    """Serve until SIGTERM."""
    store, http_port, grpc_port, checkpoint_share = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    settings = Settings(
        store=Path(store), otlp_http_port=int(http_port), otlp_grpc_port=int(grpc_port), quiet_seconds=0.05, settle_every_seconds=0.3
    )
    collector = Collector(settings, _SettleAndCheckpoint(float(checkpoint_share)))
    collector.start()
    signal.sigwait([signal.SIGTERM])
    collector.stop()


if __name__ == "__main__":
    main()
