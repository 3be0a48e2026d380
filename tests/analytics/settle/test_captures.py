"""What settling makes of real captures, against what their agents were scripted to do.

A capture whose wire does not carry what the script says is named with the reason; every other one must be exact.
"""

import pytest
from tests.analytics.settle.captured import MISSING, requests, rows, settled, truth

EDGES_NOT_ON_THE_WIRE = {
    "google_adk__builtin__agenttool_llm_error": "the script says docs hands to drafter; the spans show that triage calls both",
    "openai_agents__openllmetry__handoff_fail": "the model's answer with the failed call is in no span",
    "openai_sdk__otel_v2_latest__llm_error": "the run ends at the drafter's error; the approver never runs",
}
SIGNALS_NOT_ON_THE_WIRE = {
    "openai_agents__openllmetry__handoff_fail": "the model's answer with the failed call is in no span",
    "openai_agents__otel_genai__refused": "only agent spans: nothing tells giving back from going on",
}
SHARE_THAT_MAY_MISS = 0.05

WITH_EDGES = sorted(name for name, case in truth().items() if case["handoffs"] is not None)
HAPPY = sorted(name for name, case in truth().items() if not case["signals"] and "happy" in case["scenario"])

pytestmark = pytest.mark.skipif(not truth(), reason=MISSING)


@pytest.mark.parametrize("name", sorted(truth()))
def test_capture_is_read_as_scripted(name: str) -> None:
    """Handoffs in order with their success, the person asked, the silent failures, and no finding in a happy run."""
    case = truth()[name]
    store = settled(requests(name))
    edges = rows(store.connection, "SELECT from_agent, to_agent, ok FROM handoffs WHERE NOT is_return ORDER BY run, position")
    asked = rows(store.connection, "SELECT count(*) > 0 FROM escalations")
    detectors = {detector for (detector,) in rows(store.connection, "SELECT DISTINCT detector FROM findings")}
    store.close()

    if case["handoffs"] is not None:
        exact = edges == [(edge["from"], edge["to"], edge["ok"]) for edge in case["handoffs"]]
        assert exact != (name in EDGES_NOT_ON_THE_WIRE), edges
    assert asked == [(case["human_requested"],)]
    assert (set(case["signals"]) <= detectors) != (name in SIGNALS_NOT_ON_THE_WIRE), detectors
    if name in HAPPY:
        assert detectors == set()


def test_few_captures_are_excused() -> None:
    """The captures named as exceptions are at most one in twenty."""
    with_signals = [name for name, case in truth().items() if case["signals"]]

    assert len(EDGES_NOT_ON_THE_WIRE) <= SHARE_THAT_MAY_MISS * len(WITH_EDGES)
    assert len(SIGNALS_NOT_ON_THE_WIRE) <= SHARE_THAT_MAY_MISS * len(with_signals)


@pytest.mark.parametrize("name", [name for name in HAPPY if "happy" in name][::4])
def test_control_flow_is_no_error(name: str) -> None:
    """A happy run has no failed span, whatever exceptions its framework steers with."""
    store = settled(requests(name))

    assert rows(store.connection, "SELECT sum(errors), sum(soft_errors), list(DISTINCT outcome) FROM runs") == [(0, 0, ["completed"])]
    store.close()
