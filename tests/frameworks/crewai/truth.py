"""CrewAI: what has to be seen of its crews, flows and agents; all in one process, since importing it takes seconds."""

from typing import Final

from tests.frameworks.actions import Script, fail, handoff, say, tool
from tests.frameworks.flows import DELEGATION, SEQUENCE, TRUTHS, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome, TransferMode

_SEARCH = tool("search_docs", query="parcel 4711")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_PASSED = say("PASSED: the plan was followed.")
_NOT_ALLOWED = fail(400, "invalid_prompt", "This prompt is not allowed.")
_ERRORED: Final = frozenset({HandoffReason.ERRORED})

_PLAN = SEQUENCE["happy"]["planner"]
_ORDER = TRUTHS["sequence"]["happy"].edges or ()
_ASKED_TWICE = (("validator", EscalationState.EDITED), ("validator", EscalationState.APPROVED))

SCRIPTS: Final[dict[str, Script]] = {
    "escalate": DELEGATION["happy"],
    "streamed": DELEGATION["happy"],
    "refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)},
    "limit": {"triage": (*(handoff("docs", f"Where is parcel {number}?") for number in range(8)), _DRAFT), "docs": (_FACTS,)},
    "model_error": {**DELEGATION["model_error"], "drafter": (_NOT_ALLOWED,)},
    "sequence": SEQUENCE["happy"],
    "sequence_async": SEQUENCE["happy"],
    "sequence_each": {**SEQUENCE["happy"], "planner": (*_PLAN, *_PLAN), "executor": SEQUENCE["happy"]["executor"] * 2},
    "sequence_people": {**SEQUENCE["happy"], "validator": (_PASSED, say("PASSED: on Friday."))},
    "sequence_guardrail": {**SEQUENCE["happy"], "executor": (_SEARCH, _FACTS, _DRAFT)},
    "sequence_parallel": {"planner": _PLAN, "docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,), "validator": (_PASSED,)},
    "sequence_error": {**SEQUENCE["model_error"], "executor": (_NOT_ALLOWED,)},
    "alone": {"docs": (_SEARCH, _FACTS)},
    "alone_async": {"docs": (_SEARCH, _FACTS)},
    "alone_stopped": {"docs": (_SEARCH, _FACTS)},
    "alone_inside": {"docs": (_SEARCH, _FACTS)},
    "twice": {"drafter": (_DRAFT,), "validator": (_PASSED,)},
    "flow": SEQUENCE["rejected"],
    "flow_beside": {"docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,), "validator": (_PASSED,)},
    "flow_error": {**SEQUENCE["model_error"], "executor": (_NOT_ALLOWED,)},
    "flow_people": {"drafter": (_DRAFT,), "approver": (tool("send_reply", text="Dear Ann"), say("The reply has been sent."))},
}

TRUTHS_HERE: Final = {
    "streamed": TRUTHS["delegation"]["happy"],
    "limit": Truth(
        edges=(("triage", "docs", True),) * 8,
        mode=TransferMode.RETURN_TO_CALLER,
        failed_agents=frozenset({"triage"}),
        outcome=Outcome.FAILED,
    ),
    "sequence": TRUTHS["sequence"]["happy"],
    "sequence_async": TRUTHS["sequence"]["happy"],
    "sequence_each": Truth(edges=(*_ORDER, *_ORDER), runs=2, conversations=2),
    "sequence_people": Truth(edges=_ORDER, escalations=_ASKED_TWICE),
    "sequence_guardrail": Truth(edges=_ORDER, findings=frozenset({Detector.REWORK})),
    "sequence_parallel": Truth(
        edges=(("planner", "docs", True), ("planner", "drafter", True), ("docs", "validator", True), ("drafter", "validator", True))
    ),
    "sequence_error": TRUTHS["sequence"]["model_error"],
    "alone": Truth(),
    "alone_async": Truth(),
    "alone_stopped": Truth(outcome=Outcome.ABANDONED, tokens=False),
    "alone_inside": Truth(),
    "twice": Truth(edges=(("drafter", "validator", True),) * 2, runs=2, conversations=2),
    "flow": TRUTHS["sequence"]["rejected"],
    "flow_beside": Truth(edges=(("docs", "validator", True), ("drafter", "validator", True))),
    "flow_error": TRUTHS["sequence"]["model_error"],
    "flow_people": Truth(edges=(("drafter", "approver", True),), escalations=(("drafter", EscalationState.APPROVED),)),
}

PROGRAMS = (
    Program(
        mode="delegation",
        scripts=SCRIPTS,
        truths=TRUTHS_HERE,
        but={
            "escalate": But(
                "a person is asked for the result of a task, which is the manager's", escalations=(("triage", EscalationState.APPROVED),)
            ),
            "loop": But("CrewAI raises when an agent repeats a call", failed_agents=frozenset({"triage"})),
            "empty": But("CrewAI raises on an empty answer", failed_agents=frozenset({"drafter"}), reasons={"drafter": _ERRORED}),
        },
    ),
)
