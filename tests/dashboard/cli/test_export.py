"""`relaylens export`: what came in goes out again, whole or in part."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_dashboard.cli import exporting

Relaylens = Callable[..., Any]
Framed = Callable[..., bytes]


def span_ids(lines: str) -> list[str]:
    """List the ids of the spans in OTLP JSON lines."""
    resources = [resource for line in lines.splitlines() for resource in json.loads(line)["resourceSpans"]]
    return [span["spanId"] for resource in resources for scope in resource["scopeSpans"] for span in scope["spans"]]


def ids(*numbers: int) -> list[str]:
    """Write span ids."""
    return [f"{number:016x}" for number in numbers]


@pytest.mark.parametrize(("name", "unpack"), [("a.pb", bytes), ("a.pb.gz", gzip.decompress), ("a.pb.xz", lzma.decompress)])
def test_protobuf_is_what_came_in(
    relaylens: Relaylens,
    network_store: Path,
    bodies: list[bytes],
    framed: Framed,
    tmp_path: Path,
    name: str,
    unpack: Callable[[bytes], bytes],
) -> None:
    """Byte for byte, each request with its length before it."""
    done = relaylens("export", "--store", network_store, "--out", tmp_path / name)

    assert (0, "") == (done.code, done.out)
    assert framed(*bodies) == unpack((tmp_path / name).read_bytes())


def test_json_lines_can_be_imported_again(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """What is exported as OTLP JSON gives the same network."""
    exported = relaylens("export", "--store", network_store, "--out", tmp_path / "a.jsonl.gz")
    imported = relaylens("import", tmp_path / "a.jsonl.gz", "--store", tmp_path / "store")

    assert (0, 0) == (exported.code, imported.code)
    for noun in ("runs", "handoffs", "findings"):
        expected = relaylens(noun, "--store", network_store, "--format", "json").out
        assert expected == relaylens(noun, "--store", tmp_path / "store", "--format", "json").out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ids(1, 2, 3, 4, 5, 6, 7, 8, 9)),
        (("--run", "run-2"), ids(6, 7, 8, 9)),
        (("--conversation", "ticket-1"), ids(1, 2, 3, 4, 5)),
        (("--run", "run-1", "--conversation", "ticket-2"), []),
        (("--since", "2026-11-02T12:01:01"), ids(8, 9)),
        (("--until", "2026-11-02T12:00:01", "--run", "run-1"), ids(1, 2, 3)),
        (("--signal", "logs"), []),
    ],
)
def test_filters_choose_spans(relaylens: Relaylens, network_store: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    """By run, conversation and time; requests of which nothing is left are left out."""
    done = relaylens("export", "--store", network_store, *arguments)

    assert 0 == done.code
    assert expected == span_ids(done.out)


def test_text_that_is_no_utf8_goes_out_as_protobuf_only(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """JSON cannot hold it: it is said, and the other requests are written."""
    broken = bodies[0].replace(b"triage", b"\xff\xfeiage")
    (tmp_path / "in.pb").write_bytes(framed(broken, bodies[1]))
    relaylens("import", tmp_path / "in.pb", "--store", tmp_path / "store")

    as_json = relaylens("export", "--store", tmp_path / "store")
    as_protobuf = relaylens("export", "--store", tmp_path / "store", "--out", tmp_path / "out.pb")

    assert (1, ids(6, 7, 8, 9)) == (as_json.code, span_ids(as_json.out))
    assert "record 1: " in as_json.err
    assert (0, framed(broken, bodies[1])) == (as_protobuf.code, (tmp_path / "out.pb").read_bytes())


def test_tables_of_nouns_go_out_as_parquet(relaylens: Relaylens, network_store: Path, tmp_path: Path, hostile_text: str) -> None:
    """With their whole texts, by run where they have one."""
    rows = {}
    for table in ("conversations", "runs", "steps", "handoffs", "escalations", "findings", "validations", "feedback", "agents"):
        done = relaylens("export", "--table", table, "--store", network_store, "--out", tmp_path / f"{table}.parquet")
        assert 0 == done.code, done.err
        rows[table] = pq.read_table(tmp_path / f"{table}.parquet").to_pylist()
    one = relaylens("export", "--table", "runs", "--run", "run-2", "--store", network_store, "--out", tmp_path / "one.parquet")

    assert ["run-1", "run-2"] == [run["run"] for run in rows["runs"]]
    assert ["ticket-1", "ticket-2"] == [conversation["conversation"] for conversation in rows["conversations"]]
    assert [hostile_text] == [asked["question"] for asked in rows["escalations"]]
    assert (3, 2, 2) == tuple(len(rows[table]) for table in ("steps", "handoffs", "findings"))
    assert 0 == one.code
    assert ["run-2"] == pq.read_table(tmp_path / "one.parquet")["run"].to_pylist()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--out", "a.txt"), "ends in .jsonl or .pb"),
        (("--table", "runs"), "--out runs.parquet"),
        (("--table", "agents", "--run", "r", "--out", "a.parquet"), "belong to no single run"),
        (("--signal", "metrics", "--run", "run-1"), "belong to no run"),
    ],
)
def test_what_cannot_be_exported_is_wrong_use(
    relaylens: Relaylens, network_store: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    """It is said what would work, and no file is left behind."""
    done = relaylens("export", "--store", network_store, *arguments, cwd=tmp_path, COLUMNS="200")

    assert 2 == done.code
    assert says in done.err
    assert [] == list(tmp_path.iterdir())


def test_a_store_without_a_journal_is_named(relaylens: Relaylens, tmp_path: Path) -> None:
    """The folder that was looked for is in the sentence."""
    done = relaylens("export", "--store", tmp_path / "nothing")

    assert 1 == done.code
    assert str(tmp_path / "nothing" / "journal") in done.err


def test_requests_stay_valid_after_choosing(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """A part of a request keeps resource and scope."""
    relaylens("export", "--store", network_store, "--run", "run-2", "--out", tmp_path / "part.pb")

    written = (tmp_path / "part.pb").read_bytes()
    request = ExportTraceServiceRequest.FromString(written[2:])

    assert "support" == request.resource_spans[0].resource.attributes[0].value.string_value
    assert 4 == len(request.resource_spans[0].scope_spans[0].spans)


@pytest.mark.parametrize("table", list(exporting.Table))
def test_a_table_is_the_same_in_slices_of_time(
    table: exporting.Table, network_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large tables are read one stretch of time after the other, and every row is there once and in order."""
    exporting.export(table=table, store=network_store, out=tmp_path / "whole.parquet")
    monkeypatch.setattr(exporting, "_ROWS_AT_ONCE", 3)
    exporting.export(table=table, store=network_store, out=tmp_path / "sliced.parquet")

    assert pq.read_table(tmp_path / "whole.parquet") == pq.read_table(tmp_path / "sliced.parquet")
