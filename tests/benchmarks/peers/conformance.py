"""Our suite of 64 OTLP items against Relaylens' peers, which nobody else has tested so.

The suite (docs/conformance.md) knows the protocol and nothing of a server's inside. It starts each server with the same options, those
that every server can be given; what would need more, such as reading back what was stored, is not checked here, for Relaylens neither.
`python -m tests.benchmarks.peers.conformance` prints a line for each item, and why one fails.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.ingest import machine
from tests.benchmarks.peers.servers import OURS, PEERS, Server, quiet_environment, version_of

_ALIVE: Final = {"relaylens": "/healthz", "arize-phoenix": "/healthz", "mlflow": "/health"}
_WIDTH: Final = 22
_MOST_SAID: Final = 200


def verdicts(server: Server, only: list[str]) -> dict[str, Mapping[str, str]]:
    """Run the suite against a server, and return what it says of each item."""
    command = shlex.join(server.command(Path("{folder}"), "{http}", "{grpc}"))
    options = ["--serve", command, "--ready", server.ready, "--alive", _ALIVE[server.name], "--start", "120", "--json"]
    options += [option for name, value in server.headers.items() for option in ("--header", f"{name}={value}")]
    options += [option for item in only for option in ("--only", item)]
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            (sys.executable, "-m", "relaylens_collector.conformance", *options),
            cwd=folder,
            env={**os.environ, **quiet_environment(Path(folder)), **server.environment},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    if not lines:
        message = f"The suite said nothing of {server.name}:\n{ended.stderr[-2000:]}"
        raise RuntimeError(message)
    return {line["item"]: line for line in lines}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="this item only; may be repeated")
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS), help="which to measure")
    asked = parser.parse_args()
    servers = (OURS, *(peer for peer in PEERS if peer.name in asked.peers.split(",")))
    found = {server.name: verdicts(server, asked.only) for server in servers}
    print(machine())
    print(" " * 6 + "".join(f"{f'{name} {version_of(name)}':{_WIDTH}}" for name in found))
    for item, ours in found[OURS.name].items():
        print(f"{item} {ours['level']} " + "".join(f"{of[item]['verdict']:{_WIDTH}}" for of in found.values()) + ours["title"])
    print()
    for name, of in found.items():
        for item, line in of.items():
            if line["verdict"] == "failed":
                print(f"{name} {item}: {' '.join(line['reason'].split())[:_MOST_SAID]}")
    print()
    for name, of in found.items():
        counts = Counter(one["verdict"] for one in of.values())
        print(f"{name}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))


if __name__ == "__main__":
    main()
