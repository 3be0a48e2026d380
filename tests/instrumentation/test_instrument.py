"""`instrument()` with real exporters, in processes of its own where the whole process is concerned."""

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import relaylens

from .receivers import grpc_receiver, http_receiver


def run_python(source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own; its errors of ours come out."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(source)],
        env={**os.environ, "RELAYLENS_RAISE_ERRORS": "true", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_spans_arrive_over_both_transports() -> None:
    """One call and a run: the spans are at the collector when the process has ended, with service, process and headers."""
    for receiver, protocol in ((http_receiver, "http/protobuf"), (grpc_receiver, "grpc")):
        with receiver() as got:
            ended = run_python(
                f"""
                import relaylens
                relaylens.instrument(service="support", endpoint={got.address!r}, protocol={protocol!r}, headers={{"X-Team": "blue"}})
                with relaylens.run("r"), relaylens.agent("a"):
                    pass
                """
            )
            assert ("", 0) == (ended.stderr, ended.returncode)
            assert ["invoke_agent a", "invoke_workflow r"] == got.names()
            assert "support" == got.resource()["service.name"]
            assert 32 == len(got.resource()["relaylens.process.id"])
            assert "blue" == got.headers[0]["x-team"]
            assert [{"http/protobuf": "/v1/traces"}.get(protocol, "grpc")] == got.paths


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_the_standard_variables_hold(variable: str) -> None:
    """Endpoint, headers, service name and resource attributes come from OpenTelemetry's variables where no argument is given."""
    with http_receiver() as got:
        address = got.address if variable == "OTEL_EXPORTER_OTLP_ENDPOINT" else f"{got.address}/v1/traces"
        ended = run_python(
            """
            import relaylens
            relaylens.instrument()
            with relaylens.run("r"):
                pass
            """,
            OTEL_SERVICE_NAME="from-outside",
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test,service.name=other",
            OTEL_EXPORTER_OTLP_HEADERS="x-team=green",
            **{variable: address},
        )
        assert ("", 0) == (ended.stderr, ended.returncode)
        assert ("from-outside", "test", "green", ["/v1/traces"]) == (
            got.resource()["service.name"],
            got.resource()["deployment.environment.name"],
            got.headers[0]["x-team"],
            got.paths,
        )


def test_the_protocol_comes_from_its_variable() -> None:
    """`grpc` in the environment is enough."""
    with grpc_receiver() as got:
        ended = run_python(
            f"""
            import relaylens
            relaylens.instrument("s", endpoint={got.address!r})
            with relaylens.run("r"):
                pass
            """,
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        )
        assert ("", 0) == (ended.stderr, ended.returncode)
        assert ["invoke_workflow r"] == got.names()


def test_a_disabled_sdk_records_nothing() -> None:
    """OTEL_SDK_DISABLED is honoured: no provider, no thread, no request."""
    with http_receiver() as got:
        ended = run_python(
            f"""
            import relaylens, threading
            handle = relaylens.instrument("s", endpoint={got.address!r})
            with relaylens.run("r"):
                pass
            assert handle.flush() and handle.provider is None, handle
            assert threading.active_count() == 1
            """,
            OTEL_SDK_DISABLED="true",
        )
        assert ("", 0, []) == (ended.stderr, ended.returncode, got.requests)


def test_the_hosts_own_provider_is_kept_and_added_to() -> None:
    """A host that traces already goes on with its own exporter and resource; its spans reach us too, with our process id."""
    with http_receiver() as got:
        ended = run_python(
            f"""
            import json, relaylens
            from opentelemetry import trace
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import SimpleSpanProcessor
            from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
            theirs = InMemorySpanExporter()
            provider = TracerProvider(resource=Resource({{"service.name": "web", "host": "h1"}}))
            provider.add_span_processor(SimpleSpanProcessor(theirs))
            trace.set_tracer_provider(provider)
            handle = relaylens.instrument(service="support", endpoint={got.address!r})
            assert handle.provider is provider is trace.get_tracer_provider()
            with relaylens.run("r", run_id="r1"), trace.get_tracer("web").start_as_current_span("SELECT"):
                pass
            spans = theirs.get_finished_spans()
            print(json.dumps([[span.name, span.attributes["relaylens.run.id"], sorted(span.resource.attributes)] for span in spans]))
            """
        )
        assert ("", 0) == (ended.stderr, ended.returncode)
        own = ["host", "service.name"]
        assert [["SELECT", "r1", own], ["invoke_workflow r", "r1", own]] == json.loads(ended.stdout)
        assert ["SELECT", "invoke_workflow r"] == got.names()
        assert ("web", "h1", True) == (got.resource()["service.name"], got.resource()["host"], "relaylens.process.id" in got.resource())


def test_a_second_call_does_nothing_and_a_new_one_after_undoing_sets_up_again() -> None:
    """The first set-up holds until it is undone; then another service and endpoint can be chosen in the same process."""
    with http_receiver() as first, http_receiver() as second:
        ended = run_python(
            f"""
            import relaylens
            handle = relaylens.instrument(service="one", endpoint={first.address!r})
            assert relaylens.instrument(service="two", endpoint={second.address!r}) is handle
            with relaylens.run("a"):
                pass
            relaylens.uninstrument()
            with relaylens.run("lost"):
                pass
            assert relaylens.instrument(service="two", endpoint={second.address!r}) is not handle
            with relaylens.run("b"):
                pass
            """
        )
        assert ("", 0) == (ended.stderr, ended.returncode)
        assert (["invoke_workflow a"], "one") == (first.names(), first.resource()["service.name"])
        assert (["invoke_workflow b"], "two") == (second.names(), second.resource()["service.name"])


def test_a_forked_child_is_a_process_of_its_own() -> None:
    """Parent and child have different process ids, and each counts its spans from 1."""
    with http_receiver() as got:
        ended = run_python(
            f"""
            import os, relaylens
            relaylens.instrument("s", endpoint={got.address!r})
            with relaylens.run("parent"):
                pass
            child = os.fork()
            if child == 0:
                with relaylens.run("child"):
                    pass
                relaylens.shutdown()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            """
        )
        assert 0 == ended.returncode, ended.stderr
        sent = {
            span.name: (
                next(pair.value.string_value for pair in resource.resource.attributes if pair.key == "relaylens.process.id"),
                [pair.value.int_value for pair in span.attributes if pair.key == "relaylens.sequence"],
            )
            for request in got.requests
            for resource in request.resource_spans
            for span in resource.scope_spans[0].spans
        }
        assert [1] == sent["invoke_workflow parent"][1] == sent["invoke_workflow child"][1]
        assert sent["invoke_workflow parent"][0] != sent["invoke_workflow child"][0]


def test_a_missing_extra_is_one_sentence() -> None:
    """Asked for in the program, gRPC without its exporter raises the pip command; asked for by a variable, it is only logged."""
    hidden = "import sys; sys.modules['opentelemetry.exporter.otlp.proto.grpc.trace_exporter'] = None\nimport relaylens\n"
    asked = run_python(hidden + "relaylens.instrument('s', protocol='grpc')")
    around = run_python(hidden + "relaylens.instrument('s')\nwith relaylens.run('r'): print('goes on')", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")

    sentence = "OTLP over gRPC needs its exporter: pip install 'relaylens[grpc]'"
    assert f"relaylens.exceptions.MissingExtraError: {sentence}" == asked.stderr.strip().splitlines()[-1]
    assert (f"{sentence}. No spans are sent.\n", "goes on\n") == (
        around.stderr,
        around.stdout,
    )


def test_an_unknown_protocol_says_which_are_known() -> None:
    """A mistake in the program is an error with the words that are allowed."""
    with pytest.raises(relaylens.SettingError) as raised:
        relaylens.instrument("s", protocol="http/json")
    assert "instrument(protocol=...) is 'http/json'; allowed are http/protobuf and grpc." == str(raised.value)


def test_any_exporter_can_take_the_place_of_otlp() -> None:
    """Tests and simulations see the spans themselves."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    handle = relaylens.instrument("s", exporter=exporter, tracer_provider=provider, frameworks=False)
    with relaylens.run("r"):
        pass
    assert handle.flush()
    names: list[Any] = [span.name for span in exporter.get_finished_spans()]
    assert ["invoke_workflow r"] == names
