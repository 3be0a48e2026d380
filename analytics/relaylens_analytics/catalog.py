"""The catalog: every metric with its unit, what is better, by what it can be seen, and its formula in words."""

from typing import Final

from relaylens_analytics.errors import UnknownDimensionError, UnknownMetricError
from relaylens_analytics.metric import AUDIT_CHECKS, COLUMNS, DIMENSIONS, Better, Metric, Unit

__all__ = ["AUDIT_CHECKS", "COLUMNS", "DIMENSIONS", "METRICS", "Better", "Metric", "Unit", "dimension", "metric"]

_RUN: Final = ("total", "service", "workflow", "time")
_STEP: Final = ("total", "agent", "agent_version", "model", "service", "time")
_CALL: Final = ("total", "agent", "model", "tool", "service", "time")
_HANDOFF: Final = ("total", "edge", "from_agent", "to_agent", "target_type", "mode", "rule", "service", "time")
_LABEL: Final = ("label", "service", "workflow", "time")

METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "runs",
        "Runs",
        Unit.COUNT,
        Better.NEITHER,
        ("total", "outcome", "service", "workflow", "time"),
        "Runs that began in the window, running ones included.",
    ),
    Metric(
        "task_completion_rate",
        "Task completion",
        Unit.RATIO,
        Better.HIGHER,
        _RUN,
        "Runs with outcome completed / runs that ended (completed, failed, escalated or abandoned). Running ones are not counted. "
        "`stated`, `graded`, `rule` and `inferred` are the shares of the ended runs whose outcome has this grade of evidence.",
        extra=("stated", "graded", "rule", "inferred"),
    ),
    Metric(
        "agent_completion_rate",
        "Agent completion",
        Unit.RATIO,
        Better.HIGHER,
        _STEP,
        "Steps with outcome completed / steps that ended. Running ones are not counted. Shares by grade of evidence as in "
        "task_completion_rate.",
        extra=("stated", "graded", "rule", "inferred"),
    ),
    Metric(
        "handoff_success_rate",
        "Handoff success",
        Unit.RATIO,
        Better.HIGHER,
        _HANDOFF,
        "Handoffs that succeeded / handoffs that are decided: succeeded, or failed for a reason. Control going back to the caller "
        "(a return) is never counted; `undecided` is the number of handoffs that neither succeeded nor have a reason yet, which "
        "are not counted.",
        extra=("undecided",),
    ),
    Metric(
        "handoff_failure_reasons",
        "Why handoffs fail",
        Unit.RATIO,
        Better.LOWER,
        _HANDOFF,
        "For each reason: handoffs that failed for it / decided handoffs of the same key. The rows of a key and its "
        "handoff_success_rate add up to 1.",
        extra=("part",),
        part="reason of failure",
    ),
    Metric(
        "handoff_wait",
        "Wait per handoff",
        Unit.MILLISECONDS,
        Better.LOWER,
        _HANDOFF,
        "Median of the time from offered to accepted, over handoffs that were accepted; `p95` is the 95th percentile. Returns are "
        "not counted.",
        extra=("p95",),
    ),
    Metric(
        "escalation_rate",
        "Escalation rate",
        Unit.RATIO,
        Better.NEITHER,
        _RUN,
        "Runs in which a person was asked at least once / runs that ended.",
    ),
    Metric(
        "agent_escalation_rate",
        "Escalation rate per agent",
        Unit.RATIO,
        Better.NEITHER,
        ("agent", "service", "time"),
        "Pairs of agent and ended run in which the agent asked a person / pairs of agent and ended run in which it had a turn or asked.",
    ),
    Metric(
        "escalation_answers",
        "Answers of people",
        Unit.RATIO,
        Better.NEITHER,
        ("total", "agent", "service", "time"),
        "For each state: escalations in it / escalations of the same key, open ones (requested, pending) included.",
        extra=("part",),
        part="state of the escalation",
    ),
    Metric(
        "escalation_answer_time",
        "Time to answer",
        Unit.MILLISECONDS,
        Better.LOWER,
        ("total", "agent", "service", "time"),
        "Median of the time from request to answer, over answered escalations; `p95` is the 95th percentile.",
        extra=("p95",),
    ),
    Metric(
        "pending_escalation_age",
        "Oldest open question",
        Unit.MILLISECONDS,
        Better.LOWER,
        ("total", "agent", "service"),
        "`$now` minus the time of the request, of the oldest open (requested, pending) escalation; `p50` is the median age of the "
        "open ones, the denominator their number.",
        extra=("p50",),
    ),
    Metric(
        "run_latency",
        "End-to-end latency",
        Unit.MILLISECONDS,
        Better.LOWER,
        ("total", "outcome", "service", "workflow", "time"),
        "Median of end minus start, over ended runs, waiting for people included; `p95` and `p99` are percentiles. `work_share` "
        "is the time in which a model or tool call ran / the whole time, `wait_share` the rest.",
        extra=("p95", "p99", "work_share", "wait_share"),
    ),
    Metric(
        "agent_latency",
        "Latency per turn",
        Unit.MILLISECONDS,
        Better.LOWER,
        _STEP,
        "Median of end minus start, over ended steps; `p95` and `p99` are percentiles.",
        extra=("p95", "p99"),
    ),
    Metric(
        "run_error_rate",
        "Runs with an error",
        Unit.RATIO,
        Better.LOWER,
        _RUN,
        "Ended runs with at least one failed span / ended runs. Exceptions that only steer the framework or pause for a person "
        "are no errors.",
    ),
    Metric(
        "error_rate",
        "Error rate",
        Unit.RATIO,
        Better.LOWER,
        _CALL,
        "Failed calls / calls: leaf model calls, tool calls and handoff calls. An error is counted where it happened, not again "
        "on the spans above it; control flow is no error.",
    ),
    Metric(
        "soft_error_rate",
        "Soft-error rate",
        Unit.RATIO,
        Better.LOWER,
        _CALL,
        "Calls that failed by what they returned and not by their status / the same calls as in error_rate.",
    ),
    Metric(
        "tokens",
        "Tokens",
        Unit.TOKENS,
        Better.LOWER,
        ("total", "agent", "model", "service", "time"),
        "Input and output tokens of leaf model calls, so that sums repeated on the spans above are not counted twice; the "
        "denominator is the number of calls.",
        extra=("input_tokens", "output_tokens"),
    ),
    Metric(
        "cost",
        "Cost",
        Unit.USD,
        Better.LOWER,
        ("total", "agent", "model", "service", "time"),
        "Cost of leaf model calls, as stated on the span or from the price table; the denominator is the number of calls, "
        "`unpriced` how many of them have no price and are not in the sum.",
        extra=("unpriced",),
    ),
    Metric(
        "cost_per_completed_run",
        "Cost per completed run",
        Unit.USD,
        Better.LOWER,
        _RUN,
        "Cost of all ended runs, the ones that did not complete included / completed runs; `unpriced` is the number of ended runs "
        "without a known cost, which add nothing.",
        extra=("unpriced",),
    ),
    Metric(
        "tokens_per_completed_run",
        "Tokens per completed run",
        Unit.TOKENS,
        Better.LOWER,
        _RUN,
        "Input and output tokens of all ended runs, the ones that did not complete included / completed runs.",
    ),
    Metric(
        "rework_rate",
        "Rework",
        Unit.RATIO,
        Better.LOWER,
        _RUN,
        "Ended runs in which a validator sent work back at least once / ended runs; `times` is the number of times work was sent back.",
        extra=("times",),
    ),
    Metric(
        "agent_rework_rate",
        "Rework per agent",
        Unit.RATIO,
        Better.LOWER,
        ("total", "agent", "validator", "service", "time"),
        "Verdicts rejected / verdicts about the agent's work.",
    ),
    Metric(
        "retries_per_run",
        "Retries per run",
        Unit.COUNT,
        Better.LOWER,
        _RUN,
        "Retries of ended runs / ended runs.",
    ),
    Metric(
        "audit_completeness",
        "Audit completeness",
        Unit.RATIO,
        Better.HIGHER,
        ("total", "agent", "service", "time"),
        "For each check: the steps, spans or handoffs that pass / those it is asked of. The checks are listed below.",
        extra=("part",),
        part="check",
    ),
    Metric(
        "silent_failure_rate",
        "Silent failures",
        Unit.RATIO,
        Better.LOWER,
        ("total", "detector", "service", "workflow", "time"),
        "Completed runs with at least one finding / completed runs. Every detector counts but `unusual_run`, which flags a set share of "
        "good runs, and those that hold runs to the declared network (`conformance_rate`); findings that a person has marked false do "
        "not. Errors of runs that failed are not silent and not counted, because only completed runs are. By detector, the denominator "
        "is all completed runs.",
    ),
    Metric(
        "conformance_rate",
        "Conformance",
        Unit.RATIO,
        Better.HIGHER,
        ("total", "detector", "service", "workflow", "time"),
        "Runs that ended without a finding against the declared network / runs that ended of services that `network.toml` declares, "
        "since it declares them so; `relaylens rebuild` holds all runs to it. Findings that a person has marked false do not count. By "
        "detector: without a finding of this detector. Without a declaration there is no number.",
    ),
    Metric(
        "findings",
        "Findings",
        Unit.COUNT,
        Better.LOWER,
        ("total", "detector", "agent", "severity", "service", "time"),
        "Findings whose evidence lies in the window; `runs` is the number of runs they are in. By agent: who is to blame as far "
        "as known, else where it shows.",
        extra=("runs",),
    ),
    Metric(
        "finding_precision",
        "Precision of findings",
        Unit.RATIO,
        Better.HIGHER,
        ("total", "detector", "agent", "severity", "service", "time"),
        "Findings marked true / findings marked true or false, of those whose evidence lies in the window; the newest mark counts. People "
        "mark what they look at: it is the precision of what was looked at. `known` ones are counted apart.",
        extra=("known",),
    ),
    Metric(
        "label_score",
        "Business labels",
        Unit.RATIO,
        Better.HIGHER,
        (*_LABEL, "source"),
        "For each label name: mean of the score, or, where there is none, the share of true (true, yes, correct, passed, good, "
        "1 against false, no, incorrect, rejected, bad, 0; other texts are not counted). The last word of each source on a run counts; "
        "marks on findings are not among them. Accuracy is the label `accuracy`. Only where every score is 0 or 1 is it a rate "
        "with an interval.",
        extra=("part",),
        part="name of the label",
    ),
    Metric(
        "cycle_time",
        "Cycle time",
        Unit.MILLISECONDS,
        Better.LOWER,
        _LABEL,
        "For each label name: median of the time from the start of the run to the first label of that name; `p95` is the 95th percentile.",
        extra=("part", "p95"),
        part="name of the label",
    ),
)
"""Every metric, in the order of the screens."""

_BY_NAME: Final = {entry.name: entry for entry in METRICS}


def metric(name: str) -> Metric:
    """Find a metric by its name."""
    try:
        return _BY_NAME[name]
    except KeyError:
        detail = f"Asked for {name!r}; there are {', '.join(_BY_NAME)}."
        raise UnknownMetricError(detail) from None


def dimension(of: Metric, by: str | None) -> str:
    """Give the dimension asked for, the metric's first when none is named."""
    if by is None:
        return of.dimensions[0]
    if by not in of.dimensions:
        detail = f"{of.name} can be seen by {', '.join(of.dimensions)}, not by {by!r}."
        raise UnknownDimensionError(detail)
    return by
