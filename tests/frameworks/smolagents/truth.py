"""smolagents: what has to be seen of its agents."""

from typing import Final

from tests.frameworks.actions import Script, say
from tests.frameworks.flows import DELEGATION, TRUTHS
from tests.frameworks.programs import But, Program

SCRIPTS: Final[dict[str, Script]] = {
    "streamed": DELEGATION["happy"],
    "code": {
        **DELEGATION["happy"],
        "triage": (
            say("<code>\nfacts = docs(task='Where is parcel 4711?')\nreply = drafter(task=facts)\nprint(reply)\n</code>"),
            say("<code>\nfinal_answer(approver(task=reply))\n</code>"),
        ),
    },
}

PROGRAMS = (
    Program(
        mode="delegation",
        scripts=SCRIPTS,
        truths={"streamed": TRUTHS["delegation"]["happy"], "code": TRUTHS["delegation"]["happy"]},
    ),
)
