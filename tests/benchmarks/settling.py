"""What settling costs: processor time a span in bulk, and for one small trace, on an empty store and on a filled one.

Bulk is a store of generated agent traces that is settled from nothing, and then again as many traces on top of it; live is one run of
nineteen spans at a time, as when somebody watches. The limit is the rate at which DuckDB inserts the same spans (see `ingest.py`), in the
same run; times are processor time, so that other work on the machine changes little. A trace of `--long` spans shows what one that
never ends costs. What the detectors and the baseline add, as they are set by default, is measured on the same spans, which are settled
in turns in a store with them and in one in which all are off. `python -m tests.benchmarks.settling` prints the figures; with
`--detectors` only what these add, with `--whole 1000000` only how long that many spans take, with one thread as in a collector of two
processors.
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import best_in_turns, insert, machine, materialised, records_of

from relaylens_analytics.detectors import SETTINGS_FILE, catalogue
from relaylens_analytics.settle import settle
from relaylens_collector.mapping import Decoded, decode
from relaylens_collector.records import Receipt, Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

SPANS_OF_A_RUN: Final = 19
LIVE_RUNS: Final = 7
REQUESTS_AT_ONCE: Final = 32
TURNS: Final = 4
TRACE: Final = bytes(15) + b"\x07"
ROOT: Final = bytes(7) + b"\x07"


def apply(store: Store, bodies: Iterable[bytes]) -> int:
    """Store requests after those that are there, and give the number of their spans."""
    pairs: list[tuple[Receipt, Decoded]] = []
    seq, before = store.last_batch(), _spans(store)
    for body in bodies:
        seq += 1
        record = Record(seq, Signal.TRACES, 1, hashlib.sha256(body).digest(), body)
        pairs.append((record.receipt, decode(Signal.TRACES, body)))
        if len(pairs) == REQUESTS_AT_ONCE:
            store.apply(pairs)
            pairs = []
    store.apply(pairs)
    return _spans(store) - before


def processor_seconds(store: Store) -> float:
    """Settle, and give the processor time that it took."""
    began = time.process_time()
    settle(store.connection)
    return time.process_time() - began


def live(store: Store, seed: int) -> float:
    """Settle small traces one at a time, and give the seconds that the middle one took."""
    taken = []
    for body in trace_requests(LIVE_RUNS, SPANS_OF_A_RUN, seed):
        apply(store, [body])
        taken.append(processor_seconds(store))
    return statistics.median(taken)


def one_trace(bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Put all spans into one trace below one root that never comes."""
    for body in bodies:
        request = ExportTraceServiceRequest.FromString(body)
        for span in request.resource_spans[0].scope_spans[0].spans:
            span.trace_id = TRACE
            span.parent_span_id = span.parent_span_id or ROOT
            for attribute in span.attributes:
                if attribute.key == "gen_ai.conversation.id":
                    attribute.value.string_value = "long"
        yield request.SerializeToString()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help=f"requests of {SPANS_PER_REQUEST} spans in bulk")
    parser.add_argument("--more", type=int, default=100, help="requests on top of them")
    parser.add_argument("--long", type=int, default=100_000, help="spans of the one long trace; 0 leaves it out")
    parser.add_argument("--detectors", action="store_true", help="what the detectors add, and nothing else")
    parser.add_argument("--whole", type=int, default=0, metavar="SPANS", help="how long so many spans take, and nothing else")
    asked = parser.parse_args()
    print(machine())
    if asked.whole or asked.detectors:
        with tempfile.TemporaryDirectory() as folder:
            if asked.whole:
                _print_whole(Path(folder), asked.whole)
            else:
                _print_detectors(Path(folder), asked.requests)
        return
    with tempfile.TemporaryDirectory() as folder:
        limit = _limit(min(asked.requests, 80), Path(folder))
        print(f"limit: DuckDB inserts       {limit:8.1f} us of processor time a span")
        store = Store(Path(folder) / "store.duckdb", memory_limit="256MB")
        first = processor_seconds(store)
        print(f"making the tables           {1000 * first:8.0f} ms, once for each connection")
        print(f"one small trace, empty      {1000 * live(store, 7):8.0f} ms, of {SPANS_OF_A_RUN} spans")
        _print_bulk("bulk, empty", store, trace_requests(asked.requests), limit)
        print(f"one small trace, filled     {1000 * live(store, 8):8.0f} ms, beside {_spans(store):,} spans")
        _print_bulk("bulk, filled", store, trace_requests(asked.more, seed=2), limit)
        store.close()
        if asked.long:
            store = Store(Path(folder) / "long.duckdb", memory_limit="256MB")
            settle(store.connection)
            _print_bulk("one trace", store, one_trace(trace_requests(-(-asked.long // SPANS_PER_REQUEST), seed=3)), limit)
            store.close()
        _print_detectors(Path(folder), asked.requests)


def _print_detectors(folder: Path, requests: int) -> None:
    """Settle the same spans with and without detectors, in turns, and say what the detectors add."""
    (folder / "on").mkdir()
    (folder / "off").mkdir()
    switched = "\n".join(f"[{detector.name}]\non = false" for detector in catalogue())
    (folder / "off" / SETTINGS_FILE).write_text(switched, encoding="utf-8")
    stores = {kind: Store(folder / kind / "store.duckdb", memory_limit="256MB") for kind in ("on", "off")}
    bulk, small = dict.fromkeys(stores, 0.0), dict.fromkeys(stores, 0.0)
    spans = 0
    for store in stores.values():
        settle(store.connection)
    for turn in range(TURNS):
        bodies = list(trace_requests(requests // TURNS, seed=turn))
        order = list(stores.items())
        for kind, store in order if turn % 2 else reversed(order):
            spans += apply(store, bodies)
            bulk[kind] += processor_seconds(store)
            small[kind] += live(store, 100 + turn) / TURNS
    [[found]] = stores["on"].connection.execute("SELECT (SELECT count(*) FROM findings) + (SELECT count(*) FROM hints)").fetchall()
    for name, taken, unit in (("bulk", bulk, f"{spans // 2:,} spans"), ("one small trace", small, f"{SPANS_OF_A_RUN} spans")):
        share = taken["on"] / taken["off"] - 1
        print(f"{name:<16} {taken['off']:7.2f} s without detectors, {taken['on']:7.2f} s with: {share:+.1%}, {unit}")
    print(f"{found:,} findings and hints")
    for store in stores.values():
        store.close()


def _print_whole(folder: Path, wanted: int) -> None:
    """Store many spans, settle them, and say how long settling took."""
    store = Store(folder / "store.duckdb", memory_limit="256MB", threads=1)
    spans = apply(store, trace_requests(-(-wanted // SPANS_PER_REQUEST)))
    began = time.perf_counter()
    processor = processor_seconds(store)
    seconds = time.perf_counter() - began
    [[runs]] = store.connection.execute("SELECT count(*) FROM runs").fetchall()
    store.close()
    each = 1e6 * processor / spans
    print(f"{spans:,} spans of {runs:,} runs settled in {seconds:.0f} s, {processor:.0f} s of processor time, {each:.1f} us a span")


def _print_bulk(name: str, store: Store, bodies: Iterable[bytes], limit: float) -> None:
    """Store and settle many spans, and say what settling took."""
    spans = apply(store, bodies)
    taken = processor_seconds(store)
    each = 1e6 * taken / spans
    print(f"{name:<27} {each:8.1f} us a span, {spans:,} spans in {taken:.1f} s, {each / limit:.2f} x the limit", flush=True)


def _limit(requests: int, folder: Path) -> float:
    """Give the processor time in microseconds that DuckDB takes to insert a span."""
    transactions = materialised(records_of(trace_requests(requests)), folder / "rows.duckdb")
    [rate] = best_in_turns([lambda path: insert(transactions, path)], requests * SPANS_PER_REQUEST, 2)
    return 1e6 * rate.processor_seconds / rate.spans


def _spans(store: Store) -> int:
    """Count the spans stored."""
    [(count,)] = store.connection.execute("SELECT count(*) FROM spans").fetchall()
    return int(count)


if __name__ == "__main__":
    main()
