"""Redaction at the collector: what is taken out is in no file of the store, and everything else is as it was."""

import json
import logging
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from tests.benchmarks.generate import trace_requests

from relaylens import semconv
from relaylens.redaction import KINDS, USUAL_KINDS, Redactor
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.errors import SettingsError, UndecodableError
from relaylens_collector.ingest import Ingest
from relaylens_collector.redacting import Redaction, redaction_of
from relaylens_collector.redacting.setting_up import read_kinds
from relaylens_collector.redacting.texts import Texts
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

MAIL = "ann.secret{0}@example.org"
LABELLED = Path(__file__).parents[2] / "instrumentation" / "privacy_texts.jsonl"


@pytest.fixture
def redaction(tmp_path: Path) -> Redaction:
    """All usual kinds."""
    made = redaction_of(USUAL_KINDS, None, None, tmp_path)
    assert made is not None
    return made


def _spans(**attributes: str) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="work")
    for key, text in attributes.items():
        span.attributes.add(key=key.replace("__", ".")).value.string_value = text
    return request


def _attributes(body: bytes) -> dict[str, AnyValue]:
    span = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]
    return {pair.key: pair.value for pair in span.attributes}


def test_it_finds_what_the_instrumentation_finds(redaction: Redaction) -> None:
    """G27: every labelled text is left as the instrumentation's own redaction leaves it, whose precision and recall are measured."""
    labelled = [json.loads(line)["text"] for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    texts = [re.sub(r"⟦\w+:(.*?)⟧", r"\1", text, flags=re.DOTALL) for text in labelled]
    request = _spans(**{f"t{place}": text for place, text in enumerate(texts)})
    left = _attributes(redaction(Signal.TRACES, request.SerializeToString()).body)
    redactor = Redactor()

    assert len(texts) >= 500
    assert [redactor.text(text) for text in texts] == [left[f"t{place}"].string_value for place in range(len(texts))]


def _places() -> Iterator[tuple[Signal, bytes]]:
    """Requests with a mail address in every place that can hold one, each another one."""
    numbers = iter(range(1000))

    def mail() -> str:
        return MAIL.format(next(numbers))

    def fill(attributes: Any) -> None:  # noqa: ANN401 - repeated KeyValue
        attributes.add(key="text").value.string_value = f"write to {mail()} soon"
        attributes.add(key="json").value.string_value = json.dumps([{"role": "user", "content": mail(), "deep": json.dumps({"x": mail()})}])
        attributes.add(key="bytes").value.bytes_value = mail().encode()
        attributes.add(key="list").value.array_value.values.add().string_value = mail()
        attributes.add(key=mail()).value.int_value = 1
        pairs = attributes.add(key="pairs").value.kvlist_value.values
        pairs.add(key="inner").value.string_value = mail()
        pairs.add(key=mail()).value.bool_value = True
        nested = pairs.add(key="nested").value
        for _ in range(20):
            nested = nested.kvlist_value.values.add(key="n").value
        nested.array_value.values.add().string_value = mail()
        attributes.add(key="enduser.id").value.string_value = mail()
        attributes.add(key="session.id").value.string_value = mail()

    traces, logs, metrics = ExportTraceServiceRequest(), ExportLogsServiceRequest(), ExportMetricsServiceRequest()
    for resource in (traces.resource_spans.add(), logs.resource_logs.add(), metrics.resource_metrics.add()):
        fill(resource.resource.attributes)
    scopes = (
        traces.resource_spans[0].scope_spans.add(),
        logs.resource_logs[0].scope_logs.add(),
        metrics.resource_metrics[0].scope_metrics.add(),
    )
    for scope in scopes:
        scope.scope.name, scope.scope.version = mail(), mail()
        fill(scope.scope.attributes)
    span = scopes[0].spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=f"ask {mail()}", trace_state=f"a={mail()}")
    span.status.message = f"no such user: {mail()}"
    fill(span.attributes)
    fill(span.events.add(name=mail()).attributes)
    fill(span.links.add(trace_id=b"u" * 16, span_id=b"v" * 8, trace_state=mail()).attributes)
    for name in ("plain", "rich"):
        log = scopes[1].log_records.add(severity_text=mail(), event_name=f"{name} {mail()}")
        fill(log.attributes)
        if name == "plain":
            log.body.string_value = mail()
        else:
            fill(log.body.kvlist_value.values)
    metric = scopes[2].metrics.add(name=mail(), description=mail())
    point = metric.sum.data_points.add(as_int=1)
    fill(point.attributes)
    fill(point.exemplars.add(as_int=1).filtered_attributes)
    fill(metric.metadata)
    for kind in ("gauge", "histogram", "exponential_histogram", "summary"):
        fill(getattr(scopes[2].metrics.add(name=kind), kind).data_points.add().attributes)
    # A text in a field that this version of the protocol does not know: number 1000, of bytes.
    unknown = mail().encode()
    yield Signal.TRACES, traces.SerializeToString() + b"\xc2\x3e" + bytes([len(unknown)]) + unknown
    yield Signal.LOGS, logs.SerializeToString()
    yield Signal.METRICS, metrics.SerializeToString()
    broken = _spans(text=f"XX {mail()} XX").SerializeToString().replace(b"XX ann", b"\xff\xfe ann")
    yield Signal.TRACES, broken
    label = {"trace_id": (b"t" * 16).hex(), "name": "seen", "value": mail(), "source": mail(), "comment": f"by {mail()}"}
    yield Signal.LABELS, json.dumps(label).encode()


def _held(store: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of a store, packed ones unpacked too."""
    for file in (path for path in store.rglob("*") if path.is_file()):
        held = file.read_bytes()
        yield file, held
        if file.suffix == ".zst":
            yield file, pa.CompressedInputStream(pa.BufferReader(held), "zstd").read()


def test_the_original_is_in_no_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """G27: byte for byte, in journal, database, its log and what was logged, while it runs and after; wherever in a request it stood."""
    caplog.set_level(logging.DEBUG)
    original = re.compile(rb"ann\.secret|YW5uLnNlY3JldD")
    settings = Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0, redact=read_kinds("true"))
    collector = Collector(settings, settle)
    collector.start()
    try:
        requests = list(_places())
        accepted = [collector.ingest.submit(signal, body).accepted for signal, body in requests]
        while_running = [file for file, held in _held(tmp_path) if original.search(held)]
        collector.ingest.flush(30)
        with collector.ingest.reading() as cursor:
            ((name, message),) = cursor.execute("SELECT name, status_message FROM spans WHERE status_message <> ''").fetchall()
        status = collector.ingest.status()
    finally:
        collector.stop()
    sent = sum(body.count(b"ann.secret") for _, body in requests)

    assert [1, 2, 5, 1, 1] == accepted
    assert sent >= 150
    assert ("ask [mail]", "no such user: [mail]") == (name, message)
    assert [] == while_running
    assert [] == [file for file, held in _held(tmp_path) if original.search(held)]
    assert any(b"[mail]" in held for _, held in _held(tmp_path))
    assert "ann.secret" not in caplog.text
    assert sent - 20 <= status.redacted["mail"] <= sent


def test_without_it_requests_are_written_as_they_came(tmp_path: Path) -> None:
    """Off by default: not even looked at."""
    signal, body = next(_places())
    assert () == Settings().redact
    assert redaction_of((), None, None, tmp_path) is None
    with Ingest(tmp_path) as ingest:
        ingest.submit(signal, body)
        ingest.flush()
    assert body in (tmp_path / "journal" / "00000001-000000000001.segment").read_bytes()


def test_what_is_sent_again_is_stored_once(tmp_path: Path) -> None:
    """Also after a restart, since the same request is redacted in the same way; and what was redacted is counted once."""
    requests = list(_places())
    for _ in range(2):
        with Ingest(tmp_path, redact=redaction_of(USUAL_KINDS, None, None, tmp_path)) as ingest:
            verdicts = [ingest.submit(signal, body) for signal, body in requests for _ in range(3)]
            ingest.flush()
            last_seq, redacted = ingest.status().last_seq, ingest.status().redacted
    assert len(requests) == last_seq
    assert all(verdict.duplicate for verdict in verdicts)
    assert {} == redacted


def test_all_that_holds_nothing_is_as_it_was(redaction: Redaction) -> None:
    """Requests without personal data have the same content afterwards: all kinds of values, and generated agents."""
    request = _spans(text="nothing here", accent="Grüße, 你好, 42 items at 10:30, 5 % off")
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="empty").value.SetInParent()
    attributes.add(key="nothing")
    attributes.add(key="text").value.string_value = ""
    attributes.add(key="yes").value.bool_value = True
    attributes.add(key="int").value.int_value = -(1 << 63)
    attributes.add(key="double").value.double_value = float("inf")
    attributes.add(key="bytes").value.bytes_value = bytes(range(256))
    attributes.add(key="array").value.array_value.values.add().array_value.SetInParent()
    attributes.add(key="pairs").value.kvlist_value.values.add(key="k").value.double_value = -0.0
    requests = [request, *map(ExportTraceServiceRequest.FromString, trace_requests(2))]
    iban = redaction_of(("iban",), None, "key", Path("unused"))
    assert iban is not None

    for given in requests:
        left = iban(Signal.TRACES, given.SerializeToString())
        assert given == ExportTraceServiceRequest.FromString(left.body)
        assert {} == left.counts
    assert request == ExportTraceServiceRequest.FromString(redaction(Signal.TRACES, request.SerializeToString()).body)


def test_identifiers_stay_apart_and_joined(redaction: Redaction) -> None:
    """A session that is called by a mail address becomes a hash, always the same; ids that join spans are not looked at."""
    joining = {key.replace(".", "__"): "call 030 1234567" for key in semconv.JOINING_KEYS}
    sessions = [_spans(session__id=name, **joining) for name in ("ann@example.org", "bob@example.org", "ann@example.org", "s-17")]
    left = [_attributes(redaction(Signal.TRACES, request.SerializeToString()).body) for request in sessions]
    ann, bob, again, plain = (attributes["session.id"].string_value for attributes in left)

    assert re.fullmatch(r"[0-9a-f]{32}", ann)
    assert (ann, "s-17") == (again, plain)
    assert ann != bob
    assert {"call 030 1234567"} == {left[0][key].string_value for key in semconv.JOINING_KEYS}


def test_a_key_makes_pseudonyms_as_the_instrumentation_does(tmp_path: Path) -> None:
    """The same address has the same name in what was redacted in the process and here."""
    keyed = redaction_of(("mail",), None, "a long random text", tmp_path)
    assert keyed is not None
    left = _attributes(keyed(Signal.TRACES, _spans(text="to ann@example.org").SerializeToString()).body)

    assert Redactor(("mail",), (), b"a long random text").text("to ann@example.org") == left["text"].string_value
    assert re.fullmatch(r"to \[mail:[0-9a-f]{8}\]", left["text"].string_value)
    assert {"mail": 1} == keyed(Signal.TRACES, _spans(text="to ann@example.org").SerializeToString()).counts
    assert [] == list(tmp_path.iterdir())


def test_names_of_members_are_evidence(redaction: Redaction) -> None:
    """As in JSON: a number that is called a phone is one."""
    request = _spans()
    pairs = request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="customer").value.kvlist_value.values
    pairs.add(key="phone").value.int_value = 4155552671
    pairs.add(key="password").value.string_value = "swordfish"
    pairs.add(key="count").value.int_value = 4155552671
    left = redaction(Signal.TRACES, request.SerializeToString())
    values = [pair.value for pair in _attributes(left.body)["customer"].kvlist_value.values]

    assert ["[phone]", "[secret]", ""] == [value.string_value for value in values]
    assert 4155552671 == values[2].int_value
    assert {"phone": 1, "secret": 1} == left.counts


def test_what_cannot_be_read_is_not_kept(redaction: Redaction) -> None:
    """Neither a request that is none, nor a nested value that is none or that has no end."""
    with pytest.raises(UndecodableError, match="cannot be redacted"):
        redaction(Signal.TRACES, b"\x0a\xff ann@example.org")
    with pytest.raises(UndecodableError):
        redaction(Signal.LABELS, b"ann@example.org")
    deep = AnyValue(string_value="ann@example.org")
    for _ in range(30):
        deep = AnyValue(array_value={"values": [deep]})  # type: ignore[arg-type]
    nested = deep.SerializeToString()
    for _ in range(300):
        inner = b"\x0a" + _varint(len(nested)) + nested
        nested = b"\x2a" + _varint(len(inner)) + inner
    left = redaction(Signal.TRACES, _with_value(nested))

    assert b"ann@example.org" not in left.body
    assert b"[unreadable]" in left.body
    assert {"unreadable": 1} == left.counts


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _with_value(value: bytes) -> bytes:
    """A request of one span with one attribute, whose value is given as it is on the wire."""
    pair = b"\x0a\x04deep\x12" + _varint(len(value)) + value
    span = b"\x0a\x10" + b"t" * 16 + b"\x12\x08" + b"s" * 8 + b"\x4a" + _varint(len(pair)) + pair
    scope = b"\x12" + _varint(len(span)) + span
    resource = b"\x12" + _varint(len(scope)) + scope
    return b"\x0a" + _varint(len(resource)) + resource


def test_a_rule_that_raises_lets_nothing_through() -> None:
    """The text is replaced, and counted as failed."""

    def broken(text: str) -> str:
        raise RuntimeError(text)

    texts = Texts(Redactor((), (broken,)), (), every_text=True)
    counts: Counter[str] = Counter()

    assert b"[redaction failed]" == texts.redacted(b"ann@example.org", "", counts)
    assert {"failed": 1} == counts


def test_rules_of_ones_own(tmp_path: Path) -> None:
    """A file of patterns, beside kinds or alone; each counts under its own name."""
    rules = tmp_path / "rules.toml"
    rules.write_text("[patterns]\nemployee = 'EMP-\\d{6}'\nproject_name = '(?i)project nightingale'\n", encoding="utf-8")
    redaction = redaction_of(("mail",), rules, None, tmp_path)
    assert redaction is not None
    left = redaction(
        Signal.TRACES, _spans(a="EMP-123456 and EMP-654321", b="PROJECT Nightingale", c="x@example.org EMP-1").SerializeToString()
    )

    assert ["[employee] and [employee]", "[project_name]", "[mail] EMP-1"] == [v.string_value for v in _attributes(left.body).values()]
    assert {"employee": 2, "project_name": 1, "mail": 1} == left.counts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[patterns",
        "[patterns]\nx = '('",
        "[patterns]\nx = ''",
        "[patterns]\nmail = 'x'",
        "[patterns]\nX = 'x'",
        "[patterns]\nx = 1",
        "[a]\n[patterns]\nx='x'",
        "patterns = 3",
    ],
)
def test_a_rules_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    """It is named; nothing is stored unredacted because of a typing error."""
    rules = tmp_path / "rules.toml"
    rules.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"rules\.toml"):
        redaction_of((), rules, None, tmp_path)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("true", USUAL_KINDS),
        ("all", USUAL_KINDS),
        ("false", ()),
        ("mail", ("mail",)),
        ("phone, mail", ("mail", "phone")),
        (",".join(KINDS), KINDS),
    ],
)
def test_the_setting(text: str, kinds: tuple[str, ...]) -> None:
    """What may be said."""
    assert kinds == Settings.load({"redact": text}, {}).redact


@pytest.mark.parametrize("text", ["mial", "mail,", "mail phone", "yes please"])
def test_a_kind_that_is_none_stops_the_start(text: str) -> None:
    """A typing error is not the same as nothing."""
    with pytest.raises(SettingsError, match="mail, iban"):
        Settings.load({"redact": text}, {})


def test_the_key_is_the_owners_alone(tmp_path: Path) -> None:
    """It is made once, with mode 0600, and a broken one is named."""
    redaction_of(("mail",), None, None, tmp_path)
    file = tmp_path / "redaction.key"
    first = file.read_bytes()
    redaction_of(("mail",), None, None, tmp_path)

    assert (32, 0o100600, first) == (len(first), file.stat().st_mode, file.read_bytes())
    file.write_bytes(b"short")
    with pytest.raises(SettingsError, match=r"redaction\.key"):
        redaction_of(("mail",), None, None, tmp_path)


def test_the_command_line_has_it_too(tmp_path: Path) -> None:
    """A kind that is none ends with exit code 2 and a sentence that says what may stand there."""
    done = subprocess.run(
        [sys.executable, "-m", "relaylens_dashboard.main", "up", "--store", str(tmp_path), "--redact", "mial", "--no-dashboard"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "--redact has to be true, false, or some of jwt, secret, mail" in done.stderr
