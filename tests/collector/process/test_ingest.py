"""Ingest takes requests, keeps each once, and refuses what is too much."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.collector.process.held import names, spans, tables

from relaylens_collector.errors import (
    NotReadyError,
    OverloadedError,
    UndecodableError,
)
from relaylens_collector.ingest import Ingest, Limits, Verdict, patience
from relaylens_collector.journal import Journal
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal

MakeTraces = Callable[..., bytes]


def test_what_is_submitted_is_stored(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Spans are in the database after a flush, in their order."""
    with Ingest(tmp_path) as ingest:
        verdicts = [ingest.submit(Signal.TRACES, make_traces(seed, 4)) for seed in (1, 2, 3)]
        ingest.flush()

        assert [Verdict(4, 0, None, duplicate=False)] * 3 == verdicts
        assert spans((1, 4), (2, 4), (3, 4)) == names(ingest)


def test_what_waits_behind_others_is_stored_the_same(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Requests that wait decoded are put into less room first, of whatever signal they are."""
    bodies = [make_traces(seed, 5, bad_ids=seed % 2) for seed in range(1, 9)]
    for name, pace in (("at once", Pace()), ("waits", Pace(gather_bytes=0))):
        with Ingest(tmp_path / name, pace=pace) as ingest:
            for body in bodies:
                ingest.submit(Signal.TRACES, body)
            ingest.submit(Signal.LABELS, b'{"run": "r", "name": "verdict", "value": "good"}')
            ingest.flush()
    at_once, waits = (tables(tmp_path / name) for name in ("at once", "waits"))

    assert [40, 1] == [len(waits[table]) for table in ("spans", "labels")]
    assert at_once["spans"] == waits["spans"]


def test_bad_ids_cost_only_their_spans(tmp_path: Path, make_traces: MakeTraces) -> None:
    """The verdict counts what was rejected and says why; what is rejected is journalled too, and nothing at all is not."""
    with Ingest(tmp_path) as ingest:
        verdict = ingest.submit(Signal.TRACES, make_traces(1, 2, bad_ids=3))
        nothing = ingest.submit(Signal.TRACES, make_traces(2, 0, bad_ids=1))
        empty = ingest.submit(Signal.TRACES, b"")
        ingest.flush()

        assert (2, 3, False) == (verdict.accepted, verdict.rejected, verdict.duplicate)
        assert "trace_id" in str(verdict.reason)
        assert (0, 1) == (nothing.accepted, nothing.rejected)
        assert Verdict(0, 0, None, duplicate=False) == empty
        assert spans((1, 2)) == names(ingest)
        assert 2 == ingest.status().last_seq


def test_an_undecodable_body_is_refused(tmp_path: Path) -> None:
    """Nothing of it is journalled, and it is refused the second time too."""
    with Ingest(tmp_path) as ingest:
        for _ in range(2):
            with pytest.raises(UndecodableError):
                ingest.submit(Signal.TRACES, b"\xff\xff\xff")

        assert 0 == ingest.status().last_seq


def test_a_resent_request_is_stored_once(tmp_path: Path, make_traces: MakeTraces) -> None:
    """At once, after it is stored and after a restart: always a success, never a second copy."""
    body = make_traces(1)
    with Ingest(tmp_path) as ingest:
        verdicts = [ingest.submit(Signal.TRACES, body) for _ in range(3)]
        ingest.flush()
        verdicts.append(ingest.submit(Signal.TRACES, body))
    with Ingest(tmp_path) as ingest:
        verdicts.append(ingest.submit(Signal.TRACES, body))
        ingest.flush()

        assert [False, True, True, True, True] == [verdict.duplicate for verdict in verdicts]
        assert [3] * 5 == [verdict.accepted for verdict in verdicts]
        assert spans((1, 3)) == names(ingest)
        assert 1 == ingest.status().last_seq


def test_the_same_request_at_the_same_moment_is_stored_once(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Of many threads with one request exactly one is told that it was the first."""
    body = make_traces(1, 200)
    together = threading.Barrier(8)
    verdicts: list[Verdict] = []
    with Ingest(tmp_path) as ingest:

        def submit() -> None:
            together.wait()
            verdicts.append(ingest.submit(Signal.TRACES, body))

        threads = [threading.Thread(target=submit) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ingest.flush()

        assert [False] + [True] * 7 == sorted(verdict.duplicate for verdict in verdicts)
        assert spans((1, 200)) == names(ingest)


def test_a_copy_in_the_journal_is_not_applied(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A request that stands twice in the journal, as after a crash, is in the database once."""
    journal = Journal(tmp_path / "journal")
    for seed in (1, 2, 1, 2, 2):
        journal.append(Signal.TRACES, make_traces(seed))
    journal.close()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
        assert spans((1, 3), (2, 3)) == names(ingest)
        ingest.submit(Signal.TRACES, make_traces(3))
        ingest.flush()
        assert spans((1, 3), (2, 3), (3, 3)) == names(ingest)


def test_the_database_is_caught_up_at_start(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Records that were acknowledged and not applied are applied at the next start."""
    with Ingest(tmp_path) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
    journal = Journal(tmp_path / "journal")
    for seed in range(2, 30):
        journal.append(Signal.TRACES, make_traces(seed))
    journal.close()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
        assert spans(*((seed, 3) for seed in range(1, 30))) == names(ingest)
        assert ingest.status().progress.ready


def test_a_request_sent_again_right_after_a_crash_is_not_journalled_again(tmp_path: Path, make_traces: MakeTraces) -> None:
    """What is in the journal and not yet in the database is known at once."""
    journal = Journal(tmp_path / "journal", segment_bytes=1000)
    for seed in range(1, 40):
        journal.append(Signal.TRACES, make_traces(seed))
    journal.close()

    with Ingest(tmp_path) as ingest:
        assert ingest.submit(Signal.TRACES, make_traces(39)).duplicate
        ingest.flush()
        assert 39 == ingest.status().last_seq
        assert ingest.submit(Signal.TRACES, make_traces(39)).duplicate


def test_without_draining_nothing_is_lost(tmp_path: Path, make_traces: MakeTraces) -> None:
    """What was not applied when the process had to end is applied by the next one."""
    ingest = Ingest(tmp_path)
    for seed in range(1, 20):
        ingest.submit(Signal.TRACES, make_traces(seed))
    ingest.close(drain_seconds=0)

    with Ingest(tmp_path) as ingest:
        ingest.flush()
        assert spans(*((seed, 3) for seed in range(1, 20))) == names(ingest)


def test_what_does_not_fit_in_the_queue_is_read_from_the_journal(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A queue without room loses nothing and doubles nothing."""
    with Ingest(tmp_path, pace=Pace(queue_bytes=500, group_bytes=1000)) as ingest:
        for seed in range(1, 60):
            ingest.submit(Signal.TRACES, make_traces(seed))
        ingest.flush()

        assert spans(*((seed, 3) for seed in range(1, 60))) == names(ingest)
        assert 0 == ingest.status().progress.waiting_bytes


def test_a_sender_in_a_hurry_goes_at_the_pace_of_the_database(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Without room for more a request waits until what came before it is stored."""
    with Ingest(tmp_path, pace=Pace(queue_bytes=1, room_seconds=600)) as ingest:
        stored_before = []
        for seed in range(1, 6):
            ingest.submit(Signal.TRACES, make_traces(seed))
            stored_before.append(ingest.status().progress.applied_seq >= seed - 1)

        assert [True] * 5 == stored_before


def test_a_request_waits_for_room_a_moment_only(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It is taken all the same then, since it is on disk whatever the database does."""
    with Ingest(tmp_path, pace=Pace(queue_bytes=0, room_seconds=0.05)) as ingest:
        began = time.monotonic()
        for seed in range(1, 4):
            ingest.submit(Signal.TRACES, make_traces(seed))
        waited = time.monotonic() - began
        ingest.flush()

        assert 3 * 0.05 <= waited < 60
        assert spans((1, 3), (2, 3), (3, 3)) == names(ingest)


def test_a_record_that_cannot_be_applied_costs_only_itself(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It stays in the journal, is counted, and the records around it are stored."""
    journal = Journal(tmp_path / "journal")
    journal.append(Signal.TRACES, make_traces(1))
    journal.append(Signal.LABELS, b"this is no JSON")
    journal.append(Signal.TRACES, b"\xff\xff\xff")
    journal.append(Signal.TRACES, make_traces(2))
    journal.append(Signal.LABELS, b"neither is this")
    journal.close()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(3))
        ingest.flush()

        assert spans((1, 3), (2, 3), (3, 3)) == names(ingest)
        assert 3 == ingest.status().progress.set_aside
        assert ingest.status().progress.ready

    # It is noted in the database, so that a restart does not forget it, and tried again when that is made anew.
    for made_anew in (False, True):
        with Ingest(tmp_path, rebuild=made_anew) as ingest:
            ingest.flush()
            with ingest.reading() as cursor:
                noted = cursor.execute("SELECT batch, signal, ordinal, body_bytes FROM dead_letters ORDER BY batch").fetchall()

            assert [(2, "labels", None, 15), (3, "traces", None, 3), (5, "labels", None, 15)] == noted
            assert 3 == ingest.status().progress.set_aside


def test_too_much_waiting_is_refused_until_it_is_stored(tmp_path: Path, make_traces: MakeTraces) -> None:
    """The refusal can be tried again, says when, and nothing accepted is lost."""
    busy, go_on = threading.Event(), threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)]:
            busy.set()
            go_on.wait(30)
        return 0

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0), limits=Limits(waiting_bytes=2000)) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
        assert busy.wait(10)
        accepted = 1
        refusal: OverloadedError | None = None
        while refusal is None and accepted < 100:
            try:
                ingest.submit(Signal.TRACES, make_traces(accepted + 1))
                accepted += 1
            except OverloadedError as error:
                refusal = error
        go_on.set()
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(accepted + 1))
        ingest.flush()

        assert refusal is not None
        assert patience(2000) < refusal.retry_after <= 30
        assert accepted > 3
        assert spans(*((seed, 3) for seed in range(1, accepted + 2))) == names(ingest)


def test_a_refusal_asks_for_more_patience_the_more_waits() -> None:
    """C29: a second and what applying so many MiB takes, half a minute at most."""
    assert [1, 2, 11, 30, 30] == [int(patience(waiting << 20)) for waiting in (0, 64, 640, 1856, 10_000)]


def test_a_nearly_full_disk_is_refused_before_it_is_full(tmp_path: Path, make_traces: MakeTraces) -> None:
    """With less room than is to stay free requests are refused as retryable."""
    with Ingest(tmp_path, limits=Limits(free_bytes=1 << 60)) as ingest:
        with pytest.raises(OverloadedError, match="are free on the disk"):
            ingest.submit(Signal.TRACES, make_traces(1))

        assert ingest.status().disk_low


def test_too_much_at_once_is_refused(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Memory for requests under way is bounded, but a single large one always has its turn."""
    body = make_traces(1, 2000)
    together = threading.Barrier(6)
    results: list[str] = []
    with Ingest(tmp_path, limits=Limits(in_flight_bytes=len(body))) as ingest:

        def submit(seed: int) -> None:
            mine = make_traces(seed, 2000)
            together.wait()
            try:
                ingest.submit(Signal.TRACES, mine)
                results.append("accepted")
            except OverloadedError:
                results.append("refused")

        threads = [threading.Thread(target=submit, args=(seed,)) for seed in range(1, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ingest.flush()

        assert 2000 * results.count("accepted") == len(names(ingest))
        assert results.count("accepted") >= 1
        assert 0 == ingest.status().in_flight_bytes


def test_readers_are_sent_away_when_it_closes(tmp_path: Path) -> None:
    """A query that runs for long is interrupted, and later ones are refused."""
    ingest = Ingest(tmp_path)
    started, ended = threading.Event(), threading.Event()

    def read() -> None:
        with ingest.reading() as cursor:
            started.set()
            try:
                cursor.execute("SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 7").fetchall()
            except duckdb.InterruptException:
                ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(10)
    ingest.close()
    thread.join(10)

    assert ended.is_set()
    with pytest.raises(NotReadyError), ingest.reading():
        pass
