"""Messages in every encoding that real frameworks use, and in none."""

import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from relaylens_analytics import messages, open_store
from relaylens_analytics.message_shapes import DEEPEST
from relaylens_analytics.messages import Event, Exchange, Kind, Message, exchange, read
from relaylens_analytics.queries import spans
from relaylens_analytics.queries.spans import SpanKey
from relaylens_analytics.queries.transcript import exchange_of

ENCODINGS = sorted((Path(__file__).parent / "encodings").glob("*.json"))
CAPTURES = sorted((Path(__file__).parents[3] / "shared" / "captures").glob("*.pb.xz"))

KEYS = [
    *(
        "role",
        "type",
        "content",
        "parts",
        "text",
        "messages",
        "message",
        "tool_calls",
        "function",
        "name",
        "id",
        "arguments",
        "lc",
        "kwargs",
    ),
    *("data", "toolUse", "toolResult", "choices", "output", "function_call", "functionResponse", "reasoningContent", "summary", "response"),
]
KINDS = ["text", "tool_call", "tool_result", "reasoning", "function_approval_request", "message", "human", "tool"]
ATTRIBUTES = [
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.tool_calls.0.tool_call.id",
    "input.value",
    "gen_ai.input.messages",
    "gen_ai.system_instructions",
    "gen_ai.prompt.0.content",
    "output.value",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner | st.sampled_from(KINDS), max_size=4)
    ),
    max_leaves=12,
)
any_event = st.builds(Event, st.sampled_from(["gen_ai.tool.message", "gen_ai.choice"]), st.just({}), st.none() | st.text())


def load(path: Path) -> tuple[dict[str, str], list[Event], list[Event], Exchange]:
    """Read a model call as a framework sent it, and the messages that a person reads in it."""
    held = json.loads(path.read_text())
    events = [Event(event["name"], event["attributes"]) for event in held["events"]]
    logs = [Event(log["name"], log["attributes"], log["body"]) for log in held["logs"]]
    sides = [
        tuple(Message(role, Kind(kind), text, name, call) for role, kind, text, name, call in held[side]) for side in ("given", "answered")
    ]
    return held["attributes"], events, logs, Exchange(*sides)


@pytest.mark.parametrize("path", ENCODINGS, ids=lambda path: path.stem)
def test_each_encoding_gives_the_same_kind_of_list(path: Path) -> None:
    """Roles, calls and results of a real model call come out the same way whoever sent them."""
    attributes, events, logs, expected = load(path)

    assert expected == exchange(attributes, events, logs)


def test_log_records_alone_are_enough() -> None:
    """Where a user sends content as log events only, the messages are those that the span would have held."""
    attributes, events, logs, expected = load(next(path for path in ENCODINGS if path.stem == "message_logs"))
    without = {name: value for name, value in attributes.items() if "messages" not in name and "instructions" not in name}

    assert Exchange((), ()) == exchange(without, events)
    assert expected == exchange(without, events, logs)


@pytest.mark.parametrize("name", ["langchain_serialised", "plain_chat_completion", "openinference_flattened"])
def test_a_frameworks_own_json_says_the_same_as_the_flattened_attributes(name: str) -> None:
    """When the flattened attributes were dropped for their number, the framework's JSON still holds the messages."""
    attributes, events, logs, expected = load(next(path for path in ENCODINGS if path.stem == name))
    own = {key: value for key, value in attributes.items() if not key.startswith("llm.")}
    found = exchange(own, events, logs)

    def said(messages: tuple[Message, ...]) -> list[tuple[str, Kind, str | None, str | None]]:
        return [(message.role, message.kind, message.name, message.id) for message in messages if message.role != "system"]

    assert said(expected.given) == said(found.given)
    assert said(expected.answered) == said(found.answered)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"role":"user","parts":[{"type":"reasoning","content":"hm"}]}]', [Message("user", Kind.REASONING, "hm")]),
        ('[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}]', [Message("assistant", Kind.REASONING, "hm")]),
        (
            '[{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"tool_use","id":"1","name":"t","input":{"a":1}}]}]',
            [Message("assistant", Kind.REASONING, "hm"), Message("assistant", Kind.TOOL_CALL, '{"a": 1}', "t", "1")],
        ),
        (
            '{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"ok"}]}]}',
            [Message("tool", Kind.TOOL_RESULT, "ok", None, "1")],
        ),
        (
            """{"contents":[{"role":"model","parts":[{"functionCall":{"name":"t","args":{"a":1}}}]},
               {"role":"user","parts":[{"functionResponse":{"name":"t","response":{"b":2}}}]}]}""",
            [Message("assistant", Kind.TOOL_CALL, '{"a": 1}', "t"), Message("tool", Kind.TOOL_RESULT, '{"b": 2}', "t")],
        ),
        (
            """[{"role":"assistant","parts":[
                    {"type":"function_approval_request","function_call":{"name":"pay","call_id":"9","arguments":"{}"}}]},
                {"role":"user","parts":[
                    {"type":"function_approval_response","approved":true,"function_call":{"name":"pay","call_id":"9"}}]}]""",
            [Message("assistant", Kind.TOOL_CALL, "{}", "pay", "9"), Message("user", Kind.TOOL_RESULT, "approved", "pay", "9")],
        ),
        (
            '{"messages":[{"type":"human","data":{"content":"hi"}},{"type":"ai","data":{"content":"","tool_calls":[{"name":"t","args":{},"id":"1"}]}}]}',
            [Message("user", Kind.TEXT, "hi"), Message("assistant", Kind.TOOL_CALL, "{}", "t", "1")],
        ),
        ("{'role': 'user', 'content': 'in Python\\'s notation'}", [Message("user", Kind.TEXT, "in Python's notation")]),
        ('{"role":"assistant","content":""}', [Message("assistant", Kind.TEXT, "")]),
        ('{"ticket": 5}', [Message("assistant", Kind.TEXT, '{"ticket": 5}')]),
        ("[not json", [Message("assistant", Kind.TEXT, "[not json")]),
        ("plain words", [Message("assistant", Kind.TEXT, "plain words")]),
        ("[]", []),
    ],
)
def test_shapes_of_other_dialects(text: str, expected: list[Message]) -> None:
    """Each provider's blocks become the same four kinds; what is none of them is shown as it came."""
    assert expected == read(text, "assistant")


def test_the_oldest_messages_may_be_missing() -> None:
    """A limit on attributes drops the oldest first: the list then begins where it begins."""
    attributes = {
        "llm.input_messages.53.message.role": "user",
        "llm.input_messages.53.message.content": "late",
        "llm.input_messages.54.message.role": "x",
    }

    assert (Message("user", Kind.TEXT, "late"),) == exchange(attributes).given


def test_what_openllmetry_once_wrote_is_read() -> None:
    """Its indexed attributes are older than the JSON ones."""
    attributes = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi", "gen_ai.completion.0.content": "hello"}

    assert Exchange((Message("user", Kind.TEXT, "hi"),), (Message("assistant", Kind.TEXT, "hello"),)) == exchange(attributes)


def test_a_span_without_content_has_no_messages() -> None:
    """That is how most instrumentations come by default."""
    assert Exchange((), ()) == exchange({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "5"})


@pytest.mark.parametrize("opening", ["[", '{"role":"user","content":', '[{"parts":'])
def test_deep_nesting_is_shown_and_does_not_raise(opening: str) -> None:
    """A text nested far deeper than any real one cannot stop the page, whether its end is there or not."""
    deep = opening * 5000
    for text in (deep, deep + "1" + "]" * 5000, "[" * (DEEPEST + 5) + "]" * (DEEPEST + 5)):
        assert all(isinstance(message, Message) for message in read(text, "user"))


@given(json_values, st.sampled_from(["user", "assistant", "tool"]))
def test_any_json_becomes_messages(value: Any, role: str) -> None:  # noqa: ANN401 - any JSON
    """Whatever a framework writes, reading it gives messages of texts and never raises."""
    for message in read(json.dumps(value), role):
        assert isinstance(message.text, str)
        assert isinstance(message.role, str)
        assert message.name is None or isinstance(message.name, str)


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), st.text()), st.lists(any_event))
def test_any_attributes_become_an_exchange(attributes: dict[str, str], events: list[Event]) -> None:
    """Hostile attributes and events are read without raising."""
    assert isinstance(exchange(attributes, events, events), Exchange)


def requests(path: Path) -> Iterator[ExportTraceServiceRequest]:
    """Read a capture: requests with their length before them."""
    body, place = lzma.decompress(path.read_bytes()), 0
    while place < len(body):
        length = shift = 0
        while True:
            byte = body[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield ExportTraceServiceRequest.FromString(body[place : place + length])
        place += length


def as_text(value: AnyValue) -> str:
    """Write a value as the store does, as far as messages need it."""
    return value.string_value if value.HasField("string_value") else str(value.int_value)


@pytest.mark.skipif(not CAPTURES, reason="the captures lie beside the repository, not in it")
@pytest.mark.parametrize("framework", sorted({"__".join(path.name.split("__")[:2]) for path in CAPTURES if ".logs." not in path.name}))
def test_model_calls_of_real_frameworks_are_read(framework: str) -> None:
    """Of the model calls that hold content, every one has a person's or an agent's words in it, and none shows raw JSON as words."""
    calls = raw = silent = 0
    for path in CAPTURES:
        if not path.name.startswith(f"{framework}__") or ".logs." in path.name:
            continue
        for request in requests(path):
            for span in (span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans):
                attributes = {item.key: as_text(item.value) for item in span.attributes}
                if not {attributes.get("gen_ai.operation.name"), attributes.get("openinference.span.kind")} & {
                    "chat",
                    "generate_content",
                    "LLM",
                }:
                    continue
                events = [Event(event.name, {item.key: as_text(item.value) for item in event.attributes}) for event in span.events]
                found = exchange(attributes, events)
                calls += 1
                silent += not found.given
                raw += any(message.kind is Kind.TEXT and '"role"' in message.text for message in found.given)

    assert 0 == raw
    assert silent in {0, calls}, "a framework that sends content for some calls sends it for all"


@pytest.mark.parametrize("key", [*messages.GIVEN, *messages.ANSWERED, *messages.ANSWERED_IN_PARTS, *messages.RESULTS])
def test_what_is_read_is_asked_for(key: str, new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """An attribute that holds a message is among those that a transcript asks the store for."""
    folder, connection = new_store
    insert_row(connection, "spans", trace_id="t", span_id="s", attributes={key: "what was said", "another": "1"}, attribute_types="ss")
    connection.close()

    with open_store(folder) as reader:
        found = exchange_of(reader, SpanKey("t", "s"))
        assert [key] == spans.said(reader, [SpanKey("t", "s")])["key"].to_pylist()
    assert ["what was said"] == [message.text for message in (*found.given, *found.answered)]
