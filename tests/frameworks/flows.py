"""The flows every framework is put through: what the model says in each, and what has to be seen of it.

`peer` agents pass control on, `delegation` has one agent that calls the others and gets control back, `sequence` is a fixed order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from tests.frameworks.actions import Script, empty, fail, handoff, say, tool

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome, TransferMode

Mode = Literal["peer", "delegation", "sequence"]

_SEARCH = tool("search_docs", query="parcel 4711")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_SENT = say("The reply about parcel 4711 has been sent.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_GIVES_UP = say("We are sorry: nobody here can help with parcel 4711.")
_TOO_LONG = fail(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens, the messages have 9001 tokens.")
_REFUSAL = "I cannot help with this: parcel 4711 is not in my documents."
_ENDLESS = 200

PEER: Final[dict[str, Script]] = {
    "happy": {
        "triage": (handoff("docs"),),
        "docs": (_SEARCH, handoff("drafter")),
        "drafter": (handoff("approver"),),
        "approver": (_SEND, _SENT),
    },
    "escalate": {
        "triage": (handoff("docs"),),
        "docs": (_SEARCH, handoff("drafter")),
        "drafter": (handoff("approver"),),
        "approver": (_ASK, _SEND, _SENT),
    },
    "handoff_fail": {"triage": (handoff("billing"), _GIVES_UP)},
    "refused": {"triage": (handoff("docs"), _GIVES_UP), "docs": (handoff("triage", _REFUSAL),)},
    "loop": {"triage": (handoff("docs"),) * _ENDLESS, "docs": (handoff("triage"),) * _ENDLESS},
    "empty": {"triage": (handoff("docs"),), "docs": (_SEARCH, handoff("drafter")), "drafter": (empty(),)},
    "tool_error": {
        "triage": (handoff("docs"),),
        "docs": (_SEARCH, handoff("drafter")),
        "drafter": (handoff("approver"),),
        "approver": (_SEND, _SENT),
    },
    "model_error": {"triage": (handoff("docs"),), "docs": (_SEARCH, handoff("drafter")), "drafter": (_TOO_LONG,)},
    "delegation": {"supervisor": (handoff("docs"), handoff("drafter"), _DRAFT), "docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,)},
}

_ALL_THREE = (handoff("docs"), handoff("drafter"), handoff("approver"), _SENT)
_MEMBERS: Script = {"docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,), "approver": (_SEND, _SENT)}

DELEGATION: Final[dict[str, Script]] = {
    "happy": {"triage": _ALL_THREE, **_MEMBERS},
    "escalate": {"triage": _ALL_THREE, **_MEMBERS, "approver": (_ASK, _SEND, _SENT)},
    "handoff_fail": {"triage": (handoff("billing"), _GIVES_UP)},
    "refused": {"triage": (handoff("docs"), _GIVES_UP), "docs": (say(_REFUSAL),)},
    "loop": {"triage": (handoff("docs"),) * _ENDLESS, "docs": (_FACTS,)},
    "empty": {"triage": _ALL_THREE, **_MEMBERS, "drafter": (empty(),)},
    "tool_error": {"triage": _ALL_THREE, **_MEMBERS},
    "model_error": {"triage": _ALL_THREE, **_MEMBERS, "drafter": (_TOO_LONG,)},
    "delegation": PEER["delegation"],
}

_PLAN = say("1. Find parcel 4711. 2. Write to Ann.")
_DONE = say("Parcel 4711 was found and Ann has been written to.")

SEQUENCE: Final[dict[str, Script]] = {
    "happy": {"planner": (_PLAN,), "executor": (_SEARCH, _DONE), "validator": (say("PASSED: the plan was followed."),)},
    "tool_error": {"planner": (_PLAN,), "executor": (_SEARCH, _DONE), "validator": (say("PASSED: the plan was followed."),)},
    "empty": {"planner": (_PLAN,), "executor": (_SEARCH, empty()), "validator": (say("PASSED: the plan was followed."),)},
    "model_error": {"planner": (_PLAN,), "executor": (_TOO_LONG,), "validator": (say("PASSED: the plan was followed."),)},
    "rejected": {
        "planner": (_PLAN,),
        "executor": (_SEARCH, _DONE, say("Parcel 4711 was found and Ann has been written to on Friday.")),
        "validator": (say("REJECTED: the date is missing."), say("PASSED: the plan was followed.")),
    },
}

PAGE: Final[Script] = {"triage": (handoff("docs"), _FACTS), "docs": (_FACTS,)}
"""What the model says in the program of a page of docs/frameworks: triage gives the ticket to docs, which answers."""

SCRIPTS: Final[dict[Mode, dict[str, Script]]] = {"peer": PEER, "delegation": DELEGATION, "sequence": SEQUENCE}


@dataclass(frozen=True)
class Truth:
    """What has to be seen of one flow."""

    edges: tuple[tuple[str, str, bool], ...] | None = ()
    """(from, to, ok) of each handoff in order, returns apart; None: exactly those that the model asked for, the last one ok or not."""

    mode: TransferMode | None = TransferMode.PASS_CONTROL
    """Of every handoff; None where they are not alike."""

    reasons: Mapping[str, frozenset[HandoffReason]] = field(default_factory=dict)
    """Agents to which a handoff did not succeed, with the reasons that are true."""

    escalations: tuple[tuple[str, EscalationState], ...] = ()
    """(who asks, how the person answered), in order."""

    failed_agents: frozenset[str] = frozenset()
    """Agents with a turn that failed."""

    failed_tools: frozenset[str] = frozenset()
    """Of search_docs, send_reply and escalate_to_human those with a call that failed."""

    outcome: Outcome = Outcome.COMPLETED
    findings: frozenset[Detector] = frozenset()
    further_findings: frozenset[Detector] = frozenset()
    """Those that may be found beside them."""

    runs: int = 1
    conversations: int = 1

    tokens: bool = True
    """Whether the tokens seen are those the server told."""

    marked: bool = True
    """Whether every span names the conversation; not those of work that the program has begun before the run."""

    model_calls: int | None = None
    """How many calls of the model were made, where that is to be seen."""

    idle_agents: frozenset[str] = frozenset()
    """Agents that called the model and are allowed to have no turn of their own."""


_P = TransferMode.PASS_CONTROL
_R = TransferMode.RETURN_TO_CALLER


def _edges(*agents: str) -> tuple[tuple[str, str, bool], ...]:
    return tuple((agents[place], agents[place + 1], True) for place in range(len(agents) - 1))


_FOUR = _edges("triage", "docs", "drafter", "approver")
_FAILED = Truth(
    edges=(("triage", "billing", False),),
    reasons={"billing": frozenset({HandoffReason.UNKNOWN_TARGET, HandoffReason.UNANSWERED})},
    findings=frozenset({Detector.FAILED_HANDOFF, Detector.ANSWER_AFTER_FAILED_HANDOFF}),
)
_LOOP = frozenset({Detector.LOOP})
_AT_THE_LIMIT = frozenset({Detector.FAILED_HANDOFF, Detector.BOUNCED_HANDOFF})
_GIVEN_BACK = frozenset({HandoffReason.BOUNCED, HandoffReason.REFUSED})
_ERRORED = frozenset({HandoffReason.ERRORED})
_SWALLOWED = frozenset({Detector.SWALLOWED_TOOL_ERROR})
_MODEL_ERROR = frozenset({Detector.LLM_ERROR})
_EMPTY = frozenset({Detector.EMPTY_OUTPUT})
_BY_TRIAGE = (("triage", "docs", True), ("triage", "drafter", True), ("triage", "approver", True))
_BY_SUPERVISOR = Truth(edges=(("supervisor", "docs", True), ("supervisor", "drafter", True)), mode=_R)
_ONE_AFTER_THE_OTHER = _edges("planner", "executor", "validator")

TRUTHS: Final[dict[Mode, dict[str, Truth]]] = {
    "peer": {
        "happy": Truth(edges=_FOUR),
        "escalate": Truth(edges=_FOUR, escalations=(("approver", EscalationState.APPROVED),)),
        "handoff_fail": _FAILED,
        "refused": Truth(
            edges=_edges("triage", "docs", "triage"),
            reasons={"docs": _GIVEN_BACK},
            findings=frozenset({Detector.BOUNCED_HANDOFF}),
        ),
        "loop": Truth(edges=None, outcome=Outcome.FAILED, findings=_LOOP, further_findings=_AT_THE_LIMIT),
        "empty": Truth(edges=_edges("triage", "docs", "drafter"), findings=_EMPTY),
        "tool_error": Truth(edges=_FOUR, failed_tools=frozenset({"search_docs"}), findings=_SWALLOWED),
        "model_error": Truth(
            edges=_edges("triage", "docs", "drafter"),
            reasons={"drafter": _ERRORED},
            failed_agents=frozenset({"drafter"}),
            outcome=Outcome.FAILED,
            findings=_MODEL_ERROR,
        ),
        "delegation": _BY_SUPERVISOR,
    },
    "delegation": {
        "happy": Truth(edges=_BY_TRIAGE, mode=_R),
        "escalate": Truth(edges=_BY_TRIAGE, mode=_R, escalations=(("approver", EscalationState.APPROVED),)),
        "handoff_fail": replace(_FAILED, mode=_R),
        "refused": Truth(
            edges=(("triage", "docs", True),),
            mode=_R,
            reasons={"docs": _GIVEN_BACK},
            findings=frozenset({Detector.BOUNCED_HANDOFF}),
        ),
        "loop": Truth(edges=None, mode=_R, outcome=Outcome.FAILED, findings=_LOOP, further_findings=_AT_THE_LIMIT),
        "empty": Truth(edges=_BY_TRIAGE, mode=_R, findings=_EMPTY),
        "tool_error": Truth(edges=_BY_TRIAGE, mode=_R, failed_tools=frozenset({"search_docs"}), findings=_SWALLOWED),
        "model_error": Truth(
            edges=_BY_TRIAGE,
            mode=_R,
            reasons={"drafter": _ERRORED},
            failed_agents=frozenset({"drafter"}),
            findings=_MODEL_ERROR,
        ),
        "delegation": _BY_SUPERVISOR,
    },
    "sequence": {
        "happy": Truth(edges=_ONE_AFTER_THE_OTHER),
        "tool_error": Truth(edges=_ONE_AFTER_THE_OTHER, failed_tools=frozenset({"search_docs"}), findings=_SWALLOWED),
        "empty": Truth(edges=_ONE_AFTER_THE_OTHER, findings=_EMPTY),
        "model_error": Truth(
            edges=_edges("planner", "executor"),
            reasons={"executor": _ERRORED},
            failed_agents=frozenset({"executor"}),
            outcome=Outcome.FAILED,
            findings=_MODEL_ERROR,
        ),
        "rejected": Truth(edges=_edges("planner", "executor", "validator", "executor", "validator"), findings=frozenset({Detector.REWORK})),
    },
}
