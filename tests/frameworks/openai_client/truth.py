"""A network written by hand on OpenAI's client: what has to be seen of it, over each of the client's ways."""

from tests.frameworks.actions import say
from tests.frameworks.flows import Truth
from tests.frameworks.programs import Program

PROGRAMS = (
    Program(),
    Program(label="stream", arguments=("--stream",)),
    Program(label="responses", arguments=("--api", "responses")),
    Program(label="responses_stream", arguments=("--api", "responses", "--stream")),
    Program(
        "program_ways.py",
        label="ways",
        flows=("ways",),
        scripts={"ways": {"docs": (say('{"text": "It is two days late."}'),)}},
        truths={"ways": Truth(model_calls=17)},
    ),
)
