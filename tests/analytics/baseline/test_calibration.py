"""What good runs score among themselves: never by themselves."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.analytics.baseline.agent_runs import odd_calls, request, usual_calls
from tests.analytics.settle.captured import apply

from relaylens_analytics import statements
from relaylens_analytics.baseline.calibration import left_out, parted
from relaylens_analytics.baseline.judging import Baseline
from relaylens_analytics.baseline.kinds import count_of, greatest_of, kinds_of
from relaylens_analytics.baseline.profiles import Floats, Profiles
from relaylens_analytics.baseline.views import VIEWS, Comparison, View
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

ODD = 24
"""The place of the odd run among the profiles."""


@pytest.fixture(scope="module")
def profiles() -> Iterator[Profiles]:
    """Twenty-four usual runs and an odd one."""
    store = Store(":memory:", threads=1)
    runs = [request(number, usual_calls(number)) for number in range(ODD)] + [request(ODD, odd_calls(ODD))]
    apply(store, [(Signal.TRACES, body) for body in runs])
    settle(store.connection)
    table = store.connection.sql(statements.read("baseline/profiles_of_service").text, params={"service": "booking"}).to_arrow_table()
    yield Profiles.of_table(table)
    store.close()


def test_no_run_is_among_those_it_is_compared_with(profiles: Profiles) -> None:
    """Each good run is scored once, by a view that never sees it among the past ones."""
    seen: list[str] = []

    def compare(compared: Comparison) -> Floats:
        assert not set(compared.past.runs) & set(compared.runs.runs)
        seen.extend(compared.runs.runs)
        return np.zeros(len(compared.runs))

    left_out(View("watching", "Sees who is compared.", compare), parted(profiles, kinds_of(profiles.values)))

    assert sorted(profiles.runs) == sorted(seen)


def test_no_run_is_compared_with_its_copies(profiles: Profiles) -> None:
    """Runs of one kind fall into one fold, so that none of them is among the others of another; where all are copies, each is scored."""
    thrice = profiles.at([*range(ODD)] * 3)
    kinds = kinds_of(thrice.values)
    folds = parted(thrice, kinds)
    copies = profiles.at([0] * 12)

    assert all(not set(kinds[fold.places]) & set(np.delete(kinds, fold.places)) for fold in folds)
    assert [*range(72)] == sorted(int(place) for fold in folds for place in fold.places)
    assert 12 == sum(len(fold.places) for fold in parted(copies, kinds_of(copies.values)))


def test_runs_that_differ_by_less_than_a_fifth_are_of_one_kind() -> None:
    """A kind is told by its first run: what differs from that by more, in any figure, is another."""
    values = np.log1p(np.array([[100.0, 3.0], [110.0, 3.0], [140.0, 3.0], [100.0, 4.0], [101.0, 4.0]]))
    kinds = kinds_of(values)

    assert [0, 0, 1, 2, 2] == kinds.tolist()
    assert 3 == count_of(kinds)
    assert [2.0, 5.0, 4.0] == greatest_of(kinds, np.array([1.0, 2.0, 5.0, 4.0, 3.0])).tolist()


def test_an_odd_run_does_not_vouch_for_itself(profiles: Profiles) -> None:
    """By the others the odd run is far from usual; judged with itself among the past it would look nearer."""
    baseline = Baseline.of(profiles)
    by_others = baseline.judge_own([ODD])
    with_itself = baseline.judge(profiles.at([ODD]))

    assert by_others.chances.p_value[0] <= 0.05
    assert with_itself.suspicion[0] < by_others.suspicion[0]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_views_tell_one_run_from_another_by_it_alone(view: View, profiles: Profiles) -> None:
    """What a view says of a run does not hang on the other runs that are judged with it."""
    past = profiles.at(range(20))
    together = view.compare(Comparison(past, profiles.at(range(20, 25))))
    alone = np.concatenate([view.compare(Comparison(past, profiles.at([place]))) for place in range(20, 25)])

    assert np.allclose(together, alone)


def test_chances_are_even_among_good_runs(profiles: Profiles) -> None:
    """The usual runs among themselves are flagged no more often than the budget says, one run more or less."""
    usual = profiles.at(range(ODD))
    judgement = Baseline.of(usual).judge_own(range(ODD))

    assert (judgement.chances.p_value <= 0.05).sum() <= 0.05 * ODD + 1
