"""A run in which every text that a span can hold is hostile, and a web server that nobody may ask for anything because of it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from relaylens import semconv
from relaylens.semconv import Operation

RUN = "<img src=x onerror=window.pwned=1>run"
TRACE = f"{666:032x}"

Attributes = Mapping[str, str | int]


@contextmanager
def beacon() -> Iterator[tuple[str, list[str]]]:
    """Listen on a free port, and write down who asks for what."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", hits
        server.shutdown()
        thread.join()


def texts(url: str) -> Iterator[str]:
    """Give texts that would do something if they were taken for HTML, markdown, LaTeX, a link, a tag of Plotly or an attribute."""
    return cycle(
        [
            f'<img src="{url}/img.png" onerror="window.pwned=1">',
            "<script>window.pwned=1</script>",
            f"![i]({url}/markdown.png) [l](javascript:window.pwned=1) **b**",
            f'"><svg onload=window.pwned=1><image href="{url}/svg.png"/></svg>',
            f'<a href="javascript:window.pwned=1">a</a><b>b</b> {url}/plain.png',
            f"</text></svg><iframe src='{url}/frame.html'></iframe>",
            f":material/home: :red[r] $\\href{{{url}/latex}}{{x}}$ <style>@import '{url}/style.css'</style>",
            "javascript:window.pwned=1",
            f"' onmouseover='window.pwned=1' style='background:url({url}/css.png)",
        ]
    )


class Writer:
    """Makes spans in which every text is hostile."""

    def __init__(self, url: str, began: float, *, service: str | None = None, run: str = RUN) -> None:
        """Begin a request."""
        self.text = texts(url)
        self.run = run
        self.began = began
        self.count = 0
        self.request = ExportTraceServiceRequest()
        self.service = service or f"<b>{next(self.text)}"
        resource = self.request.resource_spans.add()
        _set(resource.resource, {semconv.SERVICE_NAME: self.service, next(self.text): next(self.text)})
        resource.schema_url = next(self.text)
        self.scope = resource.scope_spans.add()
        self.scope.scope.name, self.scope.scope.version = next(self.text), next(self.text)

    def span(self, operation: str, agent: str, attributes: Attributes, *, parent: int = 0, failed: bool = False) -> int:
        """Add a span with hostile name, status, event and link; its attributes as given."""
        self.count += 1
        begin = round((self.began + self.count) * 1e9)
        span = self.scope.spans.add(
            trace_id=bytes.fromhex(TRACE) if self.run == RUN else (668).to_bytes(16, "big"),
            span_id=self.count.to_bytes(8, "big"),
            parent_span_id=parent.to_bytes(8, "big") if parent else b"",
            name=f"{operation} {next(self.text)}",
            trace_state=next(self.text),
            start_time_unix_nano=begin,
            end_time_unix_nano=begin + 400_000_000,
        )
        span.status.code, span.status.message = (Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_OK), next(self.text)
        _set(span.events.add(time_unix_nano=begin, name=next(self.text)), {next(self.text): next(self.text)})
        _set(span.links.add(trace_id=(667).to_bytes(16, "big"), span_id=(1).to_bytes(8, "big")), {next(self.text): next(self.text)})
        common: Attributes = {
            semconv.RELAYLENS_RUN_ID: self.run,
            semconv.GEN_AI_CONVERSATION_ID: f"<conversation> of {self.run}",
            semconv.GEN_AI_OPERATION_NAME: operation,
            semconv.GEN_AI_AGENT_NAME: agent,
            semconv.GEN_AI_AGENT_VERSION: next(self.text),
            semconv.USER_ID: next(self.text),
            next(self.text): next(self.text),
        }
        _set(span, {**common, **attributes})
        return self.count

    def said(self) -> dict[str, str]:
        """Give a prompt and an answer in OpenTelemetry's JSON."""
        names = (semconv.GEN_AI_INPUT_MESSAGES, semconv.GEN_AI_OUTPUT_MESSAGES, semconv.GEN_AI_SYSTEM_INSTRUCTIONS)
        texts = [next(self.text).replace("\\", "\\\\").replace('"', '\\"') for _ in names]
        return {
            name: f'[{{"role":"user","parts":[{{"type":"text","content":"{text}"}}]}}]' for name, text in zip(names, texts, strict=True)
        }

    def network(self) -> bytes:
        """Give a run with everything there is: turns, calls, handoffs, a question, a verdict, feedback and an outcome."""
        first, second = (f"{number}{next(self.text)}" for number in (1, 2))
        outcome = {semconv.RELAYLENS_RUN_OUTCOME: "failed", semconv.RELAYLENS_RUN_OUTCOME_REASON: next(self.text)}
        root = self.span(Operation.INVOKE_WORKFLOW, first, {semconv.GEN_AI_WORKFLOW_NAME: next(self.text), **outcome, **self.said()})
        for number, (agent, other) in enumerate([(first, second), (second, first), (first, second)]):
            self._turn(root, number, agent, other)
        human = {semconv.GEN_AI_TRANSFER_TARGET_NAME: "human", semconv.GEN_AI_TRANSFER_TARGET_TYPE: "human"}
        question = {semconv.RELAYLENS_ESCALATION_ID: next(self.text), semconv.RELAYLENS_ESCALATION_STATE: "requested"}
        question[semconv.RELAYLENS_ESCALATION_QUESTION] = next(self.text)
        self.span(Operation.ESCALATE, first, {**human, **question}, parent=root)
        verdict = {semconv.RELAYLENS_VALIDATION_SUBJECT: first, semconv.RELAYLENS_VALIDATION_VERDICT: "rejected"}
        self.span(Operation.VALIDATE, second, {**verdict, semconv.RELAYLENS_VALIDATION_REASON: next(self.text)}, parent=root)
        given = ("FEEDBACK_NAME", "FEEDBACK_VALUE", "FEEDBACK_SOURCE", "FEEDBACK_COMMENT")
        self.span(Operation.FEEDBACK, first, {getattr(semconv, f"RELAYLENS_{name}"): next(self.text) for name in given}, parent=root)
        return self.request.SerializeToString()

    def _turn(self, root: int, number: int, agent: str, other: str) -> None:
        """Add one agent's turn: a model call, a failed tool call, and a handoff to the other."""
        receipt = {semconv.RELAYLENS_HANDOFF_ID: f"h{number}", semconv.RELAYLENS_HANDOFF_STATUS: "accepted"}
        receipt[semconv.RELAYLENS_HANDOFF_RECEIVED] = next(self.text)
        step = self.span(Operation.INVOKE_AGENT, agent, {**self.said(), **(receipt if number else {})}, parent=root)
        model: Attributes = {
            semconv.GEN_AI_REQUEST_MODEL: next(self.text),
            semconv.GEN_AI_PROVIDER_NAME: next(self.text),
            semconv.GEN_AI_USAGE_INPUT_TOKENS: 10,
            semconv.GEN_AI_USAGE_OUTPUT_TOKENS: 2,
        }
        self.span(Operation.CHAT, agent, {**model, **self.said()}, parent=step)
        tool = {
            semconv.GEN_AI_TOOL_NAME: next(self.text),
            semconv.GEN_AI_TOOL_CALL_ARGUMENTS: next(self.text),
            semconv.GEN_AI_TOOL_CALL_RESULT: next(self.text),
            semconv.ERROR_TYPE: next(self.text),
        }
        self.span(Operation.EXECUTE_TOOL, agent, tool, parent=step, failed=True)
        offer = {
            semconv.GEN_AI_TRANSFER_TARGET_NAME: other,
            semconv.GEN_AI_TRANSFER_TARGET_TYPE: "agent",
            semconv.GEN_AI_TRANSFER_MODE: "pass_control",
            semconv.RELAYLENS_HANDOFF_ID: f"h{number + 1}",
            semconv.RELAYLENS_HANDOFF_PAYLOAD: f"{next(self.text)} order 4711",
            semconv.RELAYLENS_HANDOFF_REASON: next(self.text),
        }
        self.span(Operation.HANDOFF, agent, offer, parent=step)


def _set(holder: Any, attributes: Attributes) -> None:  # noqa: ANN401 - resource, span, event or link
    for key, value in attributes.items():
        held = holder.attributes.add(key=key).value
        if isinstance(value, int):
            held.int_value = value
        else:
            held.string_value = value
