"""What is thought of the work: validations, outcomes and feedback."""

from collections.abc import Callable
from typing import Self, overload

from relaylens import content, recorder
from relaylens.around import Around, P, R
from relaylens.missing import MISSING, Missing
from relaylens.recording import STOPPED, Recorded, write_event
from relaylens.safety import guarded
from relaylens.scope import RunState, current_scope
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    GEN_AI_EVALUATION_SCORE_VALUE,
    RELAYLENS_FEEDBACK_COMMENT,
    RELAYLENS_FEEDBACK_NAME,
    RELAYLENS_FEEDBACK_SOURCE,
    RELAYLENS_FEEDBACK_VALUE,
    RELAYLENS_RUN_ID,
    RELAYLENS_RUN_OUTCOME,
    RELAYLENS_RUN_OUTCOME_EVIDENCE,
    RELAYLENS_RUN_OUTCOME_REASON,
    RELAYLENS_VALIDATION_REASON,
    RELAYLENS_VALIDATION_SUBJECT,
    RELAYLENS_VALIDATION_VERDICT,
    Evidence,
    Operation,
    Outcome,
    Verdict,
)


class Validation(Recorded):
    """A validator's look at another agent's work. Without a block, `passed()` and `rejected()` write it in an instant."""

    operation = Operation.VALIDATE
    names_agent = True

    def __init__(self, subject: str) -> None:
        """Prepare a validation."""
        super().__init__(subject, {RELAYLENS_VALIDATION_SUBJECT: subject})
        self._open = False

    def passed(self, reason: str | None = None) -> None:
        """The work is good."""
        self.verdict(Verdict.PASSED, reason)

    def rejected(self, reason: str | None = None) -> None:
        """The work is sent back."""
        self.verdict(Verdict.REJECTED, reason)

    def verdict(self, verdict: Verdict | str, reason: str | None = None) -> None:
        """State the verdict."""
        with guarded("record a verdict"):
            stated = Verdict(verdict).value
            if self._open:
                self.set(RELAYLENS_VALIDATION_VERDICT, stated)
                if reason is not None:
                    self._set_content(RELAYLENS_VALIDATION_REASON, lambda: content.as_text(reason))
                return
            write_event(
                self._span_name(),
                self._given
                | {
                    GEN_AI_AGENT_NAME: current_scope().agent,
                    RELAYLENS_VALIDATION_VERDICT: stated,
                    RELAYLENS_VALIDATION_REASON: reason if recorder.current().capture_content else None,
                },
                operation=self.operation,
            )

    def _started(self) -> None:
        self._open = True

    def _ending(self, error: BaseException | None) -> None:  # noqa: ARG002 - how it ended is on the span already
        self._open = False

    def _returned(self, value: object) -> None:
        verdict, reason = value if isinstance(value, tuple) and len(value) == 2 else (value, None)  # noqa: PLR2004 - verdict and reason
        if isinstance(verdict, bool):
            verdict = Verdict.PASSED if verdict else Verdict.REJECTED
        if isinstance(verdict, str) and verdict in set(Verdict):
            self.verdict(verdict, None if reason is None else content.as_text(reason))


def validation(subject: str, verdict: Verdict | str | None = None, reason: str | None = None) -> Validation:
    """Judge another agent's work: with a verdict at once, without one around the block or function that judges.

    A decorated function answers True or False, a `Verdict`, or a pair of one of these and the reason.
    """
    made = Validation(subject)
    if verdict is not None:
        made.verdict(verdict, reason)
    return made


def state_outcome(
    run: RunState | None, state: Outcome | str, reason: str | None, evidence: Evidence | str, run_id: str | None = None
) -> None:
    """Write how a run ended: on its span while that is open here, else as a span of its own."""
    with guarded("state an outcome"):
        attributes = {
            RELAYLENS_RUN_OUTCOME: Outcome(state).value,
            RELAYLENS_RUN_OUTCOME_EVIDENCE: Evidence(evidence).value,
        }
        if reason is not None and recorder.current().capture_content:
            attributes[RELAYLENS_RUN_OUTCOME_REASON] = reason
        if run is not None and run.span is not None and run_id in {None, run.id}:
            run.outcome_stated = True
            run.span.set_attributes(attributes)
            return
        known = run_id or (run.id if run is not None else None)
        write_event(str(Operation.OUTCOME), attributes | {RELAYLENS_RUN_ID: known}, operation=Operation.OUTCOME)


class BlockOutcome(Around):
    """States the run's outcome from what a block does: completed at its end, failed when it raises, or as `state(...)` says."""

    def __init__(self) -> None:
        """Prepare."""
        self._stated = False

    def state(self, outcome: Outcome | str, reason: str | None = None) -> None:
        """State another outcome than the block's end."""
        self._stated = True
        state_outcome(current_scope().run, outcome, reason, Evidence.STATED)

    def _enter(self) -> None:
        self._stated = False

    def _leave(self, error: BaseException | None) -> None:
        if isinstance(error, STOPPED):
            self.state(Outcome.ABANDONED)
        elif isinstance(error, Exception):
            self.state(Outcome.FAILED, f"{type(error).__name__}: {error}")
        elif not self._stated:
            self.state(Outcome.COMPLETED)

    def _returned(self, value: object) -> None:
        if isinstance(value, Outcome):
            self.state(value)


@overload
def outcome(state: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def outcome(
    state: Outcome | str | None = None, reason: str | None = None, *, evidence: Evidence | str = Evidence.STATED, run: str | None = None
) -> BlockOutcome: ...
def outcome(
    state: Outcome | str | Callable[P, R] | None = None,
    reason: str | None = None,
    *,
    evidence: Evidence | str = Evidence.STATED,
    run: str | None = None,
) -> BlockOutcome | Callable[P, R]:
    """State how a run ended: the run that is open here, or `run=` by its id at any later time.

    Without a state it stands around a block or function and states what that does.
    """
    block = BlockOutcome()
    if callable(state):
        return block(state)
    if state is not None:
        state_outcome(current_scope().run, state, reason, evidence, run)
    return block


class Feedback(Around):
    """An opinion about a run, step or answer, given once its value is known."""

    def __init__(self, name: str, *, source: str | None, comment: str | None, run: str | None, agent: str | None) -> None:
        """Prepare."""
        self._name = name
        self._source = source
        self._comment = comment
        self._run = run
        self._agent = agent

    def give(self, value: object, *, score: float | None = None, comment: str | None = None) -> Self:
        """Record the opinion."""
        with guarded("record feedback"):
            if score is None and isinstance(value, bool | int | float):
                score = float(value)
            comment = self._comment if comment is None else comment
            write_event(
                f"{Operation.FEEDBACK} {self._name}",
                {
                    RELAYLENS_RUN_ID: self._run,
                    GEN_AI_AGENT_NAME: self._agent or current_scope().agent,
                    RELAYLENS_FEEDBACK_NAME: self._name,
                    RELAYLENS_FEEDBACK_VALUE: content.as_text(value),
                    GEN_AI_EVALUATION_SCORE_VALUE: score,
                    RELAYLENS_FEEDBACK_SOURCE: self._source,
                    RELAYLENS_FEEDBACK_COMMENT: comment if recorder.current().capture_content else None,
                },
                operation=Operation.FEEDBACK,
            )
        return self

    def _enter(self) -> None:
        """Nothing yet."""

    def _leave(self, error: BaseException | None) -> None:
        """Nothing more: an opinion that was not given is none."""

    def _returned(self, value: object) -> None:
        if value is not None:
            self.give(value)


def feedback(  # noqa: PLR0913 - one opinion, all its parts by name
    name: str,
    value: object | Missing = MISSING,
    *,
    score: float | None = None,
    source: str | None = None,
    comment: str | None = None,
    run: str | None = None,
    agent: str | None = None,
) -> Feedback:
    """Record what a person or program thinks: with a value at once, without one around what finds it out.

    `run` is the id of a run that is over; without it, the one that is open here.
    """
    made = Feedback(name, source=source, comment=comment, run=run, agent=agent)
    if not isinstance(value, Missing):
        made.give(value, score=score)
    return made
