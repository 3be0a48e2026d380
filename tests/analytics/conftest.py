"""A small network whose every number is worked out by hand, as rows in a real database.

| run | service | began | outcome   | evidence | took  | work  | notes                                                    |
|-----|---------|-------|-----------|----------|-------|-------|----------------------------------------------------------|
| r1  | support | 10:00 | completed | stated   | 4 s   | 3 s   | triage -> docs -> drafter, both handed over well          |
| r2  | support | 10:30 | failed    | rule     | 1 s   | 1 s   | triage -> billing, which does not exist; a model error    |
| r3  | support | 11:00 | completed | inferred | 10 s  | 4 s   | sent back once; a person approved after 5 s; empty answer |
| r4  | support | 11:30 | escalated | rule     | 2 s   | 1 s   | a person was asked and has not answered                   |
| r5  | support | 12:00 | running   | rule     |       |       | an offer that nobody has taken up yet                     |
| r6  | sales   | 12:10 | abandoned | inferred | 3 s   | 1 s   | docs hands back to triage: refused                        |
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from relaylens.semconv import SpecificationPart
from relaylens_analytics import Reader, open_store
from relaylens_analytics.specification import SPECIFICATION_FILE, Row, written

DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - the store keeps UTC without a zone

ORIGIN = UUID(int=1)
"""The one resource and the one scope of the network."""

_DEFAULTS: dict[str, dict[str, object]] = {
    "runs": {
        "traces": 1,
        "agents": 1,
        "steps": 1,
        "handoffs": 0,
        "handoffs_failed": 0,
        "escalations": 0,
        "model_calls": 1,
        "tool_calls": 0,
        "errors": 0,
        "soft_errors": 0,
        "retries": 0,
        "rework": 0,
        "findings": 0,
        "spans": 2,
        "outcome_rule": "workflow_ended",
        "name": "answer ticket",
    },
    "steps": {
        "position": 1,
        "agent_rule": "attribute",
        "outcome": "completed",
        "outcome_evidence": "inferred",
        "outcome_rule": "ended",
        "model_calls": 1,
        "tool_calls": 0,
        "errors": 0,
        "soft_errors": 0,
        "has_input": True,
        "has_output": True,
        "empty_output": False,
    },
    "span_facts": {
        "class_rule": "operation",
        "is_error": False,
        "is_control_flow": False,
        "is_soft_error": False,
        "is_leaf_llm": False,
        "batch": 1,
        "ordinal": 0,
        "is_whole": True,
        "is_numbered": False,
    },
    "handoffs": {
        "position": 1,
        "target_type": "agent",
        "mode": "pass_control",
        "is_return": False,
        "state": "closed",
        "ok": True,
        "succeeded": True,
        "rule": "transfer_tool",
    },
    "escalations": {"rule": "tool_name"},
    "findings": {"severity": "high", "certainty": "rule"},
    "spans": {"batch": 1, "ordinal": 0, "resource": ORIGIN, "scope": ORIGIN, "status_code": 0, "kind": 1, "dropped_attributes_count": 0},
}


def at(hour: int, minute: int = 0, second: float = 0) -> datetime:
    """Give a moment of the day."""
    return DAY + timedelta(hours=hour, minutes=minute, seconds=second)


def create(path: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    """Make an empty database with the real schema of the collector and the real nouns."""
    connection = duckdb.connect(path)
    for folder in (files("relaylens_collector") / "store" / "schema", files("relaylens_analytics") / "sql" / "nouns"):
        for name in (folder / "_order").read_text().split():
            connection.execute((folder / name).read_text())
    return connection


DECLARED = (
    Row("support", SpecificationPart.HANDOFF, "triage", "drafter"),
    Row("support", SpecificationPart.REQUIRED, "answer a ticket", "approver"),
)
"""What the network is meant to be, since a moment after its first run."""


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: object) -> None:
    """Put a row into a table; columns that do not matter here get a plain value."""
    row = {**_DEFAULTS.get(table, {}), **values}
    columns = ", ".join(row)
    marks = ", ".join(f"${name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)  # noqa: S608 - names of our own columns


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the network into a database."""
    _runs(connection)
    _steps(connection)
    _spans(connection)
    _handoffs(connection)
    _people(connection)


def _runs(connection: duckdb.DuckDBPyConnection) -> None:
    def run(run_id: str, began: datetime, ended: tuple[str, str], took: float | None, work: float | None, **more: object) -> None:
        values = {
            "run": run_id,
            "conversation": f"c{run_id[1:]}",
            "trace_id": run_id * 16,
            "service_name": "support",
            "started_at": began,
            "ended_at": began + timedelta(seconds=took) if took is not None else None,
            "duration_ms": took * 1000 if took is not None else None,
            "work_ms": work * 1000 if work is not None else None,
            "wait_ms": (took - work) * 1000 if took is not None and work is not None else None,
            "outcome": ended[0],
            "outcome_evidence": ended[1],
            **more,
        }
        insert(connection, "runs", **values)
        insert(
            connection,
            "conversations",
            conversation=values["conversation"],
            service_name=values["service_name"],
            traces=1,
            runs=1,
            started_at=values["started_at"],
            ended_at=values["ended_at"],
            rule="trace",
        )

    run("r1", at(10), ("completed", "stated"), 4, 3, agents=3, steps=3, handoffs=2, model_calls=3, tool_calls=1, spans=8,
        input_tokens=300, output_tokens=30, cost_usd=0.03, input_preview="My invoice is wrong", output_preview="We have corrected it.",
        first_agent="triage", last_agent="drafter", user_id="u1")  # fmt: skip
    run("r2", at(10, 30), ("failed", "rule"), 1, 1, handoffs=1, handoffs_failed=1, errors=1, retries=2, findings=2,
        input_tokens=100, output_tokens=10, cost_usd=0.01, input_preview="50% off?", first_agent="triage", last_agent="triage")  # fmt: skip
    run("r3", at(11), ("completed", "inferred"), 10, 4, steps=3, handoffs=2, escalations=1, rework=1, retries=1, findings=2,
        input_tokens=500, output_tokens=50, cost_usd=None, input_preview="Where is my parcel?", output_preview="")  # fmt: skip
    run("r4", at(11, 30), ("escalated", "rule"), 2, 1, escalations=1, input_tokens=100, output_tokens=0, cost_usd=0.02)
    run("r5", at(12), ("running", "rule"), None, None, handoffs=1, escalations=1, cost_usd=0.5, name="other")
    run("r6", at(12, 10), ("abandoned", "inferred"), 3, 1, handoffs=1, handoffs_failed=1, soft_errors=1, findings=1,
        service_name="sales", cost_usd=0.0, name=None)  # fmt: skip


def _steps(connection: duckdb.DuckDBPyConnection) -> None:
    def step(run: str, position: int, agent: str, began: datetime, took: float, **more: object) -> None:
        trace_id, span_id = run * 16, f"{run}5{position}".ljust(16, "0")
        values = {
            "step": f"{trace_id}:{span_id}",
            "run": run,
            "conversation": f"c{run[1:]}",
            "trace_id": trace_id,
            "span_id": span_id,
            "position": position,
            "agent": agent,
            "service_name": "support",
            "started_at": began,
            "ended_at": began + timedelta(seconds=took),
            "duration_ms": took * 1000,
            "agent_version": "v1",
            "model": "gpt-5-mini",
            **more,
        }
        insert(connection, "steps", **values)
        insert(
            connection,
            "agents",
            agent=agent,
            display_name=agent.title(),
            service_name=values["service_name"],
            kind="agent",
            agent_version=values["agent_version"],
            conversation=values["conversation"],
            first_seen_at=values["started_at"],
            last_seen_at=values["ended_at"],
        )

    step("r1", 1, "triage", at(10), 1, outcome_evidence="stated", input="My invoice is wrong", output="to docs", cost_usd=0.01)
    step("r1", 2, "docs", at(10, 0, 1), 2, input="find the invoice", output="found: invoice 17", cost_usd=0.01, tool_calls=1)
    step("r1", 3, "drafter", at(10, 0, 3), 1, input="write an answer", output="We have corrected it.", cost_usd=0.01)
    step("r2", 1, "triage", at(10, 30), 1, outcome="failed", outcome_evidence="rule", has_output=False, errors=1, agent_version=None)
    step("r3", 1, "triage", at(11), 1, agent_version="v2", output="to drafter")
    step("r3", 2, "drafter", at(11, 0, 1), 2, has_input=False, empty_output=True, output="")
    step("r3", 3, "drafter", at(11, 0, 8), 2, empty_output=True, output="")
    step("r4", 1, "approver", at(11, 30), 2, outcome="escalated", outcome_evidence="rule", has_output=False, model=None)
    step("r5", 1, "triage", at(12), 0, outcome="running", has_output=False)
    step("r6", 1, "docs", at(12, 10), 3, service_name="sales", outcome="abandoned", has_output=False, agent_version=None)


def _spans(connection: duckdb.DuckDBPyConnection) -> None:
    held = {("r1", "r151"), ("r2", "r251")}
    ordinals = count()

    def span(run: str, number: str, began: datetime, *, parent: str | None = None, dropped: int = 0, **facts: object) -> None:
        ordinal = next(ordinals)
        trace_id, span_id = run * 16, number.ljust(16, "0")
        service = facts.pop("service_name", "support")
        insert(
            connection,
            "spans",
            ordinal=ordinal,
            trace_id=trace_id,
            span_id=span_id,
            parent_span_id=parent.ljust(16, "0") if parent else None,
            name=facts.pop("name", number),
            started_at=began,
            ended_at=began + timedelta(seconds=1),
            dropped_attributes_count=dropped,
            service_name=service,
            attributes=facts.pop("attributes", None),
            attribute_types=facts.pop("attribute_types", None),
        )
        values = {
            "trace_id": trace_id,
            "span_id": span_id,
            "conversation": f"c{run[1:]}",
            "run": run,
            "started_at": began,
            "ended_at": began + timedelta(seconds=1),
            "duration_ms": 1000,
            "service_name": service,
            "ordinal": ordinal,
            "parent_held": None if parent is None else (run, parent) in held,
            "is_whole": not dropped,
            **facts,
        }
        insert(connection, "span_facts", **values)

    model: dict[str, Any] = {"span_class": "llm", "is_leaf_llm": True, "model": "gpt-5-mini"}
    span("r1", "r151", at(10), span_class="agent", agent="triage", step="r1" * 16 + ":r151" + "0" * 12)
    span("r1", "a1", at(10), parent="r151", agent="triage", step="r1" * 16 + ":r151" + "0" * 12,
         input_tokens=100, output_tokens=10, cost_usd=0.01, **model,
         attributes={"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"My invoice is wrong"}]}]',
                     "gen_ai.usage.input_tokens": "100"}, attribute_types="si")  # fmt: skip
    span("r1", "a2", at(10, 0, 1), parent="r152", agent="docs", step="r1" * 16 + ":r152" + "0" * 12, dropped=3,
         input_tokens=200, output_tokens=20, cost_usd=0.02, **model)  # fmt: skip
    span("r1", "a3", at(10, 0, 2), parent="r152", agent="docs", step="r1" * 16 + ":r152" + "0" * 12, span_class="tool",
         tool_name="search_docs", tool_arguments='{"query": "invoice"}', tool_result="invoice 17")  # fmt: skip
    span("r2", "b1", at(10, 30), parent="r251", agent="triage", is_error=True, error_type="BadRequestError", **model)
    span("r2", "r251", at(10, 30), span_class="agent", agent="triage", is_error=True)
    span("r3", "c1", at(11), agent="drafter", model="gpt-4o", span_class="llm", is_leaf_llm=True, input_tokens=500, output_tokens=50)
    span("r3", "c2", at(11, 0, 2), agent="drafter", span_class="tool", tool_name="send_reply", is_soft_error=True)
    span("r6", "f1", at(12, 10), agent="docs", span_class="handoff", tool_name="transfer_to_triage", service_name="sales")


def _handoffs(connection: duckdb.DuckDBPyConnection) -> None:
    def handoff(run: str, position: int, edge: tuple[str, str], offered: datetime, wait: float | None = None, **more: object) -> None:
        insert(
            connection,
            "handoffs",
            **{
                "handoff": f"{run}h{position}",
                "conversation": f"c{run[1:]}",
                "run": run,
                "trace_id": run * 16,
                "position": position,
                "from_agent": edge[0],
                "to_agent": edge[1],
                "service_name": "support",
                "offered_at": offered,
                "accepted_at": offered + timedelta(seconds=wait) if wait is not None else None,
                "wait_ms": wait * 1000 if wait is not None else None,
                **more,
            },
        )

    handoff("r1", 1, ("triage", "docs"), at(10, 0, 0.5), wait=0.5, to_step="s", sent="invoice 17, customer 5", received="invoice 17")
    handoff("r1", 2, ("docs", "drafter"), at(10, 0, 2.5), wait=0.5, to_step="s", state="progressed")
    handoff("r1", 3, ("docs", "triage"), at(10, 0, 2.9), is_return=True)
    handoff("r2", 1, ("triage", "billing"), at(10, 30, 0.5), ok=False, succeeded=False, reason="unknown_target", state="offered")
    handoff("r3", 1, ("triage", "drafter"), at(11, 0, 0.5), wait=1.5, received="write")
    handoff("r3", 2, ("drafter", "human"), at(11, 0, 3), wait=5, target_type="human", mode="return_to_caller", span_id="c3")
    handoff("r5", 1, ("triage", "docs"), at(12, 0, 1), ok=False, succeeded=False, state="offered")
    handoff("r6", 1, ("docs", "triage"), at(12, 10, 1), wait=1, succeeded=False, reason="refused", state="accepted", service_name="sales")


def _people(connection: duckdb.DuckDBPyConnection) -> None:
    def escalation(run: str, agent: str, state: str, requested: datetime, answered: float | None = None, **more: object) -> None:
        insert(
            connection,
            "escalations",
            escalation=f"{run}e",
            conversation=f"c{run[1:]}",
            run=run,
            trace_id=run * 16,
            agent=agent,
            service_name="support",
            state=state,
            requested_at=requested,
            answered_at=requested + timedelta(seconds=answered) if answered is not None else None,
            pending_ms=answered * 1000 if answered is not None else None,
            **more,
        )

    escalation("r3", "drafter", "approved", at(11, 0, 3), 5, question="Send it?", answer="Yes", answered_by="eve", span_id="c3")
    escalation("r4", "approver", "pending", at(11, 30, 2), question="Refund 900 EUR?")
    escalation("r5", "triage", "requested", at(12, 0, 2))

    def finding(number: int, run: str, detector: str, agent: str, found: datetime, **more: object) -> None:
        insert(
            connection,
            "findings",
            **{
                "finding": f"f{number}",
                "detector": detector,
                "conversation": f"c{run[1:]}",
                "run": run,
                "trace_id": run * 16,
                "agent": agent,
                "message": f"{detector} at {agent}",
                "found_at": found,
                **more,
            },
        )

    finding(1, "r2", "failed_handoff", "triage", at(10, 30, 0.5), span_id="b1")
    finding(2, "r2", "llm_error", "triage", at(10, 30), severity="medium")
    finding(3, "r3", "empty_output", "drafter", at(11, 0, 3), blamed_agent="triage", certainty="inferred")
    finding(4, "r3", "empty_output", "drafter", at(11, 0, 10))
    finding(5, "r6", "failed_handoff", "docs", at(12, 10, 1))

    for row in DECLARED:
        insert(connection, "specification", **row._asdict(), held_from=at(10, 15))

    for number, (subject, verdict) in enumerate([("drafter", "rejected"), ("drafter", "passed"), ("docs", "passed")]):
        insert(
            connection,
            "validations",
            conversation="c3",
            run="r3",
            trace_id="r3" * 16,
            validator="approver",
            subject=subject,
            verdict=verdict,
            rule="validation_span",
            service_name="support",
            judged_at=at(11, 0, 4 + number),
        )

    def label(run: str | None, name: str, said: datetime, **more: object) -> None:
        insert(connection, "labels", **{"batch": 1, "run": run, "name": name, "source": "qa", "labelled_at": said, **more})

    label("r1", "accuracy", at(10, 5), value="false")
    label("r1", "accuracy", at(10, 10), value="true")
    label("r2", "accuracy", at(11), value="incorrect")
    label(None, "accuracy", at(12), score=1.0, trace_id="r3" * 16)
    label("r1", "stars", at(11), score=4.0, source="customer")
    label("r2", "category", at(11), value="billing")
    label("r6", "finding", at(13), finding="f5", value="true", source="network")
    insert(connection, "feedback", conversation="c3", run="r3", trace_id="r3" * 16, name="stars", score=5.0, given_at=at(11, 1))


@pytest.fixture
def empty_store() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the real schema and no rows."""
    with create() as connection:
        yield connection


@pytest.fixture(scope="session")
def network_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's folder that holds the network and that no collector holds."""
    folder = tmp_path_factory.mktemp("store")
    with create(folder / "relaylens.duckdb") as connection:
        fill(connection)
    (folder / SPECIFICATION_FILE).write_text(written(DECLARED), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def reader(network_folder: Path) -> Iterator[Reader]:
    """The network, opened for reading."""
    with open_store(network_folder) as opened:
        yield opened


@pytest.fixture
def insert_row() -> Callable[..., None]:
    """What puts a row into a table with plain values for the columns that do not matter."""
    return insert


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    """A store's folder and the connection that may write to it."""
    with create(tmp_path / "relaylens.duckdb") as connection:
        yield tmp_path, connection
