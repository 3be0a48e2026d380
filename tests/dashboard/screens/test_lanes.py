"""The lanes: waiting is cut short, order is kept, and what overlaps stands in rows of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relaylens_dashboard.charts import clock, lanes
from relaylens_dashboard.charts.lanes import Arrow, Block, Pin, Question, Slice, Turn

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Give a moment after noon."""
    return NOON + timedelta(seconds=seconds)


def turn(number: int, agent: str, start: float, end: float) -> Turn:
    """Make one agent's turn."""
    return Turn(f"turn{number}", agent, at(start), at(end), "completed", "")


def arrow(source: str, target: str | None, offered: float, **more: Any) -> Arrow:  # noqa: ANN401 - any field
    """Make a handoff."""
    fields: dict[str, Any] = {"accepted": None, "from_turn": None, "to_turn": None, "succeeded": False, "reason": None, "is_return": False}
    return Arrow(id="h", source=source, target=target, offered=at(offered), says="", **{**fields, **more})


def drawn(**part: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Lay out a slice that begins at noon."""
    return lanes.draw(Slice(start=NOON, **{"turns": [], **part}))


def test_an_hour_of_waiting_takes_little_room() -> None:
    """Two seconds of work around an hour of waiting take most of the width, and the hour is marked as cut."""
    axis = clock.clock([(0, 1000), (3_601_000, 3_602_000)])
    hour = next(piece for piece in axis.pieces if piece.cut)

    assert hour.right - hour.left < 0.1
    assert axis.share(1000) > 0.4


def test_a_short_pause_is_drawn_as_long_as_it_was() -> None:
    """Work that follows closely is not torn apart."""
    assert [False] * 3 == [piece.cut for piece in clock.clock([(0, 1000), (1100, 2000)]).pieces]


@given(st.lists(st.tuples(st.floats(0, 1e7), st.floats(0, 1e5)), min_size=1, max_size=30))
def test_later_is_never_further_left(stretches: list[tuple[float, float]]) -> None:
    """The axis keeps the order of time, from 0 to 1."""
    busy = [(start, start + length) for start, length in stretches]
    axis = clock.clock(busy)
    shares = [axis.share(moment) for moment in sorted(end for stretch in busy for end in stretch)]

    assert sorted(shares) == shares
    assert all(0 <= share <= 1 for share in shares)


def test_ticks_are_round_and_outside_of_gaps() -> None:
    """What is written below the axis are whole steps of time, none where waiting was cut."""
    axis = clock.clock([(0, 5000), (600_000, 605_000)])
    ticks = [moment for moment, _ in axis.ticks()]

    assert ticks
    assert all(moment % 1000 == 0 for moment in ticks)
    assert not [moment for moment in ticks if 5000 < moment < 600_000]


def test_lanes_stand_in_the_order_of_the_work_and_the_person_last() -> None:
    """Who comes first stands on top."""
    turns = [turn(1, "b", 0, 1), turn(2, "a", 2, 3)]
    question = Question("q", "b", at(0.5), at(1.5), "approved", "")

    assert ["b", "a", "human"] == [lane["agent"] for lane in drawn(turns=turns, questions=[question])["lanes"]]


def test_turns_of_one_agent_that_overlap_stand_in_rows() -> None:
    """Parallel turns do not cover each other; the third takes the row that is free again."""
    rows = [one["y"] for one in drawn(turns=[turn(1, "a", 0, 5), turn(2, "a", 1, 3), turn(3, "a", 3.5, 4)])["turns"]]

    assert rows[0] != rows[1]
    assert rows[1] == rows[2]


def test_an_arrow_leads_from_lane_to_lane() -> None:
    """A handoff that was accepted arrives in the lane of its target, when it was accepted."""
    part = drawn(turns=[turn(1, "a", 0, 1), turn(2, "b", 2, 3)], arrows=[arrow("a", "b", 1, accepted=at(2), succeeded=True)])
    line = part["arrows"][0]

    assert line["arrives"]
    assert line["from"][1] < line["to"][1]
    assert line["to"][0] == part["turns"][1]["left"]


def test_a_handoff_that_nobody_took_does_not_arrive() -> None:
    """It ends in a cross, with its reason beside it."""
    line = drawn(turns=[turn(1, "a", 0, 1)], arrows=[arrow("a", None, 1, reason="unknown_target")])["arrows"][0]

    assert (False, "unknown target") == (line["arrives"], line["reason"])


def test_calls_stand_within_their_turn() -> None:
    """A block has the height of its turn and lies between its ends."""
    block = Block("s", "turn1", "a", "llm", "model", at(0.2), at(0.8), failed=False, says="")
    part = drawn(turns=[turn(1, "a", 0, 1)], blocks=[block])

    assert part["turns"][0]["y"] == part["blocks"][0]["y"]
    assert part["turns"][0]["left"] <= part["blocks"][0]["left"] < part["blocks"][0]["right"] <= part["turns"][0]["right"]


def test_findings_at_one_place_stand_side_by_side() -> None:
    """No pin hides another."""
    pins = [Pin(f"f{number}", "a", at(0.5), "high", "") for number in range(3)]

    assert [0, 1, 2] == [pin["beside"] for pin in drawn(turns=[turn(1, "a", 0, 1)], pins=pins)["pins"]]


def test_an_open_question_has_no_end() -> None:
    """A question without an answer is drawn open."""
    asked = Question("q", "a", at(1), None, "pending", "")

    assert drawn(turns=[turn(1, "a", 0, 2)], questions=[asked])["questions"][0]["open"]
