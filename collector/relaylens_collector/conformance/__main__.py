"""The command line of the suite: item, verdict and reason, and an exit code that says whether all hold."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from relaylens_collector.conformance import data_model, json_rules, operating, over_time, pressure, responses, transport
from relaylens_collector.conformance.items import ITEMS, FailedError, Item, NeedsError, Verdict
from relaylens_collector.conformance.serving import START_SECONDS, Serving, end_all, served
from relaylens_collector.conformance.target import Target

FAMILIES = (transport, responses, pressure, json_rules, data_model, over_time, operating)
"""Where the items are; importing them registers them."""


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    item: Item
    verdict: Verdict
    reason: str
    seconds: float


def run_item(item: Item, target: Target, seconds: float = 180.0) -> Result:
    """Test one item, for so long at most: a server that keeps the suite waiting does not hold the item."""
    begun = time.perf_counter()
    said: list[tuple[Verdict, str]] = []
    # A daemon, for nothing can end a thread that waits: the suite goes on without it.
    worker = threading.Thread(target=lambda: said.append(_verdict(item, target)), name=item.code, daemon=True)
    worker.start()
    worker.join(seconds)
    verdict, reason = said[0] if said else (Verdict.FAILED, f"no verdict after {seconds:g} s")
    return Result(item, verdict, reason, time.perf_counter() - begun)


def _verdict(item: Item, target: Target) -> tuple[Verdict, str]:
    try:
        return Verdict.PASSED, item.test(target) or ""
    except FailedError as error:
        return Verdict.FAILED, str(error)
    except NeedsError as error:
        return Verdict.UNTESTED, f"needs {error}"
    except Exception as error:  # noqa: BLE001 - a server that answers nonsense must not end the suite
        return Verdict.FAILED, f"{type(error).__name__}: {error}"


def run_items(target: Target, codes: Sequence[str], seconds: float) -> list[Result]:
    """Test items one after the other, those that only wait beside them."""
    chosen = [item for item in ITEMS.values() if not codes or item.code in codes]
    with ThreadPoolExecutor(4) as pool:
        waiting: dict[str, Future[Result]] = {item.code: pool.submit(run_item, item, target, seconds) for item in chosen if item.takes_long}
        done: list[Result] = []
        for item in chosen:
            if item.code not in waiting:
                done.append(run_item(item, target, seconds))
                sys.stderr.write(f"{item.code} {done[-1].verdict}\n")
        done += [future.result() for future in waiting.values()]
    return sorted(done, key=lambda result: result.item.code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; 0 when no item fails, 1 when one does, 2 for wrong use."""
    parser = _parser()
    given = parser.parse_args(arguments)
    unknown = [code for code in given.only if code not in ITEMS]
    if unknown:
        parser.error(f"there is no item {unknown[0]}; there are C01 to C64")
    serving = _serving(given)
    if given.target is None and serving is None:
        parser.error("give --target, or --serve to start a server")
    with ExitStack() as stack:
        target = Target(
            (given.target or "").rstrip("/"),
            urlsplit(given.grpc if "//" in (given.grpc or "") else f"//{given.grpc or ''}").netloc,
            given.token,
            given.trace_url,
            given.max_body,
            given.pid,
            serving,
            dict(client.partition("=")[::2] for client in given.client),
            given.patience,
            given.idle,
            dict(header.partition("=")[::2] for header in given.header),
        )
        if given.target is None:
            target = stack.enter_context(served(target)).target
        results = run_items(target, given.only, given.deadline)
    _print(results, as_json=given.json)
    return 1 if any(result.verdict is Verdict.FAILED for result in results) else 0


def _print(results: list[Result], *, as_json: bool) -> None:
    """Print the table and the sums."""
    for result in results:
        if as_json:
            line = {
                "item": result.item.code,
                "level": result.item.level,
                "title": result.item.title,
                "verdict": result.verdict.name.lower(),
                "reason": result.reason,
                "seconds": round(result.seconds, 3),
            }
            sys.stdout.write(json.dumps(line) + "\n")
        else:
            reason = f"  ({result.reason})" if result.reason else ""
            sys.stdout.write(f"{result.item.code} {result.item.level} {result.verdict:11} {result.item.title}{reason}\n")
    if not as_json:
        counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Verdict}
        sys.stdout.write(
            f"\n{counts[Verdict.PASSED]} of {len(results)} items pass, {counts[Verdict.FAILED]} fail, "
            f"{counts[Verdict.UNTESTED]} were not checked.\n"
        )


def _serving(given: argparse.Namespace) -> Serving | None:
    if given.serve is None:
        return None
    return Serving(
        given.serve,
        given.serve_max_body,
        given.serve_in_flight,
        given.serve_auth,
        given.serve_tls,
        tuple(given.route),
        given.ready,
        given.alive,
        given.start,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m relaylens_collector.conformance", description="Tests an OTLP server against 64 items.")
    parser.add_argument("--target", help="address of OTLP/HTTP, such as http://127.0.0.1:4318; without it --serve starts a server")
    parser.add_argument("--grpc", help="address of OTLP/gRPC, such as 127.0.0.1:4317", default="127.0.0.1:4317")
    parser.add_argument("--token", help="bearer token that every request carries")
    parser.add_argument("--header", action="append", default=[], help="NAME=VALUE that every request carries besides")
    parser.add_argument("--trace-url", help="answers a trace as OTLP JSON; {trace_id} stands for its id, {http} for the address")
    parser.add_argument("--max-body", type=int, default=64 << 20, help="greatest request the server takes, in bytes (default: 64 MiB)")
    parser.add_argument("--pid", type=int, help="the server's process, to see its memory")
    parser.add_argument("--serve", help="command that starts a server like the target; {http}, {grpc}, {folder} stand for ports and data")
    parser.add_argument("--serve-max-body", help="its option for the greatest request, with {bytes}")
    parser.add_argument("--serve-in-flight", help="its option for bytes in memory before senders have to wait, with {bytes}")
    parser.add_argument("--serve-auth", help="its option for a bearer token, with {token}")
    parser.add_argument("--serve-tls", help="its options for TLS, with {certificate} and {key}")
    parser.add_argument("--route", action="append", default=[], help="another route of it that has to ask for the token")
    parser.add_argument("--ready", help="its path for readiness")
    parser.add_argument("--alive", help="its path for liveness")
    parser.add_argument(
        "--start", type=float, default=START_SECONDS, help=f"seconds it may take until it answers (default: {START_SECONDS:g})"
    )
    parser.add_argument(
        "--client", action="append", default=[], help="NAME=COMMAND that sends a span and prints its trace id; {http}, {grpc}"
    )
    parser.add_argument("--patience", type=float, default=20.0, help="seconds until what was acknowledged can be read (default: 20)")
    parser.add_argument("--idle", type=float, default=61.0, help="seconds for which a connection is left idle (default: 61)")
    parser.add_argument("--deadline", type=float, default=180.0, help="longest time of one item, in seconds (default: 180)")
    parser.add_argument("--only", action="append", default=[], help="this item only; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    end_all()
    # Threads of an item that was given up would keep an ordinary exit waiting.
    os._exit(code)
