"""The Microsoft Agent Framework: what has to be seen of it."""

from tests.frameworks.actions import say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import But, Program

PROGRAMS = (
    Program(mode="peer"),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate",),
        missing={"escalate": "the framework refuses approvals in an agent that is a tool"},
        but={
            "loop": But(
                "at the limit of 40 rounds the model is asked once more, and what it calls then is left out; triage's turn fails",
                edges=(("triage", "docs", True),) * 40,
                failed_agents=frozenset({"triage"}),
            )
        },
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(mode="peer", label="stream", arguments=("--stream",), flows=("happy", "escalate", "loop", "delegation")),
)
