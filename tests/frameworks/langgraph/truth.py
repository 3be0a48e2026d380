"""LangGraph: what has to be seen of each program."""

from tests.frameworks.actions import say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import But, Program

from relaylens.semconv import Outcome, TransferMode

PROGRAMS = (
    Program(mode="peer"),
    Program(mode="peer", label="stream", arguments=("--way", "stream"), flows=("happy", "escalate", "model_error")),
    Program(mode="peer", label="async", arguments=("--way", "async"), flows=("happy", "escalate", "tool_error", "delegation")),
    Program(
        "program_supervisor.py",
        mode="delegation",
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
        but={
            "handoff_fail": But("a tool that does not exist says nothing of control coming back", mode=TransferMode.PASS_CONTROL),
            "model_error": But(
                "an exception in a node ends the graph",
                edges=(("triage", "docs", True), ("triage", "drafter", True)),
                outcome=Outcome.FAILED,
            ),
        },
    ),
    Program("program_graph.py", mode="peer", missing={"delegation": "its agents are nodes; agents that call others are in program.py"}),
    Program("program_sequence.py", mode="sequence"),
)
