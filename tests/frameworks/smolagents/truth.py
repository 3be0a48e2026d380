"""smolagents: what has to be seen of its agents."""

from typing import Final

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, TRUTHS, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, HandoffReason, Outcome, TransferMode

_SEARCH = tool("search_docs", query="parcel 4711")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")

SCRIPTS: Final[dict[str, Script]] = {
    # What an agent gives back is an answer, also when it refuses: only its words say so.
    "refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)},
    "loop": {**DELEGATION["loop"], "triage": (handoff("docs"),) * 8},
    "streamed": DELEGATION["happy"],
    "code": {
        **DELEGATION["happy"],
        "triage": (
            say("<code>\nfacts = docs(task='Where is parcel 4711?')\nreply = drafter(task=facts)\nprint(reply)\n</code>"),
            say("<code>\nfinal_answer(approver(task=reply))\n</code>"),
        ),
    },
    "member_limit": {
        "triage": (handoff("docs"), _DRAFT),
        "docs": (_SEARCH, tool("search_docs", query="4711"), tool("search_docs", query="Ann")),
    },
    "twice": {"triage": (_DRAFT,)},
    "inside": DELEGATION["happy"],
    "left": DELEGATION["happy"],
    "code_fails": {"triage": (say("<code>\nbilling(task='Where is it?')\n</code>"), say("<code>\nfinal_answer('Later.')\n</code>"))},
}

_ERRORED = frozenset({HandoffReason.ERRORED})

TRUTHS_HERE: Final = {
    "streamed": TRUTHS["delegation"]["happy"],
    "code": TRUTHS["delegation"]["happy"],
    "member_limit": Truth(
        edges=(("triage", "docs", True),),
        mode=TransferMode.RETURN_TO_CALLER,
        reasons={"docs": _ERRORED},
        failed_agents=frozenset({"docs"}),
        # The leader answers as if the member had.
        findings=frozenset({Detector.SWALLOWED_CHILD_ERROR}),
    ),
    "twice": Truth(runs=2, conversations=2),
    "inside": TRUTHS["delegation"]["happy"],
    # smolagents' own generator refuses to be closed.
    "left": Truth(outcome=Outcome.FAILED, failed_agents=frozenset({"triage"})),
    "code_fails": Truth(),
}

PROGRAMS = (
    Program(
        mode="delegation",
        but={
            "loop": But("at the step limit the agent's turn has failed, whatever it is made to answer", failed_agents=frozenset({"triage"}))
        },
        scripts=SCRIPTS,
        truths=TRUTHS_HERE,
    ),
)
