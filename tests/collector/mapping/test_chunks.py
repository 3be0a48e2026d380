"""Long texts are cut such that what repeats is stored once."""

import json
from itertools import accumulate, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaylens_collector.mapping.chunks import SHORT, SMALLEST, cuts

WORDS = "Where is my order? It should have come a week ago. " * 8


def _otel(number: int) -> dict[str, object]:
    """Return a message as OpenTelemetry's conventions have it."""
    return {"role": "user", "parts": [{"type": "text", "content": f"{number} {WORDS}"}]}


def _langchain(number: int) -> dict[str, object]:
    """Return a message as LangChain serialises it."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": f"{number} {WORDS}"}}


def _chunks(text: bytes) -> list[bytes]:
    """Cut one text."""
    ends, counts = cuts(text, [len(text)])
    assert counts == [len(ends)]
    return [text[start:end] for start, end in pairwise([0, *ends])]


HISTORIES = {
    "otel": lambda count: json.dumps([_otel(number) for number in range(count)]),
    "otel, compact": lambda count: json.dumps([_otel(number) for number in range(count)], separators=(",", ":")),
    "otel, indented": lambda count: json.dumps([_otel(number) for number in range(count)], indent=2),
    "within an object": lambda count: json.dumps({"inputs": {"messages": [_langchain(number) for number in range(count)]}, "tags": []}),
    "json within json": lambda count: json.dumps({"input": json.dumps([_otel(number) for number in range(count)])}),
    "python": lambda count: repr([_otel(number) for number in range(count)]),
    "printed messages": lambda count: (
        "Command(update={'messages': ["
        + ", ".join(f"HumanMessage(content='{number} {WORDS}', id='{number}')" for number in range(count))
        + "]})"
    ),
    "printed messages within json": lambda count: json.dumps(
        {"chat_history": [f"ChatMessage(role='user', text='{number} {WORDS}')" for number in range(count)]}
    ),
}
"""A conversation of so many messages, in the encodings seen on the wire."""


@pytest.mark.parametrize("encoding", HISTORIES)
def test_joined_chunks_are_the_text(encoding: str) -> None:
    """Nothing is lost at a cut."""
    text = HISTORIES[encoding](12).encode()

    assert text == b"".join(_chunks(text))


@pytest.mark.parametrize("encoding", HISTORIES)
def test_a_growing_conversation_brings_its_new_messages_only(encoding: str) -> None:
    """Each further call adds about one message, not the whole conversation."""
    stored: set[bytes] = set()
    added = []
    for count in range(4, 24):
        found = set(_chunks(HISTORIES[encoding](count).encode()))
        added.append(sum(map(len, found - stored)))
        stored |= found
    message = len(HISTORIES[encoding](24)) - len(HISTORIES[encoding](23))

    assert [] == [size for size in added[1:] if size > 2.2 * message]


@pytest.mark.parametrize("encoding", ["otel", "otel, compact", "python"])
def test_an_answer_is_found_again_in_the_history(encoding: str) -> None:
    """A message has the same chunk wherever it stands in a list."""
    alone = [piece for piece in _chunks(HISTORIES[encoding](3).encode()) if len(piece) > SMALLEST]

    assert set(alone) <= set(_chunks(HISTORIES[encoding](9).encode()))


def test_a_conversation_that_loses_its_beginning_is_found_again() -> None:
    """Agents drop the oldest messages; those that stay are the same chunks."""
    whole = set(_chunks(json.dumps([_otel(number) for number in range(20)]).encode()))
    end = _chunks(json.dumps([_otel(number) for number in range(8, 20)]).encode())

    assert set(end) <= whole


def test_short_texts_stay_whole() -> None:
    """A short list costs less whole than in pieces."""
    text = json.dumps([{"role": "user", "content": "hello"}] * 20).encode()[:SHORT]

    assert [text] == _chunks(text)


def test_tiny_messages_stay_together() -> None:
    """A list of thousands of tiny objects does not become thousands of rows."""
    text = json.dumps([{"a": number} for number in range(10_000)]).encode()

    pieces = _chunks(text)

    assert text == b"".join(pieces)
    assert len(text) / SMALLEST * 2 + 3 > len(pieces)


@given(st.text(alphabet="[]{}\",: \\'abMessage(A\n", max_size=300).map(lambda text: (text * 8).encode()))
def test_any_text_is_cut_without_loss(text: bytes) -> None:
    """Joined chunks are the text, also where it only looks like messages."""
    assert text == b"".join(_chunks(text))


@given(st.binary(max_size=200).map(lambda piece: b'[{"role": "' + piece * 10))
def test_any_bytes_are_cut_without_loss(text: bytes) -> None:
    """The same for bytes that are no text."""
    assert text == b"".join(_chunks(text))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 2_000_000,
        b"[ " * 1_000_000,
        b"," * 2_000_000,
        b'[{"' + b"\\" * 2_000_000,
        b"[A" + b"a" * 2_000_000,
        b"[AMessage(" + b", " * 1_000_000,
    ],
    ids=["lists", "spaced lists", "commas", "backslashes", "letters", "printed"],
)
def test_hostile_texts_are_cut_in_linear_time(text: bytes) -> None:
    """No text makes the search go back and forth; the test's time limit says so."""
    assert text == b"".join(_chunks(text))


def test_texts_are_cut_as_if_they_stood_alone() -> None:
    """What lies beside a text has no say in where it is cut."""
    texts = [HISTORIES[encoding](count).encode() for encoding in HISTORIES for count in (1, 3, 9)] + [b"", b"[" * 500, b""]
    ends, counts = cuts(b"".join(texts), list(accumulate(map(len, texts))))
    pieces = iter(b"".join(texts)[start:end] for start, end in pairwise([0, *ends]))

    assert [_chunks(text) for text in texts] == [list(islice(pieces, count)) for count in counts]
