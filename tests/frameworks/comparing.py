"""Where what was seen of a flow differs from what is true of it, in sentences."""

from collections.abc import Iterator
from typing import Any

from tests.frameworks.flows import Truth
from tests.frameworks.running import Played

from relaylens.semconv import Detector, Outcome, SpanClass

_TOOLS = {"search_docs", "send_reply", "escalate_to_human"}


def differences(truth: Truth, played: Played) -> list[str]:
    """Every difference; none when the flow was seen as it was."""
    return [
        *played.model.lost,
        *_ends(truth, played),
        *_handoffs(truth, played),
        *_marks(truth, played),
        *_people(truth, played),
        *_failures(truth, played),
        *_steps(truth, played),
    ]


def unlike(truth: Truth, played: Played) -> dict[str, list[str]]:
    """The differences that matter whoever sent the spans, by what they are about; conversations, tokens and texts are left out."""
    found = {
        "outcome": list(_outcome(truth, played)),
        "handoffs": [each for each in _handoffs(truth, played) if not each.startswith("mode")],
        "people": list(_people(truth, played)),
        "failures": list(_failures(truth, played)),
    }
    return {about: each for about, each in found.items() if each}


def _differ(what: str, true: object, seen: object) -> Iterator[str]:
    if true != seen:
        yield f"{what}: {true} is true, {seen} was seen"


def _ends(truth: Truth, played: Played) -> Iterator[str]:
    seen = played.seen
    yield from _differ("conversations", truth.conversations, len(seen["conversations"]))
    yield from _differ("runs", truth.runs, len(seen["runs"]))
    yield from _outcome(truth, played)
    if truth.model_calls is not None:
        yield from _differ(
            "model calls", (truth.model_calls, len(played.model.calls)), (sum(row["model_calls"] for row in seen["runs"]),) * 2
        )
    if truth.tokens:
        told = tuple(sum(row[key] or 0 for row in seen["runs"]) for key in ("input_tokens", "output_tokens"))
        yield from _differ("tokens", played.model.tokens(), told)


def _outcome(truth: Truth, played: Played) -> Iterator[str]:
    """The last run's, since a flow that a person answers goes on in another one."""
    if played.seen["runs"]:
        last = played.seen["runs"][-1]
        yield from _differ(f"outcome (rule {last['outcome_rule']}: {last['outcome_reason']})", truth.outcome.value, last["outcome"])


def _marks(truth: Truth, played: Played) -> Iterator[str]:
    """Every span says which conversation and which run it belongs to."""
    spans = played.seen["spans"]
    unmarked = sorted({row["name"] for row in spans if row["session_id"] != row["conversation"]})
    if truth.marked:
        yield from _differ("spans without the conversation's id", [], unmarked)
    yield from _differ("run ids", truth.runs, len({row["run_id"] for row in spans if row["run_id"] or truth.marked}))


def _handoffs(truth: Truth, played: Played) -> Iterator[str]:
    rows = [row for row in played.seen["handoffs"] if not row["is_return"] and row["target_type"] == "agent"]
    edges = [(row["from_agent"], row["to_agent"], row["ok"]) for row in rows]
    if truth.edges is not None:
        yield from _differ("handoffs", list(truth.edges), edges)
    else:
        asked = played.model.handoffs()
        # At the framework's limit the last target may or may not have begun.
        yield from _differ("handoffs", [(*edge, True) for edge in asked[:-1]], edges[: len(asked) - 1])
        yield from _differ("last handoff", asked[-1:], [edge[:2] for edge in edges[len(asked) - 1 :]])
    if truth.mode is not None:
        yield from _differ("mode", {truth.mode.value} if rows else set(), {row["mode"] for row in rows})
    if truth.edges is not None:
        reasons = {row["to_agent"]: row["reason"] for row in rows if row["reason"]}
        true = {agent: sorted(each) for agent, each in truth.reasons.items()}
        if reasons.keys() != true.keys() or any(reasons[agent] not in true[agent] for agent in true):
            yield f"reasons: {true} is true, {reasons} was seen"


def _people(truth: Truth, played: Played) -> Iterator[str]:
    rows = [(row["agent"], row["state"]) for row in played.seen["escalations"]]
    yield from _differ("escalations", [(agent, state.value) for agent, state in truth.escalations], rows)
    yield from (f"escalation of {row['agent']} has no question" for row in played.seen["escalations"] if not row["question"])


def _failures(truth: Truth, played: Played) -> Iterator[str]:
    facts = played.seen["span_facts"]
    tools = {row["tool_name"] for row in facts if row["span_class"] == SpanClass.TOOL and (row["is_error"] or row["is_soft_error"])}
    yield from _differ("failed tools", set(truth.failed_tools), tools & _TOOLS)
    failed = {row["agent"] for row in played.seen["steps"] if row["outcome"] == Outcome.FAILED}
    yield from _differ("failed agents", set(truth.failed_agents), failed)
    # The flows of a program are played once each: none is the usual way of the others.
    further = {Detector.UNUSUAL_RUN.value, *(each.value for each in truth.further_findings)}
    found = {row["detector"] for row in played.seen["findings"]} - further
    yield from _differ("findings", {each.value for each in truth.findings}, found)


def _steps(truth: Truth, played: Played) -> Iterator[str]:
    steps = played.seen["steps"]
    asked = set(played.model.agents()) - set(truth.idle_agents)
    yield from _differ("agents", asked, {row["agent"] for row in steps})
    for row in steps:
        yield from _missing_texts(row)


def _missing_texts(row: dict[str, Any]) -> Iterator[str]:
    name = f"step {row['position']} of {row['agent']}"
    if not row["has_input"] or not row["input"]:
        yield f"{name} has no prompt"
    if row["outcome"] == Outcome.COMPLETED and not row["has_output"]:
        yield f"{name} has no answer"
