"""The stamp on every span: run, conversation, number and process."""

from collections.abc import Callable
from dataclasses import replace

from opentelemetry import context as otel_context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

import relaylens
from relaylens.scope import current_scope, with_scope

from .conftest import Recording


def test_spans_of_others_belong_to_the_run_too(recording: Recording) -> None:
    """Spans of any instrumentation get the run and its conversation; a conversation of their own is kept."""
    tracer = recording.provider.get_tracer("some framework")
    with relaylens.run("r", run_id="r", conversation="c"):
        tracer.start_span("plain").end()
        tracer.start_span("own", attributes={"gen_ai.conversation.id": "own"}).end()
        tracer.start_span("other context", context=otel_context.Context()).end()
    tracer.start_span("outside").end()

    assert [("r", "c"), ("r", "c"), ("r", "own"), ("r", "c"), (None, None)] == [
        (entry["attributes"].get("relaylens.run.id"), entry["attributes"].get("gen_ai.conversation.id")) for entry in recording.tree()
    ]


def test_numbers_have_no_gap(recording: Recording) -> None:
    """All spans of the process are counted, ours and others', in the order they begin."""
    tracer = recording.provider.get_tracer("web")
    with tracer.start_as_current_span("request"), relaylens.run("r"), relaylens.agent("a"):
        relaylens.handoff("b")
        tracer.start_span("query").end()

    assert [1, 2, 3, 4, 5] == [(span.attributes or {})["relaylens.sequence"] for span in recording.spans()]


def test_spans_that_are_not_sampled_are_not_counted() -> None:
    """A number is only given to what will be sent."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=TraceIdRatioBased(0.0), shutdown_on_exit=False)
    handle = relaylens.instrument("s", tracer_provider=provider, exporter=exporter, frameworks=False)
    with relaylens.run("r") as run, relaylens.agent("a"):
        offered = relaylens.handoff("b")
    handle.flush()

    assert () == exporter.get_finished_spans()
    assert all((run.id, offered.id))


def test_a_flood_of_attributes_does_not_push_out_what_matters(record: Callable[..., Recording]) -> None:
    """The SDK drops the oldest of more than 128 attributes: run, agent, operation and number survive, and the drops are counted."""
    recording = record()
    tracer = recording.provider.get_tracer("some framework")
    with (
        relaylens.run("r", run_id="r", conversation="c"),
        relaylens.agent("a", version="1") as step,
        tracer.start_as_current_span("foreign") as foreign,
    ):
        for number in range(200):
            step.span.set_attribute(f"mine.{number}", number)
            foreign.set_attribute(f"theirs.{number}", number)

    ours, theirs = recording.spans()[1:]
    stamp = {"relaylens.run.id": "r", "gen_ai.conversation.id": "c"}
    assert {
        **stamp,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "a",
        "gen_ai.agent.version": "1",
        "relaylens.sequence": 2,
    }.items() <= dict(ours.attributes or {}).items()
    assert {**stamp, "relaylens.sequence": 3}.items() <= dict(theirs.attributes or {}).items()
    assert 75 == theirs.dropped_attributes


def test_the_process_is_on_the_resource(recording: Recording) -> None:
    """What is exported says which process it is from, beside what the host says of itself; the host's own resource stays as it is."""
    with relaylens.run("r"):
        pass

    (span,) = recording.spans()
    assert recording.instrumentation.processor is not None
    assert Resource({"service.name": "tests"}) == recording.provider.resource
    own_id = recording.instrumentation.processor.process_id
    assert {"service.name": "tests", "relaylens.process.id": own_id} == dict(span.resource.attributes)


def test_after_shutdown_nothing_more_is_exported(recording: Recording) -> None:
    """Spans that end later are not sent and not an error."""
    with relaylens.run("r"):
        relaylens.shutdown()
    relaylens.handoff("b").headers()

    assert () == recording.exporter.get_finished_spans()


def test_what_is_below_a_silent_span_moves_up(recording: Recording) -> None:
    """A span that is not exported is no parent in what is: its children are found below the nearest span above it that is."""
    silent = recording.provider.get_tracer("silent")
    with relaylens.run(), relaylens.agent("docs"):
        token = otel_context.attach(with_scope(replace(current_scope(), silent=frozenset({"silent"}))))
        with (
            relaylens.handoff("drafter", mode="return_to_caller"),
            silent.start_as_current_span("outer"),
            silent.start_as_current_span("inner"),
            relaylens.agent("drafter"),
        ):
            pass
        otel_context.detach(token)

    assert [("run", None), ("docs", 1), ("handoff drafter", 2), ("drafter", 3)] == [
        (each["name"].removeprefix("invoke_workflow ").removeprefix("invoke_agent "), each["parent"]) for each in recording.tree()
    ]
