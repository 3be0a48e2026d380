"""What took something from a step, within its run and after it, and what a version of an agent has touched."""

from collections.abc import Iterator

import pytest

import relaylens
from relaylens_analytics import Reader, Window
from relaylens_analytics.blame import blame, reach
from relaylens_analytics.queries import agents
from relaylens_analytics.queries.runs import RunKey

from .conftest import told, turn


def wrong_guideline(run: relaylens.Run) -> None:
    """The learner writes down a guideline that the drafter uses, and a person is asked about the draft."""
    turn("triage", "Ticket 17: where is my tent?", "for the learner", version="1")
    turn("learner", "Ticket 17", "Guideline GL-2026-77: always refund.", version="2")
    with relaylens.agent("drafter") as step:
        step.input("Follow GL-2026-77")
        step.output("Dear Ada, we refund your tent.")
        relaylens.escalate("Send this?")
    turn("archivist", "Nothing to do with it", "Filed.")
    run.outcome("escalated")


def follows_it(run: relaylens.Run) -> None:
    """A later run in which the guideline is followed."""
    turn("learner", "What do we do?", "Nothing new.", version="3")
    turn("drafter", "Another ticket; GL-2026-77 applies", "Dear Bob, we refund your stove.")
    run.outcome("completed")


def knows_nothing_of_it(run: relaylens.Run) -> None:
    """A later run without it."""
    turn("drafter", "A third ticket", "Dear Cleo, your mat is on its way.")
    run.outcome("completed")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A store with the three runs."""
    with told(tmp_path_factory.mktemp("forward"), (wrong_guideline, follows_it, knows_nothing_of_it)) as reader:
        yield reader


def test_steps_people_and_later_runs_take_from_a_step(reader: Reader) -> None:
    """The drafter holds the guideline, a person was asked after it, and one of the later runs follows it."""
    result = blame(reader, RunKey("wrong_guideline"))
    assert result is not None
    learner = next(step for step in result.record.turns if step.agent == "learner")
    found = reach(reader, result, learner.step)
    assert [("drafter", 3, ("gl-2026-77",), True), ("archivist", 4, (), False)] == [
        (one.agent, one.position, one.values, one.direct) for one in found.taken
    ]
    assert (("drafter", "archivist"), ("drafter asked a person: pending",)) == (found.agents, found.people)
    assert [("follows_it", ("drafter",), ("gl-2026-77",))] == [(one.run, one.agents, one.values) for one in found.runs]


def test_nothing_takes_from_the_last_step(reader: Reader) -> None:
    """What came last has reached nobody."""
    result = blame(reader, RunKey("wrong_guideline"))
    assert result is not None
    found = reach(reader, result, result.record.turns[-1].step)
    assert ((), (), ()) == (found.taken, found.people, found.runs)


def test_a_version_has_touched_runs_agents_and_people(reader: Reader) -> None:
    """Each version of the learner: its runs, who had a turn after it, who was asked, the latest version first."""
    rows = agents.touched(reader, Window(), "learner").to_pylist()
    assert [("3", 1, ["drafter"], 0, 0), ("2", 1, ["archivist", "drafter"], 1, 1)] == [
        (row["agent_version"], row["runs"], row["agents"], row["escalations"], row["open_escalations"]) for row in rows
    ]
    assert rows[1:] == agents.touched(reader, Window(), "learner", version="2").to_pylist()
