"""The scripted model speaks three APIs, whole and streamed, and keeps what it was asked."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.frameworks.actions import Script, fail, handoff, say, tool
from tests.frameworks.choosing import Call
from tests.frameworks.model_server import ModelServer

SCRIPT: Script = {
    "triage": (tool("search_docs", query="4711"), say("It is late.")),
    "docs": (fail(400, "context_length_exceeded", "too long"),),
}
SYSTEM = "You are the triage agent. Other agents say: You are helpful."


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model with one script."""
    with ModelServer(lambda program, flow: {("a", "b"): SCRIPT}[program, flow]) as serving:
        yield serving


def _post(server: ModelServer, api: str, body: dict[str, Any], flow: str = "b", session: str = "s1") -> str:
    request = Request(f"{server.url}/a/{flow}/{session}/v1/{api}", json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310 - loopback
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def _events(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def _asked(api: str, **more: object) -> dict[str, Any]:
    user = {"role": "user", "content": "Where is it?"}
    said: dict[str, dict[str, Any]] = {
        "chat/completions": {"messages": [{"role": "system", "content": SYSTEM}, user]},
        "responses": {"instructions": SYSTEM, "input": [user]},
        "messages": {"system": [{"type": "text", "text": SYSTEM}], "messages": [user]},
    }
    return {"model": "m", **said[api], **more}


def _read(api: str, document: dict[str, Any]) -> Call | str:
    """The call or text of a whole answer."""
    if api == "chat/completions":
        message = document["choices"][0]["message"]
        calls = [call["function"] for call in message.get("tool_calls", ())]
        return Call(calls[0]["name"], json.loads(calls[0]["arguments"])) if calls else str(message["content"])
    if api == "responses":
        item = document["output"][0]
        return Call(item["name"], json.loads(item["arguments"])) if item["type"] == "function_call" else str(item["content"][0]["text"])
    block = document["content"][0]
    return Call(block["name"], block["input"]) if block["type"] == "tool_use" else str(block["text"])


def _join(api: str, events: list[dict[str, Any]]) -> str:
    """The pieces of a streamed answer: its text, or the arguments of its call."""
    if api == "chat/completions":
        deltas = [choice["delta"] for event in events for choice in event["choices"]]
        calls = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())]
        return "".join(delta.get("content") or "" for delta in deltas) + "".join(calls)
    if api == "responses":
        return "".join(event["delta"] for event in events if event["type"].endswith(".delta"))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta.get("text", "") + delta.get("partial_json", "") for delta in deltas)


@pytest.mark.parametrize("api", ["chat/completions", "responses", "messages"])
def test_script(server: ModelServer, api: str) -> None:
    """Each call of an agent is its next action, and the last answer is said again."""
    answers = [_read(api, json.loads(_post(server, api, _asked(api)))) for _ in range(3)]

    assert [Call("search_docs", {"query": "4711"}), "It is late.", "It is late."] == answers
    assert ["triage"] == server.session("s1").agents()


@pytest.mark.parametrize("api", ["chat/completions", "responses", "messages"])
def test_streams(server: ModelServer, api: str) -> None:
    """A stream's pieces joined are the answer, and its end says the tokens that were counted."""
    body = _asked(api, stream=True, stream_options={"include_usage": True})
    call, text = (_events(_post(server, api, body)) for _ in range(2))

    assert ({"query": "4711"}, "It is late.") == (json.loads(_join(api, call)), _join(api, text))
    counted = [(usage.input, usage.output) for served in server.session("s1").calls if (usage := served.usage)]
    assert len(counted) == 2
    told = json.dumps([call, text])
    assert all(f": {output}" in told for _, output in counted)


def test_tokens_that_nobody_is_told(server: ModelServer) -> None:
    """A stream of chat completions that is not asked for its tokens tells none, so none are counted."""
    _post(server, "chat/completions", _asked("chat/completions", stream=True))

    assert (0, 0) == server.session("s1").tokens()


def test_sessions_and_handoffs(server: ModelServer) -> None:
    """Sessions do not count each other's calls."""
    body = _asked("chat/completions")
    for session in ("s1", "s2"):
        assert Call("search_docs", {"query": "4711"}) == _read(
            "chat/completions", json.loads(_post(server, "chat/completions", body, session=session))
        )

    assert [[], []] == [server.session(name).handoffs() for name in ("s1", "s2")]
    with ModelServer(lambda *_: {"triage": (handoff("docs"),)}) as other:
        _post(other, "chat/completions", body)
        assert [("triage", "docs")] == other.session("s1").handoffs()


def test_errors(server: ModelServer) -> None:
    """A failing action is the API's own error; what cannot be served is kept as a sentence."""
    for body, flow, status, code in (
        ({"messages": [{"role": "system", "content": f"{SYSTEM} You are the docs agent."}]}, "b", 400, "context_length_exceeded"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "b", 404, "not_scripted"),
        (_asked("chat/completions"), "unknown", 404, "not_scripted"),
    ):
        with pytest.raises(HTTPError) as raised:
            _post(server, "chat/completions", body, flow)
        with raised.value as answer:
            assert (status, code) == (answer.code, json.loads(answer.read())["error"]["code"])

    assert len(server.session("s1").lost) == 2
