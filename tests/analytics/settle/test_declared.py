"""Runs are held to the network that the store's folder declares, and to nothing where it declares nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics.detectors import Layer, catalogue
from relaylens_analytics.errors import SpecificationError
from relaylens_analytics.settle import create_tables
from relaylens_analytics.specification import SPECIFICATION_FILE
from relaylens_collector.store import Store

DECLARED = """
[desk]
services = ["desk", "desk-eu"]
agents = ["Triage Agent", "refunds", "approver", "learner"]
handoffs = ["triage -> refunds", "refunds -> approver", "refunds -> human"]
approval = ["pay out"]

[desk.required]
"ticket" = ["approver"]

[desk.tools]
refunds = ["look_up", "pay_out"]
"""

Finding = tuple[str, str, str | None]
"""Detector, agent, and the agent to blame."""

SKIPPED: Finding = ("skipped_agent", "approver", None)


def run(*turns: str, workflow: str = "question") -> list[Span]:
    """A run of a workflow in which one agent after the other has a turn."""
    spans = [span(1, workflow, 0, 40, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow", semconv.GEN_AI_WORKFLOW_NAME: workflow})]
    for place, name in enumerate(turns, 1):
        spans += [agent(10 * place, name, 2 * place, 2 * place + 1), chat(10 * place + 1, 10 * place, 2 * place + 0.2, 2 * place + 0.8)]
    return spans


def used(name: str, at: float = 4.5, *, failed: bool = False) -> Span:
    """A call of a tool by the agent of the second turn."""
    return tool(50, name, at, at + 0.1, '{"order": 17}', "booked", parent=20, failed=failed)


def person(number: int, at: float, state: str) -> Span:
    """A question of the agent of the second turn to a person, or its answer."""
    said = {semconv.GEN_AI_OPERATION_NAME: "escalate", semconv.RELAYLENS_ESCALATION_ID: "q", semconv.RELAYLENS_ESCALATION_STATE: state}
    return span(number, "escalate human", at, at, said, parent=20)


CASES: dict[str, tuple[list[Span], list[Finding]]] = {
    "as declared": (run("triage", "refunds", "approver"), []),
    "an agent that nobody declared": (run("triage", "helper"), [("undeclared_agent", "helper", "helper")]),
    "a way that nobody declared": (run("triage", "approver"), [("undeclared_handoff", "triage", "triage")]),
    "a review left out": (run("triage", "refunds", workflow="ticket"), [SKIPPED]),
    "a review made": (run("triage", "refunds", "approver", workflow="ticket"), []),
    "a tool of another": ([*run("triage", "refunds"), used("erase")], [("undeclared_tool", "refunds", "refunds")]),
    "paid without a yes": ([*run("triage", "refunds"), used("pay_out")], [("unapproved_action", "refunds", "refunds")]),
    "paid after a yes": (
        [*run("triage", "refunds"), person(60, 4.1, "requested"), person(61, 4.3, "approved"), used("pay_out")],
        [],
    ),
    "paid after a no": (
        [*run("triage", "refunds"), person(60, 4.1, "requested"), person(61, 4.3, "denied"), used("pay_out")],
        [("unapproved_action", "refunds", "refunds")],
    ),
    "paid before the yes": (
        [*run("triage", "refunds"), person(60, 4.1, "requested"), used("pay_out", 4.2), person(61, 4.6, "approved")],
        [("unapproved_action", "refunds", "refunds")],
    ),
    "not paid": ([*run("triage", "refunds"), used("pay_out", failed=True)], []),
}


def apart(number: int, spans: Iterable[Span]) -> Iterator[Span]:
    """Give the spans again as a trace and with questions of their own."""
    for one in spans:
        copy = Span()
        copy.CopyFrom(one)
        copy.trace_id = number.to_bytes(16)
        for pair in copy.attributes:
            if pair.key == semconv.RELAYLENS_ESCALATION_ID:
                pair.value.string_value = f"q-{number}"
        yield copy


def settled(folder: Path, service: str) -> Store:
    """Settle every case as a trace of its own."""
    store = Store(folder / "store.duckdb")
    settle_spans(store, *(one for number, (case, _) in enumerate(CASES.values(), 1) for one in apart(number, case)), service=service)
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """All cases beside the file that declares their network."""
    folder = tmp_path_factory.mktemp("declared")
    (folder / SPECIFICATION_FILE).write_text(DECLARED, encoding="utf-8")
    store = settled(folder, "desk-eu")
    yield store
    store.close()


def deviations(store: Store, number: int) -> list[tuple[object, ...]]:
    """What was found of a case against the declared network."""
    asked = f"trace_id = '{number:032x}' AND is_deviation(detector)"
    return rows(store.connection, f"SELECT detector, agent, blamed_agent FROM findings WHERE {asked} ORDER BY 1")  # noqa: S608 - our own numbers


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_held_to_what_is_declared(store: Store, case: str) -> None:
    """Each run has the deviations it should have, and no other."""
    assert CASES[case][1] == deviations(store, list(CASES).index(case) + 1)


def test_another_service_is_not_held_to_it(tmp_path: Path) -> None:
    """A service without a table of its own has no deviations."""
    (tmp_path / SPECIFICATION_FILE).write_text(DECLARED, encoding="utf-8")
    store = settled(tmp_path, "elsewhere")

    assert [[]] * len(CASES) == [deviations(store, number) for number in range(1, len(CASES) + 1)]
    store.close()


def test_what_is_declared_later_counts_for_what_settles_then(tmp_path: Path) -> None:
    """A file that comes, breaks or goes is noticed at the next settling; a broken one is named, and what it held up settles after it."""
    file = tmp_path / SPECIFICATION_FILE
    store = Store(tmp_path / "store.duckdb")

    def found_after(number: int) -> list[tuple[object, ...]]:
        settle_spans(store, *apart(number, run("triage", "helper")), service="desk")
        return deviations(store, number)

    helper = ("undeclared_agent", "helper", "helper")
    assert found_after(1) == []
    file.write_text('[desk]\nagents = ["triage"]\n', encoding="utf-8")
    assert found_after(2) == [helper]
    file.write_text("[desk\n", encoding="utf-8")
    with pytest.raises(SpecificationError, match=SPECIFICATION_FILE):
        found_after(3)
    file.unlink()
    assert found_after(4) == []
    assert rows(store.connection, "SELECT * FROM specification") == []
    assert rows(store.connection, "SELECT count(*) FROM runs") == [(4,)]
    store.close()


def test_deviations_are_the_detectors_of_their_layer() -> None:
    """SQL knows by name which detectors hold runs to what is declared: those whose files say so."""
    store = Store(":memory:")
    create_tables(store.connection)
    names = [detector.name for detector in catalogue()]
    query = "SELECT name FROM unnest($names) AS t(name) WHERE is_deviation(name) ORDER BY 1"
    known = store.connection.execute(query, {"names": names}).fetchall()

    assert known == [(detector.name,) for detector in catalogue() if detector.layer is Layer.DECLARED]
    store.close()
