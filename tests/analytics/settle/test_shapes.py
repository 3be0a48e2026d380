"""Settling on small traces written by hand, where the right answer is plain to see."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from tests.analytics.settle.building import agent, chat, settle_spans, span
from tests.analytics.settle.captured import apply, rows

from relaylens import semconv
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    """Return an empty store in memory."""
    store = Store(":memory:")
    yield store
    store.close()


def handoffs(store: Store) -> list[tuple[Any, ...]]:
    """Every handoff as (from, to, ok, reason, is_return)."""
    return rows(store.connection, "SELECT from_agent, to_agent, ok, reason, is_return FROM handoffs ORDER BY position")


def test_agents_in_parallel_hand_nothing_to_each_other(store: Store) -> None:
    """Two agents that run at the same time under one parent, with no transfer, have no handoff between them."""
    settle_spans(
        store,
        span(1, "fan out", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}),
        agent(2, "left", 1, 6),
        chat(3, 2, 2, 3),
        chat(4, 2, 4, 5),
        agent(5, "right", 1.5, 7),
        chat(6, 5, 2, 3),
        chat(7, 5, 4, 5),
    )

    assert handoffs(store) == []
    assert rows(store.connection, "SELECT agents, steps, outcome, outcome_evidence FROM runs") == [(2, 2, "completed", "inferred")]


def test_delegation_in_parallel_goes_out_from_the_caller_only(store: Store) -> None:
    """An agent that calls two others at the same time hands over to each of them, and they do not hand to each other."""
    settle_spans(
        store,
        agent(1, "lead", 0, 10, parent=0),
        chat(2, 1, 0.1, 0.5),
        agent(3, "left", 1, 6),
        chat(4, 3, 2, 3),
        agent(5, "right", 1.5, 7),
        chat(6, 5, 2, 3),
    )

    assert handoffs(store) == [("lead", "left", True, None, False), ("lead", "right", True, None, False)]


def test_stream_that_is_not_read_to_its_end_is_no_error(store: Store) -> None:
    """Who has read enough of an answer stops; OpenTelemetry's instrumentations call that an error of the model call."""
    stopped = chat(3, 2, 2, 3, "", failed=False)
    stopped.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="abandoned stream"))
    stopped.attributes.append(KeyValue(key=semconv.ERROR_TYPE, value=AnyValue(string_value="_OTHER")))
    settle_spans(store, span(1, "run", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}), agent(2, "docs", 1, 6), stopped)

    assert [("completed", 0, 0)] == rows(store.connection, "SELECT outcome, errors, findings FROM runs")


def test_same_agent_twice_is_no_handoff(store: Store) -> None:
    """An agent that takes two turns in a row hands nothing over."""
    settle_spans(
        store,
        span(1, "run", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}),
        agent(2, "Worker", 1, 2),
        chat(3, 2, 1.2, 1.8),
        agent(4, "worker_agent", 3, 4),
        chat(5, 4, 3.2, 3.8),
    )

    assert handoffs(store) == []


def test_failed_delegate_is_an_errored_handoff(store: Store) -> None:
    """A target that began and ended in an error got the work and did not succeed."""
    settle_spans(
        store,
        agent(1, "lead", 0, 10, parent=0),
        chat(2, 1, 0.1, 0.5),
        agent(3, "helper", 1, 6),
        chat(4, 3, 2, 3, failed=True),
        chat(5, 1, 7, 8),
    )

    assert handoffs(store) == [("lead", "helper", True, "errored", False)]
    assert rows(store.connection, "SELECT agent, outcome, outcome_rule FROM steps ORDER BY position") == [
        ("lead", "completed", "answered"),
        ("helper", "failed", "last_model_call_failed"),
    ]


def test_cycle_of_parents_terminates(store: Store) -> None:
    """Spans that are each other's parent, or their own, are kept and settled without an end in sight."""
    settle_spans(
        store,
        agent(1, "a", 0, 3, parent=2),
        agent(2, "b", 1, 2, parent=1),
        span(3, "self", 0, 1, parent=3),
    )

    assert rows(store.connection, "SELECT count(*) FROM span_facts") == [(3,)]


def test_times_out_of_range_are_settled(store: Store) -> None:
    """Times of zero and beyond every calendar break nothing."""
    odd = agent(1, "odd", 0, 1, parent=0)
    odd.start_time_unix_nano, odd.end_time_unix_nano = 0, 2**64 - 1
    settle_spans(store, odd, chat(2, 1, 0, 1))

    assert rows(store.connection, "SELECT agent FROM steps") == [("odd",)]


def test_tokens_are_counted_once_and_priced(store: Store) -> None:
    """Of a model call within a model call and an agent's own sum only the innermost call counts."""
    usage = {semconv.GEN_AI_USAGE_INPUT_TOKENS: "1000000", semconv.GEN_AI_USAGE_OUTPUT_TOKENS: "0"}
    inner = {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_REQUEST_MODEL: "priced-model"} | usage
    store.connection.execute(
        "CREATE TABLE IF NOT EXISTS prices (place INTEGER, model_pattern VARCHAR, input_usd DOUBLE, cached_usd DOUBLE, output_usd DOUBLE)"
    )
    store.connection.execute("INSERT INTO prices VALUES (1, 'priced-%', 2.5, NULL, 10)")
    settle_spans(
        store,
        agent(1, "sums", 0, 10, parent=0, **usage),
        span(2, "chat", 1, 4, inner, parent=1),
        span(3, "chat", 2, 3, inner, parent=2),
    )

    assert rows(store.connection, "SELECT model_calls, input_tokens, cost_usd FROM runs") == [(1, 1000000, 2.5)]


def test_hostile_text_stays_text(store: Store) -> None:
    """Names and answers full of SQL and of the store's own marker are stored and settled as they are."""
    nasty = "'); DROP TABLE runs; --"
    settle_spans(store, agent(1, nasty, 0, 2, parent=0), chat(2, 1, 0.5, 1, "\\u00011,2"))

    assert rows(store.connection, "SELECT display_name FROM agents") == [(nasty,)]
    assert rows(store.connection, "SELECT count(*) FROM runs") == [(1,)]


def test_label_settles_the_outcome_again(store: Store) -> None:
    """An outcome that someone states later replaces the inferred one and is graded."""
    settle_spans(store, agent(1, "worker", 0, 2, parent=0), chat(2, 1, 0.5, 1))
    (run,) = rows(store.connection, "SELECT run FROM runs")[0]
    label = {"run": run, "name": "outcome", "value": "failed", "source": "qa", "labelled_at": "2026-11-21T00:00:00Z"}
    apply(store, [(Signal.LABELS, json.dumps(label).encode())])
    settle(store.connection)

    assert rows(store.connection, "SELECT outcome, outcome_evidence, outcome_rule FROM runs") == [("failed", "graded", "label")]


def test_long_words_of_judges_are_kept(store: Store) -> None:
    """Reasons and comments so long that they are stored once and referred to are read in full: they came out empty."""
    long = "The answer names no order. " * 200
    judged = {
        semconv.GEN_AI_OPERATION_NAME: "validate",
        semconv.RELAYLENS_VALIDATION_VERDICT: "rejected",
        semconv.RELAYLENS_VALIDATION_REASON: long,
    }
    settle_spans(
        store,
        agent(1, "worker", 0, 3, parent=0, **{semconv.RELAYLENS_RUN_OUTCOME: "failed", semconv.RELAYLENS_RUN_OUTCOME_REASON: long}),
        chat(2, 1, 0.5, 1),
        span(3, "validation", 2, 2.5, judged, parent=1),
    )

    assert [(long[:500],)] == rows(store.connection, "SELECT left(outcome_reason, 500) FROM runs")
    assert [(long[:500],)] == rows(store.connection, "SELECT left(reason, 500) FROM validations")
