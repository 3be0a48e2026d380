"""What is erased is gone from every file, what is held stays, and the chain still verifies."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_analytics.settle import settle
from relaylens_collector.erasing.clock import believed_time
from relaylens_collector.erasing.orders import add_hold, erase_subject, list_holds, release_hold, retain
from relaylens_collector.erasing.planning import Kind, Retention
from relaylens_collector.errors import OrderError
from relaylens_collector.ingest import Ingest, Limits, rebuild
from relaylens_collector.journal.segments import compress, list_segments
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal

CONVERSATIONS = 6
ENDED = 9
"""The exit code of a process that ended in the middle."""
YESTERDAY = Retention(days=0.0)
"""Everything is too old as soon as it has come."""


def marker(number: int, what: str) -> str:
    """Return a text that is found again wherever it is kept: long ones go by reference, short ones stay in their row."""
    letters = random.Random(f"{number} {what}")  # noqa: S311 - the same each time
    return f"secret-{what}-{number}-" + "".join(letters.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=400 if what == "prompt" else 12))


def span(request: ExportTraceServiceRequest, conversation: int, number: int) -> None:
    """Add a model call of a conversation, with texts that only it has."""
    scope = request.resource_spans[0].scope_spans[0] if request.resource_spans else request.resource_spans.add().scope_spans.add()
    made = scope.spans.add(
        trace_id=conversation.to_bytes(16),
        span_id=(conversation << 8 | number).to_bytes(8),
        name="chat",
        start_time_unix_nano=1_790_000_000_000_000_000 + number,
        end_time_unix_nano=1_790_000_000_000_000_100 + number,
    )
    for key, value in (
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.agent.name", "triage"),
        ("gen_ai.conversation.id", f"conversation-{conversation}"),
        ("user.id", marker(conversation, "user")),
        ("gen_ai.input.messages", marker(conversation, "prompt")),
        ("gen_ai.output.messages", marker(conversation, "answer")),
    ):
        made.attributes.add(key=key).value.string_value = value


def traces(*conversations: int, number: int = 1) -> bytes:
    """Return a request with one span of each conversation."""
    request = ExportTraceServiceRequest()
    for conversation in conversations:
        span(request, conversation, number)
    return request.SerializeToString()


def logs(conversation: int) -> bytes:
    """Return a request with one log record of a conversation."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(trace_id=conversation.to_bytes(16), time_unix_nano=1)
    record.body.string_value = marker(conversation, "log")
    return request.SerializeToString()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Fill a store with conversations that share requests, and compress what can be."""
    with Ingest(tmp_path / "store", settle) as ingest:
        for number in (1, 2):
            ingest.submit(Signal.TRACES, traces(*range(1, CONVERSATIONS + 1), number=number))
        for conversation in range(1, CONVERSATIONS + 1):
            ingest.submit(Signal.LOGS, logs(conversation))
            ingest.submit(Signal.TRACES, traces(conversation, number=3))
        ingest.submit(
            Signal.LABELS, json.dumps({"trace_id": (1).to_bytes(16).hex(), "name": "note", "comment": marker(1, "label")}).encode()
        )
    for segment in list_segments(tmp_path / "store" / "journal"):
        compress(segment)
    return tmp_path / "store"


def opened(store: Path) -> Ingest:
    """Open the store with settling, as a collector does."""
    return Ingest(store, settle)


def found(store: Path, *texts: str) -> set[str]:
    """Return which texts are anywhere in the folder's files, in what the journal unpacks to, or in any row."""
    data = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    data += [pa.CompressedInputStream(str(path), "zstd").read() for path in store.rglob("*.zst")]
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            data.append(repr(connection.execute(f"FROM {table}").fetchall()).encode())
    return {text for text in texts if any(text.encode() in part for part in data)}


def everything_of(conversation: int) -> list[str]:
    """Return every text that only this conversation has."""
    texts = [marker(conversation, what) for what in ("user", "prompt", "answer", "log")]
    return [*texts, f"conversation-{conversation}", *([marker(1, "label")] if conversation == 1 else [])]


def rows(store: Path, question: str) -> list[tuple[object, ...]]:
    """Ask a store that nobody has open."""
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.parametrize(
    ("kind", "subject"), [(Kind.CONVERSATION, "conversation-1"), (Kind.TRACE, (1).to_bytes(16).hex()), (Kind.USER, marker(1, "user"))]
)
def test_a_subject_is_erased_from_every_file(store: Path, kind: Kind, subject: str) -> None:
    """Texts, ids and what was derived go, from requests shared with others too; the others stay byte for byte."""
    assert set(everything_of(1)) == found(store, *everything_of(1))
    with opened(store) as ingest:
        outcome = erase_subject(ingest, kind, subject, said_by="tester")
    report = verify(store)

    assert (5, 5) == (outcome.rows, outcome.records)
    assert set() == found(store, *everything_of(1))
    assert set(everything_of(2)) == found(store, *everything_of(2))
    assert (Verdict.WHOLE, [], 5) == (report.verdict, report.findings, report.erased)
    assert [(CONVERSATIONS - 1,)] == rows(store, "SELECT count(*) FROM runs")
    assert [("erase", "tester", 5)] == rows(store, "SELECT operation, said_by, rows_removed FROM operations")


def test_a_rebuild_gives_the_same(store: Path) -> None:
    """The journal alone gives the store as it was left."""
    question = "SELECT batch, ordinal, span_id, attributes FROM spans ORDER BY ALL"
    with opened(store) as ingest:
        erase_subject(ingest, Kind.CONVERSATION, "conversation-1", said_by="tester")
    before = rows(store, question), rows(store, "SELECT conversation, runs FROM conversations ORDER BY ALL")
    rebuild(store, settle)

    assert before[1] == rows(store, "SELECT conversation, runs FROM conversations ORDER BY ALL")
    assert [row[:3] for row in before[0]] == [row[:3] for row in rows(store, question)]
    assert Verdict.WHOLE == verify(store).verdict


def test_what_was_erased_does_not_come_back(store: Path) -> None:
    """A request sent again, as after a lost answer, is still known."""
    with opened(store) as ingest:
        erase_subject(ingest, Kind.CONVERSATION, "conversation-1", said_by="tester")
        again = ingest.submit(Signal.TRACES, traces(1, number=3))

    assert again.duplicate
    assert set() == found(store, *everything_of(1))


def test_nothing_held_is_removed(store: Path) -> None:
    """Conversations, runs, traces and windows that are held stay whole; released they go."""
    with opened(store) as ingest:
        ingest.flush()
        with ingest.reading() as connection:
            [(run,)] = connection.execute("SELECT run FROM runs WHERE trace_id = $trace", {"trace": (3).to_bytes(16).hex()}).fetchall()
        names = [
            add_hold(ingest, Kind.CONVERSATION, "conversation-2", said_by="counsel", reason="case 12"),
            add_hold(ingest, Kind.RUN, run, said_by="counsel"),
            add_hold(ingest, Kind.TRACE, (4).to_bytes(16).hex(), said_by="counsel"),
        ]
        refused = erase_subject(ingest, Kind.USER, marker(2, "user"), said_by="tester")
        outcome = retain(ingest, YESTERDAY, said_by="tester", trust_clock=True)
        listed = [hold["hold"] for hold in list_holds(ingest)]
    report = verify(store)

    assert names == listed
    assert (0, 4) == (refused.rows, refused.held_rows)
    assert 12 == outcome.held_rows
    for conversation in (2, 3, 4):
        assert set(everything_of(conversation)) == found(store, *everything_of(conversation))
    for conversation in (1, 5, 6):
        assert set() == found(store, *everything_of(conversation))
    assert (Verdict.WHOLE, []) == (report.verdict, report.findings)

    with opened(store) as ingest:
        for name in names:
            release_hold(ingest, name, said_by="counsel")
        retain(ingest, YESTERDAY, said_by="tester", trust_clock=True)
    assert set() == found(store, marker(2, "prompt"), marker(3, "prompt"), marker(4, "prompt"))
    assert [(0,)] == rows(store, "SELECT count(*) FROM spans")
    assert Verdict.WHOLE == verify(store).verdict


def test_a_window_of_time_is_held(store: Path) -> None:
    """What came within it stays, whatever it is."""
    since, until = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    with opened(store) as ingest:
        add_hold(ingest, Kind.WINDOW, f"{since.isoformat()}/{until.isoformat()}", said_by="counsel")
        outcome = retain(ingest, YESTERDAY, said_by="tester", trust_clock=True)

    assert (0, None) == (outcome.rows, outcome.operation)


def test_texts_go_before_the_structure(store: Path) -> None:
    """Prompts and answers are erased, names, times and edges stay; a second look finds nothing more to do."""
    rule = Retention(content_days=0.0)
    with opened(store) as ingest:
        first = retain(ingest, rule, said_by="tester", trust_clock=True)
        second = retain(ingest, rule, said_by="tester", trust_clock=True)
    texts = [marker(conversation, what) for conversation in range(1, CONVERSATIONS + 1) for what in ("prompt", "answer", "log")]

    assert (2 + 2 * CONVERSATIONS, 0) == (first.records, second.records)
    assert set() == found(store, *texts)
    assert [(3 * CONVERSATIONS, CONVERSATIONS)] == rows(store, "SELECT count(*), count(DISTINCT session_id) FROM spans")
    assert [(CONVERSATIONS,)] == rows(store, "SELECT count(*) FROM runs")
    assert (Verdict.WHOLE, 2 + 2 * CONVERSATIONS) == (verify(store).verdict, verify(store).erased)


def test_retention_keeps_each_signal_as_long_as_said(store: Path) -> None:
    """Logs go, traces stay."""
    with opened(store) as ingest:
        outcome = retain(ingest, Retention(days=10, logs_days=0.0), said_by="tester", trust_clock=True)

    assert (CONVERSATIONS, 0) == (outcome.rows, rows(store, "SELECT count(*) FROM logs")[0][0])
    assert [(3 * CONVERSATIONS,)] == rows(store, "SELECT count(*) FROM spans")


def test_the_oldest_goes_when_the_store_is_too_large(store: Path) -> None:
    """About as much goes as is too much, from the beginning on."""
    with opened(store) as ingest:
        ingest.flush()
        size = sum(path.stat().st_size for path in [*store.glob("relaylens.duckdb"), *store.glob("journal/*.segment*")])
        outcome = retain(ingest, Retention(size=size // 2), said_by="tester", dry_run=True)
        batches = ingest.status().last_seq

    assert 0 < outcome.records < batches
    assert outcome.rule.startswith("retention_bytes=")


def test_the_file_is_small_again(store: Path) -> None:
    """After an erasure the database is no larger than one made anew of what is left (goal: 1.3 times)."""
    with opened(store) as ingest:
        for number in range(4, 60):
            ingest.submit(Signal.TRACES, traces(*range(200 * number, 200 * number + 160), number=number))
        ingest.flush()
    before = (store / "relaylens.duckdb").stat().st_size
    size = sum(path.stat().st_size for path in [*store.glob("relaylens.duckdb"), *store.glob("journal/*.segment*")])
    with opened(store) as ingest:
        retain(ingest, Retention(size=size // 2), said_by="tester", trust_clock=True)
        with ingest.reading() as connection:
            ((left,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
    after = (store / "relaylens.duckdb").stat().st_size
    rebuild(store, settle)

    assert 1000 < left < 8000
    assert after < before
    assert after <= 1.3 * (store / "relaylens.duckdb").stat().st_size


def test_a_clock_that_jumps_erases_nothing(tmp_path: Path) -> None:
    """The time that is believed moves a day in an hour at most, and never beyond the machine's."""
    newest = datetime.now(UTC) - timedelta(days=100)
    first = believed_time(tmp_path, newest, timedelta(hours=1))
    second = believed_time(tmp_path, None, timedelta(hours=1))
    later = believed_time(tmp_path, None, timedelta(days=30))

    assert newest + timedelta(days=1) == first
    assert newest + timedelta(days=2) == second
    assert timedelta(seconds=5) > datetime.now(UTC) - later


def test_a_jump_of_the_clock_spares_the_store(store: Path) -> None:
    """By the rules, without trust in the clock, what came a moment ago is not thirty days old."""
    (store / "retention-clock").unlink(missing_ok=True)
    with opened(store) as ingest:
        outcome = retain(ingest, Retention(days=30), said_by="tester")

    assert (0, None) == (outcome.records, outcome.operation)


@pytest.mark.parametrize("order", ["release", "window", "nothing", "twice"])
def test_orders_that_make_no_sense_are_refused(store: Path, order: str) -> None:
    """Each with a sentence."""
    with opened(store) as ingest:
        add_hold(ingest, Kind.TRACE, "1" * 32, said_by="counsel", name="mine")
        refused: dict[str, Callable[[], object]] = {
            "release": lambda: release_hold(ingest, "no such hold", said_by="counsel"),
            "window": lambda: add_hold(ingest, Kind.WINDOW, "yesterday", said_by="counsel"),
            "nothing": lambda: retain(ingest, Retention(), said_by="tester"),
            "twice": lambda: add_hold(ingest, Kind.TRACE, "2" * 32, said_by="counsel", name="mine"),
        }
        with pytest.raises(OrderError):
            refused[order]()


def test_a_collector_keeps_to_its_rules(store: Path) -> None:
    """The thread that looks from time to time erases by itself."""
    limits = Limits(retention=Retention(logs_days=0.0), retention_every_seconds=0.2)
    (store / "retention-clock").write_text(f"{datetime.now(UTC).isoformat()}\n")
    with Ingest(store, settle, limits=limits) as ingest:
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while ingest.status().progress.applied_seq < 2 + 2 * CONVERSATIONS + 2 and datetime.now(UTC) < deadline:
            ingest.flush()
    assert [(0,)] == rows(store, "SELECT count(*) FROM logs")
    assert Verdict.WHOLE == verify(store).verdict


def _erase_until(store: Path, change: int) -> bool:
    """Erase in a process that ends before it changes a file; look at what the next start makes of it, and tell whether it ended."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.collector.erasing.killed_erasing", store, "conversation-1", str(change)], check=False
    )
    with opened(store) as ingest:
        ingest.flush()
    report = verify(store)
    begun = rows(store, "SELECT count(*) FROM operations") == [(1,)]

    assert (Verdict.WHOLE, []) == (report.verdict, report.findings), f"ended before change {change}"
    assert (set() if begun else set(everything_of(1))) == found(store, *everything_of(1)), f"ended before change {change}"
    assert set(everything_of(2)) == found(store, *everything_of(2)), f"ended before change {change}"
    return process.returncode == ENDED


@pytest.mark.parametrize("change", [1, 3, 6])
def test_a_kill_in_the_middle_is_made_good(store: Path, change: int) -> None:
    """The next start finishes what was begun, and the store verifies."""
    assert _erase_until(store, change)


@pytest.mark.crash
@pytest.mark.timeout(0)
def test_a_kill_at_every_change_of_a_file_is_made_good(store: Path, tmp_path: Path) -> None:
    """The long form: before each change of a file that an erasure makes, one after the other."""
    killed = 0
    while _erase_until(Path(shutil.copytree(store, tmp_path / f"killed {killed}")), killed):
        killed += 1

    print(f"killed before each of {killed} changes")  # noqa: T201 - the long form is read
    assert killed > 6
