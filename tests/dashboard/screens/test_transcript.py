"""The transcript: what was said is told once, what is missing is named, and every text stays what it is."""

from datetime import datetime
from typing import Any

import pytest

from relaylens_analytics.messages import Exchange, Kind, Message
from relaylens_dashboard.screens import address, transcript

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - as the store keeps moments


@pytest.fixture(autouse=True)
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no page here whose address a link could change."""
    monkeypatch.setattr(address, "here", lambda **changes: f"?span={changes['span']}")


def event(kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any column
    """Make a row of `run_events`."""
    columns = ("said", "came_back", "model", "input_tokens", "cost_usd", "tool_name", "error_type", "reason", "duration_ms", "to_agent")
    empty: dict[str, Any] = dict.fromkeys(columns)
    flags = {"is_error": False, "is_soft_error": False, "succeeded": True}
    names = {"kind": kind, "id": "t:s", "trace_id": "t", "span_id": "s", "agent": "docs", "happened_at": NOON, "mode": "pass_control"}
    return {**empty, **flags, **names, "state": "closed", "rule": "handoff_span", **fields}


def said(role: str, text: str, kind: Kind = Kind.TEXT) -> Message:
    """Make a message."""
    return Message(role, kind, text)


def entry(row: dict[str, Any], exchanges: dict[str, Exchange] | None = None) -> dict[str, Any]:
    """Tell one event."""
    return transcript.Reader(exchanges or {}).entries([row])[0]


def test_what_an_agent_was_told_before_is_not_told_again() -> None:
    """Each call repeats the conversation so far; the transcript shows what is new, and says how much is not."""
    first = Exchange((said("user", "hello"),), (said("assistant", "yes?"),))
    second = Exchange((said("user", "hello"), said("assistant", "yes?"), said("user", "go on")), (said("assistant", "done"),))
    rows = [event("model", id="one"), event("model", id="two")]
    told = transcript.Reader({"one": first, "two": second}).entries(rows)

    assert ["hello", "yes?"] == [block["text"] for block in told[0]["blocks"]]  # type: ignore[attr-defined]
    assert ["go on", "done"] == [block["text"] for block in told[1]["blocks"]]  # type: ignore[attr-defined]
    assert "2 messages shown above" in str(told[1]["meta"])


def test_another_agent_is_told_anew() -> None:
    """What one agent knows, another may be told for the first time."""
    same = Exchange((said("user", "hello"),), ())
    told = transcript.Reader({"one": same, "two": same}).entries([event("model", id="one"), event("model", id="two", agent="drafter")])

    assert ["hello"] == [block["text"] for block in told[1]["blocks"]]  # type: ignore[attr-defined]


def test_a_call_without_messages_says_so() -> None:
    """Content that was not captured is named as such, not shown as empty."""
    assert "its messages were not recorded" in entry(event("model"))["meta"]


def test_an_empty_answer_is_shown_as_empty() -> None:
    """An answer that is there and empty stays a block."""
    answered = Exchange((said("user", "hello"),), (said("assistant", ""),))

    assert ["hello", ""] == [block["text"] for block in entry(event("model", id="one"), {"one": answered})["blocks"]]


def test_system_prompts_are_folded() -> None:
    """The longest and least new of all texts is one line until it is asked for."""
    exchange = Exchange((said("system", "You are kind."), said("user", "hello")), ())

    assert [True, False] == [block["folded"] for block in entry(event("model", id="one"), {"one": exchange})["blocks"]]


def test_a_handoff_shows_both_sides_where_they_differ() -> None:
    """What was sent and what was received are one block when equal, and two when not."""
    lost = event("handoff", said="order 17", came_back="order", succeeded=False, reason="context_lost")

    assert ["sent", "received"] == [block["label"] for block in entry(lost)["blocks"]]
    assert ["sent, and received as it was"] == [block["label"] for block in entry(event("handoff", said="x", came_back="x"))["blocks"]]


def test_control_characters_are_seen() -> None:
    """A text that would reorder the line shows what it holds instead."""
    assert "\\u202e" in entry(event("tool", tool_name="t", said="a\u202eb"))["blocks"][0]["text"]


def test_each_entry_leads_to_its_span() -> None:
    """The link names trace and span."""
    assert "?span=t:s" == entry(event("tool", tool_name="t"))["link"]
