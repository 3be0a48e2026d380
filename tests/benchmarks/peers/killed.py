"""What is left of acknowledged spans after kill -9, in Relaylens and in its peers as they are by default.

Each server (see `servers.py`) is sent a few requests of generated traces over four connections. As soon as the last one is acknowledged
its processes are killed; it is started again on the same files, and asked how many spans it has once that number stays the same.
`python -m tests.benchmarks.peers.killed` prints how many are missing; the exit code is 1 when Relaylens has lost one.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import machine
from tests.benchmarks.peers.servers import CONNECTIONS, OURS, PEERS, Server, free_port, running, send_all, version_of

_STEADY_SECONDS: Final = 5.0
"""A count that has not changed for so long counts."""


def lost(server: Server, requests: int, seed: int) -> int:
    """Send, kill, start again, and return how many acknowledged spans are missing."""
    bodies = list(trace_requests(requests, seed=seed))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        port, more = free_port(), free_port()
        with running(server, folder, port, more) as process:
            before = server.count(folder, port)
            send_all(bodies, port, server.headers)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with running(server, folder, port, more):
            return requests * SPANS_PER_REQUEST - (_steady_count(server, folder, port) - before)


def _steady_count(server: Server, folder: Path, port: int) -> int:
    """Count until nothing is added any more."""
    count, since = server.count(folder, port), time.monotonic()
    while time.monotonic() - since < _STEADY_SECONDS:
        time.sleep(0.5)
        if (now := server.count(folder, port)) != count:
            count, since = now, time.monotonic()
    return count


def main() -> int:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5, help="how often each is killed")
    parser.add_argument("--requests", type=int, default=8, help=f"requests of {SPANS_PER_REQUEST} spans before each")
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS), help="which to measure")
    asked = parser.parse_args()
    servers = (OURS, *(peer for peer in PEERS if peer.name in asked.peers.split(",")))
    missing: dict[str, list[int]] = {server.name: [] for server in servers}
    for kill in range(asked.kills):
        for server in servers:
            missing[server.name].append(lost(server, asked.requests, kill))
    each = asked.requests * SPANS_PER_REQUEST
    print(machine())
    print(f"{asked.kills} times kill -9 right after {each:,} spans were acknowledged over {CONNECTIONS} connections, then started again")
    for server in servers:
        counts = missing[server.name]
        share = sum(counts) / (each * len(counts))
        print(f"{server.name:14} {version_of(server.name):10} {sum(counts):7,} of {each * len(counts):,} lost ({share:.0%}): {counts}")
    return int(any(missing[OURS.name]))


if __name__ == "__main__":
    sys.exit(main())
