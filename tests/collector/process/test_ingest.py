"""Ingest takes requests, keeps each once, and gets over whatever happens to its database."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from relaylens_collector.errors import (
    JournalCorruptError,
    NotReadyError,
    OverloadedError,
    StoreError,
    StoreLockedError,
    UndecodableError,
)
from relaylens_collector.ingest import Ingest, Limits, Verdict, patience, rebuild
from relaylens_collector.journal import Journal
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal

MakeTraces = Callable[..., bytes]

_TABLES = ("batches", "spans", "logs", "metric_points", "labels", "resources", "scopes", "texts")


def _names(ingest: Ingest) -> list[str]:
    """The names of the stored spans."""
    with ingest.reading() as cursor:
        return [name for (name,) in cursor.execute("SELECT name FROM spans ORDER BY batch, ordinal").fetchall()]


def _spans(*requests: tuple[int, int]) -> list[str]:
    return [f"span {seed}/{number}" for seed, count in requests for number in range(1, count + 1)]


def _tables(store_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything a database holds."""
    with duckdb.connect(str(store_dir / "relaylens.duckdb"), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in _TABLES}  # noqa: S608 - our own names


def test_what_is_submitted_is_stored(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Spans are in the database after a flush, in their order."""
    with Ingest(tmp_path) as ingest:
        verdicts = [ingest.submit(Signal.TRACES, make_traces(seed, 4)) for seed in (1, 2, 3)]
        ingest.flush()

        assert [Verdict(4, 0, None, duplicate=False)] * 3 == verdicts
        assert _spans((1, 4), (2, 4), (3, 4)) == _names(ingest)


def test_what_waits_behind_others_is_stored_the_same(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Requests that wait decoded are put into less room first, of whatever signal they are."""
    bodies = [make_traces(seed, 5, bad_ids=seed % 2) for seed in range(1, 9)]
    for name, pace in (("at once", Pace()), ("waits", Pace(gather_bytes=0))):
        with Ingest(tmp_path / name, pace=pace) as ingest:
            for body in bodies:
                ingest.submit(Signal.TRACES, body)
            ingest.submit(Signal.LABELS, b'{"run": "r", "name": "verdict", "value": "good"}')
            ingest.flush()
    at_once, waits = (_tables(tmp_path / name) for name in ("at once", "waits"))

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
        assert _spans((1, 2)) == _names(ingest)
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
        assert _spans((1, 3)) == _names(ingest)
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
        assert _spans((1, 200)) == _names(ingest)


def test_a_copy_in_the_journal_is_not_applied(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A request that stands twice in the journal, as after a crash, is in the database once."""
    journal = Journal(tmp_path / "journal")
    for seed in (1, 2, 1, 2, 2):
        journal.append(Signal.TRACES, make_traces(seed))
    journal.close()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
        assert _spans((1, 3), (2, 3)) == _names(ingest)
        ingest.submit(Signal.TRACES, make_traces(3))
        ingest.flush()
        assert _spans((1, 3), (2, 3), (3, 3)) == _names(ingest)


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
        assert _spans(*((seed, 3) for seed in range(1, 30))) == _names(ingest)
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
        assert _spans(*((seed, 3) for seed in range(1, 20))) == _names(ingest)


def test_what_does_not_fit_in_the_queue_is_read_from_the_journal(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A queue without room loses nothing and doubles nothing."""
    with Ingest(tmp_path, pace=Pace(queue_bytes=500, group_bytes=1000)) as ingest:
        for seed in range(1, 60):
            ingest.submit(Signal.TRACES, make_traces(seed))
        ingest.flush()

        assert _spans(*((seed, 3) for seed in range(1, 60))) == _names(ingest)
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
        assert _spans((1, 3), (2, 3), (3, 3)) == _names(ingest)


def test_a_rebuilt_database_equals_the_original(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Every table is the same, row by row, and the old file is kept."""
    with Ingest(tmp_path) as ingest:
        for seed in range(1, 12):
            ingest.submit(Signal.TRACES, make_traces(seed, 5, bad_ids=seed % 2))
        ingest.submit(Signal.LABELS, b'{"run": "r1", "name": "accuracy", "score": 0.5, "source": "test"}')
    original = _tables(tmp_path)

    assert 12 == rebuild(tmp_path)
    assert original == _tables(tmp_path)
    assert 55 == len(original["spans"])
    assert 1 == len(original["labels"])
    assert 1 == len(list(tmp_path.glob("relaylens.duckdb.replaced-*")))


def _overwrite_head(path: Path) -> None:
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])


def _overwrite_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300_000])


@pytest.mark.parametrize("damage", [_overwrite_head, _overwrite_all, _cut])
def test_a_database_that_does_not_open_is_rebuilt(tmp_path: Path, make_traces: MakeTraces, damage: Callable[[Path], None]) -> None:
    """The damaged file is put aside, and a new one is filled from the journal."""
    with Ingest(tmp_path) as ingest:
        for seed in range(1, 6):
            ingest.submit(Signal.TRACES, make_traces(seed))
    original = _tables(tmp_path)
    database = tmp_path / "relaylens.duckdb"
    damage(database)

    with Ingest(tmp_path) as ingest:
        ingest.flush()
    (aside,) = tmp_path.glob("relaylens.duckdb.unreadable-*Z")
    assert original == _tables(tmp_path)
    assert aside.stat().st_size > 0


def test_a_missing_database_is_made_from_the_journal(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Deleting the file loses nothing."""
    with Ingest(tmp_path) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
    original = _tables(tmp_path)
    (tmp_path / "relaylens.duckdb").unlink()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
    assert original == _tables(tmp_path)


def test_a_database_without_its_journal_is_refused(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Numbers would be used twice: the error names both ends and says what to do."""
    with Ingest(tmp_path) as ingest:
        for seed in (1, 2):
            ingest.submit(Signal.TRACES, make_traces(seed))
    for path in (tmp_path / "journal").iterdir():
        path.unlink()

    with pytest.raises(JournalCorruptError, match="the journal ends with record 0, but record 2 was signed"):
        Ingest(tmp_path)
    (tmp_path / "anchors.jsonl").unlink()
    with pytest.raises(StoreError, match="holds record 2, but its journal ends with record 0"):
        Ingest(tmp_path)
    rebuild(tmp_path)
    assert [] == _tables(tmp_path)["spans"]


def test_a_database_of_another_journal_is_refused(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A database is never added to by a journal that is not its own."""
    for name, seed in (("one", 1), ("two", 2)):
        with Ingest(tmp_path / name) as ingest:
            ingest.submit(Signal.TRACES, make_traces(seed))
    (tmp_path / "one" / "relaylens.duckdb").replace(tmp_path / "two" / "relaylens.duckdb")

    with pytest.raises(StoreError, match="differ in record 1"):
        Ingest(tmp_path / "two")


def test_a_damaged_journal_is_reported(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It is not started on, whatever the database says."""
    with Ingest(tmp_path) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
    (segment,) = (tmp_path / "journal").glob("*.segment")
    segment.write_bytes(segment.read_bytes()[:-1] + b"?")

    with pytest.raises(JournalCorruptError, match=segment.name):
        Ingest(tmp_path)


def test_a_store_has_one_process(tmp_path: Path) -> None:
    """The second is told who holds the folder, and may have it afterwards."""
    with Ingest(tmp_path):
        pid = (tmp_path / "lock").read_text().strip()
        with pytest.raises(StoreLockedError, match=f"held by process {pid}"):
            Ingest(tmp_path)

    Ingest(tmp_path).close()


def test_a_reader_of_the_file_holds_up_the_database_alone(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A database that someone has open is not taken for a damaged one: what comes is journalled, and stored once it is free."""
    Ingest(tmp_path).close()
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "relaylens.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert b"open\n" == reader.stdout.readline()
        with Ingest(tmp_path) as ingest:
            assert 3 == ingest.submit(Signal.TRACES, make_traces(1)).accepted
            assert "set lock on file" in str(ingest.status().progress.problem)
            assert not ingest.status().progress.ready
            reader.stdin.close()
            reader.wait()
            began = time.monotonic()
            while not ingest.status().progress.ready:
                assert time.monotonic() - began < 5
                time.sleep(0.01)
            assert [f"span 1/{number}" for number in (1, 2, 3)] == sorted(_names(ingest))
    assert [] == list(tmp_path.glob("*unreadable*"))


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

        assert _spans((1, 3), (2, 3), (3, 3)) == _names(ingest)
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


def test_settling_follows_when_it_is_quiet(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Without a flush the settler is called with the batches of a moment ago in the database."""
    seen: list[int] = []
    settled = threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        seen.append(count)
        if count:
            settled.set()
        return int(count)

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1, 7))

        assert settled.wait(10)
        assert 7 == seen[-1]


def test_settling_is_not_put_off_for_ever(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Under constant load the settler is still called."""
    settled = threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)]:
            settled.set()
        return 0

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=3600, settle_every_seconds=0.05)) as ingest:
        seed = 0
        while not settled.is_set() and seed < 10_000:
            seed += 1
            ingest.submit(Signal.TRACES, make_traces(seed, 1))

        assert settled.is_set()


def test_a_failing_settler_is_reported_and_called_again(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Spans are stored all the same; the flush says what failed, and the next one succeeds."""
    failures = iter([True, False])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() == [(0,)]:
            return 0
        connection.execute("BEGIN TRANSACTION")
        if next(failures, False):
            connection.execute("SELECT * FROM a_table_that_is_not_there")
        connection.execute("COMMIT")
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01, settle_every_seconds=0.05)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError, match="a_table_that_is_not_there"):
            ingest.flush()
        ingest.flush()

        assert _spans((1, 3)) == _names(ingest)
        assert 1 == ingest.status().progress.settle_failures
        assert ingest.status().progress.problem is None


def test_a_settler_that_breaks_its_cursor_gets_another(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It costs one settling, and the database stays open."""
    breaks = iter([True])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)] and next(breaks, False):
            connection.close()
            connection.execute("SELECT 1")
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01, settle_every_seconds=0.05)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError, match="Settling failed"):
            ingest.flush()
        assert ingest.status().progress.ready
        ingest.flush()

        assert ingest.status().progress.problem is None
        assert 1 == ingest.status().progress.settle_failures


def test_a_database_that_dies_while_settling_is_opened_again(tmp_path: Path, make_traces: MakeTraces) -> None:
    """When the writer's connection is gone the database is opened anew, with plainer plans, brought up to the journal and settled."""
    deaths = iter([True])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)] and next(deaths, False):
            store = ingest._applier._store  # noqa: SLF001 - what a fatal error does to it
            assert store is not None
            store.connection.close()
            connection.execute("SELECT * FROM a_table_that_is_not_there")
        plans.append(connection.execute("SELECT current_setting('disabled_optimizers')").fetchone())
        return 1

    plans: list[object] = []
    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError):
            ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(2))
        ingest.flush()

        assert _spans((1, 3), (2, 3)) == _names(ingest)
        assert ("join_filter_pushdown",) == plans[-1]
        assert ingest.status().progress.ready


def test_what_comes_while_it_settles_is_stored_and_settled_next(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Storing goes on beside a settling that takes long, and what came meanwhile is settled after it."""
    settles, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        if count and not settles.is_set():
            settles.set()
            assert go_on.wait(30)
        seen.append(count)
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        assert settles.wait(10)
        ingest.submit(Signal.TRACES, make_traces(2))
        deadline = time.monotonic() + 10
        while ingest.status().progress.applied_seq < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        progress = ingest.status().progress
        go_on.set()
        ingest.flush()

        assert (2, 0) == (progress.applied_seq, progress.settled_seq)
        assert [0, 3, 6] == seen
        assert 2 == ingest.status().progress.settled_seq


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
        assert _spans(*((seed, 3) for seed in range(1, accepted + 2))) == _names(ingest)


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

        assert 2000 * results.count("accepted") == len(_names(ingest))
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
