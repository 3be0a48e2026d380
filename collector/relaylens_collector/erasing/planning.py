"""What is to go, asked of the database: by age, by size or by subject, and never what is held."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import duckdb

from relaylens_collector.erasing.plans import Choice, Plan

_SQL: Final = files("relaylens_collector.erasing") / "sql"
_DAY: Final = timedelta(days=1)


class Kind(StrEnum):
    """What a hold or an erasure may name."""

    CONVERSATION = "conversation"
    RUN = "run"
    TRACE = "trace"
    USER = "user"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that is not erased, whatever the rules say."""

    name: str
    kind: Kind
    subject: str
    said_by: str
    reason: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept; nothing is erased where nothing is said."""

    days: float | None = None
    logs_days: float | None = None
    metrics_days: float | None = None
    content_days: float | None = None
    """The texts of people, models and tools may go earlier than the rest."""

    size: int | None = None
    """Bytes of journal and database together."""

    @property
    def keeps_everything(self) -> bool:
        """Whether there is nothing to do."""
        return self == Retention()


KEEP_EVERYTHING: Final = Retention()


def holds(connection: duckdb.DuckDBPyConnection) -> list[Hold]:
    """Return the holds in force."""
    return [Hold(name, Kind(kind), subject, who, why, at) for name, kind, subject, who, why, at in _rows(connection, "holds")]


def window(subject: str) -> tuple[datetime, datetime]:
    """Read a window, written as `since/until` in ISO 8601."""
    since, _, until = subject.partition("/")
    return _moment(since), _moment(until)


def plan_subject(connection: duckdb.DuckDBPyConnection, kind: Kind, subject: str, said_by: str) -> Plan:
    """Plan to erase all spans, logs and labels of a conversation, run, trace or user."""
    _note_held(connection)
    traces, runs = _traces_of(connection, kind, subject)
    _temporary(connection, "wanted_traces", "trace_id", traces)
    _temporary(connection, "wanted_runs", "run", runs)
    found = _gather(_rows(connection, "rows_of_traces"))
    hashed = hashlib.sha256(f"{kind}\0{subject}".encode()).hexdigest()
    return Plan(tuple(found.choices.values()), sum(found.rows.values()), "subject", said_by, kind.value, hashed, found.held_rows)


def plan_retention(connection: duckdb.DuckDBPyConnection, retention: Retention, *, now: datetime, size: int, said_by: str) -> Plan:
    """Plan what the rules want erased at a moment; `size` is how large the store is."""
    _note_held(connection)
    found = _Found({}, {}, 0)
    rules: list[str] = []
    for signals, own, name in (
        (["traces", "labels"], None, "retention_days"),
        (["logs"], retention.logs_days, "retention_logs_days"),
        (["metrics"], retention.metrics_days, "retention_metrics_days"),
    ):
        days, rule = (retention.days, "retention_days") if own is None else (own, name)
        if days is not None and found.add(_of_age(connection, signals, now - days * _DAY)):
            rules.append(f"{rule}={days:g}")
    if retention.size is not None and size > retention.size and (before := _before_for(connection, retention.size, size)) is not None:
        older = _of_age(connection, ["traces", "labels", "logs", "metrics"], before)
        if found.add(_Found(older.choices, older.rows, max(0, older.held_rows - found.held_rows))):
            rules.append(f"retention_bytes={retention.size}")
    if found.add(_Found({choice.seq: choice for choice in _content(connection, retention, now)}, {}, 0)):
        rules.append(f"retention_content_days={retention.content_days:g}")
    choices = tuple(found.choices[seq] for seq in sorted(found.choices))
    return Plan(choices, sum(found.rows.values()), ", ".join(dict.fromkeys(rules)), said_by, held_rows=found.held_rows)


@dataclass(slots=True)
class _Found:
    """What goes of each record, and how many rows that is."""

    choices: dict[int, Choice]
    rows: dict[int, int]
    held_rows: int

    def add(self, more: "_Found") -> bool:
        """Take what another rule found, where there is nothing yet, and tell whether that was anything."""
        before = len(self.choices)
        self.choices = more.choices | self.choices
        self.rows = more.rows | self.rows
        self.held_rows += more.held_rows
        return len(self.choices) > before


def _of_age(connection: duckdb.DuckDBPyConnection, signals: list[str], before: datetime) -> _Found:
    return _gather(_rows(connection, "rows_of_age", {"signals": signals, "before": _naive(before)}))


def _content(connection: duckdb.DuckDBPyConnection, retention: Retention, now: datetime) -> list[Choice]:
    if retention.content_days is None:
        return []
    before = _naive(now - retention.content_days * _DAY)
    return [Choice(batch, frozenset(), content=True) for batch, _ in _rows(connection, "content_of_age", {"before": before})]


def _before_for(connection: duckdb.DuckDBPyConnection, limit: int, size: int) -> datetime | None:
    """Return before which moment to erase so that the store fits: its files are as large as its bodies are, in proportion."""
    [(bodies,)] = connection.execute("SELECT coalesce(sum(body_bytes), 0) FROM batches").fetchall()
    [(before,)] = _rows(connection, "oldest_bytes", {"bytes": int(bodies * (1 - limit / size))})
    return None if before is None else before.replace(tzinfo=UTC)


def _gather(rows: Iterable[tuple[int, list[int] | None, bool, int]]) -> _Found:
    """Gather batches, the places in them, whether these are all, and how many are held."""
    found = _Found({}, {}, 0)
    for batch, places, is_all, held in rows:
        found.held_rows += held
        if is_all or places:
            found.choices[batch] = Choice(batch, None if is_all else frozenset(places or ()))
            found.rows[batch] = len(places or ())
    return found


def _note_held(connection: duckdb.DuckDBPyConnection) -> None:
    """Put what is held into temporary tables, as far as the database knows it."""
    found: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for hold in holds(connection):
        found[hold.kind].append(hold.subject)
    windows = [{"since": _naive(since), "until": _naive(until)} for since, until in map(window, found[Kind.WINDOW])]
    conversations, runs = found[Kind.CONVERSATION], found[Kind.RUN]
    traces = {
        trace
        for (trace,) in _rows(
            connection, "held_by_spans", {"traces": found[Kind.TRACE], "conversations": conversations, "windows": windows}
        )
    }
    held_runs = set(runs)
    if _is_settled(connection):
        traces |= {trace for (trace,) in _rows(connection, "held_by_nouns", {"conversations": conversations, "runs": runs})}
    _temporary(connection, "held_traces", "trace_id", traces)
    if _is_settled(connection):
        held_runs |= {run for (run,) in connection.execute("SELECT run FROM runs WHERE trace_id IN (FROM held_traces)").fetchall()}
    _temporary(connection, "held_runs", "run", held_runs)
    connection.execute("CREATE OR REPLACE TEMP TABLE held_batches (batch BIGINT)")
    batches = [batch for (batch,) in _rows(connection, "held_batches", {"windows": windows})]
    connection.execute("INSERT INTO held_batches SELECT unnest($batches::BIGINT[])", {"batches": batches})
    connection.execute((_SQL / "held_rows.sql").read_text())


def _traces_of(connection: duckdb.DuckDBPyConnection, kind: Kind, subject: str) -> tuple[set[str], set[str]]:
    """Return the traces and runs of a subject."""
    questions = {
        Kind.TRACE: ["SELECT $subject"],
        Kind.CONVERSATION: ["SELECT trace_id FROM spans WHERE session_id = $subject"],
        Kind.USER: ["SELECT trace_id FROM spans WHERE user_id = $subject"],
        Kind.RUN: [],
        Kind.WINDOW: [],
    }[kind]
    settled = _is_settled(connection)
    if settled and kind is Kind.CONVERSATION:
        questions.append("SELECT trace_id FROM conversation_traces WHERE conversation = $subject")
    if settled and kind is Kind.RUN:
        questions += ["SELECT trace_id FROM runs WHERE run = $subject", "SELECT trace_id FROM span_facts WHERE run = $subject"]
    traces = {trace for question in questions for (trace,) in connection.execute(question, {"subject": subject}).fetchall()}
    runs = {subject} if kind is Kind.RUN else set()
    if settled:
        found = connection.execute("SELECT run FROM runs WHERE trace_id IN (SELECT unnest($traces::VARCHAR[]))", {"traces": sorted(traces)})
        runs |= {run for (run,) in found.fetchall()}
    return traces, runs


def _is_settled(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    return {"conversation_traces", "runs", "span_facts"} <= tables


def _temporary(connection: duckdb.DuckDBPyConnection, name: str, column: str, values: Iterable[str]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({column} VARCHAR)")
    connection.execute(f"INSERT INTO {name} SELECT unnest($values::VARCHAR[])", {"values": sorted(values)})


def _rows(connection: duckdb.DuckDBPyConnection, name: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    return connection.execute((_SQL / f"{name}.sql").read_text(), dict(parameters or {})).fetchall()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
