"""Runs a framework's program against the scripted model and a real collector, and reads what was seen of each flow."""

import json
import os
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from tests.frameworks.environments import ROOT, python_of
from tests.frameworks.model_server import ModelServer, Session, script_of
from tests.frameworks.programs import FOLDER, Program

from relaylens_analytics import open_store
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

Variant = Literal["bare", "instrumented", "launched"]
"""Without Relaylens; with its one line; and with no line at all, by `relaylens run`."""

PATIENCE_S: Final = 400
_ROWS: Final = 100_000
_NS_TO_US: Final = 1000

_QUERIES: Final = {
    "conversations": "SELECT *, epoch_us(started_at) AS began FROM conversations ORDER BY started_at",
    "runs": "SELECT * FROM runs ORDER BY started_at",
    "steps": "SELECT * EXCLUDE (input, output), text_of(input) AS input, text_of(output) AS output FROM steps ORDER BY run, position",
    "handoffs": "SELECT h.* FROM handoffs AS h ORDER BY h.offered_at, h.run, h.position",
    "escalations": "SELECT * FROM escalations ORDER BY requested_at",
    "findings": "SELECT * FROM findings ORDER BY found_at",
    "span_facts": "SELECT * FROM span_facts ORDER BY started_at",
}
_SPANS: Final = """
    WITH entries AS (SELECT trace_id, span_id, unnest(map_entries(attributes)) AS entry FROM spans),
         texts_of_span AS (
             SELECT trace_id, span_id, list(entry.key || ' = ' || coalesce(text_of(entry.value), '')) AS attributes
             FROM entries GROUP BY trace_id, span_id
         )
    SELECT spans.trace_id, spans.span_id, spans.parent_span_id, text_of(spans.name) AS name,
           spans.status_code, text_of(spans.status_message) AS status_message,
           texts_of_span.attributes,
           list_transform(spans.events, lambda event: event.name || ' ' || coalesce(event.attributes['exception.type'], '')) AS events,
           list_transform(spans.links, lambda link: link.trace_id || '/' || link.span_id) AS links,
           span_facts.span_class, span_facts.agent, span_facts.is_error
    FROM spans LEFT JOIN texts_of_span USING (trace_id, span_id) LEFT JOIN span_facts USING (trace_id, span_id)
    ORDER BY spans.start_time_unix_nano
"""


@dataclass(frozen=True)
class Played:
    """One flow of a program: what its caller got, what the model was asked, and what was seen."""

    flow: str
    host: dict[str, Any]
    """The program's own line: result, error, sent."""

    model: Session
    seen: dict[str, list[dict[str, Any]]]
    """Rows of the nouns that belong to the flow; empty without Relaylens."""


@dataclass(frozen=True)
class Performance:
    """All flows of one run of a program."""

    flows: dict[str, Played]
    outside: list[str]
    """Conversations that began in no flow."""

    output: str
    """What the program printed."""

    spans: list[dict[str, Any]]


def perform(program: Program, variant: Variant, store: Path, flows: Sequence[str] | None = None) -> Performance:
    """Run the flows of a program in one process."""
    asked = list(flows or program.played)
    results = store / "results.jsonl"
    store.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    prefix = f"s{uuid.uuid4().hex[:12]}"
    seen: dict[str, list[dict[str, Any]]]
    spans: list[dict[str, Any]]
    with ModelServer(script_of) as model:
        command = [*_start(program, variant), *program.arguments, "--model-url", f"{model.url}/{program.name}", "--session", prefix]
        command += [word for flow in asked for word in ("--flow", flow)]
        command += ["--instrument"] if variant == "instrumented" else []
        if variant == "bare":
            output, seen, spans = _run(command, _environment(program, results)), {}, []
        else:
            output, seen, spans = _observed(command, program, results, store)
        sessions = {flow: model.session(f"{prefix}-{flow}") for flow in asked}
    told = {line["flow"]: line for line in map(json.loads, results.read_text().splitlines())} if results.exists() else {}
    missing = [flow for flow in asked if flow not in told]
    if missing:
        message = f"{program.name} ({variant}) ended before {', '.join(missing)}:\n{output[-8000:]}"
        raise RuntimeError(message)
    owners = {row["conversation"]: _owner(row["began"], told) for row in seen.get("conversations", ())}
    played = {
        flow: Played(
            flow,
            _same_for_all(told[flow], prefix),
            sessions[flow],
            {noun: [row for row in rows if owners.get(row["conversation"]) == flow] for noun, rows in seen.items()},
        )
        for flow in asked
    }
    return Performance(played, sorted(name for name, owner in owners.items() if owner is None), output, spans)


def _start(program: Program, variant: Variant) -> list[str]:
    """The beginning of the command."""
    python = python_of(program.folder)
    launcher = [str(python.parent / "relaylens"), "run", "--"] if variant == "launched" else []
    return [*launcher, str(python), str(program.path)]


def _environment(program: Program, results: Path, endpoint: str | None = None) -> dict[str, str]:
    """The program's environment: nothing of ours or OpenTelemetry's but what is said here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RELAYLENS_", "PYTEST_", "PYTHON"))}
    kept |= {"PYTHONPATH": str(FOLDER / "shared"), "PYTHONUTF8": "1", "RESULTS_FILE": str(results)}
    if "SHOW_TRACEBACKS" in os.environ:
        kept["SHOW_TRACEBACKS"] = "1"
    kept["PATH"] = f"{python_of(program.folder).parent}{os.pathsep}{kept.get('PATH', '')}"
    # No framework reports home, no client looks for a proxy, and no key of the developer's reaches a program.
    kept |= {"OPENAI_API_KEY": "not-a-key", "ANTHROPIC_API_KEY": "not-a-key", "NO_PROXY": "127.0.0.1,localhost"}
    kept |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false", "AGNO_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
    if endpoint is not None:
        kept |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": program.name, "OTEL_BSP_SCHEDULE_DELAY": "500"}
    return kept


def _run(command: list[str], environment: dict[str, str]) -> str:
    """Run a program to its end and give what it printed; it has to end well, failures of flows are its results."""
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False
    )
    output = f"{ended.stdout}\n{ended.stderr}"
    if ended.returncode:
        message = f"{' '.join(command)} ended with {ended.returncode}:\n{output[-8000:]}"
        raise RuntimeError(message)
    return output


def _observed(
    command: list[str], program: Program, results: Path, store: Path
) -> tuple[str, dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    """Run a program beside a collector, and read the nouns when everything it sent is settled."""
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0), settle)
    collector.start()
    try:
        output = _run(command, _environment(program, results, collector.http_url))
        collector.ingest.flush()
        with open_store(collector.http_url) as reader:
            seen = {noun: _rows(reader, sql) for noun, sql in _QUERIES.items()}
            spans = _rows(reader, _SPANS)
    finally:
        collector.stop()
    return output, seen, spans


def _rows(reader: Reader, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.query(sql, {}, max_rows=_ROWS).to_pylist()
    return rows


def _owner(began: int, told: dict[str, dict[str, Any]]) -> str | None:
    """The flow in which a conversation began: flows run one after the other."""
    return next((flow for flow, line in told.items() if line["began"] // _NS_TO_US <= began <= line["ended"] // _NS_TO_US), None)


def _same_for_all(line: dict[str, Any], prefix: str) -> dict[str, Any]:
    """What the flow gave its caller, without the session's own name."""
    kept = {key: line[key] for key in ("result", "error", "sent")}
    return dict(json.loads(json.dumps(kept).replace(prefix, "<session>")))
