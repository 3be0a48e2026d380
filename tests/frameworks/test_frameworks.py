"""Every framework, every flow: what is seen of it is what was scripted, and its caller notices nothing."""

import pytest
from tests.frameworks.comparing import differences
from tests.frameworks.observing import complaints
from tests.frameworks.staging import Stage, chosen, flows

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(("program", "flow"), flows("instrumented"))
def test_flow(stage: Stage, program: str, flow: str) -> None:
    """With `relaylens.instrument()`, handoffs, people, failures, outcome, prompts and answers are as scripted."""
    assert [] == differences(stage.truth(program, flow), stage.play(program, "instrumented").flows[flow])


@pytest.mark.parametrize(("program", "flow"), flows("launched"))
def test_launched_flow(stage: Stage, program: str, flow: str) -> None:
    """With no line at all, started by `relaylens run --`, the same is seen."""
    assert [] == differences(stage.truth(program, flow), stage.play(program, "launched").flows[flow])


@pytest.mark.parametrize(("program", "flow"), flows("bare"))
def test_host_is_unchanged(stage: Stage, program: str, flow: str) -> None:
    """Result, exception and effects of a flow are the same without Relaylens."""
    bare, observed = stage.play(program, "bare").flows[flow], stage.play(program, "instrumented").flows[flow]

    assert bare.host == observed.host
    assert bare.model.handoffs() == observed.model.handoffs()
    # Agents that work at once call in any order.
    assert set(bare.model.agents()) == set(observed.model.agents())


@pytest.mark.parametrize(("program", "flow"), flows("broken"))
def test_host_is_unchanged_by_errors_of_ours(stage: Stage, program: str, flow: str) -> None:
    """The same, with a Relaylens in which four of ten guarded blocks raise."""
    bare, broken = stage.play(program, "bare").flows[flow], stage.play(program, "broken").flows[flow]

    assert bare.host == broken.host
    assert bare.model.handoffs() == broken.model.handoffs()


@pytest.mark.parametrize("program", chosen())
def test_errors_of_ours_are_reported(stage: Stage, program: str) -> None:
    """They were raised indeed, and told in the log."""
    assert [] != complaints(stage.play(program, "broken").output)


@pytest.mark.parametrize("program", chosen())
def test_nothing_is_seen_outside_the_flows(stage: Stage, program: str) -> None:
    """No trace begins where nothing is asked of the agents, such as when they are made."""
    assert [] == stage.play(program, "instrumented").outside


@pytest.mark.parametrize("program", chosen())
def test_nothing_goes_wrong_in_relaylens(stage: Stage, program: str) -> None:
    """No error of ours is caught and logged on the way."""
    assert [] == complaints(stage.play(program, "instrumented").output)
