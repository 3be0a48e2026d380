"""Exporters of OpenTelemetry, oldest and newest, of two families: what they send is stored field by field (C59)."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.collector.clients.environments import CLIENTS, Client
from tests.collector.clients.plans import plan_of
from tests.collector.conformance.small_server.running import running
from tests.collector.golden.sending import by_fields, read_as_json, read_as_protobuf

from relaylens_collector.collector import Collector
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import Target
from relaylens_collector.settings import Settings


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """One collector for all clients."""
    started = Collector(Settings(store=tmp_path_factory.mktemp("store"), otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0))
    started.start()
    yield started
    started.stop()


def _run(client: Client, transport: str, target: Target, spans: list[dict[str, Any]]) -> None:
    """Let the client send its spans to a server."""
    plan = {"transport": transport, "http": target.http, "grpc": target.grpc, "spans": spans}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(client.command(), input=json.dumps(plan), capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert 0 == ran.returncode, ran.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("client", "transport"), [(client, transport) for client in CLIENTS for transport in client.transports], ids=str)
def test_what_a_client_sends_is_stored(client: Client, transport: str, collector: Collector) -> None:
    """Each span, resource and scope as another server reads them, which shares no code with ours; and as it was asked to send them."""
    trace = Trace.new()
    spans = plan_of(trace.hex)
    target = Target(collector.http_url, f"127.0.0.1:{collector.grpc_port}", trace_url="{http}/api/v1/traces/{trace_id}")

    with running("none") as other:
        _run(client, transport, other, spans)
        heard = other.whole(trace)
    _run(client, transport, target, spans)
    collector.ingest.flush(30)

    stored = target.whole(trace)
    assert by_fields(span for *_, span in heard) == by_fields(read_as_protobuf(target, trace.id))
    assert by_fields(span for *_, span in heard) == by_fields(read_as_json(target, trace.id))
    assert {(str(resource.resource), str(scope.scope)) for resource, scope, _ in heard} == {
        (str(resource.resource), str(scope.scope)) for resource, scope, _ in stored
    }
    told = [_told(span) for *_, span in sorted(stored, key=lambda one: one[2].span_id)]
    assert [] == [(asked, said) for asked, said in zip((_asked(one, client) for one in spans), told, strict=True) if asked != said]


def _asked(plan: dict[str, Any], client: Client) -> dict[str, Any]:
    """What a plan asks for, in the terms of OTLP."""
    return {
        "span": plan["span"],
        "parent": plan["parent"] or "",
        "name": plan["name"],
        "kind": Span.SpanKind.Value(f"SPAN_KIND_{plan['kind']}"),
        "status": (Status.StatusCode.Value(f"STATUS_CODE_{plan['status']}"), plan["message"]),
        "state": ",".join(f"{key}={value}" for key, value in plan["state"]),
        "attributes": {
            key: value["double"] if isinstance(value, dict) else value
            for key, value in plan["attributes"].items()
            if client.sends_lists or not isinstance(value, list)
        },
        "events": [(event["name"], event["attributes"]) for event in plan["events"]],
        "links": [(link["trace"], link["span"], link["attributes"]) for link in plan["links"]],
        # The oldest JavaScript exporter holds nanoseconds in a double.
        "times": (int(plan["start"]) // 1000, int(plan["end"]) // 1000),
    }


def _told(span: Span) -> dict[str, Any]:
    """What a stored span says, in the same terms."""
    return {
        "span": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "name": span.name,
        "kind": span.kind,
        "status": (span.status.code, span.status.message),
        "state": span.trace_state,
        "attributes": {pair.key: _plain(pair.value) for pair in span.attributes},
        "events": [(event.name, {pair.key: _plain(pair.value) for pair in event.attributes}) for event in span.events],
        "links": [(link.trace_id.hex(), link.span_id.hex(), {p.key: _plain(p.value) for p in link.attributes}) for link in span.links],
        "times": (span.start_time_unix_nano // 1000, span.end_time_unix_nano // 1000),
    }


def _plain(value: AnyValue) -> Any:  # noqa: ANN401 - any attribute
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return None if kind is None else getattr(value, kind)


def test_no_client_is_locked_to_a_registry() -> None:
    """Versions are pinned by hand; a lock file would name the registry it was made with."""
    assert [] == [path.name for path in Path(__file__).parent.rglob("package-lock.json")]
