"""Teams on Agno: what has to be seen of them."""

from tests.frameworks.actions import say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import Program

# What a member gives back is an answer, also when it refuses: only its words say so.
_REFUSED = {"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}}
_NO_LIMIT = {"loop": "a team's leader may delegate as often as it will"}


PROGRAMS = (
    Program(mode="delegation", scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="stream", arguments=("--stream",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later", arguments=("--later",), scripts=_REFUSED, missing=_NO_LIMIT),
    Program(mode="delegation", label="later_stream", arguments=("--later", "--stream"), scripts=_REFUSED, missing=_NO_LIMIT),
)
