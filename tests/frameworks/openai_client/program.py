"""A support network written by hand on OpenAI's client: a loop, a table of tools, and Relaylens' own calls for who does what."""

import json

import relaylens
from openai import OpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

LIMIT = 12
PEERS = {"triage": ["docs"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}
MEMBERS = ["docs", "drafter"]
TOOLS = {
    "docs": {"search_docs": "query"},
    "approver": {"send_reply": "text", "escalate_to_human": "question"},
}


class LoopError(Exception):
    """The agents hand the ticket back and forth."""


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    client = OpenAI(base_url=flow.openai_url, api_key=API_KEY)
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        if flow.name == "delegation":
            reply, _ = turn(flow, client, "supervisor", TICKET, peers=[], members=MEMBERS)
        else:
            reply = pass_on(flow, client)
        run.output(reply)
        return reply


def pass_on(flow: Flow, client: OpenAI) -> str:
    """Let the agents pass the ticket on until one of them answers."""
    agent, message = "triage", TICKET
    for _ in range(LIMIT):
        reply, target = turn(flow, client, agent, message, peers=PEERS[agent], members=[])
        if target is None:
            return reply
        agent, message = target, f"{TICKET}\n{reply}"
    raise LoopError(f"no answer after {LIMIT} turns")


def turn(flow: Flow, client: OpenAI, agent: str, message: str, peers: list[str], members: list[str]) -> tuple[str, str | None]:
    """One agent's turn: its answer, and whom it hands over to."""
    messages = [{"role": "system", "content": PROMPTS[agent]}, {"role": "user", "content": message}]
    with relaylens.agent(agent, payload=message) as step:
        step.input(message)
        while True:
            said = client.chat.completions.create(model=MODEL, messages=messages, tools=offered(agent, peers, members)).choices[0].message
            if not said.tool_calls:
                step.output(said.content)
                return said.content, None
            messages.append(said.model_dump(exclude_none=True))
            for call in said.tool_calls:
                name, arguments = call.function.name, json.loads(call.function.arguments)
                target = name.removeprefix("transfer_to_")
                if target in peers:
                    relaylens.handoff(target, f"{TICKET}\n{arguments['message']}")
                    step.output(arguments["message"])
                    return arguments["message"], target
                result = call_tool(flow, client, agent, name, arguments, members)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def call_tool(flow: Flow, client: OpenAI, agent: str, name: str, arguments: dict, members: list[str]) -> str:
    """Run a tool; what goes wrong is told to the model."""
    member = name.removeprefix("ask_")
    if member in members:
        with relaylens.handoff(member, arguments["message"], mode="return_to_caller") as asked:
            reply, _ = turn(flow, client, member, arguments["message"], peers=[], members=[])
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
        with relaylens.tool(name) as tool:
            tool.input(arguments)
            result = getattr(flow, name)(**arguments)
            tool.output(result)
            return result
    except RuntimeError as error:
        return f"Error: {error}"


def offered(agent: str, peers: list[str], members: list[str]) -> list[dict]:
    """The tools of an agent, as the API takes them."""
    tools = [(name, argument) for name, argument in TOOLS.get(agent, {}).items()]
    tools += [(f"transfer_to_{peer}", "message") for peer in peers] + [(f"ask_{member}", "message") for member in members]
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "parameters": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]},
            },
        }
        for name, argument in tools
    ]


if __name__ == "__main__":
    main(answer)
