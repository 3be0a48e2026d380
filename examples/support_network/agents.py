"""The five agents of the support network; each takes the baton and passes it on."""

import relaylens

from .archive import ArchiveUnavailableError
from .case import Baton, Case, Parked
from .clock import now
from .faults import Fault
from .truth import EscalationTruth

URGENCIES = ("low", "normal", "high", "urgent")
CONFIDENCE_TO_SEND = 0.72
"""Drafts below this go to a person."""
HOPS_ALLOWED = 6
"""How often two agents may send the same work to and fro."""


async def triage(case: Case, baton: Baton) -> Baton | None:
    """Says how urgent the ticket is and what it is about."""
    ticket = case.ticket
    urgency = ticket.urgency
    if case.fault is Fault.WRONG_URGENCY:
        # Two levels off: an urgent ticket waits, or a slow one jumps the queue.
        urgency = URGENCIES[(URGENCIES.index(ticket.urgency) + 2) % len(URGENCIES)]
    with case.step(baton, "5", "Sorts tickets by urgency and topic") as step:
        step.input(ticket.shown())
        verdict = await case.think(
            "triage",
            "You sort tickets of the outdoor shop Fernway. Answer with urgency (low, normal, high, urgent) and category.",
            f"{ticket.subject}\n\n{ticket.body}",
            f"urgency: {urgency}\ncategory: {ticket.category}",
        )
        step.output(verdict)
        correct = urgency == ticket.urgency
        case.truth.label("correct_urgency", str(correct).lower(), float(correct))
        payload = {**ticket.shown(), "urgency": urgency, "category": ticket.category}
        return await case.hand_over("triage", "retriever", payload, f"{ticket.category} ticket, {urgency}")


async def retrieve(case: Case, baton: Baton) -> Baton | None:
    """Finds the pages and the past tickets that help."""
    account = case.truth.agents["retriever"]
    with case.step(baton, "8", "Finds documents and past tickets") as step:
        if refused(case, baton, step):
            return None
        step.input(baton.payload)
        pages = []
        account.tool_calls += 1
        try:
            pages = await case.archive.search_documents(case.ticket.subject, limit=3)
        except ArchiveUnavailableError:
            # The fault: the error is swallowed, and the work goes on without facts.
            case.truth.tool_errors += 1
            case.truth.blame("retriever", "swallowed_tool_error")
        account.tool_calls += 1
        past = await case.archive.search_tickets(case.ticket.category)
        facts = [page["fact"] for page in pages]
        summary = await case.think(
            "retriever",
            "Sum up what helps to answer the ticket. Use only what was found.",
            f"Ticket: {case.ticket.subject}\nPages: {pages}\nPast tickets: {past}",
            " ".join(facts) or "Nothing was found that bears on this ticket.",
        )
        step.output(summary)
        payload = {**baton.payload, "facts": facts, "past_tickets": past, "summary": summary}
        return await case.hand_over("retriever", "drafter", payload, "facts are together")


async def draft(case: Case, baton: Baton) -> Baton | None:
    """Writes the reply."""
    ticket = case.ticket
    with case.step(baton, "12", "Writes the reply") as step:
        if refused(case, baton, step):
            return None
        step.input(baton.payload)
        if case.fault is Fault.PING_PONG:
            return await bounce(case, baton, "retriever", "The facts do not say which order is meant.", step)
        facts = baton.payload.get("facts", [])
        reply = f"Dear {ticket.customer},\n\n{ticket.reply}\n\nKind regards\nFernway"
        if case.fault is Fault.CORRUPTED_CONTEXT:
            reply = f"Dear {ticket.customer},\n\n{facts[0] if facts else 'we could not find your order.'}\n\nKind regards\nFernway"
        elif not facts:
            reply = f"Dear {ticket.customer},\n\nthank you for your message. We are looking into it.\n\nKind regards\nFernway"
        if case.fault is Fault.EMPTY_ANSWER:
            reply = ""
            case.truth.blame("drafter", "empty_output")
        text = await case.think(
            "drafter",
            "Write a short, warm and exact reply to the customer. Use only the facts that you were given.",
            f"Ticket: {ticket.subject}\n{ticket.body}\nFacts: {facts}",
            reply,
        )
        step.output(text)
        payload = {**{key: baton.payload[key] for key in ("ticket", "customer", "order")}, "draft": text}
        return await case.hand_over("drafter", "approver", payload, "draft is ready")


async def fetch_again(case: Case, baton: Baton) -> Baton | None:
    """The retriever when a draft comes back to it: it has nothing more, and says so by sending the work to the drafter again."""
    with case.step(baton, "8", "Finds documents and past tickets") as step:
        step.input(baton.payload)
        return await bounce(case, baton, "drafter", "Everything that there is has been sent.", step)


async def bounce(case: Case, baton: Baton, target: str, why: str, step: relaylens.AgentStep) -> Baton | None:
    """Send the same work back, until the network's limit ends it."""
    if baton.truth is not None:
        baton.truth.fail("looped")
        case.truth.blame(None, "loop")
    case.hops += 1
    said = await case.think(baton.agent, "Do your part of the ticket, or send it to a colleague.", why, f"transfer to {target}: {why}")
    step.output(said)
    if case.hops >= HOPS_ALLOWED:
        return None
    return await case.hand_over(baton.agent, target, baton.payload, why)


async def approve(case: Case, baton: Baton) -> Parked | None:
    """Sends the draft when it is good enough, else asks a person."""
    with case.step(baton, "3", "Sends or asks a person") as step:
        if refused(case, baton, step):
            return None
        step.input(baton.payload)
        confidence = sureness(case)
        text = str(baton.payload["draft"])
        await case.think(
            "approver",
            f"How sure are you that the draft is right? Send from {CONFIDENCE_TO_SEND} on, else ask a person.",
            text or "(no text)",
            f"confidence: {confidence:.2f}",
        )
        if confidence >= CONFIDENCE_TO_SEND:
            await send(case, text or f"Dear {case.ticket.customer},\n\n\n\nKind regards\nFernway")
            step.output(f"sent with confidence {confidence:.2f}")
            return None
        escalation = relaylens.escalate(f"Send this reply to {case.ticket.customer}? Confidence {confidence:.2f}.\n\n{text}")
        case.truth.escalations.append(EscalationTruth("approver", now()))
        step.output(f"asked a person, confidence {confidence:.2f}")
        step.outcome("escalated")
    return Parked(escalation, text, answered=case.fault is not Fault.APPROVAL_NEVER_ANSWERED)


async def send(case: Case, text: str) -> None:
    """Send the mail."""
    case.truth.agents["approver"].tool_calls += 1
    await case.archive.send_reply(case.ticket.number, text)
    accuracy = {Fault.CORRUPTED_CONTEXT: 0.1, Fault.EMPTY_ANSWER: 0.0, Fault.SWALLOWED_TOOL_ERROR: 0.4}
    score = accuracy[case.fault] if case.fault in accuracy else round(case.rng.uniform(0.86, 1.0), 2)
    case.truth.label("answer_accuracy", f"{score:.2f}", score)


async def resume(case: Case, parked: Parked, state: str, final: str) -> Baton | None:
    """The approver goes on with the person's answer; edits go to the learner."""
    case.truth.agents["approver"].steps += 1
    with relaylens.agent("approver", version="3", description="Sends or asks a person") as step:
        step.input({"answer": state, "draft": parked.draft})
        if state == "denied":
            step.output("left to a person")
            return None
        await send(case, final)
        step.output("sent")
        if state != "edited":
            return None
        payload = {"ticket": case.ticket.number, "category": case.ticket.category, "draft": parked.draft, "edited": final}
        return await case.hand_over("approver", "learner", payload, "a person has edited the draft")


async def learn(case: Case, baton: Baton) -> None:
    """Keeps what the person has changed, for the next draft of this kind."""
    category = case.ticket.category
    with case.step(baton, "2", "Learns from the edits of people") as step:
        step.input(baton.payload)
        lesson = await case.think(
            "learner",
            "Say in one sentence what the person wanted changed.",
            f"Draft:\n{baton.payload['draft']}\n\nSent:\n{baton.payload['edited']}",
            f"In {category} tickets, say first what happens next and when.",
        )
        case.truth.agents["learner"].tool_calls += 1
        await case.archive.store_guideline(category, lesson)
        case.lessons[category] += 1
        relaylens.feedback("human_edit", round(case.rng.uniform(0.05, 0.4), 2), source="reviewer", agent="drafter", comment=lesson)
        step.output(lesson)


def refused(case: Case, baton: Baton, step: relaylens.AgentStep) -> bool:
    """Whether this agent does not take the work."""
    if baton.truth is None or case.fault is not Fault.REFUSED_HANDOFF or (baton.truth.source, baton.truth.target) != case.lossy_edge:
        return False
    reason = {
        "retriever": "The index of this category is being rebuilt.",
        "drafter": "Messages in this language are not written here.",
        "approver": "The draft's category is not in this approver's remit.",
    }[baton.agent]
    step.refuse(reason)
    step.output(f"refused: {reason}")
    baton.truth.fail("refused")
    case.truth.blame(baton.agent, "bounced_handoff")
    return True


def sureness(case: Case) -> float:
    """How sure the approver is; what people have taught the network helps."""
    if case.fault is Fault.APPROVAL_NEVER_ANSWERED:
        return 0.48
    if case.fault is not None:
        return 0.91
    learned = 0.02 * min(case.lessons[case.ticket.category], 5)
    hard = 0.08 if case.ticket.urgency == "urgent" else 0.0
    return round(min(0.99, max(0.05, case.rng.gauss(0.81, 0.11) + learned - hard)), 2)
