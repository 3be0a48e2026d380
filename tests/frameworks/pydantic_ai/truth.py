"""Pydantic AI: peers that pass control on in output functions, and agents that call others in their tools."""

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import EscalationState, HandoffReason, Outcome, TransferMode

_ERRORED = frozenset({HandoffReason.ERRORED})
_LIMIT = "the limit of requests is raised in the run of the agent whose turn it is, which fails with it"
_EMPTY = "the framework asks for an empty answer again and then raises UnexpectedModelBehavior"
_PEER = {
    "loop": But(_LIMIT, failed_agents=frozenset({"triage"})),
    "empty": But(_EMPTY, outcome=Outcome.FAILED, failed_agents=frozenset({"drafter"}), reasons={"drafter": _ERRORED}),
}

_SEARCH = tool("search_docs", query="parcel 4711")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SENT = say("The reply about parcel 4711 has been sent.")

_WAYS: dict[str, tuple[Script, Truth]] = {
    "at_once": ({"drafter": (_DRAFT, _DRAFT)}, Truth(runs=2, conversations=2)),
    "threads": ({"drafter": (_DRAFT, _DRAFT)}, Truth(runs=2, conversations=2)),
    "both": (
        {"supervisor": (_SEARCH, _DRAFT), "docs": (_FACTS,), "drafter": (_DRAFT,)},
        Truth(edges=(("supervisor", "docs", True), ("supervisor", "drafter", True)), mode=TransferMode.RETURN_TO_CALLER),
    ),
    "stopped": ({"docs": (_SEARCH,)}, Truth(outcome=Outcome.ABANDONED)),
    "events": ({"docs": (_SEARCH, _FACTS)}, Truth()),
    "iterated": ({"docs": (_SEARCH, _FACTS)}, Truth()),
    "turns": ({"drafter": (_DRAFT, _DRAFT)}, Truth(runs=2)),
    "own_run": ({"docs": (_FACTS,), "drafter": (_DRAFT,)}, Truth(edges=(("docs", "drafter", True),))),
    "inline": ({"approver": (_SEND, _SENT)}, Truth(escalations=(("approver", EscalationState.APPROVED),))),
    "denied": ({"approver": (_SEND, say("It is not sent today."))}, Truth(escalations=(("approver", EscalationState.DENIED),))),
    "elsewhere": ({"approver": (_SEND, _SENT)}, Truth(escalations=(("approver", EscalationState.APPROVED),))),
}

PROGRAMS = (
    Program(but=_PEER, missing={"delegation": "its agents pass on; see program_delegation.py"}),
    Program(
        label="stream",
        arguments=("--stream",),
        but={"empty": _PEER["empty"]},
        missing={
            "delegation": "as above",
            "loop": "the usage of an open stream counts after its output function has returned, so that peers share no limit",
        },
    ),
    Program(
        "program_delegation.py",
        mode="delegation",
        but={
            "handoff_fail": But("nothing tells how a tool that there is not would have given control back", mode=TransferMode.PASS_CONTROL),
            "loop": But(_LIMIT, failed_agents=frozenset({"triage"})),
            "empty": But(
                _EMPTY + ", through the tool into the agent that called it",
                edges=(("triage", "docs", True), ("triage", "drafter", True)),
                outcome=Outcome.FAILED,
                failed_agents=frozenset({"triage", "drafter"}),
                reasons={"drafter": _ERRORED},
            ),
        },
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={
            "refused": {
                "triage": (handoff("docs"), say("We are sorry: nobody here can help with parcel 4711.")),
                "docs": (say("I must decline: parcel 4711 is not in my documents."),),
            }
        },
    ),
    Program(
        "program_ways.py",
        flows=tuple(_WAYS),
        scripts={name: script for name, (script, _) in _WAYS.items()},
        truths={name: truth for name, (_, truth) in _WAYS.items()},
    ),
)
