"""A scripted model on loopback: OpenAI chat completions and responses, Anthropic messages, streams included.

The address says which script is played: `http://127.0.0.1:<port>/<program>/<flow>/<session>/v1`. A session is one run of one flow,
so several programs may play at the same time. `python -m tests.frameworks.model_server 9000` serves by hand.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from tests.frameworks import wire
from tests.frameworks.actions import Action, Fail, HandOver, Script, next_action
from tests.frameworks.choosing import Call, choose
from tests.frameworks.programs import programs

_DEFAULT_PORT: Final = 9000


@dataclass
class Served:
    """One call of the model."""

    agent: str
    action: Action
    request: dict[str, Any]
    answer: Call | str | None
    usage: wire.Usage | None
    """What the caller was told."""


@dataclass
class Session:
    """All calls of one run of a flow."""

    calls: list[Served] = field(default_factory=list)
    turns: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    """Requests that could not be served, each in a sentence: a mistake in a program."""

    def handoffs(self) -> list[tuple[str, str]]:
        """(from, to) of every handoff that the model asked for."""
        return [(call.agent, call.action.target) for call in self.calls if isinstance(call.action, HandOver)]

    def agents(self) -> list[str]:
        """Who called, each once, in order."""
        return list(dict.fromkeys(call.agent for call in self.calls))

    def tokens(self) -> tuple[int, int]:
        """Input and output tokens that the callers were told."""
        told = [call.usage for call in self.calls if call.usage is not None]
        return sum(usage.input for usage in told), sum(usage.output for usage in told)


class ModelServer:
    """The server, with what it was asked."""

    def __init__(self, script: Callable[[str, str], Script], port: int = 0) -> None:
        """Serve what `script` gives for a program's name and a flow."""
        self._script = script
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._server = _HttpServer(port, self.play)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="model-server", daemon=True)

    @property
    def url(self) -> str:
        """The address that a program is given."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def session(self, name: str) -> Session:
        """All calls made under a session's name."""
        with self._lock:
            return self._sessions.setdefault(name, Session())

    def start(self) -> Self:
        """Serve in a thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        """Serve while the block runs."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def play(self, path: str, body: dict[str, Any]) -> tuple[wire.Api, str, Served] | str:
        """The API, a key for identifiers, and the call; or why there is none."""
        words = path.strip("/").split("/")
        api = next((each for each in wire.APIS if path.endswith(f"/v1/{each}")), None)
        if api is None or len(words) < len(("program", "flow", "session", "v1", "api")):
            return f"the model server has no {path}; it has /<program>/<flow>/<session>/v1/ and {', '.join(wire.APIS)}"
        program, flow, name = words[:3]
        session = self.session(name)
        agent = wire.agent_of(body)
        if agent is None:
            return self._lose(session, f'{path}: no message says "You are the <name> agent.", so nobody knows who asks')
        try:
            script = self._script(program, flow)
        except KeyError:
            return self._lose(session, f"{path}: there is no flow {flow} of {program}")
        with self._lock:
            turn = session.turns[agent]
            session.turns[agent] += 1
            action = next_action(script, agent, turn)
            answer = None if isinstance(action, Fail) else choose(action, wire.tools_of(body))
            usage = wire.usage_of(body, answer) if answer is not None else None
            told = usage if wire.reports_usage(api, body) else None
            session.calls.append(Served(agent, action, body, answer, told))
        key = sha256(f"{flow}/{agent}/{turn}".encode()).hexdigest()[:20]
        return api, key, Served(agent, action, body, answer, usage)

    def _lose(self, session: Session, why: str) -> str:
        with self._lock:
            session.lost.append(why)
        return why


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: "_HttpServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Keep still: programs have the terminal."""

    def do_GET(self) -> None:
        """The list of models, which some clients ask for first."""
        self._answer(HTTPStatus.OK, {"object": "list", "data": [{"id": "scripted-1", "object": "model", "owned_by": "tests"}]})

    def do_POST(self) -> None:
        """One call of the model."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        path = self.path.partition("?")[0]
        if path.endswith("/messages/count_tokens"):
            self._answer(HTTPStatus.OK, {"input_tokens": wire.usage_of(body, "").input})
            return
        played = self.server.play(path, body)
        if isinstance(played, str):
            self._answer(HTTPStatus.NOT_FOUND, wire.error("chat/completions", "not_scripted", played))
            return
        api, key, served = played
        if isinstance(served.action, Fail):
            self._answer(served.action.status, wire.error(api, served.action.code, served.action.message))
        elif served.answer is None or served.usage is None:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, wire.error(api, "no_answer", f"{served.action} gives no answer"))
        elif body.get("stream"):
            self._stream("".join(wire.events(api, key, body, served.answer, served.usage)))
        else:
            self._answer(HTTPStatus.OK, wire.document(api, key, body, served.answer, served.usage))

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _stream(self, text: str) -> None:
        self._send(HTTPStatus.OK, "text/event-stream", text.encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.send_header("x-request-id", "req_scripted")
        self.end_headers()
        self.wfile.write(content)


class _HttpServer(ThreadingHTTPServer):
    """The sockets, with a thread for each connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, play: Callable[[str, dict[str, Any]], tuple[wire.Api, str, Served] | str]) -> None:
        """Listen on loopback."""
        self.play = play
        super().__init__(("127.0.0.1", port), _Handler)


def script_of(program: str, flow: str) -> Script:
    """What the model says in a flow of a program."""
    return programs()[program].script(flow)


if __name__ == "__main__":
    with ModelServer(script_of, int(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT_PORT) as serving:
        sys.stderr.write(f"{serving.url}/<program>/<flow>/<session>/v1, until Ctrl-C\n")
        threading.Event().wait()
