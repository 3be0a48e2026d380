"""`relaylens blame` on a store that was made from OTLP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Relaylens = Callable[..., Any]


def test_a_failed_run_has_suspects_with_their_chain(relaylens: Relaylens, network_store: Path) -> None:
    """The run handed work to nobody and asked a person who has not answered; both lead to triage."""
    done = relaylens("blame", "run-2", "--store", network_store)

    assert (0, "") == (done.code, done.err)
    lines = done.out.splitlines()
    assert "Run run-2 ended as escalated; 1 steps." == lines[0]
    assert "- The handoff from triage to billing failed: unanswered" in lines
    (suspect,) = [line for line in lines if line.startswith(" 1.")]
    assert suspect.startswith(" 1.  triage, ")
    assert "     because The handoff from triage to billing failed: unanswered" in lines


def test_json_holds_everything(relaylens: Relaylens, network_store: Path) -> None:
    """Symptoms, suspects with reasons, chain and what took from them, and what became of each failure, each with its spans."""
    done = relaylens("blame", "run-2", "--store", network_store, "--json")

    told = json.loads(done.out)
    assert ("run-2", "ticket-2", "escalated") == (told["run"], told["conversation"], told["outcome"])
    assert {"finding", "outcome", "escalation"} == {one["kind"] for one in told["symptoms"]}
    (suspect,) = told["suspects"]
    assert ("triage", 1, f"{suspect['trace_id']}:{suspect['span_id']}") == (suspect["agent"], suspect["position"], suspect["step"])
    assert {"failed_handoff", "approval_pending", "asked_a_person"} == {reason["rule"] for reason in suspect["reasons"]}
    assert ["symptom", "origin"] == [link["kind"] for link in suspect["chain"]]
    assert ["triage asked a person: pending"] == suspect["reached"]["people"]
    assert [("the handoff from triage to billing did not succeed (unanswered)", "absorbed")] == [
        (one["what"], one["fate"]) for one in told["failures"][:1]
    ]


def test_a_run_without_symptoms_says_so(relaylens: Relaylens, network_store: Path) -> None:
    """Nothing is wrong as far as the record goes, and the command does not claim otherwise."""
    done = relaylens("blame", "run-1", "--store", network_store)

    assert "Nothing is recorded as wrong. If its answer is wrong all the same, this is where to look first:" in done.out.splitlines()


def test_an_unknown_run_is_an_error(relaylens: Relaylens, network_store: Path) -> None:
    """Exit code 1 and a sentence, also for a script."""
    done = relaylens("blame", "run-17", "--store", network_store, "--json")

    assert (1, "", "There is no run run-17 here.\n") == (done.code, done.out, done.err)


def test_hostile_texts_do_nothing(relaylens: Relaylens, network_store: Path) -> None:
    """The question to the person, which would clear the screen, is shown and not obeyed."""
    for arguments in (("--suspects", "20"), ("--json",)):
        done = relaylens("blame", "run-2", "--store", network_store, *arguments)
        assert "\x1b" not in done.out
