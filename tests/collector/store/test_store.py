"""The store takes whole records in one transaction, each once, and forgets nothing."""

import hashlib
import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.collector.store.building import pair, record, request, span
from tests.collector.store.conftest import Submit

from relaylens_collector.errors import StoreError, StoreOutdatedError, StoreVersionError
from relaylens_collector.mapping import Decoded
from relaylens_collector.records import Receipt
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store
from relaylens_collector.store.blocks import BLOCK_BYTES
from relaylens_collector.store.statements import schema_statements
from relaylens_collector.store.store import SCHEMA_VERSION

TABLES = ("batches", "resources", "scopes", "texts", "spans", "logs", "metric_points", "labels")
LONG = "a long text " * 100


def _body(number: int, spans: int = 2) -> bytes:
    """Return a request with spans of its own trace, a long text among them."""
    made = request(
        *(
            Span(
                trace_id=number.to_bytes(16),
                span_id=place.to_bytes(8),
                name=f"span {number}/{place}",
                attributes=[KeyValue(key="a", value=AnyValue(string_value=f"{LONG}{number % 3}"))],
            )
            for place in range(1, spans + 1)
        )
    )
    made.resource_spans[0].resource.attributes.add(key="service.name").value.string_value = f"service {number % 2}"
    return made.SerializeToString()


def _counts(store: Store) -> dict[str, int]:
    """Return how many rows each table has, of those that have any."""
    found = {table: store.connection.table(table).count("*").fetchall()[0][0] for table in TABLES}
    return {table: count for table, count in found.items() if count}


def _names(store: Store) -> list[tuple[int, str]]:
    """Return the batches and names of all spans."""
    return store.connection.execute("SELECT batch, name FROM spans ORDER BY batch, ordinal").fetchall()


def test_a_batch_row_says_what_came(store: Store) -> None:
    """The batch row holds what the journal knows, and how many rows were stored and rejected."""
    bad = request(span(1), Span(name="no ids"), span(2)).SerializeToString()

    store.apply([pair(7, bad)])

    expected = [(7, "traces", "2026-09-21 14:13:20", len(bad), record(7, bad).request_hash, 2, None, False, 1)]
    assert expected == store.connection.execute("SELECT * REPLACE (received_at::VARCHAR AS received_at) FROM batches").fetchall()


def test_a_batch_is_stored_once(store: Store) -> None:
    """The same batch again, alone, among others or twice in one call, changes nothing."""
    store.apply([pair(1, _body(1)), pair(2, _body(2)), pair(1, _body(1))])
    store.apply([pair(2, _body(2))])
    store.apply([pair(1, _body(1)), pair(3, _body(3)), pair(2, _body(2))])

    assert [(batch, f"span {batch}/{place}") for batch in (1, 2, 3) for place in (1, 2)] == _names(store)
    assert {"batches": 3, "resources": 2, "scopes": 1, "texts": 3, "spans": 6} == _counts(store)


def test_the_order_of_batches_does_not_matter(tmp_path: Path) -> None:
    """Shuffled and divided in any way, the batches give the same rows."""
    pairs = [pair(number, _body(number)) for number in range(1, 13)]
    rows = []
    for seed in range(4):
        chance = random.Random(seed)  # noqa: S311 - the same orders each time
        shuffled = chance.sample(pairs, len(pairs)) if seed else pairs
        store = Store(tmp_path / f"{seed}.duckdb")
        while shuffled:
            size = chance.randint(1, 5)
            store.apply(shuffled[:size])
            shuffled = shuffled[size:]
        cells = store.connection.execute(
            "SELECT batch, ordinal, name, text_of(attributes['a']), service_name, resource, scope FROM spans ORDER BY ALL"
        ).fetchall()
        rows.append((cells, _counts(store), store.last_batch()))
        store.close()

    assert [rows[0]] * 4 == rows
    assert 12 == rows[0][2]


def test_nothing_is_applied_twice_after_a_restart(tmp_path: Path) -> None:
    """Batches, requests, resources, scopes and texts are recognised in a file that is opened again."""
    first = Store(tmp_path / "relaylens.duckdb")
    first.apply([pair(number, _body(number)) for number in (1, 2, 3, 5, 9)])
    counts = _counts(first)
    first.close()

    again = Store(tmp_path / "relaylens.duckdb")
    again.apply([pair(number, _body(number)) for number in (1, 2, 3, 5, 9)])

    assert counts == _counts(again)
    assert 9 == again.last_batch()
    assert [True] * 5 == [again.known_request(record(number, _body(number)).request_hash) for number in (1, 2, 3, 5, 9)]
    assert not again.known_request(record(4, _body(4)).request_hash)

    again.apply([pair(4, _body(4))])

    assert {**counts, "batches": 6, "spans": 12} == _counts(again)
    again.close()


def test_a_killed_process_leaves_whole_batches(tmp_path: Path) -> None:
    """What was applied is there after the process is gone without closing, and applying goes on behind it."""
    path = tmp_path / "relaylens.duckdb"
    program = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from relaylens_collector.store import Store\n"
        "from tests.collector.store.building import pair\n"
        "from tests.collector.store.test_store import _body\n"
        "store = Store(sys.argv[1])\n"
        "for number in (1, 2, 3): store.apply([pair(number, _body(number))])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, cwd=Path(__file__).parents[3])

    store = Store(path)
    store.apply([pair(number, _body(number)) for number in (2, 3, 4)])

    assert [(batch, f"span {batch}/{place}") for batch in (1, 2, 3, 4) for place in (1, 2)] == _names(store)
    store.close()


def test_a_refused_batch_leaves_nothing_behind(store: Store) -> None:
    """When DuckDB refuses a statement, nothing of the call is stored or remembered, and it can be done again."""
    store.apply([pair(1, _body(1))])
    before = _counts(store)
    store.connection.execute("ALTER TABLE spans RENAME TO spans_elsewhere")

    with pytest.raises(StoreError, match=r"Batches 2 to 3 in .*spans does not exist"):
        store.apply([pair(2, _body(2)), pair(3, _body(3))])

    store.connection.execute("ALTER TABLE spans_elsewhere RENAME TO spans")
    assert before == _counts(store)
    assert 1 == store.last_batch()
    assert not store.known_request(record(2, _body(2)).request_hash)

    store.apply([pair(2, _body(2)), pair(3, _body(3))])

    assert {"batches": 3, "resources": 2, "scopes": 1, "texts": 3, "spans": 6} == _counts(store)
    texts = store.connection.execute("SELECT DISTINCT text_of(attributes['a']) FROM spans ORDER BY 1").fetchall()
    assert [(LONG + "0",), (LONG + "1",), (LONG + "2",)] == texts


def test_many_records_are_stored_in_several_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one is refused, those before it stay, it and those after it leave nothing behind, and all can be applied again."""
    pairs = [pair(number, _body(number)) for number in range(1, 21)]
    monkeypatch.setattr("relaylens_collector.store.store.TRANSACTION_BYTES", 2 * pairs[-1][0].body_bytes)
    statement = dict(schema_statements())["spans.sql"]
    store.connection.execute("DROP TABLE spans")
    store.connection.execute(statement.replace("batch BIGINT NOT NULL", "batch BIGINT NOT NULL CHECK (batch < 12)"))

    with pytest.raises(StoreError, match=r"Batches 11 to 12 in .*CHECK"):
        store.apply(pairs)

    assert [(batch, f"span {batch}/{place}") for batch in range(1, 11) for place in (1, 2)] == _names(store)
    assert 10 == store.last_batch()
    assert [(10,)] == store.connection.execute("SELECT max(batch) FROM batches").fetchall()

    store.connection.execute("DROP TABLE spans")
    store.connection.execute(statement)
    store.apply(pairs)

    assert [(batch, f"span {batch}/{place}") for batch in range(11, 21) for place in (1, 2)] == _names(store)
    assert {"batches": 20, "resources": 2, "scopes": 1, "texts": 3, "spans": 20} == _counts(store)


class _FailsBehindTheCommit(Store):
    """A store in which DuckDB reports an error though the transaction is durable, as when the checkpoint finds the disk full."""

    def _insert(self, rows: dict[str, pa.Table]) -> None:
        """Insert, then fail."""
        super()._insert(rows)
        message = "Transaction COMMIT succeeded and is durable, but the autocheckpoint failed."
        raise duckdb.IOException(message)


def test_what_is_durable_counts_as_stored(tmp_path: Path) -> None:
    """An error that comes behind the commit does not store a batch twice."""
    store = _FailsBehindTheCommit(tmp_path / "relaylens.duckdb")

    for _ in range(2):
        store.apply([pair(1, _body(1)), pair(2, _body(2))])

    assert {"batches": 2, "resources": 2, "scopes": 1, "texts": 2, "spans": 4} == _counts(store)
    assert 2 == store.last_batch()
    store.close()


def test_an_error_while_preparing_leaves_what_was_stored_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that cannot be mapped costs itself and those after it, whose resources and texts are new again."""
    pairs = [pair(number, _body(number)) for number in range(1, 7)]
    monkeypatch.setattr("relaylens_collector.store.store.TRANSACTION_BYTES", 1)
    bad = (pairs[3][0], replace(pairs[3][1], resource_of=pairs[3][1].resource_of + 99))

    with pytest.raises(pa.ArrowIndexError):
        store.apply([*pairs[:3], bad, *pairs[4:]])

    assert [(batch, f"span {batch}/{place}") for batch in (1, 2, 3) for place in (1, 2)] == _names(store)

    store.apply(pairs)

    assert {"batches": 6, "resources": 2, "scopes": 1, "texts": 3, "spans": 12} == _counts(store)


def test_what_is_begun_is_stored_when_the_next_is_or_when_it_is_finished(store: Store) -> None:
    """The last transaction may be at work when the next is prepared; the same record begun again meanwhile is stored once."""
    store.begin([pair(1, _body(1))])
    store.begin([pair(1, _body(1)), pair(2, _body(2))])

    assert 1 == store.last_batch()

    store.finish()

    assert 2 == store.last_batch()
    assert [(batch, f"span {batch}/{place}") for batch in (1, 2) for place in (1, 2)] == _names(store)


def test_a_refusal_is_raised_by_what_comes_after_it(store: Store) -> None:
    """What was begun behind a refused transaction leaves nothing, and both can be begun again."""
    statement = dict(schema_statements())["spans.sql"]
    store.connection.execute("DROP TABLE spans")
    store.connection.execute(statement.replace("batch BIGINT NOT NULL", "batch BIGINT NOT NULL CHECK (batch < 2)"))
    store.begin([pair(1, _body(1))])
    store.begin([pair(2, _body(2))])

    with pytest.raises(StoreError, match=r"Batches 2 to 2 in .*CHECK"):
        store.begin([pair(3, _body(3))])
    store.finish()

    assert [(1, "span 1/1"), (1, "span 1/2")] == _names(store)

    store.connection.execute("DROP TABLE spans")
    store.connection.execute(statement)
    store.apply([pair(2, _body(2)), pair(3, _body(3))])

    assert {"batches": 3, "resources": 2, "scopes": 1, "texts": 3, "spans": 4} == _counts(store)


def test_a_long_log_is_checkpointed_while_more_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stored less for it, and what is closed then opens whole."""
    monkeypatch.setattr("relaylens_collector.store.store.CHECKPOINT_BYTES", 1)
    store = Store(tmp_path / "relaylens.duckdb")
    store.apply([pair(1, _body(1, spans=2000))])
    deadline = time.monotonic() + 30
    number = 1
    while store.path.stat().st_size < BLOCK_BYTES and time.monotonic() < deadline:
        number += 1
        store.apply([pair(number, _body(number))])

    assert store.path.stat().st_size > BLOCK_BYTES
    store.close()
    again = Store(tmp_path / "relaylens.duckdb")
    assert number == again.last_batch()
    assert 2000 + 2 * (number - 1) == len(_names(again))
    again.close()


def test_a_commit_after_a_failed_statement_stores_nothing() -> None:
    """The reason for ROLLBACK: DuckDB says ok to a COMMIT that stores nothing."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (i INTEGER)")
    connection.execute("BEGIN TRANSACTION")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(duckdb.Error):
        connection.execute("INSERT INTO t SELECT CAST('a' AS INTEGER)")

    connection.execute("COMMIT")

    assert [] == connection.execute("SELECT * FROM t").fetchall()
    connection.close()


def test_a_reader_sees_whole_batches_only(store: Store) -> None:
    """A reader's transaction stands still while the writer goes on."""
    store.apply([pair(1, _body(1))])
    reader = store.cursor()
    reader.execute("BEGIN TRANSACTION READ ONLY")
    before = reader.execute("SELECT count(*) FROM spans").fetchall()

    store.apply([pair(2, _body(2))])

    assert before == reader.execute("SELECT count(*) FROM spans").fetchall()
    reader.execute("ROLLBACK")
    assert [(4,)] == reader.execute("SELECT count(*) FROM spans").fetchall()
    reader.close()


def test_the_file_can_be_opened_by_an_older_duckdb(tmp_path: Path) -> None:
    """The storage format is the one that DuckDB 1.5 reads, whatever version writes it."""
    store = Store(tmp_path / "relaylens.duckdb")
    store.apply([pair(1, _body(1))])
    rows = store.connection.execute("SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'relaylens'").fetchall()
    store.close()

    assert [("v1.5.0+",)] == rows


def test_memory_and_threads_are_what_was_asked_for(tmp_path: Path) -> None:
    """The settings reach DuckDB."""
    store = Store(tmp_path / "relaylens.duckdb", memory_limit="300MiB", threads=1)

    found = store.connection.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchall()
    store.close()

    assert [("300.0 MiB", 1)] == found


def test_no_table_has_an_index(store: Store) -> None:
    """Indexes cost twice the time of an insert and have broken stores."""
    assert [] == store.connection.execute("SELECT index_name FROM duckdb_indexes()").fetchall()
    assert [] == store.connection.execute("SELECT * FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL'").fetchall()


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE VIEW batches AS SELECT 1 AS batch")

    with pytest.raises(StoreError, match=r"Opening .*other\.duckdb"):
        Store(path)


@pytest.mark.parametrize(("version", "error"), [(SCHEMA_VERSION + 1, StoreVersionError), (SCHEMA_VERSION - 1, StoreOutdatedError)])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: int, error: type[StoreError]) -> None:
    """A newer file stays as it is, an older one is to be rebuilt."""
    path = tmp_path / "relaylens.duckdb"
    Store(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE schema_version SET version = $version", {"version": version})

    with pytest.raises(error, match=f"schema {version}, this Relaylens has {SCHEMA_VERSION}"):
        Store(path)


def test_a_change_of_the_schema_has_a_new_version(store: Store) -> None:
    """When this fails, raise SCHEMA_VERSION (once for a release) and put the new sum here."""
    columns = store.connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index"
    ).fetchall()

    assert {SCHEMA_VERSION: hashlib.sha256(repr(columns).encode()).hexdigest()[:16]} == {3: "6adf37d8f0e1826b"}


def test_labels_are_stored(store: Store, submit: Submit) -> None:
    """A label keeps its words; a value that is no text is kept as JSON, and a score that is no number is not."""
    submit(
        json.dumps({"run": "r", "name": "accuracy", "value": "good", "score": 0.5, "source": "me", "comment": "Grüße"}).encode(),
        Signal.LABELS,
    )
    submit(json.dumps({"trace_id": "t", "name": "outcome", "value": True, "score": "x"}).encode(), Signal.LABELS)
    submit(b'{"name": "broken", "value": "a\\ud800b", "score": 3}', Signal.LABELS)
    submit(json.dumps({"run": "r", "finding": "f", "name": "finding", "value": "known"}).encode(), Signal.LABELS)

    found = store.connection.execute("SELECT * EXCLUDE (labelled_at) FROM labels ORDER BY batch").fetchall()

    assert [
        (1, "r", None, None, "accuracy", "good", 0.5, "me", "Grüße"),
        (2, None, "t", None, "outcome", "true", None, None, None),
        (3, None, None, None, "broken", "a\ufffdb", 3.0, None, None),
        (4, "r", None, "f", "finding", "known", None, None, None),
    ] == found
    assert [("2026-09-21 14:13:20",)] == store.connection.execute("SELECT DISTINCT labelled_at::VARCHAR FROM labels").fetchall()


def test_an_empty_call_does_nothing(store: Store) -> None:
    """No records, no rows."""
    store.apply([])

    assert ({}, 0) == (_counts(store), store.last_batch())


def test_requests_with_nothing_in_them_have_a_batch_row(store: Store, submit: Submit) -> None:
    """The row says that the record was seen."""
    for signal in (Signal.TRACES, Signal.LOGS, Signal.METRICS):
        submit(b"", signal)

    assert {"batches": 3} == _counts(store)
    assert 3 == store.last_batch()


def test_many_small_requests_are_stored_like_large_ones(tmp_path: Path) -> None:
    """Requests mapped together keep their own batch, ordinals, resource and rejected spans."""
    bodies = [_body(number, spans=number % 4) for number in range(1, 60)]
    together, singly = Store(tmp_path / "together.duckdb"), Store(tmp_path / "singly.duckdb")
    pairs: list[tuple[Receipt, Decoded]] = [pair(number, body) for number, body in enumerate(bodies, start=1)]

    together.apply(pairs)
    for one in pairs:
        singly.apply([one])

    question = (
        "SELECT * REPLACE (map_values(attributes).list_transform(lambda cell: cell[1:3]) AS attributes) FROM spans ORDER BY batch, ordinal"
    )
    assert singly.connection.execute(question).fetchall() == together.connection.execute(question).fetchall()
    assert _counts(singly) == _counts(together)
    together.close()
    singly.close()
