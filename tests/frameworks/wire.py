"""Three model APIs as they are spoken: what a request says, and an answer as one document or as a stream of events."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from tests.frameworks.choosing import AGENTS, Call, Tool

Api = Literal["chat/completions", "responses", "messages"]
APIS: Final[tuple[Api, ...]] = ("chat/completions", "responses", "messages")
Json = dict[str, Any]

_MARKER: Final = re.compile(rf"You are the ({'|'.join((*AGENTS, 'judge'))}) agent\.", re.IGNORECASE)
_PIECES: Final = 3


@dataclass(frozen=True)
class Usage:
    """Tokens of a call."""

    input: int
    output: int


def agent_of(body: Json) -> str | None:
    """Who asks, by the last "You are the <name> agent." of the system prompt, else of all messages."""
    messages = body.get("messages") or body.get("input") or []
    messages = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    system = [text_of(body.get("system")), text_of(body.get("instructions"))]
    system += [text_of(each.get("content")) for each in messages if each.get("role") in {"system", "developer"}]
    everything = [text_of(each.get("content")) for each in messages]
    for texts in (system, everything):
        found = _MARKER.findall("\n".join(texts))
        if found:
            return str(found[-1]).lower()
    return None


def text_of(content: object) -> str:
    """The text in a message's content, whatever its form."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content") or "")
    return ""


def tools_of(body: Json) -> list[Tool]:
    """The tools a request offers."""
    tools = []
    for each in body.get("tools") or ():
        function = each.get("function", each)
        if "name" in function:
            tools.append(Tool(function["name"], function.get("parameters") or function.get("input_schema") or {}))
    return tools


def usage_of(body: Json, answer: Call | str) -> Usage:
    """Tokens as a plausible count of words, so that every call has its own numbers."""
    asked = text_of(body.get("system")) + text_of(body.get("instructions")) + json.dumps(body.get("messages") or body.get("input") or "")
    answered = answer if isinstance(answer, str) else f"{answer.name} {json.dumps(answer.arguments)}"
    return Usage(input=len(asked.split()), output=len(answered.split()))


def error(api: Api, code: str, message: str) -> Json:
    """An error as the API writes it."""
    if api == "messages":
        return {"type": "error", "error": {"type": "invalid_request_error", "message": f"{code}: {message}"}}
    return {"error": {"message": message, "type": "invalid_request_error", "param": "messages", "code": code}}


def document(api: Api, key: str, body: Json, answer: Call | str, usage: Usage) -> Json:
    """An answer as one document."""
    model = body.get("model", "scripted-1")
    if api == "chat/completions":
        return _completion(key, model, answer, usage)
    if api == "responses":
        return _response(key, model, [_response_item(key, answer)], usage, "completed")
    return {
        "id": f"msg_{key}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [_block(key, answer)],
        "stop_reason": "end_turn" if isinstance(answer, str) else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": usage.input, "output_tokens": usage.output},
    }


def events(api: Api, key: str, body: Json, answer: Call | str, usage: Usage) -> Iterator[str]:
    """An answer as a stream of server-sent events."""
    if api == "chat/completions":
        wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        for chunk in _chunks(key, body.get("model", "scripted-1"), answer, usage if wants_usage else None):
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"
        return
    stream = _response_events if api == "responses" else _message_events
    for number, event in enumerate(stream(key, body, answer, usage)):
        numbered = {**event, "sequence_number": number} if api == "responses" else event
        yield f"event: {event['type']}\ndata: {json.dumps(numbered)}\n\n"


def reports_usage(api: Api, body: Json) -> bool:
    """Whether the caller is told the tokens: streams of chat completions tell them only when asked."""
    return not (api == "chat/completions" and body.get("stream")) or bool((body.get("stream_options") or {}).get("include_usage"))


def _pieces(text: str) -> list[str]:
    size = max(1, -(-len(text) // _PIECES))
    return [text[start : start + size] for start in range(0, len(text), size)]


def _completion(key: str, model: str, answer: Call | str, usage: Usage) -> Json:
    message: Json = {"role": "assistant", "content": answer if isinstance(answer, str) else None, "refusal": None}
    if isinstance(answer, Call):
        message["tool_calls"] = [_tool_call(key, answer)]
    return {
        "id": f"chatcmpl-{key}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(answer)}],
        "usage": _chat_usage(usage),
    }


def _chat_usage(usage: Usage) -> Json:
    return {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.input + usage.output}


def _finish_reason(answer: Call | str) -> str:
    return "stop" if isinstance(answer, str) else "tool_calls"


def _tool_call(key: str, call: Call) -> Json:
    return {"id": f"call_{key}", "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}


def _chunks(key: str, model: str, answer: Call | str, usage: Usage | None) -> Iterator[Json]:
    def chunk(delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {"id": f"chatcmpl-{key}", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": model, "choices": [choice]}

    yield chunk({"role": "assistant", "content": "" if isinstance(answer, str) else None})
    if isinstance(answer, str):
        for piece in _pieces(answer):
            yield chunk({"content": piece})
    else:
        call = _tool_call(key, answer)
        yield chunk({"tool_calls": [{"index": 0, **call, "function": {"name": answer.name, "arguments": ""}}]})
        for piece in _pieces(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, _finish_reason(answer))
    if usage is not None:
        yield {**chunk({}), "choices": [], "usage": _chat_usage(usage)}


def _response(key: str, model: str, output: list[Json], usage: Usage | None, status: str) -> Json:
    counts: Json | None = None
    if usage is not None:
        counts = {"input_tokens": usage.input, "output_tokens": usage.output, "total_tokens": usage.input + usage.output}
        counts |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": f"resp_{key}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "model": model,
        "output": output,
        "usage": counts,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }


def _response_item(key: str, answer: Call | str) -> Json:
    if isinstance(answer, str):
        content = [{"type": "output_text", "text": answer, "annotations": [], "logprobs": []}]
        return {"id": f"msg_{key}", "type": "message", "role": "assistant", "status": "completed", "content": content}
    call = {"id": f"fc_{key}", "type": "function_call", "status": "completed", "call_id": f"call_{key}", "name": answer.name}
    return {**call, "arguments": json.dumps(answer.arguments)}


def _response_events(key: str, body: Json, answer: Call | str, usage: Usage) -> Iterator[Json]:
    model = body.get("model", "scripted-1")
    item = _response_item(key, answer)
    place = {"item_id": item["id"], "output_index": 0}
    yield {"type": "response.created", "response": _response(key, model, [], None, "in_progress")}
    yield {"type": "response.in_progress", "response": _response(key, model, [], None, "in_progress")}
    if isinstance(answer, str):
        part = item["content"][0]
        yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress", "content": []}}
        yield {"type": "response.content_part.added", **place, "content_index": 0, "part": {**part, "text": ""}}
        for piece in _pieces(answer):
            yield {"type": "response.output_text.delta", **place, "content_index": 0, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **place, "content_index": 0, "text": answer, "logprobs": []}
        yield {"type": "response.content_part.done", **place, "content_index": 0, "part": part}
    else:
        yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress", "arguments": ""}}
        for piece in _pieces(item["arguments"]):
            yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
        yield {"type": "response.function_call_arguments.done", **place, "name": answer.name, "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": _response(key, model, [item], usage, "completed")}


def _block(key: str, answer: Call | str) -> Json:
    if isinstance(answer, str):
        return {"type": "text", "text": answer}
    return {"type": "tool_use", "id": f"toolu_{key}", "name": answer.name, "input": answer.arguments}


def _message_events(key: str, body: Json, answer: Call | str, usage: Usage) -> Iterator[Json]:
    message = document("messages", key, body, answer, usage)
    begun = {"input_tokens": usage.input, "output_tokens": 1}
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": begun}}
    if isinstance(answer, str):
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(answer)]
    else:
        yield {"type": "content_block_start", "index": 0, "content_block": {**_block(key, answer), "input": {}}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(json.dumps(answer.arguments))]
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": usage.output}}
    yield {"type": "message_stop"}
