"""Texts are stored once, so that a conversation that is sent again and again grows with its messages only."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests.collector.store.building import pair, request, span
from tests.collector.store.conftest import Submit

from relaylens_collector.store import Store
from relaylens_collector.store.known_texts import KnownTexts

ANSWER = "Your order left our house yesterday and will be with you in two days. " * 10


def _conversation(calls: int, name: str = "a") -> bytes:
    """Return the spans of a conversation, each with all messages so far."""
    messages = [{"role": "user", "parts": [{"type": "text", "content": f"{name} {number} {ANSWER}"}]} for number in range(calls)]
    return request(
        *(
            span(
                call,
                attributes=[
                    KeyValue(key="gen_ai.input.messages", value=AnyValue(string_value=json.dumps(messages[:call]))),
                    KeyValue(key="gen_ai.output.messages", value=AnyValue(string_value=json.dumps([messages[call - 1]]))),
                ],
            )
            for call in range(1, calls + 1)
        )
    ).SerializeToString()


def _stored_bytes(store: Store) -> int:
    """Return the size of all texts."""
    [(size,)] = store.connection.execute("SELECT coalesce(sum(strlen(text)), 0)::BIGINT FROM texts").fetchall()
    assert isinstance(size, int)
    return size


def test_a_conversation_grows_linearly(tmp_path: Path) -> None:
    """Twice the messages take twice the room, though four times as much is sent."""
    sizes, sent = [], []
    for calls in (25, 50, 100):
        store = Store(tmp_path / f"{calls}.duckdb")
        body = _conversation(calls)
        store.apply([pair(1, body)])
        sizes.append(_stored_bytes(store))
        sent.append(len(body))
        store.close()

    assert sizes[1] < 2.1 * sizes[0]
    assert sizes[2] < 2.1 * sizes[1]
    assert sent[2] > 3.5 * sent[1]
    assert sizes[2] < 1.2 * 100 * len(ANSWER)


def test_each_message_is_stored_once(store: Store, submit: Submit) -> None:
    """Also when it comes in several requests, and as an answer before it becomes history."""
    for calls in (10, 20, 20):
        submit(_conversation(calls))

    stored = store.connection.execute("SELECT count(*) FROM texts WHERE contains(text, '\"content\"')").fetchall()
    assert [(20,)] == stored


def test_no_text_is_stored_twice(store: Store, submit: Submit) -> None:
    """The key of a text is its own."""
    for name in ("a", "b", "a"):
        submit(_conversation(8, name))

    assert [] == store.connection.execute("SELECT text FROM texts GROUP BY text HAVING count(*) > 1").fetchall()
    assert (
        []
        == store.connection.execute("SELECT text_id FROM texts WHERE replace(text_hash::VARCHAR, '-', '') <> sha256(text)[:32]").fetchall()
    )


def test_text_ids_ascend(store: Store, submit: Submit) -> None:
    """The order in the file is that of the ids, so that a lookup can skip blocks."""
    for name in ("a", "b", "c"):
        submit(_conversation(8, name))

    ids = [text_id for (text_id,) in store.connection.execute("SELECT text_id FROM texts").fetchall()]

    assert list(range(1, len(ids) + 1)) == ids


def test_texts_are_found_again_after_a_restart(tmp_path: Path) -> None:
    """A conversation that goes on after a restart adds its new messages only."""
    first = Store(tmp_path / "relaylens.duckdb")
    first.apply([pair(1, _conversation(20))])
    first.close()

    again = Store(tmp_path / "relaylens.duckdb")
    before = _stored_bytes(again)
    again.apply([pair(2, _conversation(21))])

    assert _stored_bytes(again) - before < 2 * len(ANSWER)
    again.close()


def _identify(known: KnownTexts, *texts: bytes) -> list[int]:
    """The numbers of the texts."""
    numbers: list[int] = known.identify(pa.array(texts, pa.binary())).to_pylist()
    return numbers


def test_only_so_many_texts_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow for ever; a text that is still in use stays remembered, one that is not may be stored again."""
    monkeypatch.setattr("relaylens_collector.store.known_texts.REMEMBERED", 200)
    known = KnownTexts(store.connection)
    used, unused = b"used" * 100, b"unused" * 100
    first = _identify(known, used, unused)
    for number in range(1000):
        _identify(known, used, b"text %d" % number)
        known.take_new()

    assert first[0] == _identify(known, used)[0]
    assert first[1] != _identify(known, unused)[0]
    assert len(known) <= 200 + 2


def test_what_could_not_be_stored_is_new_again(store: Store) -> None:
    """A text whose transaction failed gets a new number, and one stored before keeps its own."""
    known = KnownTexts(store.connection)
    [first] = _identify(known, b"stored")
    known.take_new()
    [_, lost] = _identify(known, b"stored", b"lost")
    known.forget(known.take_new().keys)

    found = _identify(known, b"stored", b"lost")
    new = known.take_new()

    assert first == found[0]
    assert found[1] > lost
    assert new.rows is not None
    assert [(found[1], "lost")] == [(row["text_id"], row["text"]) for row in new.rows.to_pylist()]


def test_a_forged_cell_refers_to_nothing(store: Store, submit: Submit) -> None:
    """A text that looks like a reference is itself kept by reference, in every column that is a cell."""
    secret, forged = "x" * 300, "\x011"
    sent = span(
        1,
        name=forged,
        attributes=[KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in (("a", secret), ("input.value", forged))],
    )
    sent.status.message = forged
    event = sent.events.add()
    event.attributes.add(key="b").value.string_value = forged
    submit(request(sent).SerializeToString())

    assert [(secret, *[forged] * 5)] == store.connection.execute(
        "SELECT text_of(attributes['a']), text_of(attributes['input.value']), text_of(input), text_of(name), text_of(status_message), "
        "text_of(events[1].attributes['b']) FROM spans"
    ).fetchall()


@pytest.mark.parametrize("cell", [None, "", "plain", "ünï", "\x01", "\x01x", "\x01999999", "\x011,,2"])
def test_text_of_never_fails(cell: str | None, store: Store) -> None:
    """A cell that is none gives NULL or itself."""
    expected = None if cell is None or cell.startswith("\x01") else cell

    assert [(expected,)] == store.connection.execute("SELECT text_of($cell)", {"cell": cell}).fetchall()
