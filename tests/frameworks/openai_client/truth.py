"""A network written by hand on OpenAI's client: what has to be seen of it."""

from tests.frameworks.programs import Program

PROGRAMS = (Program(mode="peer"),)
