"""Who is suspected, and by which evidence, in runs with a known beginning of what went wrong."""

import contextlib
from collections.abc import Iterator

import pytest

import relaylens
from relaylens_analytics import Reader
from relaylens_analytics.blame import Suspect, blame, suspects
from relaylens_analytics.labels import Label
from relaylens_analytics.queries.runs import RunKey

from .conftest import told, turn


def corrupted_context(run: relaylens.Run) -> None:
    """A retriever hands facts to a drafter, who gets those of another order."""
    with relaylens.agent("retriever") as step:
        step.input("Where is the parcel of order FW-4711?")
        step.output("Order FW-4711 was shipped.")
        offer = relaylens.handoff("drafter", {"order": "FW-4711", "status": "shipped"})
    arrives = {"order": "FW-4812", "status": "cancelled"}
    with relaylens.agent("drafter", received=offer, payload=arrives) as step:
        step.input(arrives)
        step.output("Your order FW-4812 was cancelled.")
    run.outcome("completed")


def fed_another_amount(_: relaylens.Run) -> None:
    """Only turns are recorded, and what the payer was given is not what the planner said."""
    turn("planner", "Refund the customer", {"order": "A4711", "amount": 120})
    turn("payer", {"order": "A4711", "amount": 210}, "Paid back 210 EUR for A4711")


def spoke_another_amount(_: relaylens.Run) -> None:
    """The payer states another amount than it was given."""
    turn("planner", "Refund the customer", {"order": "A4711", "amount": 120})
    turn("payer", {"order": "A4711", "amount": 120}, {"order": "A4711", "amount": 210})
    turn("clerk", {"order": "A4711", "amount": 210}, "Paid back 210 for A4711.")


def compared_prices(_: relaylens.Run) -> None:
    """Several values under one name, and a value beside the other one."""
    turn("planner", "Compare prices", {"price": 120})
    turn("clerk", {"price": 120}, "price: 120 in May, price: 130 in June")
    turn("writer", "Write it up", "price: 110, not price: 120")


def swallowed(run: relaylens.Run) -> None:
    """The search fails, and the work goes on without facts."""
    with relaylens.agent("retriever") as step:
        step.input("Where is order FW-4711?")
        with contextlib.suppress(TimeoutError), relaylens.tool("search"):
            raise TimeoutError
        step.output("Nothing was found.")
        relaylens.handoff("drafter", {"facts": []})
    turn("drafter", {"facts": []}, "We are looking into it.")
    run.outcome("completed")


def misjudged(run: relaylens.Run) -> None:
    """The urgency is wrong, which only people know."""
    turn("triage", "My tent is torn and I leave tomorrow", "urgency: low\ncategory: repair")
    turn("drafter", "category: repair", "Dear Ada, send it in and we will mend it within three weeks.")
    run.outcome("completed")


def out_of_thin_air(_: relaylens.Run) -> None:
    """The seller states prices that nobody had found, and nothing is recorded as wrong."""
    turn("guide", "What is cheaper for us, tickets or passes?", "I will ask for the prices of tickets and passes first.")
    turn("seller", "Prices of tickets and passes, please.", "A ticket costs 20.50 and a pass costs 91.75 for a whole year.")
    turn("clerk", "A ticket costs 20.50 and a pass costs 91.75.", "Final answer: passes, from the fifth visit on.")


def went_astray(_: relaylens.Run) -> None:
    """A lead sends a searcher out four times; the third time it comes back with something else, and the lead says so."""
    schools = ("schools near the exchange", "addresses of the schools", "opening hours of the schools", "prices of the schools")
    found = (
        "These are schools near the exchange: one in Wall Street and one in Pine Street, both open today.",
        "These are the addresses of the schools: Wall Street and Pine Street, both a short walk away.",
        "Laser microscopes measure thin film at a glance, made in Osaka, with worldwide service and repair.",
        "These are the prices of the schools: both of them cost the same as last year, by the month.",
    )
    for number, (wanted, brought) in enumerate(zip(schools, found, strict=True)):
        said = "The page is unrelated, go back. " if number == 3 else ""
        turn("lead", "Find me a school near the exchange", f"{said}Please look up the {wanted} and write them down for our customer.")
        turn("searcher" if number % 2 == 0 else "reader", f"Please look up the {wanted}", brought)
    turn("lead", "prices", "The schools in Wall Street and in Pine Street are near the exchange and cost the same.")


STORIES = (went_astray, corrupted_context, fed_another_amount, spoke_another_amount, compared_prices, swallowed, misjudged, out_of_thin_air)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A store with every story, and what people say of one of them."""
    wrong = Label(run="misjudged", name="correct_urgency", value="false", source="quality team")
    with told(tmp_path_factory.mktemp("suspects"), STORIES, [wrong]) as reader:
        yield reader


def first(reader: Reader, run: str) -> Suspect:
    """Give the first suspect of a run."""
    return suspects(reader, run)[0]


def test_corrupted_context_names_the_agent_that_fed_it(reader: Reader) -> None:
    """The drafter spoke of the wrong order; the retriever's side of the handoff fed it."""
    suspect = first(reader, "corrupted_context")
    assert ("retriever", 1, {"context_lost", "changed_value"}) == (
        suspect.agent,
        suspect.position,
        {one.rule for one in suspect.reasons[:2]},
    )
    assert [("symptom", "retriever"), ("origin", "retriever")] == [(link.kind, link.agent) for link in suspect.chain]


def test_a_feeder_is_named_without_any_recorded_handoff(reader: Reader) -> None:
    """A value that changed before it reached a step is the matter of the step before."""
    suspect = first(reader, "fed_another_amount")
    assert ("planner", "changed_value") == (suspect.agent, suspect.reasons[0].rule)
    assert suspect.reasons[0].words.startswith("120 became 210 (amount)")


def test_who_changes_a_value_while_speaking_is_named(reader: Reader) -> None:
    """The way back from the last word to the change goes over the value that was taken."""
    suspect = first(reader, "spoke_another_amount")
    assert ("payer", "changed_value") == (suspect.agent, suspect.reasons[0].rule)
    assert [("symptom", "clerk"), ("data", "payer"), ("origin", "payer")] == [(link.kind, link.agent) for link in suspect.chain]


def test_values_side_by_side_are_no_change(reader: Reader) -> None:
    """An enumeration changes nothing, nor does a value that is named beside the one it is compared with."""
    assert "changed_value" not in {reason.rule for suspect in suspects(reader, "compared_prices") for reason in suspect.reasons}


def test_a_swallowed_error_leads_back_to_the_turn_that_swallowed_it(reader: Reader) -> None:
    """The answer came from the drafter, which had no facts."""
    result = blame(reader, RunKey("swallowed"))
    assert result is not None
    assert ("retriever", "swallowed_tool_error") == (result.suspects[0].agent, result.suspects[0].reasons[0].rule)
    assert ["finding"] == [symptom.kind for symptom in result.symptoms]


def test_a_bad_label_leads_to_who_stated_what_it_is_about(reader: Reader) -> None:
    """`correct_urgency` is false: the one who stated the urgency is asked first, not the one who spoke last."""
    result = blame(reader, RunKey("misjudged"))
    assert result is not None
    assert (["label"], "triage", "judged") == (
        [symptom.kind for symptom in result.symptoms],
        result.suspects[0].agent,
        result.suspects[0].reasons[0].rule,
    )


def test_values_that_nothing_holds_are_suspected_when_the_record_is_silent(reader: Reader) -> None:
    """There is no symptom, and whoever knows that the answer is wrong still gets suspects."""
    result = blame(reader, RunKey("out_of_thin_air"))
    assert result is not None
    assert ((), "seller") == (result.symptoms, result.suspects[0].agent)
    assert "ungrounded_values" in {reason.rule for reason in result.suspects[0].reasons}


def test_a_turn_that_brings_something_else_is_suspected(reader: Reader) -> None:
    """Nothing of what the lead had asked for came back, and the lead says so right after."""
    reasons = {suspect.position: {one.rule for one in suspect.reasons} for suspect in suspects(reader, "went_astray")}
    assert {"off_task", "complained_of"} <= reasons[6]
    assert not any({"off_task", "complained_of"} & reasons.get(position, set()) for position in (2, 4, 8))


@pytest.mark.parametrize("story", STORIES)
def test_suspects_are_ranked_and_their_reasons_carry_spans(reader: Reader, story: object) -> None:
    """Scores fall, every reason names what shows it, and asking for fewer gives the first ones."""
    run = getattr(story, "__name__", "")
    found = suspects(reader, run)
    assert sorted((one.score for one in found), reverse=True) == [one.score for one in found]
    assert all(reason.spans for one in found for reason in one.reasons)
    assert found[:1] == suspects(reader, run, most=1)


def test_no_such_run_has_no_blame(reader: Reader) -> None:
    """An unknown run is told from a run without suspects."""
    assert (None, []) == (blame(reader, RunKey("r17")), suspects(reader, "r17"))
