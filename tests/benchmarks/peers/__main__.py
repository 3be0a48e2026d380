"""Bulk ingest until queryable, beside arize-phoenix and mlflow on the same machine in the same run.

Each server (see `servers.py`) is sent the same generated traces in requests of 512 spans over four connections; a refusal is sent again.
The clock runs from the first byte until the last span can be asked for: in the peers until its row is committed in their SQLite file
(which is kinder than asking through their own interface), in ours until the read API answers with it. The peers derive nothing from
spans; ours goes on to settle them into runs, steps and handoffs, and a second clock runs until that is done. Slow servers get fewer
requests. The turns alternate. `python -m tests.benchmarks.peers` prints the figures.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import machine
from tests.benchmarks.peers.servers import (
    CONNECTIONS,
    LONGEST_SECONDS,
    LOOK_EVERY,
    OURS,
    PEERS,
    Server,
    free_port,
    running,
    send_all,
    version_of,
)

_FLOORS: Final = {"arize-phoenix": 150.0, "mlflow": 20.0}
"""How many times faster Relaylens has to be."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Spans per second of one turn."""

    queryable: float
    """Until the last could be asked for."""

    settled: float | None
    """Until everything was derived from the last, where anything is."""


def rates(server: Server) -> Rates:
    """Start the server, send it everything, and measure."""
    bodies = list(trace_requests(server.requests))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        port, more = free_port(), free_port()
        with running(server, folder, port, more):
            before = server.count(folder, port)
            began = time.perf_counter()
            send_all(bodies, port, server.headers)
            sent = server.requests * SPANS_PER_REQUEST

            def until(count: Callable[[Path, int], int]) -> float:
                while (found := count(folder, port)) < before + sent:
                    if time.perf_counter() - began > LONGEST_SECONDS:
                        message = f"{server.name} has {found - before} of {sent} spans after {LONGEST_SECONDS:g} s."
                        raise TimeoutError(message)
                    time.sleep(LOOK_EVERY)
                return sent / (time.perf_counter() - began)

            return Rates(until(server.count), None if server.settled is None else until(server.settled))


def main() -> int:
    """Measure in turns and print; the exit code is 1 when a floor is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2, help="how often each is measured; the best of each counts")
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS), help="which to measure")
    asked = parser.parse_args()
    chosen = [peer for peer in PEERS if peer.name in asked.peers.split(",")]
    turns: dict[str, list[Rates]] = {server.name: [] for server in (*chosen, OURS)}
    for _ in range(asked.turns):
        for server in (*chosen, OURS):
            turns[server.name].append(rates(server))
    best = {name: max(one.queryable for one in measured) for name, measured in turns.items()}
    settled = max(one.settled or 0.0 for one in turns[OURS.name])
    print(machine())
    print(f"requests of {SPANS_PER_REQUEST} spans, {CONNECTIONS} connections, until queryable; best of {asked.turns}")
    for server in (OURS, *chosen):
        print(f"{server.name:14} {version_of(server.name):10} {best[server.name]:9,.0f} spans/s, {server.requests} requests a turn")
    print(f"{'  settled':14} {'':10} {settled:9,.0f} spans/s, until runs, steps and handoffs are derived, as no peer does")
    shares = {peer.name: best[OURS.name] / best[peer.name] for peer in chosen}
    for name, share in shares.items():
        print(f"relaylens is {share:6.1f} x {name} until queryable (aim {_FLOORS[name]:g}), {settled / best[name]:6.1f} x until settled")
    return 0 if all(share >= _FLOORS[name] for name, share in shares.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
