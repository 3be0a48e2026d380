"""LangGraph: what has to be seen of each program."""

from tests.frameworks.programs import Program

PROGRAMS = (Program(mode="peer"),)
