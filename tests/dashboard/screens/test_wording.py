"""How the dashboard words what the vocabulary names."""

import pytest

from relaylens_analytics.metric import Unit
from relaylens_dashboard import numerals, wording
from relaylens_dashboard.screens import tables


@pytest.mark.parametrize(
    ("grade", "rule", "said"),
    [("stated", "stated", "stated"), ("inferred", "ended_in_order", "inferred: ended in order")],
    ids=["one word", "two"],
)
def test_evidence_says_each_word_once(grade: str, rule: str, said: str) -> None:
    """What was stated goes by the rule of that name."""
    assert said == wording.evidence(grade, rule)


@pytest.mark.parametrize(
    ("kept", "shown"), [("x" * 500, "x" * 500), ("x" * 501, "x" * 500 + "…"), ("x" * 499 + " y", "x" * 499 + "…"), (None, None)]
)
def test_only_evidence_that_was_cut_off_ends_in_an_ellipsis(kept: str | None, shown: str | None) -> None:
    """Detectors keep one letter more than is shown."""
    assert shown == tables.evidence(kept)


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0.07, "0.07 ms"), (999.4, "999 ms"), (999.7, "1 s"), (59_990, "1 min"), (86_399_000, "1 d"), (1234 * 86_400_000, "1,230 d")],
)
def test_a_length_of_time_is_written_in_the_unit_that_it_rounds_to(milliseconds: float, said: str) -> None:
    """No length is written with an exponent, as 1e+03 ms."""
    assert said == numerals.duration(milliseconds)


@pytest.mark.parametrize(("usd", "said"), [(0.000046, "$0.000046"), (0.0023, "$0.0023"), (0.0, "$0.0000"), (12.5, "$12.50")])
def test_a_small_cost_is_not_written_as_nothing(usd: float, said: str) -> None:
    """A call of a small model costs less than a hundredth of a cent, and not nothing."""
    assert said == numerals.written(usd, Unit.USD)
