"""The figures of blame on runs whose truth is known, and of the heuristics beside it."""

from pathlib import Path

import pytest

import relaylens
from relaylens_analytics.blame import scoreboard
from relaylens_analytics.blame.scoreboard import Truth

from .conftest import told, turn


def prices(_: relaylens.Run) -> None:
    """The seller, in the second of three steps, makes prices up."""
    turn("guide", "What is cheaper for us, tickets or passes?", "I will ask for the prices of tickets and passes first.")
    turn("seller", "Prices of tickets and passes, please.", "A ticket costs 20.50 and a pass costs 91.75 for a whole year.")
    turn("clerk", "A ticket costs 20.50 and a pass costs 91.75.", "Final answer: passes, from the fifth visit on.")


def test_every_way_of_blaming_is_counted_on_the_same_runs(tmp_path: Path) -> None:
    """Blame is right, the second step happens to be, the last step is not, and chance is right in a third of the cases."""
    with told(tmp_path, [prices]) as reader:
        step = reader.query("SELECT trace_id, span_id, agent FROM steps WHERE agent = 'seller'").to_pylist()[0]
        labels = tmp_path / "labels.csv"
        labels.write_text(
            "trace_id,deployment,blamed_agent,blamed_span_id\n"
            f"{step['trace_id']},support,Seller Agent,{step['span_id']}\n"
            "0123,support,Nobody,4567\n"
            f"{step['trace_id']},other,,\n"
        )
        truths = scoreboard.labelled(labels)
        assert [Truth(step["trace_id"], "support", "Seller Agent", step["span_id"]), Truth("0123", "support", "Nobody", "4567")] == truths
        scores = {score.method: score for score in scoreboard.scores(reader, truths)}
    assert {"blame", "random step", *scoreboard.HEURISTICS} == set(scores)
    assert {1} == {score.runs for score in scores.values()}
    assert (1, 1, 1, 1) == (scores["blame"].step, scores["blame"].step_in_top, scores["blame"].agent, scores["blame"].agent_in_top)
    assert (1, 0, 0) == (scores["second step"].step, scores["last step"].step, scores["last step"].agent)
    assert (0, 0) == (scores["step before the first error text"].named, scores["step before the first error text"].step)
    assert pytest.approx((1 / 3, 1, 1 / 3, 1)) == (
        scores["random step"].step,
        scores["random step"].step_in_top,
        scores["random step"].agent,
        scores["random step"].agent_in_top,
    )
