"""LangGraph: what has to be seen of each program."""

from dataclasses import replace
from typing import Any

from tests.frameworks.actions import Script, fail, handoff, say, tool
from tests.frameworks.flows import DELEGATION, PEER, SEQUENCE, TRUTHS, Truth
from tests.frameworks.programs import Program

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome, TransferMode

_WAYS = ("happy_stream", "escalate_stream", "model_error_stream", "happy_async", "escalate_async", "delegation_async")
_AGAIN = ({way: PEER[way.rpartition("_")[0]] for way in _WAYS}, {way: TRUTHS["peer"][way.rpartition("_")[0]] for way in _WAYS})

_SEARCH = tool("search_docs", query="parcel 4711")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_SENT = say("The reply about parcel 4711 has been sent.")

_WAYS_SCRIPTS: dict[str, Script] = {
    "approval": {"approver": (_SEND, say("The reply is not sent today."))},
    "asked_in_a_call": {"supervisor": (handoff("approver"), _SENT), "approver": (_ASK, _SEND, _SENT)},
    "breakpoint_before": {"drafter": (_DRAFT,), "approver": (_SEND, _SENT)},
    "parallel": {"planner": (_FACTS,), "executor": (_FACTS, _DRAFT), "validator": (say("PASSED: both parts are there."),)},
    "teams": {"docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,), "approver": (_SENT,)},
    "functions": {"drafter": (_DRAFT,)},
    "at_once": {"drafter": (_DRAFT, _DRAFT)},
    "stopped": {"docs": (_SEARCH,)},
    "nowhere": {"triage": (_FACTS,)},
    "threads": {"drafter": (_DRAFT, _DRAFT)},
    "events": {"drafter": (_DRAFT,)},
    "retried": {"drafter": (fail(500, "server_error", "The server had an error."), _DRAFT)},
    "model_streams": {"drafter": (_DRAFT,)},
    "own_run": {"docs": (_FACTS,), "drafter": (_DRAFT,)},
    "elsewhere": {"approver": (_ASK, say("The reply is not sent."))},
    "given_back": {"drafter": (_DRAFT, _DRAFT)},
}
_WAYS_TRUTHS = {
    "approval": Truth(escalations=(("approver", EscalationState.DENIED),)),
    "asked_in_a_call": Truth(
        edges=(("supervisor", "approver", True),),
        mode=TransferMode.RETURN_TO_CALLER,
        escalations=(("approver", EscalationState.APPROVED),),
    ),
    "breakpoint_before": Truth(edges=(("drafter", "approver", True),), escalations=(("drafter", EscalationState.APPROVED),)),
    "parallel": Truth(edges=(("planner", "executor", True), ("planner", "executor", True), ("executor", "validator", True))),
    "teams": Truth(edges=(("docs", "drafter", True), ("drafter", "approver", True))),
    "functions": Truth(),
    "at_once": Truth(runs=2, conversations=2),
    "stopped": Truth(outcome=Outcome.ABANDONED),
    "threads": Truth(runs=2, conversations=2),
    "events": Truth(),
    "retried": Truth(findings=frozenset({Detector.LLM_ERROR})),
    "model_streams": Truth(),
    "own_run": Truth(edges=(("docs", "drafter", True),)),
    "elsewhere": Truth(escalations=(("approver", EscalationState.DENIED),), runs=2),
    "nowhere": Truth(
        edges=(("triage", "billing", False),),
        reasons={"billing": frozenset({HandoffReason.UNKNOWN_TARGET})},
        findings=frozenset({Detector.FAILED_HANDOFF, Detector.ANSWER_AFTER_FAILED_HANDOFF}),
    ),
    # The second call is made after everything was given back.
    "given_back": Truth(tokens=False),
}

_REFUSES: Script = {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}
"""What an agent gives back is an answer, also when it refuses: only its words say so."""

_SUPERVISED: dict[str, dict[str, Any]] = {
    # A tool that does not exist says nothing of control coming back.
    "handoff_fail": {"mode": TransferMode.PASS_CONTROL},
    # An exception in a node ends the graph.
    "model_error": {"edges": (("triage", "docs", True), ("triage", "drafter", True)), "outcome": Outcome.FAILED},
}

# The agents of program_graph.py are nodes; agents that call others are in program.py.
_GRAPH = [flow for flow in PEER if flow != "delegation"]

_GRAPHS_SCRIPTS: dict[str, Script] = {
    **{f"supervisor_{flow}": script for flow, script in (DELEGATION | {"refused": _REFUSES}).items()},
    **{f"graph_{flow}": PEER[flow] for flow in _GRAPH},
    **{f"sequence_{flow}": script for flow, script in SEQUENCE.items()},
}
_GRAPHS_TRUTHS = {
    **{f"supervisor_{flow}": replace(truth, **_SUPERVISED.get(flow, {})) for flow, truth in TRUTHS["delegation"].items()},
    **{f"graph_{flow}": TRUTHS["peer"][flow] for flow in _GRAPH},
    **{f"sequence_{flow}": truth for flow, truth in TRUTHS["sequence"].items()},
}

PROGRAMS = (
    Program(mode="peer", scripts=_AGAIN[0], truths=_AGAIN[1]),
    Program("program_graphs.py", flows=tuple(_GRAPHS_TRUTHS), scripts=_GRAPHS_SCRIPTS, truths=_GRAPHS_TRUTHS),
    Program("program_ways.py", flows=tuple(_WAYS_TRUTHS), scripts=_WAYS_SCRIPTS, truths=_WAYS_TRUTHS),
)
