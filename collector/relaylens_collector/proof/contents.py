"""The database against the journal: every record is mapped once more, and its rows are compared with those that are stored."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from relaylens_collector.errors import UndecodableError
from relaylens_collector.mapping import Decoded, decode
from relaylens_collector.proof.findings import Fault, Finding, Report
from relaylens_collector.proof.stored_texts import StoredTexts
from relaylens_collector.records import Receipt, Record
from relaylens_collector.store.intervals import Intervals
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.rows import Known, prepare
from relaylens_collector.store.statements import APPLY, read_statement, schema_statements
from relaylens_collector.store.store import SCHEMA_VERSION

AT_ONCE: Final = 8 << 20
"""Request bytes that are mapped and compared together."""

_ORIGINS: Final = {"resources": "resource", "scopes": "scope"}
"""Tables with one row for each content, and their key."""

_TEXTS: Final = "texts"
_MOST_DETAILED: Final = 20
"""Rows of which a finding says what differs in them."""

_REBUILD: Final = "The journal is the truth: `relaylens rebuild` makes the database anew from it, and keeps this one beside it."
_NEXT_START: Final = "Nothing: the next start of the collector applies them."

Row = dict[str, Any]


class DatabaseCheck:
    """Compares one database file with the records of its journal, which come in order."""

    def __init__(self, database: Path, report: Report, *, threads: int, memory_limit: str = "1GB") -> None:
        """Open the file read-only, and read what is needed throughout; raises duckdb.Error when it does not open."""
        self.database = database
        self._report = report
        self._connection = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
        self._comparer = ThreadPoolExecutor(1, "relaylens-compare")
        self._comparing: Future[None] | None = None
        self._pairs: list[tuple[Receipt, Decoded]] = []
        self._size = 0
        self._from = 0
        self.comparable = False
        try:
            quoted = str(database).replace("'", "''")
            self._connection.execute(f"ATTACH '{quoted}' AS stored (READ_ONLY)")
            if self._is_of_this_make():
                self._begin()
                self.comparable = True
        except BaseException:
            self.close()
            raise

    def add(self, record: Record) -> None:
        """Take the journal's next record."""
        if record.seq > self._batches.last:
            self._waiting += 1
            return
        if record.seq not in self._batches:
            self._not_applied(record)
            return
        try:
            decoded = decode(record.signal, record.body)
        except UndecodableError as error:
            self._find(Fault.BATCH_MISSING, f"batch {record.seq}", f"It is stored, but the record cannot be decoded: {error}", record.seq)
            return
        self._pairs.append((record.receipt, decoded))
        self._size += len(record.body)
        if self._size >= AT_ONCE:
            self._compare_pairs(self._pairs[-1][0].seq)

    def finish(self, applied: int) -> None:
        """Compare what is left, and what can only be told at the end; `applied` is how far the database was once."""
        self._compare_pairs(_LAST)
        if self._comparing is not None:
            self._comparing.result()
        self._compare_origins()
        self._check_texts()
        if self._batches.last < applied:
            what = f"The database ends with record {self._batches.last}, but it held record {applied} when the last anchor was signed."
            self._report.add(Finding(Fault.BATCHES_MISSING, str(self.database), what, _NEXT_START, self._batches.last + 1))
        elif self._waiting:
            what = f"The journal's last {self._waiting} records are not in the database yet."
            self._report.add(Finding(Fault.RECORDS_WAIT, str(self.database), what, _NEXT_START, self._batches.last + 1))

    def close(self) -> None:
        """Let go of the file."""
        self._comparer.shutdown()
        self._connection.close()

    # --- at the beginning ---------------------------------------------------------------------------------------------

    def _is_of_this_make(self) -> bool:
        try:
            [(version,)] = self._connection.execute("SELECT version FROM stored.schema_version").fetchall()
        except (duckdb.Error, ValueError) as error:
            version = f"unknown ({str(error).splitlines()[0]})"
        if version == SCHEMA_VERSION:
            return True
        what = f"The database has schema {version}, this Relaylens has {SCHEMA_VERSION}; its rows cannot be compared."
        # The collector makes an older file anew by itself; one that is newer it leaves alone.
        newer = isinstance(version, int) and version > SCHEMA_VERSION
        first = (
            "Upgrade Relaylens, or run `relaylens rebuild`, which" if newer else "Start the collector or run `relaylens rebuild`: either"
        )
        advice = f"{first} makes it anew. Or verify with the Relaylens that wrote it."
        self._report.add(Finding(Fault.DATABASE_OF_ANOTHER_MAKE, str(self.database), what, advice))
        return False

    def _begin(self) -> None:
        for name, statement in schema_statements():
            if not name.startswith(_MACROS):
                self._connection.execute(statement)
        self._columns = {name: self._columns_of("main", name) for name in APPLY if name != _TEXTS}
        for name, columns in self._columns.items():
            if columns != (found := self._columns_of("stored", name)):
                what = f"The table {name} has other columns than it was made with: {sorted(set(columns.items()) ^ set(found.items()))}."
                self._find(Fault.ROWS_CHANGED, f"table {name}", what)
        self._connection.execute("USE stored")
        self._batches = Intervals(self._connection.execute(read_statement("stored_runs")).fetchall())
        self._connection.execute("USE memory")
        self._texts = StoredTexts(self._connection)
        self._known = Known(KnownOrigins([]), KnownOrigins([]), self._texts)
        self._origins: dict[str, list[pa.Table]] = {name: [] for name in _ORIGINS}
        self._waiting = 0
        self._same: dict[int, int] | None = None
        self._check_repeated()

    def _columns_of(self, catalog: str, table: str) -> dict[str, str]:
        rows = self._connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = $catalog AND table_name = $name",
            {"catalog": "memory" if catalog == "main" else catalog, "name": table},
        ).fetchall()
        return dict(rows)

    def _check_repeated(self) -> None:
        """Each record is applied once: one row for its number, and one for its request."""
        for column in ("batch", "request_hash"):
            repeated = self._connection.execute(
                f"SELECT min(batch), count(*) FROM stored.batches GROUP BY {column} HAVING count(*) > 1 ORDER BY 1"  # noqa: S608 - our own names
            ).fetchall()
            for batch, count in repeated:
                self._find(Fault.BATCH_REPEATED, f"batch {batch}", f"It is stored {count} times, by its {column}.", batch)

    def _not_applied(self, record: Record) -> None:
        """A record without a batch: the same request stands under another number, or it could not be applied, or its batch was removed."""
        same = self._connection.execute(
            "SELECT batch FROM stored.batches WHERE request_hash = $hash LIMIT 1", {"hash": record.request_hash}
        ).fetchall()
        if same:
            return
        refused = self._connection.execute(
            "SELECT reason FROM stored.dead_letters WHERE batch = $batch AND ordinal IS NULL", {"batch": record.seq}
        ).fetchall()
        if refused:
            advice = "Nothing: it stays in the journal, and is tried again when the database is rebuilt."
            what = f"Record {record.seq} could not be applied and is in the journal only: {refused[0][0]}"
            self._report.add(Finding(Fault.RECORD_SET_ASIDE, str(self.database), what, advice, record.seq))
            return
        what = f"Record {record.seq} is in the journal, and later ones are in the database, but it is not."
        self._find(Fault.BATCH_MISSING, f"batch {record.seq}", what, record.seq)

    # --- on the way ---------------------------------------------------------------------------------------------------

    def _compare_pairs(self, upto: int) -> None:
        """Map the records gathered, and have them compared while the next ones are gathered."""
        pairs, self._pairs, self._size = self._pairs, [], 0
        prepared = prepare(pairs, self._known)
        for name in _ORIGINS:
            if name in prepared.rows:
                self._origins[name].append(prepared.rows.pop(name))
        first, self._from = self._from, upto + 1
        if self._comparing is not None:
            self._comparing.result()
        self._comparing = self._comparer.submit(self._compare, prepared.rows, first, upto)

    def _compare(self, rows: dict[str, pa.Table], first: int, last: int) -> None:
        """Compare the rows of the batches from `first` to `last` in every table."""
        connection = self._connection
        connection.execute("BEGIN TRANSACTION")
        for name, table in rows.items():
            connection.register(f"mapped_{name}", table)
            connection.execute(APPLY[name])
        for name in self._columns:
            if name not in _ORIGINS:
                self._compare_table(name, first, last)
        connection.execute("ROLLBACK")
        for name in rows:
            connection.unregister(f"mapped_{name}")

    def _compare_table(self, name: str, first: int, last: int) -> None:
        bounds = {"first": first, "last": last}
        [(expected, stored, differing)] = self._connection.execute(_comparison(name, self._columns[name]), bounds).fetchall()
        if expected == stored and not differing:
            self._report.rows += stored
            return
        for batch in self._differing_batches(name, bounds):
            self._compare_batch(name, batch)

    def _differing_batches(self, name: str, bounds: dict[str, int]) -> list[int]:
        """Return the batches of which a row differs, is missing, is there too often or should not be there."""
        rows = self._connection.execute(_differences(name, self._columns[name]), bounds).fetchall()
        return [batch for (batch,) in rows]

    def _compare_batch(self, name: str, batch: int) -> None:
        """Say of one batch which rows differ and in what; cells that refer to the same text by two numbers do not differ."""
        expected = self._rows(name, "memory.main", batch)
        stored = self._rows(name, "stored", batch)
        where = f"table {name}, batch {batch}"
        missing = [row for row in expected if row not in stored]
        added = [row for row in stored if row not in expected]
        for row in stored:
            if row not in added and stored.count(row) > expected.count(row):
                added.append(row)
                break
        self._report.rows += len(stored) - len(added)
        changed: dict[object, list[str]] = {}
        for row in list(missing):
            twin = next((other for other in added if _place(other) == _place(row)), None)
            if twin is not None:
                missing.remove(row)
                added.remove(twin)
                changed[_place(row)] = [column for column in row if row[column] != twin[column]]
        for place, columns in list(changed.items())[:_MOST_DETAILED]:
            self._find(Fault.ROWS_CHANGED, where, f"{_row(place)} is not as the journal has it: {', '.join(columns)}.", batch)
        for rows, fault, what in ((missing, Fault.ROWS_MISSING, "in the journal only"), (added, Fault.ROWS_ADDED, "not in the journal")):
            if rows:
                places = ", ".join(_row(_place(row)) for row in rows[:_MOST_DETAILED])
                self._find(fault, where, f"{len(rows)} rows are {what}: {places}.", batch)

    def _rows(self, name: str, catalog: str, batch: int) -> list[Row]:
        columns = ", ".join(f'"{column}"' for column in self._columns[name])
        return self._read(f"SELECT {columns} FROM {catalog}.{name} WHERE batch = $batch AND {_derived(name)}", {"batch": batch})  # noqa: S608 - our own names

    def _read(self, question: str, parameters: dict[str, int] | None = None) -> list[Row]:
        """Answer a question with rows whose cells can be compared."""
        if self._same is None:
            self._same = self._texts.canonical()
        same = self._same
        found = self._connection.execute(question, parameters)
        columns = [column[0] for column in found.description or ()]
        return [{column: _canonical(value, same) for column, value in zip(columns, row, strict=True)} for row in found.fetchall()]

    # --- at the end ---------------------------------------------------------------------------------------------------

    def _compare_origins(self) -> None:
        """Compare resources and scopes by content; where one was first seen may have been in a record that is erased by now."""
        for name, key in _ORIGINS.items():
            for table in self._origins[name]:
                self._connection.register(f"mapped_{name}", table)
                self._connection.execute(APPLY[name])
                self._connection.unregister(f"mapped_{name}")
            expected = {row[key]: row for row in self._all(name, "memory.main")}
            stored_rows = self._all(name, "stored")
            stored = {row[key]: row for row in stored_rows}
            for content in expected.keys() - stored.keys():
                self._find(Fault.ROWS_MISSING, f"table {name}", f"{key} {content} is in the journal only.")
            for content in stored.keys() - expected.keys():
                self._find(Fault.ROWS_ADDED, f"table {name}", f"{key} {content} is not in the journal.")
            if len(stored) < len(stored_rows):
                self._find(Fault.ROWS_ADDED, f"table {name}", f"{len(stored_rows) - len(stored)} rows are there more than once.")
            for content in expected.keys() & stored.keys():
                ours, theirs = expected[content], stored[content]
                columns = [column for column in ours if column != "batch" and ours[column] != theirs[column]]
                if theirs["batch"] > ours["batch"]:
                    columns.append("batch")
                if columns:
                    what = f"{key} {content} is not as the journal has it: {', '.join(columns)}."
                    self._find(Fault.ROWS_CHANGED, f"table {name}", what, ours["batch"])
                else:
                    self._report.rows += 1

    def _all(self, name: str, catalog: str) -> list[Row]:
        shown = ", ".join(f'"{column}"' for column in self._columns[name])
        return self._read(f"SELECT {shown} FROM {catalog}.{name}")  # noqa: S608 - our own names

    def _check_texts(self) -> None:
        for text_id in self._texts.changed:
            self._find(Fault.TEXT_CHANGED, f"table {_TEXTS}", f"Text {text_id} is not what it was stored as: its hash does not fit.")
        for text_id in self._texts.unused():
            self._find(Fault.TEXT_ADDED, f"table {_TEXTS}", f"Text {text_id} belongs to no record of the journal.")

    def _find(self, fault: Fault, where: str, what: str, record: int | None = None) -> None:
        self._report.add(Finding(fault, f"{self.database}, {where}", what, _REBUILD, record))


_LAST: Final = (1 << 63) - 1
_MACROS: Final = ("text_of",)


def _derived(name: str) -> str:
    """Return what tells the rows that follow from the journal: that DuckDB refused a record does not."""
    return "ordinal IS NOT NULL" if name == "dead_letters" else "TRUE"


def _keys(columns: dict[str, str]) -> list[str]:
    return [column for column in ("batch", "ordinal") if column in columns]


def _comparison(name: str, columns: dict[str, str]) -> str:
    """Return the question how many rows are expected, how many are stored, and how many pairs of them differ."""
    on = " AND ".join(f"expected.{column} = stored.{column}" for column in _keys(columns))
    differs = " OR ".join(f'expected."{column}" IS DISTINCT FROM stored."{column}"' for column in columns if column not in _keys(columns))
    return f"""
        WITH expected AS (FROM memory.main.{name}),
        stored AS (FROM stored.{name} WHERE batch BETWEEN $first AND $last{_but_set_aside(columns)})
        SELECT
            (SELECT count(*) FROM expected), (SELECT count(*) FROM stored),
            (SELECT count(*) FROM expected FULL JOIN stored ON {on} WHERE expected.batch IS NULL OR stored.batch IS NULL OR {differs})
    """  # noqa: S608 - our own names


def _differences(name: str, columns: dict[str, str]) -> str:
    """Return the question which batches have rows of which there are more or fewer than expected."""
    shown = ", ".join(f'"{column}"' for column in columns)
    return f"""
        WITH expected AS (SELECT {shown} FROM memory.main.{name}),
        stored AS (SELECT {shown} FROM stored.{name} WHERE batch BETWEEN $first AND $last{_but_set_aside(columns)})
        SELECT DISTINCT batch
        FROM ((FROM expected EXCEPT ALL FROM stored) UNION ALL (FROM stored EXCEPT ALL FROM expected))
        ORDER BY batch
    """  # noqa: S608 - our own names


def _but_set_aside(columns: dict[str, str]) -> str:
    """Leave out the notes of requests that could not be applied: they are not in the journal, and not in `batches`."""
    return " AND (ordinal IS NOT NULL OR batch IN (SELECT batch FROM stored.batches))" if "ordinal" in columns else ""


def _place(row: Row) -> object:
    return row.get("ordinal")


def _row(place: object) -> str:
    return "the row" if place is None else f"row {place}"


def _canonical(value: Any, same: dict[int, int]) -> Any:  # noqa: ANN401 - any value of a row
    """Refer to a text that is stored more than once by its lowest number, and make a NaN equal to itself."""
    if isinstance(value, str) and value.startswith("\x01") and same:
        parts = value[1:].split(",")
        return "\x01" + ",".join(str(same.get(int(part), int(part))) if part.isdecimal() else part for part in parts)
    if isinstance(value, dict):
        return {key: _canonical(inner, same) for key, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner, same) for inner in value]
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - only NaN is not itself
        return "NaN"
    return value
