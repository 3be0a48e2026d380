"""Teams and workflows on Agno: what has to be seen of them."""

from dataclasses import replace

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, SEQUENCE, TRUTHS, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, Outcome, TransferMode

# What a member gives back is an answer, also when it refuses: only its words say so.
_REFUSED = {"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}}
_NO_LIMIT = {"loop": "a team's leader may delegate as often as it will"}

_DOCS: Script = {"docs": (tool("search_docs", query="parcel 4711"), say("Parcel 4711 left the depot on Monday and is two days late."))}
_DRAFTER: Script = {"drafter": (say("Dear Ann, parcel 4711 is two days late and arrives on Friday."),)}
_AT_ONCE = {name: actions for name, actions in SEQUENCE["happy"].items() if name != "executor"} | _DOCS | _DRAFTER
_BRANCHES = (("planner", "docs", True), ("planner", "drafter", True), ("docs", "validator", True), ("drafter", "validator", True))
_ORDER = TRUTHS["sequence"]["happy"].edges
_FLOWS = {"parallel": _AT_ONCE, "confirmed": SEQUENCE["happy"]}
_TRUTHS = {
    "parallel": Truth(edges=_BRANCHES),
    "confirmed": Truth(edges=_ORDER, escalations=(("executor", EscalationState.APPROVED),)),
}


_GOES_ON = But(
    "Agno keeps the error of an agent to itself, and the workflow goes on with its words, which is a silent failure",
    edges=_ORDER,
    outcome=Outcome.COMPLETED,
    findings=frozenset({Detector.LLM_ERROR, Detector.SWALLOWED_CHILD_ERROR}),
)


def _workflow(label: str, *arguments: str) -> Program:
    return Program(
        "program_workflow.py",
        mode="sequence",
        label=label,
        arguments=arguments,
        scripts=_FLOWS,
        truths=_TRUTHS,
        but={"model_error": _GOES_ON},
    )


_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_SENT = say("The reply about parcel 4711 has been sent.")
_R = TransferMode.RETURN_TO_CALLER
_ABANDONED = Truth(outcome=Outcome.ABANDONED)
_APPROVED = (("approver", EscalationState.APPROVED),)

_WAYS: dict[str, tuple[Script, Truth]] = {
    "route": ({"triage": (handoff("docs"),), **_DOCS}, Truth(edges=(("triage", "docs", True),))),
    "broadcast": (
        {"triage": (tool("delegate_task_to_members", task="Where is parcel 4711?"), _SENT), **_DOCS, **_DRAFTER},
        Truth(edges=(("triage", "docs", True), ("triage", "drafter", True)), mode=_R),
    ),
    "within_a_team": (
        {"triage": (handoff("planner"), _SENT), "planner": (handoff("docs"), _SENT), **_DOCS},
        Truth(edges=(("triage", "planner", True), ("planner", "docs", True)), mode=_R),
    ),
    "in_a_tool": ({"supervisor": (handoff("docs"), _SENT), **_DOCS}, Truth(edges=(("supervisor", "docs", True),), mode=_R)),
    "denied": ({"approver": (_ASK, _SENT)}, Truth(escalations=(("approver", EscalationState.DENIED),))),
    "told": ({"approver": (_SEND, _SENT)}, Truth(escalations=_APPROVED)),
    "elsewhere": ({"approver": (_ASK, _SEND, _SENT)}, Truth(escalations=_APPROVED)),
    "side_by_side": ({**_DOCS, **_DRAFTER}, Truth(runs=2)),
    "in_threads": ({**_DOCS, **_DRAFTER}, Truth(runs=2)),
    "own_run": (_DOCS, Truth()),
    "left_early": (_DOCS, replace(_ABANDONED, tokens=False)),
    "called_off": (_DOCS, _ABANDONED),
    # The second of the two runs is not seen.
    "given_back": (_DOCS, Truth(tokens=False)),
}

PROGRAMS = (
    Program(
        "program_ways.py",
        label="ways",
        flows=tuple(_WAYS),
        scripts={way: script for way, (script, _) in _WAYS.items()},
        truths={way: truth for way, (_, truth) in _WAYS.items()},
    ),
    Program(mode="delegation", scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="stream", arguments=("--stream",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later", arguments=("--later",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later_stream", arguments=("--later", "--stream"), scripts=_REFUSED, missing=_NO_LIMIT),
    _workflow("workflow"),
    _workflow("workflow_stream", "--stream"),
    _workflow("workflow_later", "--later"),
    _workflow("workflow_later_stream", "--later", "--stream"),
)
