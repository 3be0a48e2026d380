"""Which failures were contained, and which spread."""

import contextlib
from collections.abc import Iterator

import pytest

import relaylens
from relaylens_analytics import Reader
from relaylens_analytics.blame import CONTAINED, Fate, blame
from relaylens_analytics.queries.runs import RunKey

from .conftest import told, turn


class CircuitOpenError(Exception):
    """The breaker lets nothing through."""


def failing_search(error: Exception) -> None:
    """A call of the search that fails and is caught."""
    with contextlib.suppress(OSError, CircuitOpenError), relaylens.tool("search"):
        raise error


def tried_again(run: relaylens.Run) -> None:
    """The second search goes well."""
    with relaylens.agent("retriever") as step:
        failing_search(OSError("gone"))
        with relaylens.tool("search") as call:
            call.output("page 17")
        step.output("Page 17 says so.")
    turn("drafter", "Page 17 says so.", "Dear Ada, it is so.")
    run.outcome("completed")


def another_model(run: relaylens.Run) -> None:
    """The large model fails and the small one answers."""
    with relaylens.agent("drafter") as step:
        with contextlib.suppress(TimeoutError), relaylens.model_call("large", provider="fern"):
            raise TimeoutError
        with relaylens.model_call("small", provider="fern") as call:
            call.answer("Dear Ada")
        step.output("Dear Ada")
    run.outcome("completed")


def swallowed(run: relaylens.Run) -> None:
    """Both later agents work with what the failed search has left."""
    with relaylens.agent("retriever") as step:
        failing_search(OSError("gone"))
        step.output("Nothing was found.")
    turn("drafter", "Nothing was found.", "Dear Ada, we look into it.")
    turn("approver", "Dear Ada, we look into it.", "sent")
    run.outcome("completed")


def broken_off(run: relaylens.Run) -> None:
    """A guard raises on purpose."""
    with relaylens.agent("retriever") as step:
        failing_search(CircuitOpenError("open"))
        step.output("I cannot search now.")
    run.outcome("completed")


def nobody_came(run: relaylens.Run) -> None:
    """An offer that nobody takes."""
    with relaylens.agent("triage") as step:
        step.output("for the docs")
        relaylens.handoff("docs", {"ticket": 17})
    run.outcome("abandoned", "nobody came")


def another_agent_took_it(run: relaylens.Run) -> None:
    """One agent refuses and another takes the work."""
    with relaylens.agent("triage") as step:
        step.output("for the docs")
        offer = relaylens.handoff("docs", {"ticket": 17})
    with relaylens.agent("docs", received=offer) as step:
        step.refuse("not mine")
    with relaylens.agent("triage") as step:
        step.output("for billing then")
        offer = relaylens.handoff("billing", {"ticket": 17})
    with relaylens.agent("billing", received=offer, payload={"ticket": 17}) as step:
        step.output("Ticket 17 is paid.")
    run.outcome("completed")


def all_is_well(run: relaylens.Run) -> None:
    """Nothing fails."""
    turn("triage", "hello", "hello, Ada")
    run.outcome("completed")


STORIES = (tried_again, another_model, swallowed, broken_off, nobody_came, another_agent_took_it, all_is_well)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A store with every story."""
    with told(tmp_path_factory.mktemp("cascades"), STORIES) as reader:
        yield reader


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("tried_again", [("retriever", Fate.RETRIED, 0)]),
        ("another_model", [("drafter", Fate.FALLBACK, 0)]),
        ("swallowed", [("retriever", Fate.SPREAD, 2)]),
        ("broken_off", [("retriever", Fate.LIMITED, 0)]),
        ("nobody_came", [("triage", Fate.SPREAD, 0)]),
        ("another_agent_took_it", [("triage", Fate.FALLBACK, 0)]),
        ("all_is_well", []),
    ],
)
def test_what_became_of_each_failure(reader: Reader, run: str, expected: list[tuple[str, Fate, int]]) -> None:
    """Who failed, what became of it, and how many steps it reached."""
    result = blame(reader, RunKey(run))
    assert result is not None
    assert expected == [(one.agent, one.fate, len(one.reached)) for one in result.cascades]


def test_only_what_spread_is_not_contained() -> None:
    """Every fate is one or the other."""
    assert {Fate.SPREAD} == set(Fate) - CONTAINED
