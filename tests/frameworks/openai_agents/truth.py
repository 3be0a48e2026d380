"""A network on the OpenAI Agents SDK: what has to be seen of it."""

from tests.frameworks.actions import say
from tests.frameworks.flows import DELEGATION
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, Outcome

_RAISES = But(
    "the SDK raises ModelBehaviorError where a model calls what there is not, and triage never answers",
    outcome=Outcome.FAILED,
    failed_agents=frozenset({"triage"}),
    findings=frozenset({Detector.FAILED_HANDOFF}),
)

PROGRAMS = (
    Program(mode="peer", but={"handoff_fail": _RAISES}),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate", "--json"),
        but={"handoff_fail": _RAISES},
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(mode="peer", label="stream", arguments=("--stream", "--responses", "--no-tracing"), but={"handoff_fail": _RAISES}),
)
