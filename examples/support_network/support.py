"""A support run: a ticket passes through the five agents and, where they are unsure, past a person."""

import contextlib
from collections.abc import Iterator

import relaylens

from .agents import HOPS_ALLOWED, approve, draft, fetch_again, learn, resume, retrieve, triage
from .case import Baton, Case, Parked
from .clock import now, pause
from .content import names
from .faults import Fault

PARKED_AFTER = 480.0
"""Seconds of waiting after which a run is put away, to be gone on with in a trace of its own."""

DECISIONS = (("approved", 0.42), ("edited", 0.44), ("denied", 0.14))
"""What people answer, and how often."""


async def support_run(case: Case) -> None:
    """Handle one ticket; afterwards the truth about it is complete."""
    truth, ticket = case.truth, case.ticket
    truth.started = now()
    parked: Parked | None = None
    wait = min(900.0, case.rng.lognormvariate(5.2, 0.9))
    try:
        with _run(case) as run:
            run.input(f"{ticket.subject}\n\n{ticket.body}")
            parked = await relay(case)
            if parked is None:
                conclude(case, run)
            elif not parked.answered:
                truth.blame("approver", "approval_pending")
                state(case, "escalated", "waiting for a person")
            elif wait <= PARKED_AFTER:
                await answered(case, parked, wait)
        if parked is not None and parked.answered and wait > PARKED_AFTER:
            truth.traces = 2
            await pause(wait)
            with _run(case) as run:
                await answered(case, parked, 0.0)
    finally:
        truth.ended = now()


@contextlib.contextmanager
def _run(case: Case) -> Iterator[relaylens.Run]:
    """The run, under the same id each time it is gone on with."""
    truth = case.truth
    with relaylens.run(truth.name, run_id=truth.run, conversation=truth.conversation, user=case.ticket.user) as run:
        yield run


async def relay(case: Case) -> Parked | None:
    """Pass the work from agent to agent until nobody has it or a person is asked."""
    baton: Baton | None = Baton("triage", dict(case.ticket.shown()))
    while baton is not None:
        await case.travel()
        if baton.agent == "approver":
            return await approve(case, baton)
        if baton.agent == "triage":
            baton = await triage(case, baton)
        elif baton.agent == "drafter":
            baton = await draft(case, baton)
        else:
            baton = await (fetch_again if case.hops else retrieve)(case, baton)
    return None


async def answered(case: Case, parked: Parked, wait: float) -> None:
    """A person looks at the draft, and the network does what they say."""
    await pause(wait)
    decision = case.rng.choices([name for name, _ in DECISIONS], [share for _, share in DECISIONS])[0]
    final = parked.draft
    if decision == "edited":
        final = parked.draft.replace("Kind regards", "If anything is still open, answer this mail and it reaches me.\n\nKind regards")
    reply = {"approved": "Fine, send it.", "edited": final, "denied": "I will call the customer myself."}[decision]
    parked.escalation.answer(decision, reply, by=case.rng.choice(names("reviewers")))
    known = case.truth.escalations[-1]
    known.state, known.answered = decision, now()
    await pause(case.rng.uniform(0.3, 1.2))
    baton = await resume(case, parked, decision, final)
    if baton is not None:
        await case.travel()
        await learn(case, baton)
    if decision == "denied":
        state(case, "escalated", "a person answers the customer")
    else:
        state(case, "completed", "reply sent")


def conclude(case: Case, run: relaylens.Run) -> None:
    """State how a run ended that no person was asked about."""
    last = case.truth.handoffs[-1]
    if case.fault is Fault.DROPPED_HANDOFF:
        state(case, "abandoned", f"nobody took over from {last.source} within a minute")
    elif case.fault is Fault.REFUSED_HANDOFF:
        state(case, "failed", f"{last.target} refused the work and nobody else could take it")
    elif case.fault is Fault.PING_PONG:
        state(case, "failed", f"limit of {HOPS_ALLOWED} transfers between retriever and drafter reached")
    else:
        run.output("reply sent")
        state(case, "completed", "reply sent")


def state(case: Case, outcome: str, reason: str) -> None:
    """State the outcome, to the network and to the truth."""
    relaylens.outcome(outcome, reason)
    case.truth.outcome = outcome
