"""The transcript: what was said is told once, what is missing is named, and every text stays what it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from relaylens_analytics.messages import Kind, Message
from relaylens_analytics.queries.transcript import Entry, EntryKind
from relaylens_dashboard.screens import address, transcript

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - as the store keeps moments


@pytest.fixture(autouse=True)
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no page here whose address a link could change."""
    monkeypatch.setattr(address, "here", lambda **changes: f"?span={changes['span']}")


def told(kind: str, *, answered: Sequence[Message] = (), messages: Sequence[Message] = (), repeated: int = 0, **fields: Any) -> Entry:  # noqa: ANN401 - any column
    """Make an entry of a transcript, with the columns of `run_events`."""
    columns = ("said", "came_back", "model", "input_tokens", "cost_usd", "tool_name", "error_type", "reason", "duration_ms", "to_agent")
    empty: dict[str, Any] = dict.fromkeys(columns)
    flags = {"is_error": False, "is_soft_error": False, "succeeded": True}
    names = {"kind": kind, "id": "t:s", "trace_id": "t", "span_id": "s", "agent": "docs", "happened_at": NOON, "mode": "pass_control"}
    row = {**empty, **flags, **names, "state": "closed", "rule": "handoff_span", **fields}
    return Entry(EntryKind(kind), row, tuple(messages), tuple(answered), repeated)


def said(role: str, text: str, kind: Kind = Kind.TEXT) -> Message:
    """Make a message."""
    return Message(role, kind, text)


def drawn(entry: Entry) -> dict[str, Any]:
    """Tell one entry."""
    return transcript.drawn([entry])[0]


def test_what_an_agent_was_told_before_is_counted() -> None:
    """Each call repeats the conversation so far; the transcript shows what is new, and says how much is not."""
    entry = drawn(told("model", messages=[said("user", "go on")], answered=[said("assistant", "done")], repeated=2))

    assert ["go on", "done"] == [block["text"] for block in entry["blocks"]]
    assert "2 messages shown above" in entry["meta"]


def test_a_call_without_messages_says_so() -> None:
    """Content that was not captured is named as such, not shown as empty."""
    assert "its messages were not recorded" in drawn(told("model"))["meta"]
    assert "its messages were not recorded" not in drawn(told("model", repeated=1))["meta"]


def test_an_empty_answer_is_shown_as_empty() -> None:
    """An answer that is there and empty stays a block."""
    entry = drawn(told("model", messages=[said("user", "hello")], answered=[said("assistant", "")]))

    assert ["hello", ""] == [block["text"] for block in entry["blocks"]]


def test_system_prompts_are_folded() -> None:
    """The longest and least new of all texts is one line until it is asked for."""
    entry = drawn(told("model", messages=[said("system", "You are kind."), said("user", "hello")]))

    assert [True, False] == [block["folded"] for block in entry["blocks"]]


def test_a_handoff_shows_both_sides_where_they_differ() -> None:
    """What was sent and what was received are one block when equal, and two when not."""
    lost = told("handoff", said="order 17", came_back="order", succeeded=False, reason="context_lost")

    assert ["sent", "received"] == [block["label"] for block in drawn(lost)["blocks"]]
    assert ["sent, and received as it was"] == [block["label"] for block in drawn(told("handoff", said="x", came_back="x"))["blocks"]]


def test_control_characters_are_seen() -> None:
    """A text that would reorder the line shows what it holds instead."""
    assert "\\u202e" in drawn(told("tool", tool_name="t", said="a\u202eb"))["blocks"][0]["text"]


def test_each_entry_leads_to_its_span() -> None:
    """The link names trace and span."""
    assert "?span=t:s" == drawn(told("tool", tool_name="t"))["link"]
