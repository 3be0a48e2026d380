"""Teams and workflows on Agno: what has to be seen of them."""

from tests.frameworks.actions import Script, say, tool
from tests.frameworks.flows import DELEGATION, SEQUENCE, TRUTHS, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import EscalationState, Outcome

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
    "Agno keeps the error of an agent to itself, and the workflow goes on with its words", edges=_ORDER, outcome=Outcome.COMPLETED
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


PROGRAMS = (
    Program(mode="delegation", scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="stream", arguments=("--stream",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later", arguments=("--later",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later_stream", arguments=("--later", "--stream"), scripts=_REFUSED, missing=_NO_LIMIT),
    _workflow("workflow"),
    _workflow("workflow_stream", "--stream"),
    _workflow("workflow_later", "--later"),
    _workflow("workflow_later_stream", "--later", "--stream"),
)
