"""A small network as OTLP requests, and a store made of them by the command line itself."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens import semconv
from relaylens_dashboard import main

NOON = 1_793_620_800  # 2026-11-02T12:00:00Z
HOSTILE = "=cmd|' /C calc'!A1\x1b[2J<img src=x>"
"""A text that means something to a spreadsheet, a terminal and a browser."""


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def relaylens() -> Run:
    """Run the `relaylens` command as a user does, away from any terminal and any setting of ours."""

    def run(*arguments: str | Path, cwd: Path | None = None, stdin: str = "", **variables: str) -> Done:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RELAYLENS_", "OTEL_"))}
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with (
            patch.dict(os.environ, kept | variables, clear=True),
            patch.object(sys, "argv", ["relaylens", *map(str, arguments)]),
            patch.object(sys, "stdin", io.StringIO(stdin)),
            contextlib.chdir(cwd or Path.cwd()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main.main()
        out.seek(0)
        return Done(code, out.read(), err.getvalue())

    return run


def span(
    trace: int, number: int, name: str, attributes: Mapping[str, str | int], *, parent: int = 0, begin_s: float, took_s: float
) -> Span:
    """Make one span; times are seconds after noon."""
    made = Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=round((NOON + begin_s) * 1e9),
        end_time_unix_nano=round((NOON + begin_s + took_s) * 1e9),
    )
    for key, value in attributes.items():
        held = made.attributes.add(key=key).value
        if isinstance(value, int):
            held.int_value = value
        else:
            held.string_value = value
    return made


def request(*spans: Span, service: str = "support") -> ExportTraceServiceRequest:
    """Put spans into one request."""
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = service
    resource.scope_spans.add().spans.extend(spans)
    return made


def network_requests() -> list[ExportTraceServiceRequest]:
    """Make two runs: one that completes, and one whose handoff nobody takes and whose question is open."""
    first: dict[str, str | int] = {semconv.RELAYLENS_RUN_ID: "run-1", semconv.GEN_AI_CONVERSATION_ID: "ticket-1"}
    second: dict[str, str | int] = {semconv.RELAYLENS_RUN_ID: "run-2", semconv.GEN_AI_CONVERSATION_ID: "ticket-2"}

    def operation(name: semconv.Operation, agent: str) -> dict[str, str | int]:
        return {semconv.GEN_AI_OPERATION_NAME: name, semconv.GEN_AI_AGENT_NAME: agent}

    offer: dict[str, str | int] = {
        semconv.GEN_AI_TRANSFER_TARGET_NAME: "docs",
        semconv.GEN_AI_TRANSFER_TARGET_TYPE: "agent",
        semconv.GEN_AI_TRANSFER_MODE: semconv.TransferMode.PASS_CONTROL,
        semconv.RELAYLENS_HANDOFF_ID: "handoff-1",
    }
    receipt: dict[str, str | int] = {
        semconv.RELAYLENS_HANDOFF_ID: "handoff-1",
        semconv.RELAYLENS_HANDOFF_STATUS: semconv.HandoffStatus.ACCEPTED,
    }
    model: dict[str, str | int] = {
        semconv.GEN_AI_REQUEST_MODEL: "gpt-5-mini",
        semconv.GEN_AI_USAGE_INPUT_TOKENS: 100,
        semconv.GEN_AI_USAGE_OUTPUT_TOKENS: 20,
    }
    workflow: dict[str, str | int] = {
        semconv.GEN_AI_OPERATION_NAME: semconv.Operation.INVOKE_WORKFLOW,
        semconv.GEN_AI_WORKFLOW_NAME: "answer a ticket",
    }
    question: dict[str, str | int] = {
        semconv.RELAYLENS_ESCALATION_ID: "question-1",
        semconv.RELAYLENS_ESCALATION_STATE: semconv.EscalationState.REQUESTED,
        semconv.GEN_AI_TRANSFER_TARGET_NAME: "human",
        semconv.GEN_AI_TRANSFER_TARGET_TYPE: "human",
        semconv.RELAYLENS_ESCALATION_QUESTION: HOSTILE,
    }
    lost = {**offer, semconv.GEN_AI_TRANSFER_TARGET_NAME: "billing", semconv.RELAYLENS_HANDOFF_ID: "handoff-2"}
    agent, chat, handoff = semconv.Operation.INVOKE_AGENT, semconv.Operation.CHAT, semconv.Operation.HANDOFF
    return [
        request(
            span(1, 1, "run", {**first, **workflow, semconv.RELAYLENS_RUN_OUTCOME: "completed"}, begin_s=0, took_s=4),
            span(1, 2, "triage", {**first, **operation(agent, "triage")}, parent=1, begin_s=0, took_s=1),
            span(1, 3, "hand over", {**first, **operation(handoff, "triage"), **offer}, parent=2, begin_s=0.9, took_s=0),
            span(1, 4, "docs", {**first, **operation(agent, "docs"), **receipt}, parent=1, begin_s=1.5, took_s=2),
            span(1, 5, "chat", {**first, **operation(chat, "docs"), **model}, parent=4, begin_s=1.6, took_s=1.5),
        ),
        request(
            span(2, 6, "run", {**second, **workflow, semconv.RELAYLENS_RUN_OUTCOME: "escalated"}, begin_s=60, took_s=3),
            span(2, 7, "triage", {**second, **operation(agent, "triage")}, parent=6, begin_s=60, took_s=2),
            span(2, 8, "hand over", {**second, **operation(handoff, "triage"), **lost}, parent=7, begin_s=61, took_s=0),
            span(2, 9, "ask", {**second, **operation(semconv.Operation.ESCALATE, "triage"), **question}, parent=7, begin_s=61.5, took_s=0),
        ),
    ]


def delimited(*messages: bytes) -> bytes:
    """Put messages one after the other, each with its length before it."""
    written = bytearray()
    for message in messages:
        length = len(message)
        while length > 0x7F:
            written.append(length & 0x7F | 0x80)
            length >>= 7
        written.append(length)
        written += message
    return bytes(written)


@pytest.fixture(scope="session")
def hostile_text() -> str:
    """Give the question that the network asks a person."""
    return HOSTILE


@pytest.fixture(scope="session")
def framed() -> Callable[..., bytes]:
    """Give what writes messages length-delimited."""
    return delimited


@pytest.fixture(scope="session")
def bodies() -> list[bytes]:
    """Give the network's requests as protobuf."""
    return [made.SerializeToString(deterministic=True) for made in network_requests()]


@pytest.fixture(scope="session")
def network_store(relaylens: Run, bodies: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import the network into a store of its own."""
    folder = tmp_path_factory.mktemp("network")
    (folder / "network.pb").write_bytes(delimited(*bodies))
    done = relaylens("import", folder / "network.pb", "--store", folder / "store")
    assert 0 == done.code, done.err
    return folder / "store"
