"""How the dashboard words what the vocabulary names."""

import pytest

from relaylens_dashboard import wording


@pytest.mark.parametrize(
    ("grade", "rule", "said"),
    [("stated", "stated", "stated"), ("inferred", "ended_in_order", "inferred: ended in order")],
    ids=["one word", "two"],
)
def test_evidence_says_each_word_once(grade: str, rule: str, said: str) -> None:
    """What was stated goes by the rule of that name."""
    assert said == wording.evidence(grade, rule)
