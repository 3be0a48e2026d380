"""Many runs of the network: spread over past hours at once, or one after the other as time goes by."""

import asyncio
import contextlib
import itertools
import json
import logging
import random
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

import relaylens

from .case import Case
from .clock import SECOND, Real, Simulated, Timeline, begin
from .content import Ticket, projects, write_ticket
from .faults import TEAM, Fault, Plan
from .model import CircuitBreaker
from .support import support_run
from .team import Team, team_run
from .truth import Truth

FLUSH_EVERY = 20
"""Runs after which spans are sent before more are made: the exporter's queue drops what does not fit."""

FOLLOW_UPS = 0.12
"""Share of the tickets that belong to an earlier conversation."""

logger = logging.getLogger("support_network")


@dataclass
class Network:
    """The network and what it remembers from run to run."""

    seed: int
    faults: str = "mixed"
    name: str = ""
    """Goes into the ids of runs and conversations, so that two executions with one seed do not mix in a store."""
    truth: TextIO | None = None
    labels: str | None = None
    """Address of a collector that takes the business labels of each run."""
    on_run: Callable[[Truth], None] = lambda _: None
    """Told of each run that is over."""
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to have no further run begin, and those under way end soon."""
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    lessons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Begin at the first run."""
        self._numbers = itertools.count(1)
        self._plan = Plan(self.faults, self.seed)
        self._conversations: list[tuple[str, Ticket]] = []
        self._prefix = f"{self.name or 'n'}{self.seed}"

    async def one(self, timeline: Timeline) -> Truth:
        """One run, on a line of time."""
        begin(timeline)
        number = next(self._numbers)
        kind = self._plan.next()
        rng = random.Random(f"{self.seed} {number}")
        truth = await (self._team(number, rng) if kind == TEAM else self._support(number, rng, Fault(kind) if kind else None))
        if self.truth is not None:
            truth.write(self.truth)
        if self.labels is not None:
            await asyncio.to_thread(send_labels, self.labels, truth)
        self.on_run(truth)
        return truth

    async def _team(self, number: int, rng: random.Random) -> Truth:
        """A run of the planning team."""
        project = rng.choice(projects())
        truth = Truth(f"{self._prefix}-{number:05d}", f"project-{self._prefix}-{number}", TEAM, "team project", None)
        await team_run(Team(project, truth, rng, self.breaker), f"manager-{rng.randrange(1, 5)}")
        return truth

    async def _support(self, number: int, rng: random.Random, fault: Fault | None) -> Truth:
        """A run of the support agents, sometimes in a conversation that goes on."""
        ticket = write_ticket(40_000 + number, rng)
        conversation = f"ticket-{self._prefix}-{ticket.number}"
        if self._conversations and rng.random() < FOLLOW_UPS:
            conversation, earlier = rng.choice(self._conversations[-20:])
            ticket = earlier.again(40_000 + number)
        self._conversations.append((conversation, ticket))
        truth = Truth(f"{self._prefix}-{number:05d}", conversation, "support", "support ticket", fault.value if fault else None)
        await support_run(Case(ticket, truth, rng, fault, self.breaker, self.lessons))
        return truth

    async def history(self, runs: int, hours: float, until: int) -> None:
        """Runs that began in the hours before a time, at once; fewer when it is stopped."""
        rng = random.Random(f"times {self.seed}")
        for done, started in enumerate(start_times(runs, hours, until, rng), 1):
            if self.ending.is_set():
                break
            await self.one(Simulated(started))
            if done % FLUSH_EVERY == 0:
                await asyncio.to_thread(relaylens.flush, 30.0)
        await asyncio.to_thread(relaylens.flush, 30.0)

    async def live(self, every: float, scale: float, runs: int | None = None) -> None:
        """Runs as time goes by, side by side, until `ending` is set; those that are under way then come to their end."""
        rng = random.Random(f"pace {self.seed}")
        going: set[asyncio.Task[Truth]] = set()
        for _ in itertools.count() if runs is None else range(runs):
            if self.ending.is_set():
                break
            task = asyncio.create_task(self.one(Real(scale, self.ending)))
            going.add(task)
            task.add_done_callback(going.discard)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), min(4 * every, rng.expovariate(1 / every)))
        await asyncio.gather(*going)


def start_times(runs: int, hours: float, until: int, rng: random.Random) -> list[int]:
    """Times in the hours before a time, more of them by day than by night, in order; the last are left to runs that take long."""
    length = hours * 3600
    usable = max(length - 1500.0, length * 0.7)
    drawn: list[float] = []
    while len(drawn) < runs:
        seconds = rng.uniform(0, usable)
        hour = time.gmtime(until // SECOND - length + seconds).tm_hour
        if rng.random() < (1.0 if 7 <= hour < 19 else 0.35):  # noqa: PLR2004 - office hours
            drawn.append(seconds)
    return [until - round((length - seconds) * SECOND) for seconds in sorted(drawn)]


def send_labels(address: str, truth: Truth) -> None:
    """Attach the business labels of a run."""
    for label in truth.labels:
        body = json.dumps({"run": truth.run, **label, "source": "quality team"}).encode()
        request = urllib.request.Request(f"{address.rstrip('/')}/api/v1/labels", body, {"Content-Type": "application/json"})  # noqa: S310 - the user's own collector
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5):  # noqa: S310
            continue
        logger.warning("The collector at %s did not take a label of run %s.", address, truth.run)
