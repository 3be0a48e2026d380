"""What every program shares: the ticket, the agents' prompts, the tools, the command line. Standard library only.

from support_desk import PROMPTS, TICKET, Flow, main

def answer(flow: Flow) -> str: ...      # or async; one run of one flow, ends with the answer or an exception

if __name__ == "__main__":
    main(answer)
"""

import argparse
import asyncio
import inspect
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TICKET = "My parcel 4711 has not arrived. It was to be here on Monday. Where is it? Ann"

PROMPTS = {
    "triage": "You are the triage agent. Decide who works on the ticket and give it to them.",
    "docs": "You are the docs agent. Find the facts in the documents.",
    "drafter": "You are the drafter agent. Write the reply.",
    "approver": "You are the approver agent. Check the reply and send it.",
    "planner": "You are the planner agent. Say what is to be done, step by step.",
    "executor": "You are the executor agent. Do what the plan says.",
    "validator": "You are the validator agent. Say PASSED or REJECTED and why.",
    "supervisor": "You are the supervisor agent. Let your members work and answer the customer.",
}
"""System prompts; the model server knows by them who asks."""

MODEL = "scripted-1"
API_KEY = "not-a-key"


@dataclass
class Flow:
    """One run of one flow: where its model is, and its tools."""

    name: str
    session: str
    model_url: str
    options: argparse.Namespace
    sent: list[str] = field(default_factory=list)
    """Replies that were sent."""

    @property
    def openai_url(self) -> str:
        """`base_url` of OpenAI's client and of all that speak its API."""
        return f"{self.model_url}/v1"

    @property
    def anthropic_url(self) -> str:
        """`base_url` of Anthropic's client."""
        return self.model_url

    def search_docs(self, query: str) -> str:
        """Search the documents."""
        if self.name == "tool_error":
            message = "the search index is not reachable"
            raise RuntimeError(message)
        return f"Found for {query}: parcel 4711 left the depot on Monday and is two days late."

    def send_reply(self, text: str) -> str:
        """Send the reply to the customer."""
        self.sent.append(text)
        return "sent"

    def escalate_to_human(self, question: str) -> str:
        """Ask a person: the plain answer, where the program has no way of its own to pause."""
        return f"approved: {question}"


def main(answer, add_options=None):
    """Run the flows of the command line one after the other and print a line of JSON for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flow", action="append", required=True)
    parser.add_argument("--model-url", required=True, help="http://127.0.0.1:<port>/<program>")
    parser.add_argument("--session", default=f"by-hand-{os.getpid()}", help="prefix of the sessions' names")
    parser.add_argument("--instrument", action="store_true")
    if add_options is not None:
        add_options(parser)
    options = parser.parse_args()
    if options.instrument:
        import relaylens

        relaylens.instrument()
    for name in options.flow:
        session = f"{options.session}-{name}"
        flow = Flow(name, session, f"{options.model_url}/{name}/{session}", options)
        _say({"flow": name, "session": session, **_played(answer, flow)})


def _played(answer, flow):
    """What the flow gave its caller, and when it ran."""
    began = time.time_ns()
    result, error = None, None
    try:
        result = answer(flow)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
    except Exception as raised:
        result = None
        error = {"type": f"{type(raised).__module__}.{type(raised).__qualname__}", "message": str(raised)[:2000]}
        if os.environ.get("SHOW_TRACEBACKS"):
            sys.excepthook(*sys.exc_info())
    return {"result": result, "error": error, "sent": flow.sent, "began": began, "ended": time.time_ns()}


def _say(line):
    """Write one line for the runner, whatever else the framework has printed."""
    text = json.dumps(line, default=str)
    file = os.environ.get("RESULTS_FILE")
    if file:
        with Path(file).open("a", encoding="utf-8") as results:
            results.write(text + "\n")
    print("\n" + text, flush=True)
