"""Runs the network: `python -m examples.support_network --help`."""

import argparse
import asyncio
import contextlib
import random
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import relaylens

from .clock import now
from .faults import Fault
from .network import Network
from .truth import Truth


def options(arguments: list[str] | None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="support_network",
        description="A network of scripted agents that sends its spans to a collector, and the truth about each run to a file.",
    )
    parser.add_argument("--runs", type=int, default=60, help="how many runs (with --live: how many before it goes live)")
    parser.add_argument("--seed", type=int, help="the same seed gives the same runs; a new one each time otherwise")
    parser.add_argument("--name", default="", help="goes into the ids of runs, to tell executions with one seed apart")
    parser.add_argument("--faults", default="mixed", help=f"none, mixed, or some of {', '.join(Fault)}, joined by commas")
    parser.add_argument("--endpoint", default="http://127.0.0.1:4318", help="where the collector listens")
    parser.add_argument("--protocol", default="http/protobuf", choices=["http/protobuf", "grpc"])
    parser.add_argument("--service", default="support", help="service name on the spans")
    parser.add_argument("--truth", type=Path, help="file for the truth, one JSON object a run")
    parser.add_argument("--labels", metavar="URL", help="HTTP address of the collector, to attach business labels to each run")
    parser.add_argument("--history", type=float, default=1.0, metavar="HOURS", help="the runs began within these past hours")
    parser.add_argument("--until", type=float, metavar="SECONDS", help="end of the history as seconds since 1970, instead of now")
    parser.add_argument("--live", action="store_true", help="go on with new runs as time goes by, until stopped")
    parser.add_argument("--every", type=float, default=4.0, metavar="SECONDS", help="mean time between live runs")
    parser.add_argument("--time-scale", type=float, help="length of waits in live runs (default 0.2); 0 makes history only")
    return parser.parse_args(arguments)


async def main(asked: argparse.Namespace) -> None:
    """Run what was asked for."""
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10_000)
    with contextlib.ExitStack() as open_files:
        truth = open_files.enter_context(asked.truth.open("a", encoding="utf-8")) if asked.truth else None
        network = Network(seed, asked.faults, asked.name, truth, asked.labels, on_run=_tell)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, network.ending.set)
        if asked.runs:
            await network.history(asked.runs, asked.history, round((asked.until or time.time()) * 1e9))
        if asked.live and asked.time_scale != 0:
            await network.live(asked.every, asked.time_scale or 0.2)


def _tell(truth: Truth) -> None:
    """One line for each run, on the side of talk."""
    sys.stderr.write(f"{truth.run} {truth.kind:8} {truth.outcome:10} {truth.fault or ''}\n")


def reachable(endpoint: str, protocol: str) -> bool:
    """Whether anybody listens there: spans are sent in the background, where nobody would see that they are lost."""
    parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    port = parts.port or (4317 if protocol == "grpc" else 4318)
    with contextlib.suppress(OSError), socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=3):
        return True
    return False


def run(arguments: list[str] | None = None) -> int:
    """The command; the answer is its exit code."""
    asked = options(arguments)
    if not reachable(asked.endpoint, asked.protocol):
        sys.stderr.write(f"Nobody listens at {asked.endpoint}. Start the collector with `relaylens up`, or name another --endpoint.\n")
        return 1
    relaylens.instrument(asked.service, endpoint=asked.endpoint, protocol=asked.protocol, frameworks=False, clock=now)
    try:
        asyncio.run(main(asked))
    finally:
        relaylens.shutdown(5.0)
    return 0


if __name__ == "__main__":
    sys.exit(run())
