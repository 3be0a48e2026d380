"""Records that are rejected within their request are kept as dead letters, with the reason and what was found of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.collector.store.building import field, request, span

from relaylens_collector.errors import UndecodableError
from relaylens_collector.ingest import Ingest, Verdict
from relaylens_collector.mapping import decode
from relaylens_collector.mapping.dead_letters import KEPT_BYTES, MOST
from relaylens_collector.receive.otlp_json import to_protobuf
from relaylens_collector.signals import Signal

_COLUMNS = "ordinal, signal, reason, trace_id, span_id, name, body, body_bytes"


def _ingested(folder: Path, signal: Signal, *bodies: bytes) -> tuple[list[Verdict], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Take requests in, and return the verdicts, the dead letters, and place and name of the spans and log records."""
    with Ingest(folder) as ingest:
        verdicts = [ingest.submit(signal, body) for body in bodies]
        ingest.flush()
        with ingest.reading() as cursor:
            dead = cursor.execute(f"SELECT {_COLUMNS} FROM dead_letters ORDER BY batch, ordinal").fetchall()  # noqa: S608 - our own names
            kept = cursor.execute(
                "SELECT ordinal, name FROM spans UNION ALL SELECT ordinal, severity_text FROM logs"
                " UNION ALL SELECT ordinal, name FROM metric_points ORDER BY 1"
            ).fetchall()
        assert len(dead) == ingest.status().progress.dead_letters
    return verdicts, dead, kept


def test_a_span_with_a_bad_id(tmp_path: Path) -> None:
    """Ids are kept as found, and the bytes are those of the span."""
    bad, worse = span(2, name="bad"), span(3, name="worse")
    bad.trace_id, worse.span_id = b"\x01\x02", b""

    verdicts, dead, kept = _ingested(
        tmp_path, Signal.TRACES, request(span(1, name="good"), bad, worse, span(4, name="too")).SerializeToString()
    )

    assert [(2, 2)] == [(verdict.accepted, verdict.rejected) for verdict in verdicts]
    assert [(0, "good"), (3, "too")] == kept
    trace_id, span_id = "a trace_id that is not 16 bytes or is all zero", "a span_id that is not 8 bytes or is all zero"
    assert [
        (1, "traces", trace_id, "0102", "0000000000000002", "bad", bad.SerializeToString(), bad.ByteSize()),
        (2, "traces", span_id, "0" * 31 + "3", None, "worse", worse.SerializeToString(), worse.ByteSize()),
    ] == dead


def test_a_request_of_bad_spans_only_is_kept(tmp_path: Path) -> None:
    """It was answered with success and a count of rejected spans, so that there has to be a trace of it; and sent again it is kept once."""
    body = request(span(0, name="lost")).SerializeToString()

    verdicts, dead, kept = _ingested(tmp_path, Signal.TRACES, body, body)

    assert [(0, 1, False), (0, 1, True)] == [(verdict.accepted, verdict.rejected, verdict.duplicate) for verdict in verdicts]
    assert ["lost"] == [name for *_, name, _body, _size in dead]
    assert [] == kept


def _scope_of(*records: bytes) -> bytes:
    """Return a request with records given as bytes."""
    return field(1, field(2, b"".join(field(2, record) for record in records)))


_BROKEN_ATTRIBUTE = field(1, b"\x01" * 16) + field(2, b"\x02" * 8) + field(5, b"broken") + field(9, b"\x0a\xff")


def test_a_span_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    """What stands before the fault is found, and the others keep their places."""
    good = [span(number, name=f"good {number}").SerializeToString() for number in (1, 2, 3)]
    bad_id = span(0, name="bad id").SerializeToString()

    verdicts, dead, kept = _ingested(tmp_path, Signal.TRACES, _scope_of(good[0], _BROKEN_ATTRIBUTE, bad_id, good[1], b"\x0a\xff", good[2]))

    assert [(3, 3)] == [(verdict.accepted, verdict.rejected) for verdict in verdicts]
    assert "2 records cannot be read (first: 1 of the request" in str(verdicts[0].reason)
    assert [(0, "good 1"), (3, "good 2"), (5, "good 3")] == kept
    assert [(1, "01" * 16, "02" * 8, "broken"), (2, None, None, "bad id"), (4, None, None, None)] == [
        (ordinal, trace_id if name != "bad id" else None, span_id if name != "bad id" else None, name)
        for ordinal, _, _, trace_id, span_id, name, _, _ in dead
    ]
    assert [_BROKEN_ATTRIBUTE, bad_id, b"\x0a\xff"] == [body for *_, body, _ in dead]


@pytest.mark.parametrize(("signal", "good"), [(Signal.LOGS, field(3, b"INFO")), (Signal.METRICS, field(1, b"calls"))])
def test_other_records_that_cannot_be_read(tmp_path: Path, signal: Signal, good: bytes) -> None:
    """Log records and metrics are like spans in this."""
    verdicts, dead, kept = _ingested(tmp_path, signal, _scope_of(good, field(6 if signal is Signal.LOGS else 5, b"\x0a\xff"), good))

    assert [(2, 1)] == [(verdict.accepted, verdict.rejected) for verdict in verdicts]
    assert [(1, str(signal))] == [(ordinal, found) for ordinal, found, *_ in dead]
    assert [0, 2] == [ordinal for ordinal, _ in kept]


def test_when_no_record_can_be_read_the_request_is_refused() -> None:
    """Then it is no request of the signal at all."""
    with pytest.raises(UndecodableError):
        decode(Signal.TRACES, _scope_of(_BROKEN_ATTRIBUTE, b"\x0a\xff"))


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    """All are counted with their batch; of a record its first bytes are kept, and of a request its first dead letters."""
    long = span(0, name="x" * 5000)
    body = request(span(1), long, *(span(0) for _ in range(MOST + 100))).SerializeToString()

    verdicts, dead, _ = _ingested(tmp_path, Signal.TRACES, body)

    assert [(1, MOST + 101)] == [(verdict.accepted, verdict.rejected) for verdict in verdicts]
    assert MOST == len(dead)
    assert (long.SerializeToString()[:KEPT_BYTES], long.ByteSize(), 200) == (dead[0][6], dead[0][7], len(dead[0][5]))


def test_a_span_of_json_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    """The reason names the field, and the record is kept as JSON."""
    ids = {"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1"}
    bad = {**ids, "kind": "SPAN_KIND_SERVER"}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [bad]}, {"spans": [{**ids, "name": "good"}, 7]}]}]}

    verdicts, dead, kept = _ingested(tmp_path, Signal.TRACES, to_protobuf(Signal.TRACES, json.dumps(document).encode()))

    assert [(1, 2)] == [(verdict.accepted, verdict.rejected) for verdict in verdicts]
    assert [(1, "good")] == kept
    assert [
        (0, "0.kind: an enum is written as its integer, not as a name", json.dumps(bad).encode()),
        (2, "1: expected an object, found a number", b"7"),
    ] == [(ordinal, reason, body) for ordinal, _, reason, _, _, _, body, _ in dead]


def test_a_rebuild_gives_the_same_dead_letters(tmp_path: Path) -> None:
    """They are derived from the journal like every row."""
    _, first, _ = _ingested(tmp_path, Signal.TRACES, _scope_of(span(1).SerializeToString(), _BROKEN_ATTRIBUTE, span(0).SerializeToString()))
    with Ingest(tmp_path, rebuild=True) as ingest:
        ingest.flush()
        with ingest.reading() as cursor:
            again = cursor.execute(f"SELECT {_COLUMNS} FROM dead_letters ORDER BY batch, ordinal").fetchall()  # noqa: S608 - our own names

    assert 2 == len(first)
    assert first == again
