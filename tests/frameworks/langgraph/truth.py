"""LangGraph: what has to be seen of each program."""

from tests.frameworks.programs import Program

PROGRAMS = (
    Program(mode="peer"),
    Program(mode="peer", label="stream", arguments=("--way", "stream"), flows=("happy", "escalate", "model_error")),
    Program(mode="peer", label="async", arguments=("--way", "async"), flows=("happy", "escalate", "tool_error", "delegation")),
    Program("program_supervisor.py", mode="delegation"),
    Program("program_graph.py", mode="peer", missing={"delegation": "its agents are nodes; agents that call others are in program.py"}),
    Program("program_sequence.py", mode="sequence"),
)
