"""Pydantic AI: peers that pass control on in output functions, and agents that call others in their tools."""

from tests.frameworks.actions import handoff, say
from tests.frameworks.programs import But, Program

from relaylens.semconv import HandoffReason, Outcome, TransferMode

_ERRORED = frozenset({HandoffReason.ERRORED})
_LIMIT = "the limit of requests is raised in the run of the agent whose turn it is, which fails with it"
_EMPTY = "the framework asks for an empty answer again and then raises UnexpectedModelBehavior"
_PEER = {
    "loop": But(_LIMIT, failed_agents=frozenset({"triage"})),
    "empty": But(_EMPTY, outcome=Outcome.FAILED, failed_agents=frozenset({"drafter"}), reasons={"drafter": _ERRORED}),
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
)
