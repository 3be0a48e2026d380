"""LlamaIndex: what has to be seen of it."""

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, HandoffReason, Outcome

_SEARCH = tool("search_docs", query="parcel 4711")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_GIVES_UP = say("We are sorry: nobody here can help with parcel 4711.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_LOOPED = frozenset({HandoffReason.LOOPED})
_TURNS = 12

SCRIPTS: dict[str, Script] = {
    "react": {
        "docs": (
            say('Thought: I search.\nAction: search_docs\nAction Input: {"query": "parcel 4711"}'),
            say("Thought: I can answer.\nAnswer: Parcel 4711 is two days late."),
        )
    },
    "careful": {"docs": (_SEARCH, _FACTS)},
    "limit_told": {"docs": (_SEARCH, _SEARCH, _FACTS)},
    "not_allowed": {"triage": (handoff("drafter"), _GIVES_UP)},
    "denied": {"approver": (_ASK, say("The reply is not sent."))},
    "at_once": {"drafter": (_DRAFT, _DRAFT)},
    "turns": {"drafter": (_DRAFT, _DRAFT)},
    "stopped": {"docs": (_SEARCH,)},
    "in_a_workflow": {"docs": (_SEARCH, _FACTS), "drafter": (_DRAFT,)},
    "own_run": {"drafter": (_DRAFT,)},
    "given_back": {"drafter": (_DRAFT, _DRAFT)},
}

TRUTHS = {
    "react": Truth(),
    "careful": Truth(),
    # At the limit the tool that the model asks for is not called any more.
    "limit_told": Truth(outcome=Outcome.FAILED, findings=frozenset({Detector.TOOL_CALL_WITHOUT_SPAN})),
    "not_allowed": Truth(
        edges=(("triage", "drafter", False),),
        reasons={"drafter": frozenset({HandoffReason.REFUSED})},
        findings=frozenset({Detector.FAILED_HANDOFF, Detector.ANSWER_AFTER_FAILED_HANDOFF}),
    ),
    "denied": Truth(escalations=(("approver", EscalationState.DENIED),)),
    "at_once": Truth(runs=2, conversations=2),
    "turns": Truth(runs=2),
    "stopped": Truth(outcome=Outcome.ABANDONED),
    "in_a_workflow": Truth(edges=(("docs", "drafter", True),)),
    "own_run": Truth(),
    # The second call is made after everything was given back.
    "given_back": Truth(tokens=False),
}

PROGRAMS = (
    Program(
        mode="peer",
        but={
            "loop": But(
                "at the limit of turns the tool for handing over is not called any more",
                edges=tuple((("triage", "docs", True), ("docs", "triage", True))[turn % 2] for turn in range(_TURNS - 1)),
                reasons={"docs": _LOOPED, "triage": _LOOPED},
            )
        },
    ),
    Program("program_ways.py", flows=tuple(TRUTHS), scripts=SCRIPTS, truths=TRUTHS),
)
