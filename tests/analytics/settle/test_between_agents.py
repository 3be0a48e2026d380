"""What detectors find between agents: runs that show it beside their like that do not, settled together."""

import json
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

ASKED = "Please look into the refund of order FW-803618 over 1,200.00 EUR that Maria wants back since May"
WITHOUT = ASKED.replace(" FW-803618", "")
NAMED = 'Please look into order FW-803618 for Maria Keller, who wrote "leave it with the porter" on the form'
RENAMED = NAMED.replace("Maria Keller", "Peter Brandt")
FIELDS = '{"order": "FW-803618", "customer": "Maria Keller", "city": "Turin"}'
TWO = "Look at order FW-803618 for Maria from May, and look at order FW-700100 for Jonas from June"

Finding = tuple[str, str, str | None]
"""Detector, agent, and the agent to blame."""


def asked(
    number: int, name: str, start: float, end: float, text: str = ASKED, *, answer: str = "fine", parent: int = 1, failed: bool = False
) -> list[Span]:
    """An agent's turn with what it was given, and one model call that answers."""
    given = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
    turn = agent(number, name, start, end, parent=parent, **{semconv.GEN_AI_INPUT_MESSAGES: given})
    if failed:
        turn.status.code = turn.status.STATUS_CODE_ERROR
        turn.status.message = "the service did not answer"
        return [turn]
    return [turn, chat(number + 1, number, end - 0.2, end - 0.1, answer)]


def relay(*given: str, done: str = "on it") -> list[Span]:
    """A run in which one agent after the other is given a text, and the last one says what it has done."""
    names = ["triage", "refunds", "writer"]
    spans = [span(1, "run", 0, 20, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})]
    for place, text in enumerate(given):
        answer = done if place == len(given) - 1 else "on it"
        spans += asked(10 * place + 10, names[place], 2 * place + 1, 2 * place + 2, text, answer=answer)
    return spans


def delegation(*called: Sequence[Span]) -> list[Span]:
    """A run in which a lead asks others and answers in the end."""
    [lead, *_] = asked(1, "lead", 0, 30, parent=0)
    return [lead, chat(2, 1, 0.1, 0.4, "let us see"), *[one for spans in called for one in spans], chat(3, 1, 29, 29.9, "It is done.")]


def again(first: str, second: str) -> list[Span]:
    """A run in which a lead asks an agent the same twice, one after the other."""
    return delegation(asked(10, "refunds", 1, 2, answer=first), asked(20, "refunds", 3, 4, answer=second))


def beside(left: str, right: str) -> list[Span]:
    """A run in which a lead asks two agents the same at the same time."""
    return delegation(asked(10, "refunds", 1, 3, answer=left), asked(20, "auditor", 1.1, 3.1, answer=right))


def unheard(*answers: str, later: bool = False) -> list[Span]:
    """A run in which a lead asks by tools, and only the tools' results tell what the agents answer: two at once, or one again later."""
    called = []
    for place, answer in enumerate(answers):
        number, name, start = 10 * place + 10, "refunds" if later else ("refunds", "auditor")[place], 1 + place * (5 if later else 0.1)
        [turn, *_] = asked(number + 1, name, start + 0.1, start + 1.9, parent=number)
        called.append([tool(number, f"ask_{name}", start, start + 2, json.dumps({"request": ASKED}), answer, parent=1), turn])
    return delegation(*called)


def to_and_fro(*answers: str) -> list[Span]:
    """A run in which two agents take turns."""
    turns = [
        asked(10 * n, ("writer", "critic")[n % 2], 2 * n, 2 * n + 1, f"turn {n}", answer=answer) for n, answer in enumerate(answers, 1)
    ]
    return [span(1, "run", 0, 40, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}), *[one for turn in turns for one in turn]]


def handing(tool_name: str) -> list[Span]:
    """A run in which a lead calls a tool that hands over, and goes on."""
    called = tool(4, tool_name, 5, 6, '{"why": "billing"}', "transferred", parent=1)
    return [*delegation(asked(10, "refunds", 1, 2)), called]


def going_on(spans: list[Span]) -> list[Span]:
    """The same below a span that has not ended, and so has not come."""
    spans[0].parent_span_id = (99).to_bytes(8)
    return spans


def person(number: int, start: float, state: str, parent: int = 1) -> Span:
    """A question to a person, or its answer."""
    attributes = {
        semconv.GEN_AI_OPERATION_NAME: "escalate",
        semconv.RELAYLENS_ESCALATION_ID: "q",
        semconv.RELAYLENS_ESCALATION_STATE: state,
    }
    return span(number, "escalate human", start, start, attributes, parent=parent)


def asking(*later: Span, said: str = "I have asked Sam.") -> list[Span]:
    """A run in which an agent asks a person, and what comes later."""
    opening = span(1, "run", 0, 40, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})
    return [opening, *asked(10, "approver", 1, 4, answer=said), person(15, 3, "requested", 10), *later]


def told_by_tool(result: str, said: str) -> list[Span]:
    """A run in which an agent asks a person by a tool, and says something in the same turn."""
    opening = span(1, "run", 0, 40, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})
    return [
        opening,
        agent(10, "approver", 1, 9),
        tool(30, "escalate_to_human", 2, 3, json.dumps({"about": [result, said]}), result, parent=10),
        chat(11, 10, 4, 5, said),
    ]


def judged(number: int, start: float, verdict: str) -> Span:
    """A validator's judgement."""
    attributes = {
        semconv.GEN_AI_OPERATION_NAME: "validate",
        semconv.GEN_AI_AGENT_NAME: "lead",
        semconv.RELAYLENS_VALIDATION_VERDICT: verdict,
    }
    return span(number, "validate", start, start, attributes | {semconv.RELAYLENS_VALIDATION_SUBJECT: "refunds"}, parent=1)


LOST = "The carrier reports that parcel PK-551207 never reached the warehouse because the driver returned it yesterday"


CASES: dict[str, tuple[list[Span], list[Finding]]] = {
    "an identifier is lost": (relay(ASKED, WITHOUT), [("dropped_entity", "refunds", "triage")]),
    "a task is narrowed in other words": (relay(ASKED, "What are the rules for refunds?"), []),
    "a sum is written otherwise": (relay(ASKED, ASKED.replace("1,200.00", "1200")), []),
    "one of two is chosen": (relay(TWO, "Look at order FW-700100 for Jonas from June"), []),
    "the target had it another way": (relay(ASKED, WITHOUT, done="Order FW-803618 is refunded."), []),
    "a number is changed": (relay(ASKED, ASKED.replace("1,200.00", "4,200.00")), [("invented_entity", "refunds", "triage")]),
    "another order is brought in": (relay(ASKED, f"{ASKED} and order KL-771230"), [("invented_entity", "refunds", "triage")]),
    "instructions have numbers": (relay(ASKED, f"It is 10:22:31. Refunds above 250.75 need form R-4411. {ASKED}. Page 7312 tells."), []),
    "a name is changed": (relay(NAMED, RENAMED, done="Peter Brandt gets it."), [("invented_entity", "refunds", "triage")]),
    "a single name is changed": (
        relay(NAMED.replace(" Keller", ""), NAMED.replace("Maria Keller", "Jonas"), done="Jonas gets it."),
        [("invented_entity", "refunds", "triage")],
    ),
    "a name is changed in a field": (
        relay(FIELDS, FIELDS.replace("Maria Keller", "Peter Brandt"), done="Peter Brandt gets it."),
        [("invented_entity", "refunds", "triage")],
    ),
    "nobody goes on with another name": (relay(NAMED, RENAMED), []),
    "a name is cut short": (relay(NAMED, NAMED.replace("Maria Keller", "Mrs Keller"), done="Mrs Keller gets it."), []),
    "a name is turned round": (relay(NAMED, NAMED.replace("Maria Keller", "Keller Maria"), done="Keller Maria gets it."), []),
    "another person is brought in": (relay(NAMED, f"{NAMED}. Ask Peter Brandt about it", done="Peter Brandt says yes."), []),
    "instructions say for whom agents work": (
        relay(f"You work for the Card Team. {NAMED}", f"You work for the Loans Team. {NAMED}", done="The Loans Team sees to it."),
        [],
    ),
    "a message says whose turn it is": (
        relay(f"This was handed to Triage Desk. {NAMED}", f"This was handed to Refunds Desk. {NAMED}", done="Refunds Desk here."),
        [],
    ),
    "a quotation is changed": (
        relay(NAMED, NAMED.replace("with the porter", "in the yard"), done="We leave it in the yard."),
        [("invented_entity", "refunds", "triage")],
    ),
    "a quotation is left out": (relay(NAMED, NAMED.partition(", who wrote")[0], done="Maria Keller gets it."), []),
    "a quotation has other marks": (relay(NAMED, NAMED.replace('"', "`"), done="They wrote `leave it with the porter`."), []),
    "a child fails unseen": (delegation(asked(10, "refunds", 1, 2, failed=True)), [("swallowed_child_error", "refunds", "refunds")]),
    "a child breaks off after it has asked a person": (
        delegation(
            [*asked(10, "refunds", 1, 2, failed=True), tool(30, "escalate_to_human", 1.2, 1.3, "{}", "queued for review", parent=10)],
        ),
        [
            ("answered_while_pending", "lead", "lead"),
            ("approval_pending", "refunds", "refunds"),
            ("swallowed_child_error", "refunds", "refunds"),
        ],
    ),
    "a child is asked again": (delegation(asked(10, "refunds", 1, 2, failed=True), asked(20, "refunds", 3, 4)), []),
    "work is done twice": (again("FW-803618 may go.", "FW-803618 may go."), [("duplicated_work", "lead", "lead")]),
    "work is sent back": ([*again("FW-803618 may go.", "FW-803618 may go."), judged(40, 2.5, "rejected")], []),
    "a state is polled": (again("The refund 81123 waits.", "The refund 81123 was booked on 2026-05-04."), []),
    "sums contradict": (
        beside("The amount due is 1,200.00 EUR", "The amount due is 900.00 EUR"),
        [("contradiction", "auditor", "auditor")],
    ),
    "verdicts contradict": (beside("Approved: within the limit", "Rejected: above the limit"), [("contradiction", "auditor", None)]),
    "only the caller shows that sums contradict": (
        unheard("The amount due is 1,200.00 EUR", "The amount due is 900.00 EUR"),
        [("contradiction", "auditor", "auditor")],
    ),
    "only the caller shows that work is done twice": (
        unheard("FW-803618 may go.", "FW-803618 may go.", later=True),
        [("duplicated_work", "lead", "lead")],
    ),
    "only the caller shows that a state is polled": (
        unheard("The refund 81123 waits.", "The refund 81123 was booked on 2026-05-04.", later=True),
        [],
    ),
    "two repeat themselves": (to_and_fro(*["Take this draft.", "Make it shorter."] * 4), [("ping_pong", "writer", "critic")]),
    "two get on": (to_and_fro(*[f"Draft {n} says more." for n in range(8)]), []),
    "nobody takes it": (handing("transfer_to_billing_agent"), [("orphaned_handoff", "lead", "lead")]),
    "money is transferred": (handing("transfer_to_account"), []),
    "the run goes on": (going_on(handing("transfer_to_billing_agent")), []),
    "nobody waits": (
        asking(*asked(20, "writer", 5, 6, answer="The refund is on its way.")),
        [("answered_while_pending", "writer", "writer"), ("approval_pending", "approver", "approver")],
    ),
    "who asked does not wait": (
        asking(*asked(20, "approver", 5, 6, answer="The refund is on its way.")),
        [("answered_while_pending", "approver", "approver"), ("approval_pending", "approver", "approver")],
    ),
    "the answer comes after all is said": (
        asking(*asked(20, "writer", 5, 6, answer="The refund is on its way."), person(30, 9, "approved")),
        [("answered_while_pending", "writer", "writer")],
    ),
    "the person has agreed": (asking(person(30, 4.5, "approved"), *asked(20, "writer", 5, 6, answer="The refund is on its way.")), []),
    "the user is told to wait": (
        asking(*asked(20, "writer", 5, 6, answer="We wait for a colleague and come back to you.")),
        [("approval_pending", "approver", "approver")],
    ),
    "who is told that nobody has decided says that it is done": (
        told_by_tool("queued for review", "The refund is on its way."),
        [("answered_while_pending", "approver", "approver"), ("approval_pending", "approver", "approver")],
    ),
    "who is told that nobody has decided says so": (
        told_by_tool("queued for review", "Sam has to approve it first."),
        [("approval_pending", "approver", "approver")],
    ),
    "who is told that it is approved says that it is done": (told_by_tool("Approved by Sam", "The refund is on its way."), []),
    "others are at work meanwhile": (
        asking(*asked(20, "writer", 2, 6, answer="The letter is written.")),
        [("approval_pending", "approver", "approver")],
    ),
    "an answer is ignored": (delegation(asked(10, "refunds", 1, 2, answer=LOST)), [("ignored_peer", "lead", "lead")]),
    "an answer is acknowledged": (delegation(asked(10, "refunds", 1, 2, answer="Sent, message 884120.")), []),
    "one of two that were asked the same is not heard": (beside(LOST, "The amount due is unknown to the warehouse"), []),
    "one of three is outvoted": (
        [
            *beside("The amount due is 1,200.00 EUR", "The amount due is 900.00 EUR"),
            *asked(30, "clerk", 1.2, 3.2, answer="The amount due is 1,200.00 EUR"),
        ],
        [],
    ),
    "two agree": (beside("The amount due is 1,200.00 EUR, of May", "The amount due is 1200 EUR; the limit is 5000 EUR"), []),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Every case as a trace of its own in one store."""
    store = Store(":memory:")
    spans = []
    for number, (run, _) in enumerate(CASES.values(), 1):
        for one in run:
            one.trace_id = number.to_bytes(16)
            for pair in one.attributes:
                if pair.key == semconv.RELAYLENS_ESCALATION_ID:
                    pair.value.string_value = f"q-{number}"
            spans.append(one)
    settle_spans(store, *spans)
    yield store
    store.close()


@pytest.mark.parametrize("case", CASES)
def test_a_fault_between_agents_is_found_and_its_like_is_not(store: Store, case: str) -> None:
    """Each run has the findings it should have, and no other; critics' rework is told as such, and no case is the past of another."""
    number = list(CASES).index(case) + 1
    asked = f"trace_id = '{number:032x}' AND detector NOT IN ('rework', 'unusual_run', 'agent_quiet')"
    query = f"SELECT detector, agent, blamed_agent FROM findings WHERE {asked} ORDER BY 1"  # noqa: S608 - our own numbers

    assert CASES[case][1] == rows(store.connection, query)
