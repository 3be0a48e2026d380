"""Teams of AutoGen AgentChat: what has to be seen of them."""

import json
from dataclasses import replace

from tests.frameworks.actions import Say, Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, SEQUENCE, TRUTHS, Truth
from tests.frameworks.programs import Program

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome, TransferMode

_SEARCH = tool("search_docs", query="parcel 4711")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SENT = say("The reply about parcel 4711 has been sent.")
_DOCS: Script = {"docs": (_SEARCH, _FACTS)}
_WRITERS: Script = {**_DOCS, "drafter": (_DRAFT,)}
_IN_ORDER = SEQUENCE["happy"]
_ONE_AFTER_THE_OTHER = TRUTHS["sequence"]["happy"]
_ORCHESTRATOR = "magenticoneorchestrator"


def _ledger(speaker: str, *, done: bool = False) -> Say:
    """What an orchestrator's model answers after each turn."""
    answers = {
        "is_request_satisfied": done,
        "is_progress_being_made": True,
        "is_in_loop": False,
        "instruction_or_question": f"Please go on, {speaker}.",
        "next_speaker": speaker,
    }
    return say(json.dumps({key: {"reason": "It is so.", "answer": value} for key, value in answers.items()}))


_WAYS: dict[str, tuple[Script, Truth]] = {
    "round_robin": (_IN_ORDER, _ONE_AFTER_THE_OTHER),
    "each_once": (_IN_ORDER, _ONE_AFTER_THE_OTHER),
    "too_many_turns": (
        {**_IN_ORDER, "validator": (say("The date is missing."),)},
        Truth(edges=_ONE_AFTER_THE_OTHER.edges, outcome=Outcome.FAILED),
    ),
    "selector": (
        {**_IN_ORDER, "supervisor": tuple(map(say, ("planner", "executor", "validator")))},
        Truth(edges=_ONE_AFTER_THE_OTHER.edges, idle_agents=frozenset({"supervisor"})),
    ),
    "magentic": (
        {
            **_WRITERS,
            _ORCHESTRATOR: (
                *map(say, ("It is about parcel 4711.", "Find it, then write.")),
                *map(_ledger, ("docs", "drafter")),
                _ledger("docs", done=True),
                _DRAFT,
            ),
        },
        Truth(edges=((_ORCHESTRATOR, "docs", True), (_ORCHESTRATOR, "drafter", True)), mode=TransferMode.RETURN_TO_CALLER),
    ),
    "fan_out": (
        {"planner": (say("1. Find it. 2. Write."),), "docs": (_FACTS,), "drafter": (_DRAFT,), "validator": (say("PASSED"),)},
        Truth(edges=(("planner", "docs", True), ("planner", "drafter", True), ("docs", "validator", True), ("drafter", "validator", True))),
    ),
    "user_proxy": (
        {"approver": (say("May I send it?"), _SEND, _SENT)},
        Truth(escalations=(("approver", EscalationState.APPROVED),)),
    ),
    "team_tool": (
        {"supervisor": (tool("writers", task="Answer Ann."), _DRAFT), **_WRITERS},
        Truth(edges=(("supervisor", "docs", True), ("docs", "drafter", True)), mode=None),
    ),
    "team_in_team": (
        {"triage": (say("The writers should do it."),), **_WRITERS, "approver": (_SENT,)},
        Truth(edges=(("triage", "docs", True), ("docs", "drafter", True), ("drafter", "approver", True))),
    ),
    "society": ({**_WRITERS, "supervisor": (_DRAFT,)}, Truth(edges=(("supervisor", "docs", True), ("docs", "drafter", True)), mode=None)),
    "asked_again": ({"docs": (_FACTS, say("Parcel 4712 has arrived."))}, Truth(runs=2)),
    "goes_on": ({"approver": (_ASK, _SEND, _SENT)}, Truth(escalations=(("approver", EscalationState.APPROVED),))),
    "goes_on_in_a_run": ({"approver": (_ASK, _SEND, _SENT)}, Truth(escalations=(("approver", EscalationState.APPROVED),))),
    "nobody_there": (
        {"triage": (handoff("billing"),)},
        Truth(
            edges=(("triage", "billing", False),),
            reasons={"billing": frozenset({HandoffReason.UNKNOWN_TARGET})},
            outcome=Outcome.FAILED,
            findings=frozenset({Detector.FAILED_HANDOFF}),
        ),
    ),
    # The runtime's own spans begin in its loop, which the program has started before the run.
    "own_runtime": (_IN_ORDER, replace(_ONE_AFTER_THE_OTHER, marked=False)),
    "in_a_run": (_WRITERS, Truth(edges=(("docs", "drafter", True),))),
    "side_by_side": ({"docs": (_FACTS,), "drafter": (_DRAFT,)}, Truth(runs=2, conversations=2)),
    "called_off": (_DOCS, Truth(outcome=Outcome.ABANDONED)),
    "stopped_by_hand": (_IN_ORDER, Truth(outcome=Outcome.ABANDONED)),
    "streamed_in_part": (_IN_ORDER, Truth()),
    # The second of the two runs is not seen.
    "given_back": ({"docs": (_FACTS, _FACTS)}, Truth(tokens=False)),
}

PROGRAMS = (
    Program(mode="peer"),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate",),
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(mode="peer", label="stream", arguments=("--stream",), flows=("happy", "escalate", "delegation")),
    Program(
        "program_teams.py",
        mode="sequence",
        label="teams",
        scripts={way: script for way, (script, _) in _WAYS.items()},
        truths={way: truth for way, (_, truth) in _WAYS.items()},
    ),
)
