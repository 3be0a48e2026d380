"""ADK: agents that transfer, agents as tools, and fixed orders."""

from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, Outcome

_LIMIT = But("the limit of calls is raised in the agent's turn that meets it, which fails with it", failed_agents=frozenset({"triage"}))
_RAISES = But(
    "a transfer to an agent that there is not ends the run with a ValueError",
    outcome=Outcome.FAILED,
    findings=frozenset({Detector.FAILED_HANDOFF}),
)

PROGRAMS = (
    Program(but={"loop": _LIMIT, "handoff_fail": _RAISES}, missing={"delegation": "its agents transfer; see program_tools.py"}),
    Program("program_tools.py", mode="delegation"),
    Program("program_sequence.py", mode="sequence"),
)
