"""A support network written by hand on Anthropic's client: whole messages, raw streams of events and the client's own stream."""

import json

import hand_written
from anthropic import Anthropic
from support_desk import API_KEY, MODEL, Flow, main

MOST_TOKENS = 1000


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    return hand_written.answer(flow, Messages(Anthropic(base_url=flow.anthropic_url, api_key=API_KEY), flow.options.ask))


class Messages:
    """Anthropic's messages."""

    def __init__(self, client: Anthropic, ask: str) -> None:
        self.client, self.ask = client, {"whole": self.whole, "events": self.events, "stream": self.streamed}[ask]

    def begin(self, system: str, user: str) -> dict:
        """A new talk."""
        return {"system": system, "messages": [{"role": "user", "content": user}]}

    def tell(self, talk: dict, call_id: str, result: str) -> None:
        """Add a tool's result."""
        talk["messages"].append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": result}]})

    def __call__(self, talk: dict, tools: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str, dict]]]:
        """The model's text and the calls it asks for."""
        offered = [
            {"name": name, "input_schema": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}}
            for name, argument in tools
        ]
        blocks = self.ask(model=MODEL, max_tokens=MOST_TOKENS, **talk, **({"tools": offered} if offered else {}))
        talk["messages"].append({"role": "assistant", "content": blocks})
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        return text, [(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]

    def whole(self, **asked) -> list[dict]:
        """The answer as one message."""
        return [block.model_dump(exclude_none=True) for block in self.client.messages.create(**asked).content]

    def events(self, **asked) -> list[dict]:
        """The same, put together from a stream of events."""
        blocks = []
        for event in self.client.messages.create(**asked, stream=True):
            if event.type == "content_block_start":
                blocks.append(event.content_block.model_dump(exclude_none=True) | {"json": ""})
            elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                blocks[-1]["text"] += event.delta.text
            elif event.type == "content_block_delta":
                blocks[-1]["json"] += event.delta.partial_json
        for block in blocks:
            arguments = block.pop("json")
            if block["type"] == "tool_use":
                block["input"] = json.loads(arguments)
        return blocks

    def streamed(self, **asked) -> list[dict]:
        """The same, put together by the client."""
        with self.client.messages.stream(**asked) as stream:
            for _ in stream.text_stream:
                pass
            return [block.model_dump(exclude_none=True) for block in stream.get_final_message().content]


def add_options(parser) -> None:
    """Which of the client's ways to use."""
    parser.add_argument("--ask", choices=("whole", "events", "stream"), default="whole")


if __name__ == "__main__":
    main(answer, add_options)
