"""ADK: agents that transfer, agents as tools, and fixed orders."""

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, Outcome, TransferMode

_LIMIT = But("the limit of calls is raised in the agent's turn that meets it, which fails with it", failed_agents=frozenset({"triage"}))
_RAISES = But(
    "a transfer to an agent that there is not ends the run with a ValueError",
    outcome=Outcome.FAILED,
    findings=frozenset({Detector.FAILED_HANDOFF}),
)

_NO_AGENT = But(
    "an agent that is called has a bare name, which says nothing of an agent where there is none of that name",
    edges=(),
    reasons={},
    findings=frozenset({Detector.SWALLOWED_TOOL_ERROR}),
)
# What an agent gives back is an answer, also when it refuses: only its words say so.
_DECLINES: dict[str, Script] = {"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}}

_SEARCH = tool("search_docs", query="parcel 4711")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_WAITS = say("The search is at work; the draft follows when it is done.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_SENT = say("The reply about parcel 4711 has been sent.")
_PASSED = say("PASSED: both parts are there.")
_TO_CALLER = TransferMode.RETURN_TO_CALLER

_WAYS: dict[str, tuple[Script, Truth]] = {
    "at_once": ({"drafter": (_DRAFT, _DRAFT)}, Truth(runs=2, conversations=2)),
    "threaded": ({"drafter": (_DRAFT,)}, Truth()),
    "streamed": ({"docs": (_SEARCH, _FACTS)}, Truth()),
    "stopped": ({"docs": (tool("wait", query="parcel 4711"),)}, Truth(outcome=Outcome.ABANDONED)),
    "turns": ({"drafter": (_DRAFT, _DRAFT)}, Truth(runs=2)),
    "own_run": ({"docs": (_FACTS,), "drafter": (_DRAFT,)}, Truth(edges=(("docs", "drafter", True),))),
    "parallel": (
        {"planner": (_FACTS,), "drafter": (_DRAFT,), "executor": (_SEARCH, _FACTS), "validator": (_PASSED,)},
        Truth(edges=(("planner", "drafter", True), ("planner", "executor", True), ("executor", "validator", True))),
    ),
    "transfer_in_order": (
        {"triage": (handoff("docs"),), "docs": (_FACTS,), "validator": (_PASSED,)},
        Truth(edges=(("triage", "docs", True), ("docs", "validator", True))),
    ),
    "long_running": ({"drafter": (_SEARCH, _WAITS, _DRAFT)}, Truth()),
    "in_code": (
        {"supervisor": (_FACTS,), "docs": (_FACTS,), "drafter": (_DRAFT,)},
        Truth(edges=(("supervisor", "docs", True), ("supervisor", "drafter", True)), mode=_TO_CALLER),
    ),
    "task": (
        {"supervisor": (handoff("docs"), _DRAFT), "docs": (_SEARCH, tool("finish_task", result="It is two days late."))},
        Truth(edges=(("supervisor", "docs", True),), mode=_TO_CALLER),
    ),
    "denied": ({"approver": (_ASK, say("It is not sent today."))}, Truth(escalations=(("approver", EscalationState.DENIED),))),
    "elsewhere": ({"approver": (_ASK, _SENT)}, Truth(escalations=(("approver", EscalationState.APPROVED),))),
}

PROGRAMS = (
    Program(but={"loop": _LIMIT, "handoff_fail": _RAISES}, missing={"delegation": "its agents transfer; see program_tools.py"}),
    Program(
        "program_tools.py",
        mode="delegation",
        but={"loop": _LIMIT, "handoff_fail": _NO_AGENT},
        missing={"escalate": "ADK's AgentTool cannot wait for a person; sub-agents with a mode can"},
        scripts=_DECLINES,
    ),
    Program(
        "program_tools.py",
        label="sub_agents",
        arguments=("--sub-agents",),
        mode="delegation",
        but={"loop": _LIMIT, "handoff_fail": _NO_AGENT},
        scripts=_DECLINES,
    ),
    Program("program_sequence.py", mode="sequence"),
    Program("program_graph.py", mode="sequence"),
    Program(
        "program_ways.py",
        flows=tuple(_WAYS),
        scripts={name: script for name, (script, _) in _WAYS.items()},
        truths={name: truth for name, (_, truth) in _WAYS.items()},
    ),
)
