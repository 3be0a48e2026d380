"""What is missing in the record, from the numbers of the spans that are there and what processes say of the others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from relaylens_analytics import Window, metrics, open_store
from relaylens_analytics.queries import lists
from relaylens_collector.mapping.columns import uuids
from relaylens_collector.mapping.number_ranges import range_rows

NOON = datetime(2026, 11, 2, 12)  # noqa: DTZ001 - the store keeps UTC without a zone
NOW = NOON + timedelta(minutes=5)


class Record:
    """A store into which a test puts numbered spans and accounts."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection, insert: Callable[..., None]) -> None:
        """Begin with nothing."""
        self._folder, self._connection, self._insert = folder, connection, insert
        self._processes: dict[str, UUID] = {}
        self._batch = 0

    def _receive(self, process: str, at: datetime) -> dict[str, Any]:
        """A batch of a process."""
        self._batch += 1
        self._insert(
            self._connection,
            "batches",
            batch=self._batch,
            signal="traces",
            received_at=at,
            body_bytes=1,
            request_hash=b"",
            rows_stored=1,
            rows_rejected=0,
            content_erased=False,
        )
        resource = self._processes.get(process)
        if resource is None:
            resource = self._processes[process] = UUID(int=len(self._processes) + 100)
            attributes = {"relaylens.process.id": process, "service.name": "support"}
            self._insert(self._connection, "resources", resource=resource, batch=self._batch, service_name="support", attributes=attributes)
        return {"batch": self._batch, "ordinal": 0, "resource": resource, "scope": UUID(int=1), "service_name": "support"}

    def spans(self, process: str, *numbers: int, at: datetime = NOON) -> None:
        """Spans with these numbers, a second apart."""
        origin = self._receive(process, at)
        for number in numbers:
            self._insert(
                self._connection,
                "spans",
                **{**origin, "ordinal": number % 1000},
                trace_id="1" * 32,
                span_id=f"{number:016x}",
                started_at=at + timedelta(seconds=min(number, 10_000)),
                attributes={"relaylens.sequence": str(number)},
            )
            self._insert(
                self._connection,
                "span_facts",
                trace_id="1" * 32,
                span_id=f"{number:016x}",
                conversation="c",
                span_class="chain",
                started_at=at + timedelta(seconds=min(number, 10_000)),
                service_name="support",
                is_numbered=True,
            )
        self._number_ranges(origin, [(number, at + timedelta(seconds=min(number, 10_000))) for number in numbers])

    def _number_ranges(self, origin: dict[str, Any], spans: list[tuple[int, datetime]]) -> None:
        """What the mapping stores beside such spans."""
        columns = {
            "batch": pa.array([origin["batch"]] * len(spans)),
            "resource": uuids([origin["resource"].bytes] * len(spans)),
            "service_name": pa.array(["support"] * len(spans)),
            "started_at": pa.array([began for _, began in spans], pa.timestamp("us")),
            "attributes": pa.array([[("relaylens.sequence", str(number))] for number, _ in spans], pa.map_(pa.string(), pa.string())),
        }
        rows = range_rows(pa.table(columns))
        for row in () if rows is None else rows.to_pylist():
            self._insert(self._connection, "number_ranges", **row)

    def account(self, process: str, at: datetime = NOON, **said: object) -> None:
        """An account; `__` in a name stands for a point."""
        attributes = {f"relaylens.account.{name.replace('__', '.')}": str(value) for name, value in said.items()}
        origin = self._receive(process, at)
        self._insert(self._connection, "logs", **origin, event_name="relaylens.account", logged_at=at, attributes=attributes)

    def gaps(self, now: datetime = NOW) -> list[tuple[Any, ...]]:
        """Process, first, last and reason of each gap."""
        self._connection.close()
        with open_store(self._folder) as reader:
            rows = lists.gaps(reader, Window(), now=now).to_pylist()
        assert [row["last"] - row["first"] + 1 for row in rows] == [row["missing"] for row in rows]
        return sorted((row["process"], row["first"], row["last"], row["reason"]) for row in rows)


@pytest.fixture
def record(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> Record:
    """An empty one."""
    folder, connection = new_store
    return Record(folder, connection, insert_row)


def test_a_whole_record_has_no_gaps(record: Record) -> None:
    """Every number to the last is there, in whatever order and however often it came."""
    record.spans("p", 3, 1)
    record.spans("p", 2, 2, 4)
    record.account("p", number=1, state="ended", last=4, open="", waiting="")

    assert [] == record.gaps()


def test_each_reason_is_named(record: Record) -> None:
    """What the process dropped, had open or still to send, and what only its death explains."""
    record.spans("p", 2, 3, 10)
    record.account("p", number=3, state="died", last=20, open="1,14-15", waiting="18-20", dropped__queue_full="4-5,7,10,16")

    assert [
        ("p", 1, 1, "never_ended"),
        ("p", 4, 5, "queue_full"),
        ("p", 6, 6, "process_died"),
        ("p", 7, 7, "queue_full"),
        ("p", 8, 9, "process_died"),
        ("p", 11, 13, "process_died"),
        ("p", 14, 15, "never_ended"),
        ("p", 16, 16, "queue_full"),
        ("p", 17, 17, "process_died"),
        ("p", 18, 20, "waiting"),
    ] == record.gaps()


def test_what_a_process_that_goes_on_has_open_is_not_missing(record: Record) -> None:
    """Nor is what it has still to send, nor what it has begun since; what it lost on the way is."""
    record.spans("p", 3, 9)
    record.account("p", number=1, state="running", last=6, open="1", waiting="4-5")

    assert [("p", 2, 2, "unknown"), ("p", 6, 6, "unknown")] == record.gaps()


def test_a_process_that_falls_silent_is_judged_by_what_it_said(record: Record) -> None:
    """It would have said more: after ten minutes what was open never ended, and what came later has gaps too."""
    record.spans("p", 3, 9)
    record.account("p", number=1, state="running", last=6, open="1", waiting="4-5")

    assert [
        ("p", 1, 1, "never_ended"),
        ("p", 2, 2, "unknown"),
        ("p", 4, 5, "waiting"),
        ("p", 6, 8, "unknown"),
    ] == record.gaps(NOON + timedelta(minutes=11))


def test_a_process_that_never_says_anything_is_judged_by_its_numbers(record: Record) -> None:
    """A gap between numbers is one; what may come after the last is not known."""
    record.spans("p", 2, 5)

    assert [("p", 1, 1, "unknown"), ("p", 3, 4, "unknown")] == record.gaps(NOON + timedelta(hours=1))


def test_the_latest_account_holds_and_drops_add_up(record: Record) -> None:
    """What was open or waiting once may have come; what was given up once has not, and another process may add to it."""
    record.spans("p", 1, 2)
    record.account("p", number=2, state="ended", last=6, open="", waiting="3-4", dropped__spool_full="5")
    record.account("p", number=1, state="running", last=4, open="1-2", waiting="", dropped__queue_full="6")
    record.account("p", number=0, dropped__export_refused="4")

    assert [
        ("p", 3, 3, "waiting"),
        ("p", 4, 4, "export_refused"),
        ("p", 5, 5, "spool_full"),
        ("p", 6, 6, "queue_full"),
    ] == record.gaps()


def test_processes_are_judged_apart(record: Record) -> None:
    """The numbers of one say nothing of another."""
    record.spans("p", 1, 3)
    record.spans("q", 2)
    for process, last in (("p", 3), ("q", 2), ("r", 2)):
        record.account(process, number=1, state="ended", last=last, open="", waiting="")

    assert [("p", 2, 2, "unknown"), ("q", 1, 1, "unknown"), ("r", 1, 2, "unknown")] == record.gaps()


@pytest.mark.timeout(20)
def test_what_no_process_can_have_said_is_not_believed(record: Record) -> None:
    """Numbers beyond all reason and lists that are none cost neither an error nor time."""
    record.spans("p", 1, 2, 10**17)
    record.account(
        "p", number="many", state="ended", last=10**30, open="1-,x,,9-3,-5", waiting="2-99999999999999999999", dropped__x="'; --"
    )
    record.spans("q", 1)
    record.account("q", number=1, state="ended", last=10**11, open="3-10000000000", waiting="")

    assert [("q", 2, 2, "unknown"), ("q", 3, 10**10, "never_ended"), ("q", 10**10 + 1, 10**11, "unknown")] == record.gaps()


def test_completeness_counts_what_is_missing(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """Held spans over held and missing ones, in total, by service and by time; agents are not asked, since a missing span names none."""
    folder, connection = new_store
    record = Record(folder, connection, insert_row)
    record.spans("p", 1, 2, 3)
    record.spans("p", 3601)
    record.account("p", number=1, state="ended", last=3601, open="4", waiting="")
    connection.close()

    def counts(by: str, **more: object) -> dict[str, tuple[float, float]]:
        with open_store(folder) as reader:
            rows = metrics.compute(reader, "audit_completeness", Window(), by=by, now=NOW, **more).to_pylist()  # type: ignore[arg-type]
        return {row["key"]: (row["numerator"], row["denominator"]) for row in rows if row["part"] == "span"}

    assert {"total": (4, 3601)} == counts("total")
    assert {"support": (4, 3601)} == counts("service")
    assert {} == counts("agent")
    assert {"2026-11-02T12:00:00Z": (3, 3600), "2026-11-02T13:00:00Z": (1, 1)} == counts("time", bucket_s=3600)
