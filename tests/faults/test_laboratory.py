"""The fault laboratory in short: twins of a few recorded runs and of the example network, and what the detectors say of them."""

from dataclasses import dataclass
from functools import cache

import pytest
from tests.faults.catalogue import EXPECTED, FAULTS, NEGATIVES
from tests.faults.laboratory import Laboratory, build, prepare
from tests.faults.places import places, settled
from tests.faults.planting import Planted
from tests.faults.scoring import Found, blamed, false_alarms, findings, recall
from tests.faults.sources import Source, captures, demo

from relaylens_analytics.evaluation.shares import Share

FRAMEWORKS = 4
"""How many frameworks the short form takes a capture of in which an agent asks others."""

PASSED_ON = "langgraph__openinference__escalate"
"""A capture in which control is passed on, and a person is asked and answers."""

FLOORS = {
    "drop_entity": 1.0,
    "swap_number": 1.0,
    "invent_entity": 1.0,
    "swap_name": 0.8,
    "alter_quote": 0.8,
    "swallow_child_error": 0.7,
    "swallow_tool_error": 1.0,
    "duplicate_delegation": 0.7,
    "loop": 1.0,
    "orphan_handoff": 0.5,
    "truncate_answer": 1.0,
    "contradict_peer": 0.6,
}
"""Recall in the short form, as measured, a little below where a single run may differ."""


@dataclass
class Scored:
    """The laboratory with what was found in it."""

    laboratory: Laboratory
    found: list[set[Found]]


@cache
def few() -> list[Source]:
    """Two runs of the example network, and where captures are there, the smallest clean one of some frameworks, and one by its name."""
    chosen: dict[str, Source] = {}
    for source in sorted(captures(), key=lambda source: len(source.recording.spans())):
        if source.clean and source.truth["mode"] == "delegation" and len(chosen) < FRAMEWORKS:
            chosen.setdefault(source.recording.framework, source)
    passed_on = [source for source in captures() if source.recording.name == PASSED_ON]
    return [
        *chosen.values(),
        *passed_on,
        *[source for source in demo(6, 1, "none") if source.clean and source.truth["kind"] == "support"][:2],
    ]


@cache
def prepared() -> list[Planted]:
    """Those runs with marks in their texts."""
    return prepare(few())


@pytest.fixture(scope="module")
def scored() -> Scored:
    """Every fault in a few runs, settled once."""
    laboratory = build(prepared(), seed=3, history=0)
    with settled([twin.recording for twin in laboratory.twins]) as store:
        return Scored(laboratory, findings(store.connection, laboratory.twins))


def test_nothing_is_found_in_untouched_twins(scored: Scored) -> None:
    """The negatives are negatives, for every detector."""
    alarms = false_alarms(scored.laboratory.twins, scored.found)

    assert Share(0, len(few())) == alarms


def test_a_swallowed_tool_error_is_found_and_blamed_right(scored: Scored) -> None:
    """In every run that has a tool."""
    found = recall(scored.laboratory.twins, scored.found, "swallow_tool_error")

    assert found.whole > 0
    assert found == Share(found.whole, found.whole)
    assert found == blamed(scored.laboratory.twins, scored.found, "swallow_tool_error")


@pytest.mark.skipif(not captures(), reason="the captures lie beside the repository, in ../shared/captures")
@pytest.mark.parametrize("fault", FLOORS)
def test_a_fault_is_found_as_often_as_it_was(scored: Scored, fault: str) -> None:
    """Recall does not fall below what was measured, and of the broken runs no more than these are missed."""
    found = recall(scored.laboratory.twins, scored.found, fault)

    assert found.whole > 0
    assert found.rate >= FLOORS[fault], found


@pytest.mark.parametrize("look_alike", NEGATIVES)
def test_look_alikes_are_left_alone(scored: Scored, look_alike: str) -> None:
    """What a healthy network does is no finding."""
    alarms = false_alarms(scored.laboratory.twins, scored.found, look_alike=look_alike)

    assert Share(0, alarms.whole) == alarms


def test_every_fault_and_detector_is_known() -> None:
    """Each fault says who should tell it."""
    assert set(FAULTS) == set(EXPECTED)


def test_the_same_seed_gives_the_same_twins() -> None:
    """Byte for byte; another seed gives others."""

    def made(seed: int) -> list[bytes]:
        twins = build(prepared()[-1:], seed=seed, history=1).twins
        return [body for twin in twins for _, body in twin.recording.requests()]

    assert made(1) == made(1)
    assert set(made(1)).isdisjoint(made(2))


def test_a_fault_changes_what_it_is_about_and_nothing_else(scored: Scored) -> None:
    """A broken twin has the agents of the untouched one, and each fault has found a place in a run at least."""
    twins = scored.laboratory.twins
    assert set(FAULTS) <= {twin.fault for twin in twins} | {fault for fault, _ in scored.laboratory.skipped}

    same = [
        twin for twin in twins if twin.fault in {None, "drop_entity", "swap_number"} and not twin.look_alike and twin.framework != "demo"
    ]
    agents = [[step.agent for step in found.steps] for found in places([twin.recording for twin in same])]
    untouched = {twin.deployment: steps for twin, steps in zip(same, agents, strict=True) if twin.fault is None}
    assert [untouched[twin.deployment] for twin in same] == agents


def test_wilson_interval() -> None:
    """Nine of ten, as in the textbook."""
    low, high = Share(9, 10).interval

    assert (0.596, 0.982) == (round(low, 3), round(high, 3))
