"""`relaylens export`: requests from the journal as OTLP, or a table of nouns as Parquet."""

import itertools
from collections.abc import Iterator
from datetime import UTC, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from relaylens_analytics import Reader, Window
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_analytics.values import Value
from relaylens_collector.signals import Signal
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

if TYPE_CHECKING:
    import pyarrow as pa

_SQL: Final = files("relaylens_dashboard.cli") / "sql"


class Table(StrEnum):
    """A table of nouns that can be exported."""

    CONVERSATIONS = "conversations"
    RUNS = "runs"
    STEPS = "steps"
    HANDOFFS = "handoffs"
    ESCALATIONS = "escalations"
    FINDINGS = "findings"
    VALIDATIONS = "validations"
    FEEDBACK = "feedback"
    AGENTS = "agents"


_MOMENTS: Final = {
    Table.HANDOFFS: "offered_at",
    Table.ESCALATIONS: "requested_at",
    Table.FINDINGS: "found_at",
    Table.VALIDATIONS: "judged_at",
    Table.FEEDBACK: "given_at",
    Table.AGENTS: "first_seen_at",
}
"""By what a table is in order, where that is not `started_at`."""

_ROWS_AT_ONCE: Final = 20_000

_WITHOUT_RUN: Final = (Table.CONVERSATIONS, Table.AGENTS)

SignalOption = Annotated[options.OtlpSignal, typer.Option("--signal", help="What to export as OTLP.")]
TableOption = Annotated[Table | None, typer.Option("--table", help="What to export as Parquet, instead of OTLP.")]
Run = Annotated[str | None, typer.Option("--run", help="Of this run only.")]
Conversation = Annotated[str | None, typer.Option("--conversation", help="Of this conversation only.")]
Otlp = Annotated[
    str | None,
    typer.Option(
        "--otlp",
        metavar="URL",
        help="With --table findings: send them there as OTLP events (gen_ai.evaluation.result), such as http://127.0.0.1:4318.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, help="File: .jsonl or .pb, also .gz or .xz, or .parquet; else JSON lines to standard output."),
]


def export(
    *,
    out: Out = None,
    otlp: Otlp = None,
    signal: SignalOption = options.OtlpSignal.TRACES,
    table: TableOption = None,
    run: Run = None,
    conversation: Conversation = None,
    since: options.Since = None,
    until: options.Until = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Exports what came in, loss-free, as OTLP JSON lines or length-delimited protobuf; or a table of nouns as Parquet.

    OTLP comes from the journal in the store's folder, also while a collector runs.
    To choose by run or conversation while it does, give its --url beside --store.
    """
    from relaylens_dashboard.cli import journal_export

    window = options.window(since, until)
    if otlp is not None:
        if table is not Table.FINDINGS or out is not None:
            detail = "--otlp sends findings: give it with --table findings, and without --out"
            raise typer.BadParameter(detail)
        with options.reader(store, url, token) as reader:
            _send_findings(reader, window, FindingFilter(run=run, conversation=conversation), otlp)
        return
    if table is not None:
        if out is None or out.suffix != ".parquet":
            detail = f"a table is written as Parquet: --out {table}.parquet"
            raise typer.BadParameter(detail)
        values: dict[str, Value] = {"since": window.since, "until": window.until, "conversation": conversation}
        if table not in _WITHOUT_RUN:
            values["run"] = run
        elif run is not None:
            detail = f"{table} belong to no single run"
            raise typer.BadParameter(detail)
        with options.reader(store, url, token) as reader:
            _export_table(reader, table, values, out)
        return
    if signal is options.OtlpSignal.METRICS and (run or conversation):
        detail = "metrics belong to no run or conversation"
        raise typer.BadParameter(detail)
    members = None
    if run is not None or conversation is not None:
        with options.reader(None if url else store, url, token) as reader:
            members = _spans_of(reader, run, conversation)
    written, broken = journal_export.export_requests(
        store or options.DEFAULT_STORE, journal_export.Choice(Signal(signal), window, members), out
    )
    say(f"Wrote {written:,} requests to {out or 'standard output'}")
    if broken:
        say(f"{broken:,} records could not be written.")
        raise typer.Exit(1)


def _send_findings(reader: Reader, window: Window, wanted: FindingFilter, endpoint: str) -> None:
    """Send findings as events."""
    from relaylens_dashboard.cli import evaluation_events

    sent, failed = evaluation_events.send(reader, window, wanted, endpoint)
    say(f"Sent {sent:,} findings to {endpoint}")
    if failed:
        say(f"{failed:,} findings were not taken; the address has to be that of an OTLP/HTTP server, without /v1/logs.")
        raise typer.Exit(1)


def _export_table(reader: Reader, table: Table, values: dict[str, Value], out: Path) -> None:
    """Write a table of nouns, a slice of time at once: the texts of all of it may not fit in the memory."""
    import pyarrow.parquet as pq

    slices = _slices(reader, table, values)
    first = next(slices)
    written = 0
    with pq.ParquetWriter(out, first.schema, compression="zstd") as writer:
        for rows in itertools.chain([first], slices):
            writer.write_table(rows)
            written += rows.num_rows
    say(f"Wrote {written:,} {table} to {out}")


def _slices(reader: Reader, table: Table, values: dict[str, Value]) -> Iterator["pa.Table"]:
    """Yield the rows in order, of one stretch of time after the other, and those without a time at last."""
    text = (_SQL / "tables" / f"{table}.sql").read_text(encoding="utf-8")
    moment = _MOMENTS.get(table, "started_at")
    [extent] = reader.query(
        f"SELECT count(*) AS rows, count({moment}) AS dated, min({moment}) AS first, max({moment}) AS last FROM ({text})",  # noqa: S608 - our own names
        values,
    ).to_pylist()
    if extent["rows"] <= _ROWS_AT_ONCE or not extent["dated"]:
        yield reader.query(text, values)
        return
    stretches = -(-extent["dated"] // _ROWS_AT_ONCE)
    first, last = (extent[name].replace(tzinfo=UTC) for name in ("first", "last"))
    bounds = [first + (last - first) * part / stretches for part in range(stretches)]
    for since, until in itertools.pairwise([*bounds, last + timedelta(microseconds=1)]):
        yield reader.query(text, {**values, "since": since, "until": until})
    if extent["rows"] > extent["dated"]:
        yield reader.query(f"FROM ({text}) WHERE {moment} IS NULL", values)


def _spans_of(reader: Reader, run: str | None, conversation: str | None) -> frozenset[tuple[bytes, bytes]]:
    """Ask which spans belong to the run or conversation."""
    answer = reader.query((_SQL / "spans_of.sql").read_text(encoding="utf-8"), {"run": run, "conversation": conversation})
    return frozenset(
        (bytes.fromhex(trace_id), bytes.fromhex(span_id))
        for trace_id, span_id in zip(answer["trace_id"].to_pylist(), answer["span_id"].to_pylist(), strict=True)
    )
