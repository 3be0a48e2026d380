"""A support network written by hand on OpenAI's client: a loop, a table of tools, and Relaylens' own calls for who does what.

What the client is asked and answers is not said here: its instrumentation records it.
"""

import json

import relaylens
from openai import OpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

LIMIT = 12
PEERS = {"triage": ["docs", "drafter"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}
MEMBERS = ["docs", "drafter"]
TOOLS = {
    "docs": {"search_docs": "query"},
    "approver": {"send_reply": "text", "escalate_to_human": "question"},
}


class LoopError(Exception):
    """The agents hand the ticket back and forth."""


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    desk = Desk(flow)
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        reply = desk.turn("supervisor", TICKET, members=MEMBERS)[0] if flow.name == "delegation" else desk.pass_on()
        run.output(reply)
        return reply


class Desk:
    """The network."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        api = {"chat": Chat, "responses": Responses}[flow.options.api]
        self.ask = api(OpenAI(base_url=flow.openai_url, api_key=API_KEY), flow.options.stream)

    def pass_on(self) -> str:
        """Let the agents pass the ticket on until one of them answers."""
        agent, message = "triage", TICKET
        for _ in range(LIMIT):
            reply, target = self.turn(agent, message, peers=PEERS[agent])
            if target is None:
                return reply
            agent, message = target, f"{TICKET}\n{reply}"
        raise LoopError(f"no answer after {LIMIT} turns")

    def turn(self, agent: str, message: str, peers: list[str] = (), members: list[str] = ()) -> tuple[str, str | None]:
        """One agent's turn: its answer, and whom it hands over to."""
        tools = [*TOOLS.get(agent, {}).items()]
        tools += [(f"transfer_to_{peer}", "message") for peer in peers] + [(f"ask_{member}", "message") for member in members]
        with relaylens.agent(agent, payload=message) as step:
            step.input(message)
            talk = self.ask.begin(PROMPTS[agent], message)
            while True:
                text, calls = self.ask(talk, tools)
                if not calls:
                    step.output(text)
                    return text, None
                for call_id, name, arguments in calls:
                    target = name.removeprefix("transfer_to_")
                    if target in peers:
                        relaylens.handoff(target, f"{TICKET}\n{arguments['message']}")
                        step.output(arguments["message"])
                        return arguments["message"], target
                    self.ask.tell(talk, call_id, self.call_tool(agent, call_id, name, arguments, members))

    def call_tool(self, agent: str, call_id: str, name: str, arguments: dict, members: list[str]) -> str:
        """Run a tool; what goes wrong is told to the model."""
        member = name.removeprefix("ask_")
        if member in members:
            with relaylens.handoff(member, arguments["message"], mode="return_to_caller") as asked:
                reply, _ = self.turn(member, arguments["message"])
                asked.output(reply)
                return reply
        if name == "escalate_to_human":
            with relaylens.escalate(arguments["question"]) as question:
                question.answer("approved", "yes", by="Mara")
            return "approved"
        if name not in TOOLS.get(agent, {}):
            if name.startswith("transfer_to_"):
                relaylens.handoff(name.removeprefix("transfer_to_"), arguments.get("message"))
            return f"Error: there is no tool {name}"
        try:
            with relaylens.tool(name, call_id=call_id) as tool:
                tool.input(arguments)
                result = getattr(self.flow, name)(**arguments)
                tool.output(result)
                return result
        except RuntimeError as error:
            return f"Error: {error}"


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
            said = next(event.response for event in list(self.client.responses.create(**asked, stream=True)) if event.type == "response.completed")
        else:
            said = self.client.responses.create(**asked)
        talk["input"] += [item.model_dump(exclude_none=True) for item in said.output]
        return said.output_text, [(item.call_id, item.name, json.loads(item.arguments)) for item in said.output if item.type == "function_call"]


def schema(argument: str) -> dict:
    """The schema of a tool with one argument."""
    return {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}


def add_options(parser) -> None:
    """Which of the client's ways to use."""
    parser.add_argument("--api", choices=("chat", "responses"), default="chat")
    parser.add_argument("--stream", action="store_true")


if __name__ == "__main__":
    main(answer, add_options)
