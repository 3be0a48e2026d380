"""LangGraph: what has to be seen of each program."""

from tests.frameworks.actions import Script, fail, say, tool
from tests.frameworks.flows import DELEGATION, PEER, TRUTHS, Truth
from tests.frameworks.programs import But, Program

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

PROGRAMS = (
    Program(mode="peer", scripts=_AGAIN[0], truths=_AGAIN[1]),
    Program(
        "program_supervisor.py",
        mode="delegation",
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
        but={
            "handoff_fail": But("a tool that does not exist says nothing of control coming back", mode=TransferMode.PASS_CONTROL),
            "model_error": But(
                "an exception in a node ends the graph",
                edges=(("triage", "docs", True), ("triage", "drafter", True)),
                outcome=Outcome.FAILED,
            ),
        },
    ),
    Program("program_graph.py", mode="peer", missing={"delegation": "its agents are nodes; agents that call others are in program.py"}),
    Program("program_sequence.py", mode="sequence"),
    Program("program_ways.py", flows=tuple(_WAYS_TRUTHS), scripts=_WAYS_SCRIPTS, truths=_WAYS_TRUTHS),
)
