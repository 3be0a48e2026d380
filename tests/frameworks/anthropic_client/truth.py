"""A network written by hand on Anthropic's client: what has to be seen of it, over each of the client's ways."""

from tests.frameworks.programs import Program

PROGRAMS = (
    Program(),
    Program(label="events", arguments=("--ask", "events")),
    Program(label="stream", arguments=("--ask", "stream")),
)
