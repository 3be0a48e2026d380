"""ADK: agents that transfer, agents as tools, and fixed orders."""

from tests.frameworks.actions import Script, say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, Outcome

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
)
