"""CrewAI: what has to be seen of its crews and flows."""

from tests.frameworks.programs import Program

PROGRAMS = (Program(mode="delegation"),)
