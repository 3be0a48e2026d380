"""Whatever is changed, added or removed in the database is found by comparing it with the journal."""

from pathlib import Path

import duckdb
import pytest
from tests.collector.proof.conftest import RECORDS, SPANS_PER_REQUEST, TRACE_REQUESTS

from relaylens_collector.errors import StoreNotFoundError
from relaylens_collector.ingest import Ingest
from relaylens_collector.proof import Fault, verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal

ROWS = TRACE_REQUESTS * SPANS_PER_REQUEST + 2 + 1 + 1 + RECORDS
"""Spans, log records, the metric, the label and the batches; resources and scopes come on top."""


def tamper(store: Path, *statements: str) -> None:
    """Change the database as somebody does who has the file."""
    with duckdb.connect(str(store / "relaylens.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_whole_store_is_whole(store: Path) -> None:
    """Every record and every row is counted, and nothing is found."""
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    report = verify(store)

    assert (Verdict.WHOLE, []) == (report.verdict, report.findings)
    assert (RECORDS, RECORDS) == (report.records, report.last_record)
    assert ROWS + 4 <= report.rows
    assert before == {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE spans SET name = 'harmless' WHERE batch = 2 AND ordinal = 3", Fault.ROWS_CHANGED),
        ("UPDATE spans SET started_at = started_at + INTERVAL 1 MICROSECOND WHERE batch = 2 AND ordinal = 3", Fault.ROWS_CHANGED),
        ("UPDATE spans SET attributes = map_concat(attributes, MAP {'a': 'b'}) WHERE batch = 2 AND ordinal = 3", Fault.ROWS_CHANGED),
        ("UPDATE spans SET parent_span_id = NULL WHERE parent_span_id IS NOT NULL AND batch = 3", Fault.ROWS_CHANGED),
        ("UPDATE spans SET ordinal = 1 - ordinal WHERE batch = 1 AND ordinal < 2", Fault.ROWS_CHANGED),
        ("UPDATE logs SET body = 'nothing' WHERE ordinal = 0", Fault.ROWS_CHANGED),
        ("UPDATE metric_points SET data = replace(data, '3', '4')", Fault.ROWS_CHANGED),
        ("UPDATE labels SET score = 1", Fault.ROWS_CHANGED),
        ("UPDATE batches SET received_at = received_at - INTERVAL 1 DAY WHERE batch = 4", Fault.ROWS_CHANGED),
        ("UPDATE batches SET request_hash = 'x'::BLOB WHERE batch = 4", Fault.ROWS_CHANGED),
        ("UPDATE resources SET service_name = 'other' WHERE batch = 1", Fault.ROWS_CHANGED),
        ("DELETE FROM spans WHERE batch = 2 AND ordinal = 3", Fault.ROWS_MISSING),
        ("DELETE FROM spans WHERE batch = 6 AND ordinal = 19", Fault.ROWS_MISSING),
        ("DELETE FROM logs", Fault.ROWS_MISSING),
        ("DELETE FROM scopes WHERE batch = 1", Fault.ROWS_MISSING),
        ("INSERT INTO spans BY NAME SELECT * REPLACE (77 AS ordinal) FROM spans WHERE batch = 2 AND ordinal = 3", Fault.ROWS_ADDED),
        ("INSERT INTO spans FROM spans WHERE batch = 2 AND ordinal = 3", Fault.ROWS_ADDED),
        ("INSERT INTO spans BY NAME SELECT * REPLACE (77 AS batch) FROM spans WHERE batch = 2 AND ordinal = 3", Fault.ROWS_ADDED),
        ("INSERT INTO resources FROM resources WHERE batch = 1", Fault.ROWS_ADDED),
        ("INSERT INTO batches FROM batches WHERE batch = 3", Fault.BATCH_REPEATED),
        ("DELETE FROM batches WHERE batch = 3", Fault.BATCH_MISSING),
        ("UPDATE texts SET text = text || ' and more' WHERE text_id = 1", Fault.TEXT_CHANGED),
        ("INSERT INTO texts SELECT 900000, uuid(), 'new'", Fault.TEXT_ADDED),
        ("DELETE FROM texts WHERE text_id = (SELECT max(text_id) FROM texts)", Fault.ROWS_CHANGED),
        ("UPDATE texts SET text_id = -text_id WHERE text_id = 1", Fault.ROWS_CHANGED),
    ],
)
def test_tampering_with_the_database_is_found(store: Path, statement: str, fault: Fault) -> None:
    """One statement on one table is one kind of finding, and the report says that the store is not whole."""
    tamper(store, statement)
    report = verify(store)

    assert Verdict.BROKEN == report.verdict
    assert fault in report.counts


def test_a_changed_row_is_named(store: Path) -> None:
    """The finding names table, batch, row and column, and what to do."""
    tamper(store, "UPDATE spans SET name = 'harmless' WHERE batch = 2 AND ordinal = 3")
    [finding] = verify(store).findings

    assert f"{store / 'relaylens.duckdb'}, table spans, batch 2" == finding.where
    assert "row 3 is not as the journal has it: name." == finding.what
    assert 2 == finding.record
    assert "relaylens rebuild" in finding.advice


def test_a_text_stored_twice_is_no_change(store: Path) -> None:
    """The store may keep a text a second time; a cell that refers to the second one means the same."""
    tamper(
        store,
        "INSERT INTO texts SELECT 900000, text_hash, text FROM texts WHERE chr(1) || text_id IN (SELECT body FROM logs)",
        "UPDATE logs SET body = chr(1) || '900000' WHERE starts_with(body, chr(1))",
    )
    report = verify(store)

    assert (Verdict.WHOLE, []) == (report.verdict, report.findings)


_WITHOUT_THE_LAST = tuple(f"DELETE FROM {table} WHERE batch = {RECORDS}" for table in ("batches", "labels"))  # noqa: S608 - our own names


def test_a_database_that_lost_its_end_is_found(store: Path) -> None:
    """The last anchor says how far the database was when the collector stopped."""
    tamper(store, *_WITHOUT_THE_LAST)
    report = verify(store)

    assert (Verdict.BROKEN, {Fault.BATCHES_MISSING: 1}) == (report.verdict, report.counts)


def test_records_that_wait_are_no_fault(store: Path) -> None:
    """What a killed collector did not apply is told, and the next start applies it."""
    tamper(store, *_WITHOUT_THE_LAST)
    anchors = (store / "anchors.jsonl").read_bytes().splitlines(keepends=True)
    (store / "anchors.jsonl").write_bytes(anchors[0])
    report = verify(store)

    assert (Verdict.WHOLE, {Fault.RECORDS_WAIT: 1}) == (report.verdict, report.counts)


def test_a_database_of_another_journal_is_found(store: Path, tmp_path: Path) -> None:
    """Nothing of another store's database is the journal's."""
    other = tmp_path / "other"
    with Ingest(other) as ingest:
        ingest.submit(Signal.LABELS, b'{"run": "r2", "name": "accuracy", "score": 0.7}')
    (other / "relaylens.duckdb").replace(store / "relaylens.duckdb")
    report = verify(store)

    assert Verdict.BROKEN == report.verdict
    assert Fault.ROWS_ADDED in report.counts


@pytest.mark.parametrize(("content", "fault"), [(b"no database", Fault.DATABASE_UNREADABLE), (None, Fault.DATABASE_MISSING)])
def test_a_database_that_is_none_is_found(store: Path, content: bytes | None, fault: Fault) -> None:
    """A file that does not open, or is not there, is a finding of its own; the journal is looked at all the same."""
    (store / "relaylens.duckdb").unlink()
    if content is not None:
        (store / "relaylens.duckdb").write_bytes(content)
    report = verify(store)

    assert (Verdict.BROKEN, {fault: 1}, RECORDS) == (report.verdict, report.counts, report.records)


def test_an_older_schema_cannot_be_compared(store: Path) -> None:
    """A database of another make is neither whole nor broken."""
    tamper(store, "UPDATE schema_version SET version = 0")
    report = verify(store)

    assert (Verdict.UNCHECKED, {Fault.DATABASE_OF_ANOTHER_MAKE: 1}) == (report.verdict, report.counts)


def test_a_running_collector_keeps_its_database(store: Path) -> None:
    """While a process holds the store, the journal is checked and the report says that the rest was not."""
    with Ingest(store) as ingest:
        ingest.flush()
        whole, journal = verify(store), verify(store, database=False)

    assert (Verdict.UNCHECKED, {Fault.DATABASE_BUSY: 1}, RECORDS) == (whole.verdict, whole.counts, whole.records)
    assert (Verdict.WHOLE, RECORDS) == (journal.verdict, journal.records)


def test_a_folder_without_a_journal_is_no_store(tmp_path: Path) -> None:
    """There is nothing to look at."""
    with pytest.raises(StoreNotFoundError):
        verify(tmp_path)
