"""Runs are judged against their deployment's own good runs as they settle."""

import json
from collections.abc import Iterable, Iterator

import pytest
from tests.analytics.baseline.agent_runs import call_span, odd_calls, request, trace_id, usual_calls
from tests.analytics.settle.captured import apply

from relaylens_analytics.baseline import settling
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory."""
    store = Store(":memory:", threads=1)
    yield store
    store.close()


def come(store: Store, requests: Iterable[bytes]) -> None:
    """Requests come and are settled."""
    apply(store, [(Signal.TRACES, body) for body in requests])
    settle(store.connection)


def usual(numbers: Iterable[int]) -> list[bytes]:
    """Good runs."""
    return [request(number, usual_calls(number)) for number in numbers]


def say(store: Store, numbers: Iterable[int], verdict: str) -> None:
    """Somebody says of some runs whether they were good."""
    bodies = [json.dumps({"run": trace_id(number), "name": "verdict", "value": verdict}).encode() for number in numbers]
    apply(store, [(Signal.LABELS, body) for body in bodies])
    settle(store.connection)


def flagged(store: Store) -> list[str]:
    """The runs with a finding of the baseline."""
    rows = store.connection.execute("SELECT run FROM findings WHERE detector = 'unusual_run' ORDER BY run").fetchall()
    return [run for (run,) in rows]


def test_an_odd_run_is_flagged_where_it_began(store: Store) -> None:
    """Of two new runs the one unlike the others is flagged, at the call that was answered in another form, and counted in its run."""
    come(store, usual(range(30)))
    come(store, [request(100, usual_calls(100)), request(101, odd_calls(101))])

    found = store.connection.execute(
        "SELECT run, trace_id, span_id, blamed_agent, severity, certainty FROM findings WHERE detector = 'unusual_run' AND run = $run",
        {"run": trace_id(101)},
    ).fetchall()
    ((message,),) = store.connection.execute("SELECT message FROM findings WHERE run = $run", {"run": trace_id(101)}).fetchall()
    counted = store.connection.execute("SELECT findings FROM runs WHERE run = $run", {"run": trace_id(101)}).fetchall()

    assert [(trace_id(101), trace_id(101), call_span(2), "booker", "medium", "inferred")] == found
    assert message.startswith("Unlike the last 30 good runs")
    assert "result length of search" in message
    assert [(1,)] == counted
    assert trace_id(100) not in flagged(store)


def test_copies_of_one_run_are_no_history(store: Store) -> None:
    """Thirty runs of the same calls say nothing of how much runs differ: there is no verdict on one that calls a tool twice more."""
    calls = usual_calls(1)
    come(store, [request(number, calls) for number in range(30)])
    come(store, [request(100, [*calls, *calls[:2]])])
    rows = store.connection.execute("SELECT history, p_value, alarm FROM suspicions WHERE run = $run", {"run": trace_id(100)})

    assert [(1, None, False)] == rows.fetchall()


def test_a_run_that_waits_for_a_person_is_not_judged_to_be_unusual(store: Store) -> None:
    """Whatever its program states, it is not over: that it did less than others is no alarm."""
    come(store, usual(range(60)))
    come(store, [request(101, odd_calls(101)), request(102, odd_calls(102), asks_person=True)])
    asked = store.connection.execute("SELECT run FROM escalations WHERE state = 'pending'").fetchall()

    assert [(trace_id(102),)] == asked
    assert [trace_id(101)] == flagged(store)


def test_without_history_there_is_no_verdict(store: Store) -> None:
    """With eleven good runs nothing is flagged, and what is stored says how many there are; the twelfth gives all of them a verdict."""
    come(store, [*usual(range(11)), request(101, odd_calls(101), service="other")])
    none = flagged(store)
    before = store.connection.execute(
        "SELECT DISTINCT service_name, history, p_value, alarm FROM suspicions ORDER BY service_name"
    ).fetchall()
    come(store, usual([11]))
    after = store.connection.execute("SELECT count(p_value), min(history) FROM suspicions WHERE service_name = 'booking'").fetchall()

    assert [("booking", 11, None, False), ("other", 1, None, False)] == before
    assert [(12, 12)] == after
    assert [] == none


def test_verdicts_of_people_change_those_of_the_baseline(store: Store) -> None:
    """A run that somebody calls good is flagged no more, and one like several such is usual."""
    come(store, usual(range(30)))
    come(store, [request(number, odd_calls(number)) for number in range(101, 113)])
    before = flagged(store)
    say(store, range(101, 112), "good")

    assert {trace_id(number) for number in range(101, 113)} <= set(before)
    assert not {trace_id(number) for number in range(101, 113)} & set(flagged(store))


def test_a_run_called_bad_is_no_example(store: Store) -> None:
    """Runs that somebody calls bad are no part of what is usual: as many good runs as were left are named."""
    come(store, usual(range(14)))
    say(store, [3, 4], "bad")
    come(store, usual([200]))
    rows = store.connection.execute("SELECT history FROM suspicions WHERE run = $run", {"run": trace_id(200)}).fetchall()

    assert [(12,)] == rows


def test_a_number_beyond_all_bounds_is_settled(store: Store) -> None:
    """A tool that answers with sixty nines does not keep its run from being settled and compared."""
    come(store, [request(1, [*usual_calls(1)[:-1], ("sum", "{}", "9" * 60)])])
    rows = store.connection.execute("SELECT features['result number of sum'] <= 1.1e15 FROM run_profiles").fetchall()

    assert [(True,)] == rows


def test_good_runs_that_are_held_in_memory_are_those_that_are_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether their profiles are held or read each time: the same is said of runs, also after spans of a good one came late."""
    late = request(7, usual_calls(7)[:1] + odd_calls(3), service="booking")
    parts = [usual(range(30)), [request(100, odd_calls(100))], [late], usual([31, 32]), [request(101, odd_calls(101))]]
    others = [
        [request(place, usual_calls(place), service="other") for place in range(20 * part, 20 * part + 20)] for part in range(len(parts))
    ]

    def said(target: Store) -> list[tuple[object, ...]]:
        for own, other in zip(parts, others, strict=True):
            come(target, own)
            come(target, other)
        return target.connection.execute("SELECT run, p_value, suspicion, alarm, views, steps FROM suspicions ORDER BY run").fetchall()

    held = said(store)
    monkeypatch.setattr(settling, "_HELD", 1)
    read = Store(":memory:", threads=1)
    alternating = said(read)
    read.close()

    assert 134 == len(held)
    assert held == alternating
