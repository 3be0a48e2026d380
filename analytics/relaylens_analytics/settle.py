"""Settling: from spans to conversations, runs, steps, handoffs, escalations and findings.

The rules are SQL files, one rule each, in `sql/rules`; of the rules of one folder the first that matches wins, and its name
stays with the row.
Settling takes the conversations whose traces changed, derives them anew from all their spans, and replaces their rows in one transaction:
late, shuffled and repeated spans therefore give the same rows as spans in order.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from relaylens_analytics import prices

SQL = files("relaylens_analytics") / "sql"

SPANS_AT_ONCE = 50_000
"""How many spans are derived at once; a larger backlog is settled in parts."""

BYTES_AT_ONCE = 32 << 20
"""Request bytes of those spans: what calls are told lies there in full while they are derived, within the database's memory."""


@cache
def _text(path: str) -> str:
    """The text of an SQL file below `sql/`."""
    return (SQL / path).read_text(encoding="utf-8")


@cache
def _rules(folder: str) -> tuple[tuple[str, str], ...]:
    """The rules of a folder in order, each as (name, query)."""
    entries: list[Traversable] = sorted((SQL / "rules" / folder).iterdir(), key=lambda entry: entry.name)
    return tuple((entry.name[4:-4], entry.read_text(encoding="utf-8")) for entry in entries if entry.name.endswith(".sql"))


def _candidates(folder: str) -> str:
    """One query over all rules of a folder: their columns, with `rule` and `priority` beside them."""
    return "\nUNION ALL BY NAME\n".join(
        f"SELECT *, '{name}' AS rule, {place} AS priority FROM (\n{query}\n)"  # noqa: S608 - our own files and their names
        for place, (name, query) in enumerate(_rules(folder))
    )


def _value(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """The one number that a statement answers."""
    ((value,),) = connection.execute(statement).fetchall()
    return int(value or 0)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the noun tables and the macros where they are missing, in the order of `sql/nouns/_order`, and fill an empty price table."""
    for name in _text("nouns/_order").split():
        connection.execute(_text(f"nouns/{name}"))
    if _value(connection, "SELECT count(*) FROM prices") == 0:
        prices.load(connection)


def settle(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring the nouns up to date with every batch in the store.

    Args:
        connection: The writer's connection; no transaction may be open on it.

    Returns:
        The number of traces that had changed.

    Raises:
        duckdb.Error: When a statement fails; nothing of the part at work is kept then, and the next call tries again.

    """
    create_tables(connection)
    settled = _value(connection, "SELECT coalesce(max(batch), 0) FROM settled")
    changed = 0
    for upto in _parts(connection, settled):
        connection.execute("BEGIN TRANSACTION")
        try:
            changed += _settle_part(connection, settled, upto)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        settled = upto
    return changed


def _parts(connection: duckdb.DuckDBPyConnection, settled: int) -> Iterator[int]:
    """The batch numbers up to which to settle, a bounded number of spans and bytes at a time."""
    rows = connection.execute("SELECT batch, rows_stored, body_bytes FROM batches WHERE batch > ? ORDER BY batch", [settled]).fetchall()
    gathered, size, last = 0, 0, None
    for batch, stored, body_bytes in rows:
        gathered, size, last = gathered + stored, size + body_bytes, batch
        if gathered >= SPANS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield last
            gathered, size, last = 0, 0, None
    if last is not None:
        yield last


STAGES = (
    "work_rows",
    "work_texts",
    "full_text",
    "work_events",
    "work_logs",
    "work_spans",
    "rules:span_class:work_classes",
    "agent_spans",
    "rules:agent_name:agent_name_candidates",
    "agent_names",
    "work_tools",
    "work_replies",
    "work_bus_receipts",
    "work_calls",
    "delegated_steps",
    "work_tree",
    "orchestrators",
    "work_steps_of",
    "rules:escalation:work_requests",
    "work_pauses",
    "work_runs",
    "work_steps",
    "work_facts",
    "known_agents",
    "span_errors",
    "reply_texts",
    "step_outputs",
    "step_inputs",
    "rules:step_outcome:step_outcome_candidates",
    "step_outcomes",
    "idle_steps",
    "rules:handoff:handoff_candidates",
    "handoff_attempts",
    "explained_steps",
    "rules:handoff_inferred:inferred_handoffs",
)
"""The order of deriving: a file of `sql/staging`, or `rules:FOLDER:TABLE` for the candidates of a folder of rules."""

MARTS = (
    "marts:handoffs",
    "marts:escalations",
    "rules:run_outcome:run_outcome_candidates",
    "run_outcomes",
    "marts:validations",
    "told_errors",
    "model_calls",
    "findings",
    "work_bus_usage",
    "retried_calls",
    "marts:steps",
    "marts:span_facts",
    "marts:feedback",
    "marts:agents",
    "marts:runs",
    "marts:conversations",
    "marts:conversation_traces",
)
"""The nouns in the order in which they build on each other: a file of `sql/marts`, or a stage as above."""

NOUNS = (
    "conversation_traces",
    "conversations",
    "runs",
    "steps",
    "span_facts",
    "handoffs",
    "escalations",
    "findings",
    "agents",
    "validations",
    "feedback",
)
"""The tables whose rows are replaced, each from the temporary table `new_NOUN`."""

FIRST_MATCH = {"work_classes": "trace_id, span_id"}
"""Rule tables of which the first match per key is kept at once."""


def _settle_part(connection: duckdb.DuckDBPyConnection, settled: int, upto: int) -> int:
    """Derive the conversations that changed in the batches after `settled` up to `upto` and replace their rows."""
    connection.execute(_text("staging/changed_traces.sql"), {"settled": settled, "upto": upto})
    changed = _value(connection, "SELECT count(*) FROM changed_traces")
    if changed:
        _group(connection, upto)
        for stage in (*STAGES, *MARTS):
            _run_stage(connection, stage)
        _replace(connection)
    connection.execute("DELETE FROM settled")
    connection.execute("INSERT INTO settled VALUES (?, now()::TIMESTAMP)", [upto])
    return changed


def _run_stage(connection: duckdb.DuckDBPyConnection, stage: str) -> None:
    """Run one stage: a staging file, or the union of a folder's rules into a temporary table."""
    if stage == "findings":
        connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS\n{_union_of_findings()}")
        connection.execute(_text("marts/findings.sql"))
        return
    if not stage.startswith("rules:"):
        folder, _, name = stage.rpartition(":")
        connection.execute(_text(f"{folder or 'staging'}/{name}.sql"))
        return
    _, folder, table = stage.split(":")
    query = _candidates(folder)
    key = FIRST_MATCH.get(table)
    first = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY priority) = 1" if key else ""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM (\n{query}\n) {first}")  # noqa: S608 - our own files


def _group(connection: duckdb.DuckDBPyConnection, upto: int) -> None:
    """Find every trace that belongs with the changed ones, and the conversation of each."""
    connection.execute(_text("staging/changed_keys.sql"), {"upto": upto})
    connection.execute("DELETE FROM trace_keys WHERE trace_id IN (SELECT trace_id FROM changed_traces)")
    connection.execute("INSERT INTO trace_keys SELECT trace_id, key, rule FROM changed_keys")
    connection.execute(_text("staging/affected_traces.sql"))
    while _value(connection, _text("staging/grow_affected.sql")):
        pass
    connection.execute(_text("staging/affected_keys.sql"))
    connection.execute(_text("staging/start_labels.sql"))
    before = -1
    while before != (digest := _value(connection, _text("staging/label_sum.sql"))):
        before = digest
        connection.execute(_text("staging/spread_labels.sql"))
    connection.execute(_text("staging/work_components.sql"))


def _union_of_findings() -> str:
    """One query over every detector in `sql/findings`."""
    entries = sorted(entry.name for entry in (SQL / "findings").iterdir() if entry.name.endswith(".sql"))
    return "\nUNION ALL BY NAME\n".join(f"SELECT * FROM (\n{_text(f'findings/{name}')}\n)" for name in entries)  # noqa: S608 - our own files


def _replace(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the rows of the affected conversations, also of those that a trace has left."""
    connection.execute(_text("staging/touched_conversations.sql"))
    for noun in NOUNS:
        connection.execute(f"DELETE FROM {noun} WHERE conversation IN (SELECT conversation FROM touched_conversations)")  # noqa: S608 - our own names
        connection.execute(f"INSERT INTO {noun} BY NAME SELECT * FROM new_{noun}")  # noqa: S608 - our own names
