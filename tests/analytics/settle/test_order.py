"""Settling gives the same rows whatever the order and the packing in which spans arrive."""

import random

import pytest
from tests.analytics.settle.captured import MISSING, apply, nouns, requests, settled, single_span_requests, truth

from relaylens_analytics.settle import settle
from relaylens_collector.store import Store

NAMES = (
    "agno__openinference__happy",
    "autogen__builtin__swarm_escalate_handoff",
    "crewai__openinference__hier_tool_error",
    "langgraph__openinference__supervisor_escalate",
    "langgraph__openllmetry__escalate",
    "ms_agent_framework__builtin__refused",
    "openai_agents__openllmetry__escalate_responses",
    "strands__builtin__handoff_fail",
)

pytestmark = pytest.mark.skipif(not truth(), reason=MISSING)


@pytest.mark.parametrize("name", NAMES)
def test_shuffled_and_late_spans_give_the_same_rows(name: str) -> None:
    """Spans one by one in random order, settled in between, end in the same nouns as the requests as sent."""
    whole = settled([message for message in requests(name) if message[0] == "traces"])
    singles = single_span_requests(name)
    random.Random(name).shuffle(singles)  # noqa: S311 - a fixed order for the test
    parts = Store(":memory:")
    for start in range(0, len(singles), max(1, len(singles) // 3)):
        apply(parts, singles[start : start + max(1, len(singles) // 3)])
        settle(parts.connection)

    assert nouns(parts.connection) == nouns(whole.connection)
    parts.close()
    whole.close()


def test_settling_again_changes_nothing() -> None:
    """With nothing new there is nothing to do."""
    store = settled(requests(NAMES[0]))
    before = nouns(store.connection)

    assert settle(store.connection) == 0
    assert nouns(store.connection) == before
    store.close()
