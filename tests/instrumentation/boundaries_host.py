"""Two agents in two processes, and the ways by which work gets from one to the other; started by test_boundaries."""

import json
import multiprocessing
import os
import subprocess
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import relaylens

TICKET = {"ticket": 17, "urgency": "high"}
Mapping = dict[str, Any]


def docs(headers: Any, payload: object) -> str:  # noqa: ANN401 - whatever the way brings
    """The receiving agent, which calls a tool and answers."""
    with relaylens.receive(headers, payload=payload), relaylens.agent("docs", version="1") as step:
        with relaylens.tool("search"):
            pass
        step.output("three days")
    return "three days"


def begin(service: str = "boundaries") -> None:
    """Each process sets itself up."""
    relaylens.instrument(service, endpoint=os.environ["COLLECTOR"], frameworks=False)


def serve(way: str, ready: Any) -> None:  # noqa: ANN401 - a queue of multiprocessing
    """A process that serves one request over HTTP: with headers, as an MCP server, or as an A2A agent."""
    begin()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if way == "http":
                answer: Any = docs(self.headers.items(), body)
            elif way == "mcp":
                # MCP keeps `params._meta` for what is not of the tool itself.
                answer = {"jsonrpc": "2.0", "id": body["id"], "result": docs(body["params"]["_meta"], body["params"]["arguments"])}
            else:
                # A2A has `metadata` on every message.
                message = body["params"]["message"]
                answer = {"jsonrpc": "2.0", "id": body["id"], "result": docs(message["metadata"], message["parts"][0]["data"])}
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    ready.put(server.server_address[1])
    server.handle_request()
    server.server_close()


def take(queue: Any) -> None:  # noqa: ANN401 - a queue of multiprocessing
    """A process that takes one message from a queue."""
    begin()
    headers, payload = queue.get()
    docs(headers, payload)


def take_forked(queue: Any) -> None:  # noqa: ANN401 - a queue of multiprocessing
    """The same in a forked child, which is set up already."""
    headers, payload = queue.get()
    docs(headers, payload)


def post(port: int, body: Mapping, headers: dict[str, str]) -> object:
    """A request of the standard library."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", content, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - our own address
        return json.load(response)


def send(way: str) -> None:
    """Hand the work over."""
    context: Any = multiprocessing.get_context("fork" if way == "fork" else "spawn")
    if way in {"queue", "fork"}:
        queue = context.Queue()
        worker = context.Process(target=take_forked if way == "fork" else take, args=(queue,))
        worker.start()
        queue.put((relaylens.carry(), TICKET))
        worker.join()
        return
    if way == "subprocess":
        subprocess.run([sys.executable, __file__, "child", json.dumps(TICKET)], env={**os.environ, **relaylens.carry()}, check=True)
        return
    ready = context.Queue()
    worker = context.Process(target=serve, args=(way, ready))
    worker.start()
    port = ready.get()
    if way == "http":
        post(port, TICKET, relaylens.carry())
    elif way == "mcp":
        call = {"name": "docs", "arguments": TICKET, "_meta": relaylens.carry()}
        post(port, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, {})
    else:
        message = {"role": "user", "messageId": "1", "parts": [{"kind": "data", "data": TICKET}], "metadata": relaylens.carry()}
        post(port, {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}, {})
    worker.join()


def main() -> None:
    """The first agent, or the child that a subprocess is."""
    begin()
    if sys.argv[1] == "child":
        docs(os.environ, json.loads(sys.argv[2]))
        return
    with relaylens.run("answer", conversation=f"conversation {sys.argv[1]}") as run:
        with relaylens.agent("triage", version="1"):
            relaylens.handoff("docs", TICKET)
            send(sys.argv[1])
        run.outcome("completed")


if __name__ == "__main__":
    main()
