"""The network under test: what it did, and assertions about it that show what was seen when they fail."""

from collections.abc import Iterable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from relaylens.exceptions import MissingExtraError
from relaylens.scope import normalised
from relaylens.semconv import CONVENTIONS, ERROR_TYPE, GEN_AI_AGENT_NAME, GEN_AI_OPERATION_NAME, Operation, Outcome
from relaylens.testing.recording import Recording
from relaylens.testing.seen import Escalation, Finding, Handoff, Run, Seen, Settle, Step, settling, stated


class Network:
    """What a program's agents did, as the spans of this test show it.

    With `relaylens[collector]` installed runs, handoffs, escalations and findings come from the same settling as in production;
    without it they are what Relaylens' own spans state, and findings are not looked for.
    """

    def __init__(self, recording: Recording, settle: Settle | None = None) -> None:
        """Look at a recording, by `settle` or by what is installed."""
        self._recording = recording
        self._settle = settle or settling()
        self._seen: Seen | None = None
        self._looked_at = -1

    # What was seen.

    @property
    def spans(self) -> list[ReadableSpan]:
        """Spans that have ended, in the order they began."""
        return self._recording.spans

    @property
    def runs(self) -> list[Run]:
        """Pieces of work, in the order they began."""
        return self._looked().runs

    @property
    def steps(self) -> list[Step]:
        """Turns of agents, in the order they began."""
        return self._looked().steps

    @property
    def handoffs(self) -> list[Handoff]:
        """Handoffs in the order they were offered; control that only goes back to a caller is none."""
        return self._looked().handoffs

    @property
    def escalations(self) -> list[Escalation]:
        """Questions to people."""
        return self._looked().escalations

    @property
    def findings(self) -> list[Finding]:
        """Silent failures and other deviations; MissingExtraError where nothing is installed that finds them."""
        found = self._looked().findings
        if found is None:
            message = "Findings are made by settling, which needs DuckDB: pip install 'relaylens[collector]'"
            raise MissingExtraError(message)
        return found

    def tree(self, *, ids: bool = False) -> str:
        """The spans as an indented text, the same in every run of the same program: for snapshots and for reading."""
        spans = self.spans
        known = {span.context.span_id for span in spans if span.context}
        children: dict[int | None, list[ReadableSpan]] = {}
        for span in spans:
            parent = span.parent.span_id if span.parent and span.parent.span_id in known else None
            children.setdefault(parent, []).append(span)
        lines: list[str] = []
        open_spans = [(span, 0) for span in reversed(children.get(None, []))]
        while open_spans:
            span, depth = open_spans.pop()
            number = span.context.span_id if span.context else 0
            lines.append("  " * depth + (f"{number} " if ids else "") + _line(span))
            open_spans.extend((child, depth + 1) for child in reversed(children.get(number, [])))
        return "\n".join(lines)

    def _looked(self) -> Seen:
        """What is seen now; looked for again when more has ended."""
        spans = self.spans
        if self._seen is None or self._looked_at != len(spans):
            self._seen = (self._settle or stated)(spans)
            self._looked_at = len(spans)
        return self._seen

    # Assertions.

    def assert_handoff(self, source: str, target: str, *, succeeded: bool | None = True, times: int | None = None) -> None:
        """Work passed from `source` to `target`: successfully, not so (`succeeded=False`), or either (`None`)."""
        __tracebackhide__ = True
        found = [
            handoff
            for handoff in self.handoffs
            if _is(handoff.source, source) and _is(handoff.target, target) and succeeded in {None, handoff.succeeded}
        ]
        kind = {True: "a handoff", False: "a failed handoff", None: "an attempted handoff"}[succeeded]
        if times is None:
            self._check(bool(found), f"{kind} {source} -> {target}", "handoffs", self.handoffs)
        else:
            self._check(len(found) == times, f"{kind} {source} -> {target} {times} times, not {len(found)}", "handoffs", self.handoffs)

    def assert_no_handoff(self, source: str | None = None, target: str | None = None) -> None:
        """No work was passed, or offered, from `source` or to `target`; without names, none at all."""
        __tracebackhide__ = True
        found = [
            handoff
            for handoff in self.handoffs
            if (source is None or _is(handoff.source, source)) and (target is None or _is(handoff.target, target))
        ]
        self._check(not found, f"no handoff {source or '*'} -> {target or '*'}", "handoffs", self.handoffs)

    def assert_agents(self, *agents: str) -> None:
        """Exactly these agents had their turns, in this order; turns of one agent that follow each other count once."""
        __tracebackhide__ = True
        turns: list[str] = []
        for step in self.steps:
            if not turns or turns[-1] != normalised(step.agent):
                turns.append(normalised(step.agent))
        self._check(turns == [normalised(agent) for agent in agents], f"the agents {', '.join(agents)}, in this order", "turns", turns)

    def assert_outcome(self, outcome: Outcome | str, run: str | None = None) -> None:
        """Every run, or the runs of this name or id, ended so."""
        __tracebackhide__ = True
        runs = [one for one in self.runs if run is None or run in {one.name, one.id}]
        expected = Outcome(outcome).value
        which = "every run" if run is None else f"the run {run!r}"
        self._check(
            bool(runs) and all(one.outcome == expected for one in runs),
            f"{which} to be {expected}",
            "runs",
            [f"{one.name or one.id}: {one.outcome} ({one.evidence})" + (f", {one.reason}" if one.reason else "") for one in self.runs],
        )

    def assert_completed(self, run: str | None = None) -> None:
        """The work got done."""
        __tracebackhide__ = True
        self.assert_outcome(Outcome.COMPLETED, run)

    def assert_failed(self, run: str | None = None) -> None:
        """The work failed."""
        __tracebackhide__ = True
        self.assert_outcome(Outcome.FAILED, run)

    def assert_escalated(self, run: str | None = None) -> None:
        """The work waits for a person, or was left to one."""
        __tracebackhide__ = True
        self.assert_outcome(Outcome.ESCALATED, run)

    def assert_no_findings(self, *, besides: Iterable[str] = ()) -> None:
        """Nothing went wrong in silence, `besides` the detectors named."""
        __tracebackhide__ = True
        allowed = {str(detector) for detector in besides}
        self._check(not [finding for finding in self.findings if finding.detector not in allowed], "no findings", "findings", self.findings)

    def assert_finding(self, detector: str, agent: str | None = None) -> None:
        """A detector found something, at this agent."""
        __tracebackhide__ = True
        found = [one for one in self.findings if one.detector == str(detector) and (agent is None or _is(one.agent, agent))]
        self._check(bool(found), f"a finding {detector}" + (f" at {agent}" if agent else ""), "findings", self.findings)

    def assert_called_tool(self, tool: str, *, agent: str | None = None, times: int | None = None) -> None:
        """The tool was called, by this agent, so many times."""
        __tracebackhide__ = True
        calls = self._tool_calls()
        found = [who for name, who in calls if name == tool and (agent is None or _is(who, agent))]
        what = f"a call of the tool {tool}" + (f" by {agent}" if agent else "")
        if times is not None:
            what += f", {times} times, not {len(found)}"
        self._check(
            bool(found) if times is None else len(found) == times, what, "tool calls", [f"{name} by {who or '?'}" for name, who in calls]
        )

    def assert_not_called_tool(self, tool: str) -> None:
        """The tool was not called."""
        __tracebackhide__ = True
        calls = self._tool_calls()
        self._check(
            tool not in {name for name, _ in calls},
            f"no call of the tool {tool}",
            "tool calls",
            [f"{name} by {who or '?'}" for name, who in calls],
        )

    def _tool_calls(self) -> list[tuple[str, str | None]]:
        """Names of tools that were called, and the agents that called them."""
        spans = self.spans
        by_id = {span.context.span_id: span for span in spans if span.context}
        calls: list[tuple[str, str | None]] = []
        for span in spans:
            given = span.attributes or {}
            name = next((str(given[key]) for key in CONVENTIONS["tool_name"] if key in given), None)
            if name is None or given.get(GEN_AI_OPERATION_NAME) not in {None, Operation.EXECUTE_TOOL.value}:
                continue
            at: ReadableSpan | None = span
            while at is not None and GEN_AI_AGENT_NAME not in (at.attributes or {}):
                at = by_id.get(at.parent.span_id) if at.parent else None
            calls.append((name, None if at is None else str((at.attributes or {})[GEN_AI_AGENT_NAME])))
        return calls

    def _check(self, holds: bool, expected: str, kind: str, seen: Sequence[object]) -> None:  # noqa: FBT001 - the condition itself
        """Raise with what was expected, what was seen, and the whole tree."""
        __tracebackhide__ = True
        if holds:
            return
        listed = "\n".join(f"  {one}" for one in seen) or "  none"
        tree = "\n".join(f"  {line}" for line in self.tree().splitlines()) or "  none"
        message = f"Expected {expected}.\nSeen {kind}:\n{listed}\nSpans:\n{tree}"
        raise AssertionError(message)


def _is(name: str | None, wanted: str) -> bool:
    """Whether two names mean the same agent."""
    return name is not None and normalised(name) == normalised(wanted)


def _line(span: ReadableSpan) -> str:
    """A span in one line: its name, and how it failed."""
    if span.status.status_code is not StatusCode.ERROR:
        return span.name
    return f"{span.name}  ERROR {(span.attributes or {}).get(ERROR_TYPE, '')}".rstrip()
