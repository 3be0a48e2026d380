"""Agents that go quiet, counted in runs of their deployment, beside those whose rhythm is slow."""

from collections.abc import Iterable, Iterator, Sequence

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import SECOND, agent, chat, settle_spans, span
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics import rhythm
from relaylens_analytics.rhythm import Limits, Run, silences
from relaylens_collector.store import Store

LIMITS = Limits(12, 200, 0.1, 1e-4, 3.0)
DAY = 86_400 * SECOND
QUERY = "SELECT trace_id, agent, message FROM findings WHERE detector = 'agent_quiet' ORDER BY ALL"


def trace(number: int, agents: Sequence[str], *, failed: bool = False) -> list[Span]:
    """A run on a day of its own in which some agents have their turns."""
    spans = [span(1, "run", 0, 20, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}, failed=failed)]
    for place, name in enumerate(agents, 1):
        spans += [agent(10 * place, name, place, place + 0.9), chat(10 * place + 1, 10 * place, place + 0.1, place + 0.8)]
    for one in spans:
        one.trace_id = number.to_bytes(16)
        one.start_time_unix_nano += number * DAY
        one.end_time_unix_nano += number * DAY
    return spans


def told(*runs: Iterable[str]) -> list[tuple[int, str]]:
    """In which of some runs an agent is told to have gone quiet."""
    known = [Run(number, f"{number:05}", dict.fromkeys(agents, "step")) for number, agents in enumerate(runs)]
    return sorted((int(silence.run), silence.agent) for silence in silences(known, LIMITS))


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store."""
    store = Store(":memory:")
    yield store
    store.close()


def test_an_agent_of_every_run_goes_quiet() -> None:
    """It is told once, in the fourth run without it, however long it stays away."""
    assert [(23, "approver")] == told(*[("triage", "approver")] * 20, *[("triage",)] * 30)


def test_without_history_nothing_is_told() -> None:
    """Eleven runs are no rhythm."""
    assert told(*[("triage", "approver")] * 11, *[("triage",)] * 30) == []


def test_a_slow_rhythm_is_no_silence() -> None:
    """An agent that has a turn in every fifth run is missed after as many more as its share and its pauses ask for."""
    slow = [("triage", "approver") if number % 5 == 0 else ("triage",) for number in range(101)]

    assert told(*slow, *[("triage",)] * 40) == []
    assert told(*slow, *[("triage",)] * 60) == [(152, "approver")]


def test_a_share_known_from_few_turns_is_hardly_known() -> None:
    """Two turns in sixteen runs may be those of an agent that has one in a hundred; twenty in a hundred and sixty are not."""
    few = [("triage", "learner") if number % 15 == 0 else ("triage",) for number in range(16)]
    many = [("triage", "learner") if number % 8 == 0 else ("triage",) for number in range(153)]

    assert told(*few, *[("triage",)] * 200) == []
    assert told(*many, *[("triage",)] * 200) == [(239, "learner")]


def test_runs_in_batches_are_its_rhythm() -> None:
    """Where pauses of ten runs are usual, one of thirty is none."""
    batches = [("triage", "approver") if number // 10 % 2 == 0 else ("triage",) for number in range(91)]

    assert told(*batches, *[("triage",)] * 29) == []


def test_it_comes_back_and_goes_again() -> None:
    """Each silence is told; after the first, longer ones are usual."""
    both, one = [("triage", "approver")], [("triage",)]

    assert told(*both * 20, *one * 4, *both * 5, *one * 16) == [(23, "approver"), (43, "approver")]


def test_a_burst_of_other_runs_is_no_silence() -> None:
    """Runs of another kind that come within minutes are none, however many; the silence also has to last by the clock."""
    hourly = [Run(3_600 * number, f"{number:05}", {"approver": "step"}) for number in range(20)]
    burst = [Run(3_600 * 19 + second, f"burst {second:05}", {"loader": "step"}) for second in range(1, 900)]

    assert [] == list(silences([*hourly, *burst], LIMITS))


def test_it_is_told_in_the_run_that_shows_it_however_they_are_settled(store: Store) -> None:
    """One settling of all runs, several, and a new process in between tell the same; failed runs count for nothing."""
    quiet = [trace(number, ["triage"]) for number in range(21, 26)]
    runs = [*[trace(number, ["triage", "approver"]) for number in range(1, 21)], trace(30, ["triage"], failed=True), *quiet]
    said = "No turn of approver in the last 4 runs; before, it had one in 20 of 20"
    expected = [(f"{24:032x}", "approver", said)]
    settle_spans(store, *[one for run in runs for one in run])
    assert expected == rows(store.connection, QUERY)

    other = Store(":memory:")
    settle_spans(other, *[one for run in runs[:20] for one in run])
    rhythm.forget(other.connection)
    settle_spans(other, *[one for run in runs[20:23] for one in run])
    settle_spans(other, *[one for run in runs[23:] for one in run])
    assert expected == rows(other.connection, QUERY)
    other.close()


@pytest.mark.parametrize("start", [1 << 63, (1 << 64) - 1])
def test_a_run_whose_start_is_no_time_has_no_place_in_a_rhythm(store: Store, start: int) -> None:
    """Whatever the wire says of it: all is settled, and the others are heard."""
    for number in range(1, 8):
        spans = trace(number, ("triage", "approver") if number <= 4 else ("triage",))
        if number % 3 == 0:
            for one in spans[1:] if number % 2 else spans:
                one.start_time_unix_nano = start
        settle_spans(store, *spans)
