"""Strands: swarms, agents as tools, graphs."""

from tests.frameworks.actions import Script, handoff, say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector

# What an agent gives back as a tool is an answer, also when it refuses: only its words say so.
_REFUSED = {"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}}

_NO_SUCH_TOOL = But(
    "agents are tools that bear their names: nothing tells that one that there is not would have been an agent",
    edges=(),
    reasons={},
    failed_tools=frozenset(),
    findings=frozenset({Detector.SWALLOWED_TOOL_ERROR}),
)

# In a swarm an agent goes on after it has handed over, until it says something.
_LOOP: dict[str, Script] = {"loop": {"triage": (handoff("docs"), say("Done.")) * 10, "docs": (handoff("triage"), say("Done.")) * 10}}
_PEERS = {"delegation": "peers pass on; see program_delegation.py"}

PROGRAMS = (
    Program(missing=_PEERS, scripts=_LOOP),
    Program(label="stream", arguments=("--stream",), missing=_PEERS, scripts=_LOOP),
    Program(label="later", arguments=("--later",), missing=_PEERS, scripts=_LOOP),
    Program("program_delegation.py", mode="delegation", scripts=_REFUSED, but={"handoff_fail": _NO_SUCH_TOOL}),
    Program("program_graph.py", mode="sequence"),
    Program("program_graph.py", mode="sequence", label="graph_stream", arguments=("--stream",)),
)
