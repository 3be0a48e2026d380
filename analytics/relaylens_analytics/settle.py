"""Settling: from spans to conversations, runs, steps, handoffs, escalations and findings.

The rules are SQL files, one rule each, in `sql/rules`; of the rules of one folder the first that matches wins, and its name
stays with the row.
Settling takes the conversations whose traces changed, derives them anew from all their spans, and replaces their rows in one transaction:
late, shuffled and repeated spans therefore give the same rows as spans in order.

Every file of settling is one query, and its rows go into a temporary table of the file's name. A line `-- needs: a | b` in a file says
that it gives no row unless `a` or `b` is there: a table that has rows, or a feature that occurs among the spans at work
(`sql/staging/work_features.sql`). Without it the query is not run at all, since planning one costs more than running it for a few traces.
"""

from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

import duckdb

from relaylens.semconv import Detector
from relaylens_analytics import parts, prices, releasing, rhythm, specification
from relaylens_analytics.baseline.settling import judge_settled
from relaylens_analytics.detectors import On, Setup, Value, setup
from relaylens_analytics.stages import Stage, asked_attributes, asked_prefixes, detector_feature, one_number, parsed, statement
from relaylens_analytics.work_tables import create_work_tables

GROUPING = ("changed_traces", "changed_keys", "affected_traces", "affected_keys", "labels_at_work", "work_traces")
"""The way from the batches that are new to the traces at work and their conversations."""

STAGES = (
    "work_rows",
    "work_features",
    "work_macros",
    "work_texts",
    "work_events",
    "work_logs",
    "span_failures",
    "graph_spans",
    "listed_usage",
    "work_spans",
    "rules:span_class:work_classes",
    "agent_spans",
    "rules:agent_name:agent_name_candidates",
    "agent_names",
    "work_tools",
    "work_flat_replies",
    "work_document_replies",
    "work_replies",
    "work_bus_receipts",
    "work_bus_calls",
    "work_calls",
    "unshown_calls",
    "delegating_tools",
    "delegated_steps",
    "work_tree",
    "orchestrators",
    "work_steps_of",
    "rules:escalation:work_requests",
    "work_pauses",
    "handed_on",
    "work_runs",
    "work_steps",
    "strayed_spans",
    "placed_spans",
    "work_facts",
    "declared_agents",
    "known_agents",
    "span_errors",
    "reply_texts",
    "blank_replies",
    "step_messages",
    "step_outputs",
    "step_inputs",
    "rules:step_outcome:step_outcome_candidates",
    "step_outcomes",
    "empty_steps",
    "repeated_turns",
    "idle_steps",
    "step_work",
    "rules:handoff:handoff_candidates",
    "handoff_receipts",
    "handoff_attempts",
    "continued_steps",
    "explained_steps",
    "rules:handoff_inferred:inferred_handoffs",
    "handoff_edges",
    "handoff_contents",
    "lost_turns",
    "looped_pairs",
    "bounced_handoffs",
)
"""The order of deriving: a file of `sql/staging`, or `rules:FOLDER:TABLE` for what all rules of a folder find."""

MARTS = (
    "marts:handoffs",
    "marts:escalations",
    "rules:run_outcome:run_outcome_candidates",
    "run_outcomes",
    "run_roots",
    "quiet_agents",
    "pending_questions",
    "stated_validations",
    "sent_back",
    "marts:validations",
    "told_lists",
    "told_errors",
    "model_calls",
    "cut_answers",
    "troubled_handoffs",
    "called_tools",
    "repeated_delegations",
    "frequent_contents",
    "called_rounds",
    "repeated_calls",
    "repeated_offers",
    "offered_agents",
    "unrecovered_calls",
    "unrecovered_writes",
    "service_failures",
    "repeated_texts",
    "run_inputs",
    "short_results",
    "used_numbers",
    "said_values",
    "told_chunks",
    "user_turns",
    "ungrounded_values",
    "asked_peers",
    "compared_runs",
    "run_talk",
    "sized_hops",
    "swelling_hops",
    "edge_talk",
    "altered_values",
    "fresh_words",
    "replaced_words",
    "repeated_requests",
    "paired_turns",
    "swinging_pairs",
    "findings:found",
    "findings:held_back",
    "raised_findings",
    "marts:findings",
    "work_bus_usage",
    "retried_calls",
    "work_tallies",
    "marts:steps",
    "run_outputs",
    "marts:runs",
    "run_acts",
    "run_figures",
)
"""The nouns that others build on, in that order, each in a table `new_NOUN`: a file of `sql/marts`, or a stage as above."""

NOUNS = (
    "conversation_traces",
    "conversations",
    "runs",
    "steps",
    "span_facts",
    "handoffs",
    "escalations",
    "findings",
    "hints",
    "agents",
    "validations",
    "feedback",
    "run_profiles",
)
"""The tables whose rows are replaced, each from `new_NOUN` or, where no other builds on it, from its file of `sql/marts`."""

BESIDE = ("touched_conversations", "unusual_runs")
"""Tables that are filled once the new rows are known: whose rows they replace, and what is unusual among them."""

_TABLES = (*GROUPING, "unusual_runs", *STAGES, *MARTS, "touched_conversations")
"""All work tables, each after those it is made of."""

_ready: WeakKeyDictionary[duckdb.DuckDBPyConnection, Setup] = WeakKeyDictionary()
"""The connections that have the work tables, with the setup of detectors they last had. Between two parts the tables are empty."""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the noun tables and the macros where they are missing, in the order of `sql/nouns/_order`, and fill an empty price table."""
    for name in statement("nouns/_order").split():
        connection.execute(statement(f"nouns/{name}"))
    if one_number(connection, "SELECT count(*) FROM prices") == 0:
        prices.load(connection)


def settle(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring the nouns up to date with every batch in the store.

    Args:
        connection: The writer's connection, the same each time; no transaction may be open on it.

    Returns:
        The number of traces that had changed.

    Raises:
        duckdb.Error: When a statement fails; nothing of the part at work is kept then, and the next call tries again.
        DetectorSettingsError: When what the store's folder sets of its detectors cannot be followed.
        SpecificationError: When what it declares of the network cannot be read.

    """
    folder = _folder_of(connection)
    wanted, declared = setup(folder), specification.read(folder)
    is_new = connection not in _ready
    if is_new:
        create_tables(connection)
        _set(connection, **wanted.variables())
        create_work_tables(connection, _TABLES)
        _ready[connection] = wanted
    elif _ready[connection] != wanted:
        _set(connection, **wanted.variables())
        releasing.forget(connection)
        _ready[connection] = wanted
    specification.store(connection, declared)
    settle_part = partial(_settle_part, connection, wanted, specification.features(declared))
    return parts.settle_new(connection, settle_part) + (parts.settle_put_aside(connection, settle_part) if is_new else 0)


def _folder_of(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The store's folder; none of a database in memory."""
    ((path,),) = connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    return None if path is None else Path(path).parent


class _Work:
    """One part at work: which tables have rows, and which features occur."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, given: AbstractSet[str]) -> None:
        """Begin with empty tables, and what is there whatever the spans are: the detectors that are on, and what is declared."""
        self._connection = connection
        self.present = set(given)

    def fill(self, *stages: str) -> None:
        """Run stages whose needs are met."""
        for stage in map(Stage.named, stages):
            insert = stage.insert(self.present)
            if insert is None:
                continue
            if self._connection.execute(parsed(insert)).fetchall() != [(0,)]:
                self.present.add(stage.table)
            if stage.table == "work_features":
                self._take_features([feature for (feature,) in self._connection.execute("SELECT feature FROM work_features").fetchall()])

    def is_on(self, detector: Detector) -> bool:
        """Whether a detector runs."""
        return detector_feature(detector) in self.present

    def _take_features(self, features: list[str]) -> None:
        """Note what occurs, for Python and for the queries, and which attributes are asked for."""
        self.present.update(features)
        asked = [feature for feature in features if feature in asked_attributes()]
        asks_all = not asked_prefixes().isdisjoint(features)
        _set(self._connection, features=features, asked_attributes=asked or None, asks_all_attributes=asks_all)

    def empty(self) -> None:
        """Let go of all rows."""
        for stage in map(Stage.named, _TABLES):
            if stage.table in self.present:
                self._connection.execute(f"TRUNCATE {stage.table}")


def _settle_part(connection: duckdb.DuckDBPyConnection, wanted: Setup, declared: AbstractSet[str], settled: int, upto: int) -> int:
    """Derive the conversations that changed in the batches after `settled` up to `upto` and replace their rows."""
    work = _Work(connection, wanted.features() | declared)
    _set(connection, settled=settled, upto=upto)
    work.fill("changed_traces")
    changed = one_number(connection, "SELECT count(*) FROM changed_traces") if "changed_traces" in work.present else 0
    if changed:
        _group(connection, work)
        before_rhythm = MARTS.index("quiet_agents")
        work.fill(*STAGES, *MARTS[:before_rhythm])
        if work.is_on(Detector.AGENT_QUIET) and "work_steps" in work.present and rhythm.listen(connection):
            work.present.add("quiet_agents")
        work.fill(*MARTS[before_rhythm:])
        _replace(connection, work)
    learn_anew = one_number(connection, statement("baseline/verdicts_changed.sql")) > 0
    if learn_anew:
        rhythm.forget(connection)
    if wanted.on.get(Detector.UNUSUAL_RUN, On.NO) is not On.NO and (changed or learn_anew):
        judge_settled(connection, learn_anew=learn_anew)
    releasing.release(connection, count_anew=learn_anew)
    work.empty()
    connection.execute("DELETE FROM erased_traces WHERE batch <= ?", [upto])
    connection.execute("DELETE FROM settled")
    connection.execute("INSERT INTO settled VALUES (?, now()::TIMESTAMP)", [upto])
    return changed


def _set(connection: duckdb.DuckDBPyConnection, **variables: Value | None) -> None:
    """Set the variables that queries read with `getvariable`: a filter by one is as good as one by a constant."""
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})


def _group(connection: duckdb.DuckDBPyConnection, work: _Work) -> None:
    """Find every trace that belongs with the changed ones, and the conversation of each."""
    _set(connection, first_batch=one_number(connection, "SELECT min(first_batch) FROM changed_traces"))
    work.fill("changed_keys")
    if one_number(connection, "SELECT count(*) FROM changed_traces WHERE is_known"):
        connection.execute("DELETE FROM trace_keys WHERE trace_id IN (SELECT trace_id FROM changed_traces)")
    if "changed_keys" in work.present:
        connection.execute("INSERT INTO trace_keys SELECT trace_id, key, rule FROM changed_keys")
    work.fill("affected_traces")
    _set(connection, first_batch=one_number(connection, "SELECT min(first_batch) FROM affected_traces"))
    work.fill("affected_keys", "labels_at_work")
    if one_number(connection, "SELECT count(*) - count(DISTINCT key) FROM affected_keys"):
        _spread_labels(connection)
    work.fill("work_traces")


def _spread_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Give all traces that hang together by keys the same label."""
    before = -1
    while before != (digest := one_number(connection, statement("staging/label_sum.sql"))):
        before = digest
        connection.execute(f"CREATE OR REPLACE TEMP TABLE labels_at_work AS {statement('staging/spread_labels.sql')}")


def _replace(connection: duckdb.DuckDBPyConnection, work: _Work) -> None:
    """Replace the rows of the affected conversations, also of those that a trace has left."""
    work.fill("touched_conversations")
    if "touched_conversations" in work.present:
        for table in (*NOUNS, "suspicions"):
            connection.execute(f"DELETE FROM {table} WHERE conversation IN (SELECT conversation FROM touched_conversations)")  # noqa: S608 - our own names
    for noun in NOUNS:
        _insert(connection, noun, work.present)


def _insert(connection: duckdb.DuckDBPyConnection, noun: str, present: AbstractSet[str]) -> None:
    """Store the new rows of a noun."""
    if f"marts:{noun}" not in MARTS:
        insert = Stage.named(f"marts:{noun}").insert(present, into=noun)
        if insert is not None:
            connection.execute(parsed(insert))
    elif f"new_{noun}" in present:
        connection.execute(f"INSERT INTO {noun} BY NAME SELECT * FROM new_{noun}")  # noqa: S608 - our own names
