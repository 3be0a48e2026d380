"""The Microsoft Agent Framework: what has to be seen of it."""

import json
from itertools import pairwise

from tests.frameworks.actions import Say, Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, SEQUENCE, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome, TransferMode

_SEARCH = tool("search_docs", query="parcel 4711")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_DOCS: Script = {"docs": (_SEARCH, _FACTS)}
_BOTH: Script = {**_DOCS, "drafter": (_DRAFT,)}
_ROUNDS = ("planner", *("executor", "validator") * 4)[:8]


def _led(speaker: str | None) -> Say:
    """What the model of an agent that leads a group chat answers."""
    ends = speaker is None
    return say(json.dumps({"terminate": ends, "reason": "so", "next_speaker": speaker, "final_message": "Done." if ends else None}))


_WAYS: dict[str, tuple[Script, Truth]] = {
    "too_many_rounds": (
        {**SEQUENCE["happy"], "executor": (_FACTS,), "validator": (say("REJECTED: the date is missing."),)},
        Truth(
            edges=tuple((*each, True) for each in pairwise(_ROUNDS)),
            reasons=dict.fromkeys(("executor", "validator"), frozenset({HandoffReason.LOOPED})),
            outcome=Outcome.FAILED,
            findings=frozenset({Detector.LOOP}),
        ),
    ),
    "led": (
        {**_BOTH, "supervisor": (_led("docs"), _led("drafter"), _led(None))},
        Truth(edges=(("supervisor", "docs", True), ("supervisor", "drafter", True)), mode=TransferMode.RETURN_TO_CALLER),
    ),
    "side_by_side_agents": (_BOTH, Truth()),
    "fan_out": (
        {"planner": (say("1. Find it. 2. Write."),), "docs": (_FACTS,), "drafter": (_DRAFT,), "validator": (say("PASSED"),)},
        Truth(edges=(("planner", "docs", True), ("planner", "drafter", True), ("docs", "validator", True), ("drafter", "validator", True))),
    ),
    "alone": ({"docs": (_FACTS, say("Parcel 4712 has arrived."))}, Truth(runs=2)),
    "denied": ({"approver": (_ASK, _FACTS)}, Truth(escalations=(("approver", EscalationState.DENIED),))),
    "asked_by_program": (
        {"drafter": (_DRAFT,), "approver": (_SEND, say("Sent."))},
        Truth(edges=(("drafter", "approver", True),), escalations=(("drafter", EscalationState.APPROVED),)),
    ),
    # What is asked between two agents' turns is asked by the one that came before. A function that goes on begins anew.
    "function": ({"docs": (_SEARCH, _FACTS)}, Truth(escalations=(("docs", EscalationState.APPROVED),))),
    "as_agent": (_BOTH, Truth(edges=(("docs", "drafter", True),))),
    "called_by_hand": (
        {"triage": (handoff("docs"), _DRAFT), "docs": (_FACTS,)},
        Truth(edges=(("triage", "docs", True),), mode=TransferMode.RETURN_TO_CALLER),
    ),
    "in_a_run": ({"docs": (_FACTS,)}, Truth()),
    "side_by_side": ({"docs": (_FACTS,), "drafter": (_DRAFT,)}, Truth(runs=2, conversations=2)),
    "called_off": (_DOCS, Truth(outcome=Outcome.ABANDONED)),
    # Of the rest of the stream, tokens too, nobody has heard.
    "streamed_in_part": ({"docs": (_FACTS,)}, Truth(tokens=False)),
    # The second of the two runs is not seen.
    "given_back": ({"docs": (_FACTS, _FACTS)}, Truth(tokens=False)),
}

PROGRAMS = (
    Program(mode="peer"),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate",),
        missing={"escalate": "the framework refuses approvals in an agent that is a tool"},
        but={
            "loop": But(
                "at the limit of 40 rounds the model is asked once more, and what it calls then is left out; triage's turn fails",
                edges=(("triage", "docs", True),) * 40,
                failed_agents=frozenset({"triage"}),
            )
        },
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(mode="peer", label="stream", arguments=("--stream",), flows=("happy", "escalate", "loop", "delegation")),
    Program(
        "program_ways.py",
        mode="sequence",
        label="ways",
        scripts={way: script for way, (script, _) in _WAYS.items()},
        truths={way: truth for way, (_, truth) in _WAYS.items()},
    ),
)
