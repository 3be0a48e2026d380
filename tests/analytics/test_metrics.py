"""The metrics over the network of conftest.py, against numbers worked out by hand."""

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from relaylens_analytics import Reader, Window, catalog, metrics
from relaylens_analytics.catalog import COLUMNS, METRICS, Metric
from relaylens_analytics.errors import UnknownDimensionError, UnknownMetricError, UnknownParameterError

DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - the store keeps UTC without a zone
HOUR_S = 3600

Row = dict[str, Any]


def rows(table: pa.Table) -> dict[str | None, Row]:
    """Give a metric's rows by their key, and by their part where there is one."""
    return {row["key"] if "part" not in row else f"{row['key']}/{row['part']}": row for row in table.to_pylist()}


def counts(table: pa.Table) -> dict[str | None, tuple[float, float]]:
    """Give numerator and denominator of each row."""
    return {key: (row["numerator"], row["denominator"]) for key, row in rows(table).items()}


def values(table: pa.Table) -> dict[str | None, float]:
    """Give the value of each row."""
    return {key: row["value"] for key, row in rows(table).items()}


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1.0)],
)
def test_the_interval_is_wilsons(empty_store: duckdb.DuckDBPyConnection, successes: int, trials: int, low: float, high: float) -> None:
    """The values are those of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    found = empty_store.execute("SELECT wilson_low($s, $n), wilson_high($s, $n)", {"s": successes, "n": trials}).fetchone()

    assert (low, high) == pytest.approx(found, abs=5e-5)


def test_an_interval_without_trials_is_unknown(empty_store: duckdb.DuckDBPyConnection) -> None:
    """Nothing counted is no rate of zero."""
    assert (None, None) == empty_store.execute("SELECT wilson_low(0, 0), wilson_high(0, 0)").fetchone()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_has_the_common_shape_in_each_dimension(reader: Reader, metric: Metric) -> None:
    """Screens and commands draw all metrics alike, because the columns, their order and their types are the same."""
    types = {"value": pa.float64(), "numerator": pa.float64(), "denominator": pa.float64(), "low": pa.float64(), "high": pa.float64()}
    for by in metric.dimensions:
        table = metrics.compute(reader, metric.name, by=by, bucket_s=HOUR_S)

        assert [*COLUMNS, *metric.extra] == table.column_names
        assert {name: kind for name, kind in types.items() if not pa.types.is_null(table.schema.field(name).type)} == types
        assert table.num_rows > 0, f"{metric.name} by {by} has no row on the network"
        assert {metric.name} == set(table["metric"].to_pylist())
        assert {by} == set(table["dimension"].to_pylist())
        units = set(table["unit"].to_pylist())
        assert units <= {str(metric.unit), "score"} if metric.name == "label_score" else units == {str(metric.unit)}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_rate_lies_in_its_interval_and_is_its_quotient(reader: Reader, metric: Metric) -> None:
    """A share never goes without what it was counted from."""
    for by in metric.dimensions:
        for row in metrics.compute(reader, metric.name, by=by).to_pylist():
            if row["unit"] != "ratio" or row["denominator"] == 0:
                continue
            assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])
            if row["low"] is not None:
                assert 0 <= row["low"] <= row["value"] <= row["high"] <= 1


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_an_empty_window_has_no_rows(reader: Reader, metric: Metric) -> None:
    """A window is applied to every metric: in a year without data there is nothing to count."""
    for by in metric.dimensions:
        assert 0 == metrics.compute(reader, metric.name, Window(since=datetime(2030, 1, 1)), by=by).num_rows  # noqa: DTZ001


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_service_that_is_not_there_has_no_rows(reader: Reader, metric: Metric) -> None:
    """The filter by service is applied to every metric."""
    for by in metric.dimensions:
        assert 0 == metrics.compute(reader, metric.name, Window(service="nobody"), by=by).num_rows


def test_runs_are_counted_by_outcome(reader: Reader) -> None:
    """Running ones are runs too."""
    expected = {"abandoned": 1, "completed": 2, "escalated": 1, "failed": 1, "running": 1}

    assert expected == values(metrics.compute(reader, "runs", by="outcome"))


def test_task_completion_leaves_running_runs_out(reader: Reader) -> None:
    """Two of five ended runs are completed; their evidence is 1 stated, 2 by rule, 2 inferred."""
    row = rows(metrics.compute(reader, "task_completion_rate"))["total"]

    assert (2, 5, 0.4) == (row["numerator"], row["denominator"], row["value"])
    assert (0.1176, 0.7693) == pytest.approx((row["low"], row["high"]), abs=5e-5)
    assert (0.2, 0.0, 0.4, 0.4) == (row["stated"], row["graded"], row["rule"], row["inferred"])


def test_task_completion_by_service_and_workflow(reader: Reader) -> None:
    """A run without a name is counted under no name."""
    assert {"sales": (0, 1), "support": (2, 4)} == counts(metrics.compute(reader, "task_completion_rate", by="service"))
    assert {"answer ticket": (2, 4), None: (0, 1)} == counts(metrics.compute(reader, "task_completion_rate", by="workflow"))


def test_a_bucket_of_time_begins_on_its_own_boundary(reader: Reader) -> None:
    """An hour is the default, and another length is taken as given."""
    expected = {"2026-11-02T10:00:00Z": (1, 2), "2026-11-02T11:00:00Z": (1, 2), "2026-11-02T12:00:00Z": (0, 1)}

    assert expected == counts(metrics.compute(reader, "task_completion_rate", by="time"))
    assert {"2026-11-02T00:00:00Z": (2, 5)} == counts(metrics.compute(reader, "task_completion_rate", by="time", bucket_s=24 * HOUR_S))


def test_a_window_holds_its_beginning_and_not_its_end(reader: Reader) -> None:
    """From 10:30 until 11:30 lie r2 and r3: two windows in a row count each run once."""
    window = Window(DAY + timedelta(hours=10, minutes=30), DAY + timedelta(hours=11, minutes=30))

    assert {"total": (1, 2)} == counts(metrics.compute(reader, "task_completion_rate", window))


def test_agent_completion_counts_turns(reader: Reader) -> None:
    """A turn that runs is not counted; a paused, failed or abandoned one is not complete."""
    expected = {"approver": (0, 1), "docs": (1, 2), "drafter": (3, 3), "triage": (2, 3)}

    assert expected == counts(metrics.compute(reader, "agent_completion_rate", by="agent"))
    assert {"total": (2, 3)} == counts(metrics.compute(reader, "agent_completion_rate", agent="triage"))
    assert (1, 1) == counts(metrics.compute(reader, "agent_completion_rate", by="agent_version"))["triage v2"]


def test_handoff_success_counts_neither_returns_nor_undecided_ones(reader: Reader) -> None:
    """Of seven offers that are no returns one is undecided; four of the other six succeeded."""
    row = rows(metrics.compute(reader, "handoff_success_rate"))["total"]

    assert (4, 6, 1) == (row["numerator"], row["denominator"], row["undecided"])


def test_handoff_success_by_edge(reader: Reader) -> None:
    """An edge where nothing is decided yet has no rate, and says so."""
    table = metrics.compute(reader, "handoff_success_rate", by="edge")
    expected = {
        "docs -> drafter": (1, 1),
        "docs -> triage": (0, 1),
        "drafter -> human": (1, 1),
        "triage -> billing": (0, 1),
        "triage -> docs": (1, 1),
        "triage -> drafter": (1, 1),
    }

    assert expected == counts(table)
    assert 1 == rows(table)["triage -> docs"]["undecided"]
    assert {"total": (1, 1)} == counts(metrics.compute(reader, "handoff_success_rate", from_agent="triage", to_agent="drafter"))


def test_reasons_and_success_add_up(reader: Reader) -> None:
    """Every decided handoff succeeded or has one reason."""
    reasons = metrics.compute(reader, "handoff_failure_reasons")

    assert {"total/refused": (1, 6), "total/unknown_target": (1, 6)} == counts(reasons)
    assert 1 == pytest.approx(sum(values(reasons).values()) + values(metrics.compute(reader, "handoff_success_rate"))["total"])


def test_wait_per_handoff(reader: Reader) -> None:
    """Waits of 0.5, 0.5, 1, 1.5 and 5 s: the median is 1 s, the 95th percentile lies four fifths of the way from 1.5 to 5 s."""
    row = rows(metrics.compute(reader, "handoff_wait"))["total"]

    assert [1000, 4300, 5] == pytest.approx([row["value"], row["p95"], row["denominator"]])


def test_escalation_rates(reader: Reader) -> None:
    """Two of five ended runs asked a person; the running one that asked is not counted yet."""
    expected = {"approver": (1, 1), "docs": (0, 2), "drafter": (1, 2), "triage": (0, 3)}

    assert {"total": (2, 5)} == counts(metrics.compute(reader, "escalation_rate"))
    assert expected == counts(metrics.compute(reader, "agent_escalation_rate", by="agent"))


def test_what_becomes_of_questions(reader: Reader) -> None:
    """One of three questions is answered, after five seconds."""
    expected = {"total/approved": (1, 3), "total/pending": (1, 3), "total/requested": (1, 3)}

    assert expected == counts(metrics.compute(reader, "escalation_answers"))
    assert {"total": 5000} == values(metrics.compute(reader, "escalation_answer_time"))


def test_age_of_open_questions_is_measured_at_a_moment(reader: Reader) -> None:
    """At 13:00:02 the questions of 11:30:02 and 12:00:02 are 90 and 60 minutes old."""
    now = DAY + timedelta(hours=13, seconds=2)
    row = rows(metrics.compute(reader, "pending_escalation_age", now=now))["total"]

    assert (90 * 60_000, 75 * 60_000, 2) == (row["value"], row["p50"], row["denominator"])


def test_latency_and_its_shares(reader: Reader) -> None:
    """Ended runs took 1, 2, 3, 4 and 10 s, of which 10 of 20 s were work."""
    row = rows(metrics.compute(reader, "run_latency"))["total"]

    assert [3000, 8800, 9760, 5] == pytest.approx([row["value"], row["p95"], row["p99"], row["denominator"]])
    assert (0.5, 0.5) == (row["work_share"], row["wait_share"])


def test_latency_per_turn(reader: Reader) -> None:
    """The drafter's turns took 1, 2 and 2 s."""
    row = rows(metrics.compute(reader, "agent_latency", by="agent"))["drafter"]

    assert [2000, 2000, 3] == pytest.approx([row["value"], row["p95"], row["denominator"]])


def test_errors_are_counted_where_they_happened(reader: Reader) -> None:
    """Of seven calls one model call failed with an error and one tool call without; the agent span above the error is no call."""
    assert {"total": (1, 7)} == counts(metrics.compute(reader, "error_rate"))
    assert {"total": (1, 7)} == counts(metrics.compute(reader, "soft_error_rate"))
    assert {"gpt-4o": (0, 1), "gpt-5-mini": (1, 3)} == counts(metrics.compute(reader, "error_rate", by="model"))
    assert {"search_docs": (0, 1), "send_reply": (1, 1), "transfer_to_triage": (0, 1)} == counts(
        metrics.compute(reader, "soft_error_rate", by="tool")
    )
    assert {"total": (1, 5)} == counts(metrics.compute(reader, "run_error_rate"))


def test_tokens_and_cost(reader: Reader) -> None:
    """Only leaf model calls have tokens; a call without a price is said to be missing from the sum."""
    cost = rows(metrics.compute(reader, "cost", by="agent"))

    assert {"gpt-4o": 550, "gpt-5-mini": 330} == values(metrics.compute(reader, "tokens", by="model"))
    assert (300, 30) == tuple(
        rows(metrics.compute(reader, "tokens", by="model"))["gpt-5-mini"][name] for name in ("input_tokens", "output_tokens")
    )
    assert {"docs": (0.02, 0), "drafter": (None, 1), "triage": (0.01, 1)} == {
        key: (row["value"], row["unpriced"]) for key, row in cost.items()
    }


def test_cost_per_completed_run_carries_the_failed_ones(reader: Reader) -> None:
    """All five ended runs cost 0.06 USD, one of them unknown; two are completed."""
    row = rows(metrics.compute(reader, "cost_per_completed_run"))["total"]

    assert [0.03, 0.06, 2, 1] == pytest.approx([row["value"], row["numerator"], row["denominator"], row["unpriced"]])
    assert {"total": 545} == values(metrics.compute(reader, "tokens_per_completed_run"))


def test_nothing_completed_has_no_cost_per_completed_run(reader: Reader) -> None:
    """A division by nothing is unknown, not infinite."""
    assert {"total": None} == values(metrics.compute(reader, "cost_per_completed_run", Window(service="sales")))


def test_rework_and_retries(reader: Reader) -> None:
    """One of five ended runs was sent back; one of the drafter's two judged pieces of work."""
    assert {"total": (1, 5)} == counts(metrics.compute(reader, "rework_rate"))
    assert {"docs": (0, 1), "drafter": (1, 2)} == counts(metrics.compute(reader, "agent_rework_rate", by="agent"))
    assert {"total": 0.6} == values(metrics.compute(reader, "retries_per_run"))


def test_audit_completeness(reader: Reader) -> None:
    """Each check has its own denominator; a dangling parent is one that is not in the store."""
    expected = {
        "total/agent_version": (7, 9),
        "total/answer": (6, 6),
        "total/attributes": (8, 9),
        "total/model": (8, 9),
        "total/parent": (2, 4),
        "total/prompt": (8, 9),
        "total/receipt": (3, 5),
    }

    assert expected == counts(metrics.compute(reader, "audit_completeness"))


def test_silent_failures_are_findings_in_completed_runs(reader: Reader) -> None:
    """One of two completed runs has findings; the findings of failed runs are not silent."""
    assert {"total": (1, 2)} == counts(metrics.compute(reader, "silent_failure_rate"))
    assert {"empty_output": (1, 2)} == counts(metrics.compute(reader, "silent_failure_rate", by="detector"))


def test_conformance_counts_what_was_held_to_the_declaration(reader: Reader) -> None:
    """Runs of the declared service that ended after it was declared; each part that is declared has a row, also when nothing deviates."""
    assert {"total": (3, 3)} == counts(metrics.compute(reader, "conformance_rate"))
    assert {"skipped_agent": (3, 3), "undeclared_handoff": (3, 3)} == counts(metrics.compute(reader, "conformance_rate", by="detector"))


def test_findings_blame_where_they_began(reader: Reader) -> None:
    """An agent that is to blame gets the finding, also when it shows elsewhere."""
    assert {"empty_output": 2, "failed_handoff": 2, "llm_error": 1} == values(metrics.compute(reader, "findings", by="detector"))
    assert {"docs": 1, "drafter": 1, "triage": 3} == values(metrics.compute(reader, "findings", by="agent"))
    assert 3 == rows(metrics.compute(reader, "findings"))["total"]["runs"]


def test_labels_become_accuracy(reader: Reader) -> None:
    """The last word of a source counts; a label on a trace finds its run; a text that is no truth is not counted."""
    table = metrics.compute(reader, "label_score")

    assert {"accuracy/accuracy": (2, 3), "stars/stars": (9, 2)} == counts(table)
    assert "ratio" == rows(table)["accuracy/accuracy"]["unit"]
    assert ("score", 4.5, None) == tuple(rows(table)["stars/stars"][name] for name in ("unit", "value", "low"))
    assert {"support/accuracy": (2, 3)} == counts(metrics.compute(reader, "label_score", by="service", label="accuracy"))


def test_cycle_time_ends_with_the_first_label(reader: Reader) -> None:
    """From the start of each run to its first label accuracy are 5, 30 and 60 minutes."""
    row = rows(metrics.compute(reader, "cycle_time", label="accuracy"))["accuracy/accuracy"]

    assert (30 * 60_000, 3) == (row["value"], row["denominator"])


def test_what_does_not_exist_is_said_with_what_does(reader: Reader) -> None:
    """A wrong name is an error of its own kind that lists the right ones."""
    with pytest.raises(UnknownMetricError, match="task_completion_rate"):
        metrics.compute(reader, "completion")
    with pytest.raises(UnknownDimensionError, match="total, service, workflow, time"):
        metrics.compute(reader, "task_completion_rate", by="agent")
    with pytest.raises(UnknownParameterError, match="agnt"):
        metrics.compute(reader, "agent_completion_rate", agnt="triage")


def test_a_dimension_may_be_left_out() -> None:
    """Then it is the metric's first."""
    assert "label" == catalog.dimension(catalog.metric("label_score"), None)
