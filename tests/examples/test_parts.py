"""The parts of the network that have a mind of their own: the board, the breaker, the clock, the content."""

import ast
import asyncio
import random
import time

import pytest
from examples.support_network import board, clock, content, model, network

import relaylens

from .conftest import ROOT, UNTIL


def task(number: int) -> board.Task:
    """A task on the board."""
    return board.Task(number, f"task {number}", {}, relaylens.handoff("executor"))


def test_two_who_claim_at_once_never_get_the_same_task() -> None:
    """Of two claims that read the same version one wins, the other one is told, and tries again."""
    shared = board.Board()
    for number in (1, 2):
        shared.post(task(number))

    async def claim(worker: str) -> list[str]:
        told = []
        assert shared.come()
        while True:
            try:
                claimed = await shared.claim_next(worker)
            except board.VersionConflictError as conflict:
                told.append(str(conflict))
            else:
                assert not shared.come()
                return [f"{claimed.number} {claimed.claimed_by}", *told]

    async def both() -> list[list[str]]:
        clock.begin(clock.Simulated(UNTIL))
        return await clock.together([claim("a"), claim("b")])

    assert [["1 a"], ["2 b", "board is at version 3, b has read 2"]] == asyncio.run(both())


def test_the_breaker_opens_and_closes() -> None:
    """After two failures in a row the model is spared for half a minute; one success and all is forgotten."""

    async def story() -> list[bool]:
        clock.begin(clock.Simulated(UNTIL))
        breaker = model.CircuitBreaker()
        seen = [breaker.allows()]
        breaker.failed()
        seen.append(breaker.allows())
        breaker.failed()
        seen.append(breaker.allows())
        await clock.pause(31)
        seen.append(breaker.allows())
        breaker.succeeded()
        breaker.failed()
        return [*seen, breaker.allows()]

    assert [True, True, False, True, True] == asyncio.run(story())


def test_simulated_colleagues_take_turns_in_the_order_of_time() -> None:
    """Whoever is due first goes first, and the one who waits for all goes on at the latest time."""
    seen: list[tuple[str, int]] = []

    async def work(name: str, *pauses: float) -> str:
        for seconds in pauses:
            await clock.pause(seconds)
            seen.append((name, round((clock.now() - UNTIL) / 1e9)))
        return name

    async def all_of_it() -> tuple[list[str], int]:
        clock.begin(clock.Simulated(UNTIL))
        done = await clock.together([work("slow", 5, 5), work("quick", 1, 1, 1), work("idle")])
        return done, round((clock.now() - UNTIL) / 1e9)

    assert (["slow", "quick", "idle"], 10) == asyncio.run(all_of_it())
    assert [("quick", 1), ("quick", 2), ("quick", 3), ("slow", 5), ("slow", 10)] == seen


def test_real_waits_end_when_all_is_to_end() -> None:
    """Nobody waits for an hour when the network is stopped."""

    async def story() -> float:
        ending = asyncio.Event()
        clock.begin(clock.Real(1.0, ending))
        asyncio.get_running_loop().call_later(0.01, ending.set)
        began = time.monotonic()
        await clock.pause(3600)
        return time.monotonic() - began

    assert asyncio.run(story()) < 5


@pytest.mark.parametrize("hours", [0.5, 6.0, 48.0])
def test_runs_begin_within_the_hours_asked_for(hours: float) -> None:
    """In order, none in the future, and with time left at the end for those that take long."""
    times = network.start_times(200, hours, UNTIL, random.Random(1))  # noqa: S311 - seeded chance
    assert times == sorted(times)
    assert UNTIL - hours * 3600e9 <= times[0]
    assert times[-1] <= UNTIL - min(1500.0, hours * 3600 * 0.3) * 1e9 + 1


def test_every_ticket_can_be_written_and_its_documents_exist() -> None:
    """All placeholders of all templates are filled, and the knowledge base holds what they refer to."""
    assert 40 <= len(content.templates())
    for number in range(500):
        ticket = content.write_ticket(number, random.Random(number))  # noqa: S311 - seeded chance
        assert "{" not in ticket.subject + ticket.body + ticket.reply
        assert set(ticket.documents) <= set(content.documents())


def test_only_the_public_api_is_used() -> None:
    """The example imports nothing of OpenTelemetry and of relaylens only what it exports."""
    imported: set[str] = set()
    used: set[str] = set()
    for path in sorted((ROOT / "examples" / "support_network").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module or "")
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "relaylens":
                used.add(node.attr)
    assert {"relaylens"} == {name for name in imported if name.startswith(("opentelemetry", "relaylens"))}
    assert used <= set(relaylens.__all__)
    assert {"agent", "escalate", "feedback", "handoff", "model_call", "outcome", "receive", "run", "tool", "validation"} <= used
