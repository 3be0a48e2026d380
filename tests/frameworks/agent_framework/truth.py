"""The Microsoft Agent Framework: what has to be seen of it."""

from tests.frameworks.programs import Program

PROGRAMS = (
    Program(mode="peer"),
    Program(mode="delegation", label="delegation", arguments=("--delegate",)),
    Program(mode="peer", label="stream", arguments=("--stream",)),
)
