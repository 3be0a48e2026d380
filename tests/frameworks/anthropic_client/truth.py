"""A network written by hand on Anthropic's client: what has to be seen of it, over each of the client's ways."""

from tests.frameworks.actions import say
from tests.frameworks.flows import Truth
from tests.frameworks.programs import Program

PROGRAMS = (
    Program(),
    Program(label="events", arguments=("--ask", "events")),
    Program(label="stream", arguments=("--ask", "stream")),
    Program(
        "program_ways.py",
        label="ways",
        flows=("ways",),
        scripts={"ways": {"docs": (say("It is two days late."),)}},
        truths={"ways": Truth(model_calls=10)},
    ),
)
