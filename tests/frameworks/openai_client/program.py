"""A support network written by hand on OpenAI's client, in all its ways: chat completions and responses, whole and as streams."""

import json

import hand_written
from openai import OpenAI
from support_desk import API_KEY, MODEL, Flow, main


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    api = {"chat": Chat, "responses": Responses}[flow.options.api]
    return hand_written.answer(flow, api(OpenAI(base_url=flow.openai_url, api_key=API_KEY), flow.options.stream))


class Chat:
    """OpenAI's chat completions."""

    def __init__(self, client: OpenAI, stream: bool) -> None:
        self.client, self.stream = client, stream

    def begin(self, system: str, user: str) -> list[dict]:
        """A new talk."""
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]

    def tell(self, talk: list[dict], call_id: str, result: str) -> None:
        """Add a tool's result."""
        talk.append({"role": "tool", "tool_call_id": call_id, "content": result})

    def __call__(self, talk: list[dict], tools: list[tuple[str, str]]) -> tuple[str | None, list[tuple[str, str, dict]]]:
        """The model's text and the calls it asks for."""
        functions = [{"type": "function", "function": {"name": name, "parameters": schema(argument)}} for name, argument in tools]
        asked = {"model": MODEL, "messages": talk} | ({"tools": functions} if functions else {})
        if self.stream:
            text, calls = self.streamed(asked)
        else:
            said = self.client.chat.completions.create(**asked).choices[0].message
            text = said.content
            calls = [(call.id, call.function.name, call.function.arguments) for call in said.tool_calls or ()]
        told = [{"id": key, "type": "function", "function": {"name": name, "arguments": words}} for key, name, words in calls]
        talk.append({"role": "assistant", "content": text} | ({"tool_calls": told} if told else {}))
        return text, [(key, name, json.loads(words)) for key, name, words in calls]

    def streamed(self, asked: dict) -> tuple[str | None, list[list[str]]]:
        """The same, put together from a stream."""
        text, calls = "", {}
        for chunk in self.client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
            for choice in chunk.choices:
                text += choice.delta.content or ""
                for part in choice.delta.tool_calls or ():
                    call = calls.setdefault(part.index, [part.id, part.function.name, ""])
                    call[2] += part.function.arguments or ""
        return text, list(calls.values())


class Responses:
    """OpenAI's responses."""

    def __init__(self, client: OpenAI, stream: bool) -> None:
        self.client, self.stream = client, stream

    def begin(self, system: str, user: str) -> dict:
        """A new talk."""
        return {"instructions": system, "input": [{"role": "user", "content": user}]}

    def tell(self, talk: dict, call_id: str, result: str) -> None:
        """Add a tool's result."""
        talk["input"].append({"type": "function_call_output", "call_id": call_id, "output": result})

    def __call__(self, talk: dict, tools: list[tuple[str, str]]) -> tuple[str | None, list[tuple[str, str, dict]]]:
        """The model's text and the calls it asks for."""
        functions = [{"type": "function", "name": name, "parameters": schema(argument), "strict": False} for name, argument in tools]
        asked = {"model": MODEL, "instructions": talk["instructions"], "input": list(talk["input"]), "tools": functions}
        if self.stream:
            said = next(
                event.response for event in list(self.client.responses.create(**asked, stream=True)) if event.type == "response.completed"
            )
        else:
            said = self.client.responses.create(**asked)
        talk["input"] += [item.model_dump(exclude_none=True) for item in said.output]
        return said.output_text, [
            (item.call_id, item.name, json.loads(item.arguments)) for item in said.output if item.type == "function_call"
        ]


def schema(argument: str) -> dict:
    """The schema of a tool with one argument."""
    return {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}


def add_options(parser) -> None:
    """Which of the client's ways to use."""
    parser.add_argument("--api", choices=("chat", "responses"), default="chat")
    parser.add_argument("--stream", action="store_true")


if __name__ == "__main__":
    main(answer, add_options)
