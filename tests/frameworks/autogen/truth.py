"""Teams of AutoGen AgentChat: what has to be seen of them."""

from tests.frameworks.actions import say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import Program

PROGRAMS = (
    Program(mode="peer"),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate",),
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(mode="peer", label="stream", arguments=("--stream",), flows=("happy", "escalate", "delegation")),
)
