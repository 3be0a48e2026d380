"""Teams of AutoGen AgentChat: what has to be seen of them."""

from tests.frameworks.programs import Program

PROGRAMS = (
    Program(mode="peer"),
    Program(mode="delegation", label="delegation", arguments=("--delegate",)),
    Program(mode="peer", label="stream", arguments=("--stream",)),
)
