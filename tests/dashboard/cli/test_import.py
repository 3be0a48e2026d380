"""`relaylens import`: every kind of file, and what a broken one costs."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Relaylens = Callable[..., Any]
Framed = Callable[..., bytes]


def counted(relaylens: Relaylens, store: Path, what: str = "spans") -> int:
    """Count the spans, logs or metrics of a store."""
    question = (
        "SELECT (SELECT count(*) FROM spans) AS spans, (SELECT count(*) FROM logs) AS logs, (SELECT count(*) FROM metric_points) AS metrics"
    )
    done = relaylens("sql", question, "--store", store, "--format", "json")
    assert 0 == done.code, done.err
    (row,) = json.loads(done.out)
    return int(row[what])


def otlp_json(body: bytes) -> dict[str, Any]:
    """Write a request as OTLP's JSON, with ids in hex."""
    request = ExportTraceServiceRequest.FromString(body)
    document: dict[str, Any] = json_format.MessageToDict(request, use_integers_for_enums=True)
    for resource, written in zip(request.resource_spans, document["resourceSpans"], strict=True):
        for scope, written_scope in zip(resource.scope_spans, written["scopeSpans"], strict=True):
            for span, written_span in zip(scope.spans, written_scope["spans"], strict=True):
                written_span |= {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex(), "parentSpanId": span.parent_span_id.hex()}
    return document


def files(bodies: list[bytes], framed: Framed) -> dict[str, bytes]:
    """Write the network in every way that can be imported."""
    lines = "\n".join(json.dumps(otlp_json(body)) for body in bodies).encode()
    return {
        "a.pb": framed(*bodies),
        "a.traces.pb.xz": lzma.compress(framed(*bodies)),
        "a.pb.gz": gzip.compress(framed(*bodies)),
        "a.jsonl": lines,
        "a.jsonl.gz": gzip.compress(lines + b"\n\n"),
        "a.json": json.dumps([otlp_json(body) for body in bodies], indent=2).encode(),
        "lines.json": lines,
        "without_a_suffix": framed(*bodies),
    }


@pytest.mark.parametrize("name", ["a.pb", "a.traces.pb.xz", "a.pb.gz", "a.jsonl", "a.jsonl.gz", "a.json", "lines.json", "without_a_suffix"])
def test_every_kind_of_file_gives_the_same_rows(
    relaylens: Relaylens, network_store: Path, bodies: list[bytes], framed: Framed, tmp_path: Path, name: str
) -> None:
    """Protobuf or JSON, plain or compressed: the same handoffs come out."""
    (tmp_path / name).write_bytes(files(bodies, framed)[name])

    done = relaylens("import", tmp_path / name, "--store", tmp_path / "store")
    printed = relaylens("handoffs", "--store", tmp_path / "store", "--format", "json")

    assert 0 == done.code, done.err
    assert "Imported 2 requests with 9 spans" in done.err
    assert "" == done.out
    assert relaylens("handoffs", "--store", network_store, "--format", "json").out == printed.out


def test_the_same_file_twice_is_stored_once(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """A request that is there already is counted and not stored again."""
    (tmp_path / "a.pb").write_bytes(framed(*bodies))

    first = relaylens("import", tmp_path / "a.pb", tmp_path / "a.pb", "--store", tmp_path / "store")
    second = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "store")

    assert (0, 0) == (first.code, second.code)
    assert "4 requests with 9 spans" in first.err
    assert "2 requests were there already" in second.err
    assert 9 == counted(relaylens, tmp_path / "store")


def test_a_broken_record_costs_only_itself(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """It is reported with file and place, the records around it are stored, and the exit code says that not all is well."""
    first, second = bodies
    (tmp_path / "a.pb").write_bytes(framed(first, b"\xff\xff\xff", second))

    done = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "store")

    assert 1 == done.code
    assert f"{tmp_path / 'a.pb'}, record 2, byte {len(framed(first))}: " in done.err
    assert 9 == counted(relaylens, tmp_path / "store")


def test_a_broken_line_costs_only_itself(relaylens: Relaylens, bodies: list[bytes], tmp_path: Path) -> None:
    """A line that is no JSON, no request, or no valid one is named; the others are stored."""
    wrong_id = otlp_json(bodies[0])
    wrong_id["resourceSpans"][0]["scopeSpans"] = "spans"
    lines = [
        json.dumps(otlp_json(bodies[0])),
        "{half",
        '{"hello": 1}',
        json.dumps(wrong_id),
        "[" * 100_000,
        json.dumps(otlp_json(bodies[1])),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))

    done = relaylens("import", tmp_path / "a.jsonl", "--store", tmp_path / "store")

    assert 1 == done.code
    assert [2, 3, 4, 5] == [number for number in range(1, 7) if f"a.jsonl, line {number}: " in done.err]
    assert "4 records could not be read." in done.err
    assert 9 == counted(relaylens, tmp_path / "store")


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (lambda whole: whole[:-10], "the file ends 10 bytes before this record does"),
        (lambda whole: whole + b"\xff" * 11, "no length of a message stands here"),
        (lambda whole: whole + b"\x80", "no length of a message stands here"),
        (lambda whole: whole + b"\xff\xff\xff\xff\x7f", "no length of a message stands here"),
    ],
    ids=["cut", "no varint", "half a varint", "too long"],
)
def test_what_cannot_be_followed_ends_the_file(
    relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path, cut: Callable[[bytes], bytes], says: str
) -> None:
    """A cut or senseless length is said, and what stood before it is stored."""
    (tmp_path / "a.pb").write_bytes(cut(framed(*bodies)))

    done = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "store")

    assert 1 == done.code
    assert says in done.err
    assert counted(relaylens, tmp_path / "store") >= 5


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_cut_compressed_file_keeps_its_beginning(
    relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path, suffix: str
) -> None:
    """A download that stopped half-way is said to be one."""
    pack = gzip.compress if suffix == ".gz" else lzma.compress
    (tmp_path / f"a.pb{suffix}").write_bytes(pack(framed(*bodies))[:-20])
    (tmp_path / f"b.pb{suffix}").write_bytes(b"this is no archive")

    done = relaylens("import", tmp_path / f"a.pb{suffix}", tmp_path / f"b.pb{suffix}", "--store", tmp_path / "store")

    assert 1 == done.code
    assert 2 == done.err.count("the compression ends or breaks here")


def test_the_signal_is_in_the_name(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """`.logs.pb` holds logs and `.metrics.pb` metrics; `--signal` goes before the name."""
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "hello"
    metrics = ExportMetricsServiceRequest()
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="up").gauge.data_points.add(as_int=1)
    (tmp_path / "run.logs.pb.xz").write_bytes(lzma.compress(framed(logs.SerializeToString())))
    (tmp_path / "run.metrics.pb").write_bytes(framed(metrics.SerializeToString()))
    (tmp_path / "run.pb").write_bytes(framed(*bodies))
    (tmp_path / "logs-of-traces.pb").write_bytes(framed(*bodies))
    logs.resource_logs[0].scope_logs[0].log_records[0].body.string_value = "again"
    (tmp_path / "other.pb").write_bytes(framed(logs.SerializeToString()))

    named = relaylens(
        "import", *(tmp_path / name for name in ("run.logs.pb.xz", "run.metrics.pb", "run.pb")), "--store", tmp_path / "store"
    )
    told = relaylens("import", tmp_path / "other.pb", "--signal", "logs", "--store", tmp_path / "store")

    assert (0, 0) == (named.code, told.code)
    assert (9, 2, 1) == tuple(counted(relaylens, tmp_path / "store", what) for what in ("spans", "logs", "metrics"))


def test_a_span_with_a_bad_id_costs_only_itself(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """The rest of its request is stored, and it is said how many were not."""
    request = ExportTraceServiceRequest.FromString(bodies[0])
    request.resource_spans[0].scope_spans[0].spans[4].span_id = b"short"
    (tmp_path / "a.pb").write_bytes(framed(request.SerializeToString()))

    done = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "store")

    assert 0 == done.code
    assert "1 rejected" in done.err
    assert 4 == counted(relaylens, tmp_path / "store")


def test_prices_of_ones_own_are_used(relaylens: Relaylens, bodies: list[bytes], framed: Framed, tmp_path: Path) -> None:
    """A price file takes the place of ours; one that cannot be read is refused before anything is stored."""
    (tmp_path / "a.pb").write_bytes(framed(*bodies))
    (tmp_path / "prices.csv").write_text("place,model_pattern,input_usd,cached_usd,output_usd\n1,gpt-5%,1000000,,2000000\n")
    (tmp_path / "bad.csv").write_text("model,price\n")

    done = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "store", "--prices", tmp_path / "prices.csv")
    cost = relaylens("sql", "SELECT cost_usd FROM runs WHERE run = 'run-1'", "--store", tmp_path / "store", "--format", "csv")
    refused = relaylens("import", tmp_path / "a.pb", "--store", tmp_path / "other", "--prices", tmp_path / "bad.csv")

    assert 0 == done.code, done.err
    assert "cost_usd\n140.0\n" == cost.out
    assert 1 == refused.code
    assert "bad.csv, line 1" in refused.err
    assert not (tmp_path / "other").exists()
