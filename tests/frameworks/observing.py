"""Runs a program beside a real collector, and reads what is seen of it when everything it has sent is settled."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.frameworks.environments import ROOT

from relaylens_analytics import open_store
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

Rows = list[dict[str, Any]]

PATIENCE_S: Final = 400
_ROWS: Final = 100_000

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
           span_facts.span_class, span_facts.agent, span_facts.is_error, span_facts.conversation, spans.session_id, spans.run_id
    FROM spans LEFT JOIN texts_of_span USING (trace_id, span_id) LEFT JOIN span_facts USING (trace_id, span_id)
    ORDER BY spans.start_time_unix_nano
"""


@dataclass(frozen=True)
class Observed:
    """What a program printed and what was seen of it."""

    output: str
    seen: dict[str, Rows] = field(default_factory=dict)
    """Rows of each of the nouns."""

    spans: Rows = field(default_factory=list)


def environment(python: Path, **more: str) -> dict[str, str]:
    """A program's environment: of ours and of OpenTelemetry's nothing but what is given here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RELAYLENS_", "PYTEST_", "PYTHON"))}
    kept |= {"PYTHONUTF8": "1", "PATH": f"{python.parent}{os.pathsep}{kept.get('PATH', '')}"}
    # No framework reports home, no client looks for a proxy, and no key of the developer's reaches a program.
    kept |= {"OPENAI_API_KEY": "not-a-key", "ANTHROPIC_API_KEY": "not-a-key", "NO_PROXY": "127.0.0.1,localhost"}
    kept |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false", "AGNO_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
    kept |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return kept | more


def run(command: Sequence[str], variables: dict[str, str]) -> str:
    """Run a program to its end and give what it printed; it has to end well, failures of flows are its results."""
    ended = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False
    )
    output = f"{ended.stdout}\n{ended.stderr}"
    if ended.returncode:
        message = f"{' '.join(command)} ended with {ended.returncode}:\n{output[-8000:]}"
        raise RuntimeError(message)
    return output


def complaints(output: str) -> list[str]:
    """What Relaylens has said of errors of its own; the program goes on whatever they are."""
    return [line for line in output.splitlines() if "Relaylens could not" in line]


def observe(command: Sequence[str], variables: dict[str, str], store: Path, *, service: str) -> Observed:
    """Run a program that sends its spans to a collector of its own."""
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0), settle)
    collector.start()
    try:
        told = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url,
            "OTEL_SERVICE_NAME": service,
            "RELAYLENS_SPOOL_DIR": str(store / "spool"),
        }
        output = run(command, variables | told)
        collector.ingest.flush()
        with open_store(collector.http_url) as reader:
            return Observed(output, {noun: _rows(reader, sql) for noun, sql in _QUERIES.items()}, _rows(reader, _SPANS))
    finally:
        collector.stop()


def _rows(reader: Reader, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.query(sql, {}, max_rows=_ROWS).to_pylist()
    return rows
