"""A support network written by hand: a loop, a table of tools, and Relaylens' own calls for who does what.

What the model is asked and answers is not said here: the instrumentation of its client records it.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from support_desk import PROMPTS, TICKET, Flow

import relaylens

LIMIT = 12
PEERS = {"triage": ["docs", "drafter"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}
MEMBERS = ["docs", "drafter"]
TOOLS = {
    "docs": {"search_docs": "query"},
    "approver": {"send_reply": "text", "escalate_to_human": "question"},
}


class Model(Protocol):
    """A model client as the network needs it."""

    def begin(self, system: str, user: str) -> Any:
        """A new talk."""

    def tell(self, talk: Any, call_id: str, result: str) -> None:
        """Add a tool's result."""

    def __call__(self, talk: Any, tools: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, str, dict[str, str]]]]:
        """The model's text, and the calls it asks for: (id, name, arguments)."""


class LoopError(Exception):
    """The agents hand the ticket back and forth."""


def answer(flow: Flow, model: Model) -> str:
    """Answer the ticket."""
    desk = Desk(flow, model)
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        reply = desk.turn("supervisor", TICKET, members=MEMBERS)[0] if flow.name == "delegation" else desk.pass_on()
        run.output(reply)
        return reply


class Desk:
    """The network."""

    def __init__(self, flow: Flow, model: Model) -> None:
        """Keep what one run needs."""
        self.flow = flow
        self.ask = model

    def pass_on(self) -> str:
        """Let the agents pass the ticket on until one of them answers."""
        agent, message = "triage", TICKET
        for _ in range(LIMIT):
            reply, target = self.turn(agent, message, peers=PEERS[agent])
            if target is None:
                return reply
            agent, message = target, f"{TICKET}\n{reply}"
        message = f"no answer after {LIMIT} turns"
        raise LoopError(message)

    def turn(self, agent: str, message: str, peers: Sequence[str] = (), members: Sequence[str] = ()) -> tuple[str, str | None]:
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

    def call_tool(self, agent: str, call_id: str, name: str, arguments: dict, members: Sequence[str]) -> str:
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
