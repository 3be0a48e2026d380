"""Plays a framework's program under an instrumentation that is not ours, and says where what is seen differs from the truth."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.frameworks.comparing import unlike
from tests.frameworks.environments import PLACE, python_with
from tests.frameworks.others.combinations import Combination
from tests.frameworks.programs import FOLDER, programs
from tests.frameworks.running import Sender, perform

FLOWS: Final = ("happy", "escalate", "handoff_fail", "refused", "loop", "empty", "tool_error", "model_error", "delegation")
"""Those that are compared; a framework that cannot do one is not played in it."""

_NEEDED: Final = (
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation>=0.60b0",
    "opentelemetry-semantic-conventions>=0.60b0",
    "opentelemetry-util-genai>=1.0b0",
)


def play(combination: Combination, store: Path, flows: Sequence[str] = FLOWS) -> dict[str, dict[str, list[str]]]:
    """The differences of each flow, by what they are about; those of a flow that is seen as it was are none."""
    program = programs()[combination.framework]
    shutil.rmtree(store, ignore_errors=True)
    played = [flow for flow in flows if flow in program.played]
    performance = perform(program, "bare", store, played, sender=_sender(combination))
    return {flow: unlike(program.truth(flow), performance.flows[flow]) for flow in played}


def _sender(combination: Combination) -> Sender:
    """The environment with the instrumentation, made first where it is missing, and what its exporter is told."""
    asked = (FOLDER / combination.framework / "requirements.in").read_text(encoding="utf-8").splitlines()
    PLACE.mkdir(parents=True, exist_ok=True)
    requirements = PLACE / f"{combination.name}.in"
    requirements.write_text("\n".join([*asked, *combination.packages, *_NEEDED]) + "\n", encoding="utf-8")
    variables = {
        "SENDING_INSTRUMENTORS": combination.instrumentors,
        "SENDING_CODE": combination.code,
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": combination.capture,
        "TRACELOOP_TRACE_CONTENT": "true",
    }
    if combination.newest:
        variables["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    return Sender(python_with(combination.name, requirements), FOLDER / "others" / "sending", variables)
