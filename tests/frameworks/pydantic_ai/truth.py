"""Pydantic AI: peers that pass control on in output functions, and agents that call others in their tools."""

from tests.frameworks.programs import Program

PROGRAMS = (
    Program(),
    Program("program_delegation.py", mode="delegation"),
)
