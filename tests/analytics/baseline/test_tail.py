"""How likely a good run is as suspicious, and what that is at most."""

import numpy as np
import pytest

from relaylens_analytics.baseline.scale import outside, outside_others
from relaylens_analytics.baseline.tail import own_tail_chances, tail_chances

PAST = np.arange(20.0)


def test_what_is_within_the_past_goes_by_rank() -> None:
    """A run as suspicious as the tenth of twenty is as likely as eleven of twenty-one, and at most somewhat more."""
    found = tail_chances(np.array([10.0]), PAST)

    assert 11 / 21 == pytest.approx(found.p_value[0])
    assert 11 / 21 < found.at_most[0] < 0.65


def test_the_upper_end_never_lies_below_the_guess() -> None:
    """Whatever the score, an alarm by the upper end is one by the guess as well."""
    found = tail_chances(np.linspace(-5, 80, 60), PAST)

    assert (found.at_most >= found.p_value).all()
    assert (np.diff(found.at_most) <= 0).all()


def test_beyond_the_past_the_distance_counts() -> None:
    """Far beyond twenty runs chances are small, and smaller still farther away."""
    found = tail_chances(np.array([20.0, 60.0, 90.0]), PAST)

    assert found.at_most[1] < 0.01 < found.at_most[0]
    assert (np.diff(found.p_value) < 0).all()


def test_a_past_run_is_judged_by_the_others() -> None:
    """The most suspicious of the past is as unlikely by the others as it would be if it were none of them."""
    past = np.append(PAST, 60.0)
    own = own_tail_chances(past)
    fresh = tail_chances(np.array([60.0]), PAST)

    assert fresh.at_most[0] == pytest.approx(own.at_most[20])
    assert 20 / 21 < own.p_value[0] <= 1.0


def test_only_what_no_other_run_had_is_new() -> None:
    """A figure beyond the range of the others is new, also among runs of which it is one; a rare one that two of them had is not."""
    past = np.array([[0.0], [0.0], [0.0], [3.0], [3.0], [5.0]])

    assert [False, True, True] == outside(np.array([[3.0], [9.0], [-1.0]]), past).tolist()
    assert [False, False, False, False, False, True] == outside_others(past).tolist()
