"""Time in the network: the machine's, or a simulated one that costs nothing and can lie in the past."""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from typing import Protocol, TypeVar

SECOND = 1_000_000_000

T = TypeVar("T")


class Timeline(Protocol):
    """The time of one line of work."""

    def read(self) -> int:
        """Now, in nanoseconds since 1970."""

    async def pause(self, seconds: float) -> None:
        """Let time pass."""

    def fork(self, colleagues: int) -> "Sequence[Timeline]":
        """The times of colleagues who begin now."""

    def leave(self) -> None:
        """Be done."""

    def join(self, others: "Sequence[Timeline]") -> None:
        """Wait for colleagues."""


class _Turns:
    """Lets colleagues who work side by side in simulated time go on in the order of that time."""

    def __init__(self, colleagues: int) -> None:
        """All of them begin at work."""
        self._working = colleagues
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._places = itertools.count()

    async def until(self, nanos: int) -> None:
        """Wait until it is nobody else's turn before this time."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (nanos, next(self._places), turn))
        self.leave()
        await turn

    def leave(self) -> None:
        """Stop working, for now or for good."""
        self._working -= 1
        if self._working == 0 and self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            self._working += 1
            turn.set_result(None)


class Simulated:
    """Time that passes only by `pause()`, and by a moment at every look so that no two things happen at once."""

    _MOMENT = 20_000

    def __init__(self, nanos: int, turns: _Turns | None = None) -> None:
        """Begin at a time, alone or beside colleagues."""
        self.nanos = nanos
        self._turns = turns

    def read(self) -> int:
        """Now."""
        self.nanos += self._MOMENT
        return self.nanos

    async def pause(self, seconds: float) -> None:
        """Pass time at once, after colleagues who are due earlier."""
        self.nanos += round(seconds * SECOND)
        if self._turns is not None:
            await self._turns.until(self.nanos)

    def fork(self, colleagues: int) -> "Sequence[Simulated]":
        """Times of colleagues."""
        turns = _Turns(colleagues)
        return [Simulated(self.nanos, turns) for _ in range(colleagues)]

    def leave(self) -> None:
        """Let the colleagues go on."""
        if self._turns is not None:
            self._turns.leave()

    def join(self, others: "Sequence[Timeline]") -> None:
        """Go on when the last one is done."""
        self.nanos = max(self.nanos, *(other.read() for other in others))


class Real:
    """The machine's time; a scale makes the waits shorter, and when all is to end nobody waits any longer."""

    def __init__(self, scale: float, ending: asyncio.Event | None = None) -> None:
        """Begin now."""
        self._scale = scale
        self._ending = ending or asyncio.Event()

    def read(self) -> int:
        """Now."""
        return time.time_ns()

    async def pause(self, seconds: float) -> None:
        """Wait."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds * self._scale)

    def fork(self, colleagues: int) -> "Sequence[Real]":
        """Everybody has the same time."""
        return [self] * colleagues

    def leave(self) -> None:
        """Nothing to do."""

    def join(self, others: Sequence[Timeline]) -> None:
        """Nothing to do: real colleagues are waited for by waiting."""


_timeline: ContextVar[Timeline] = ContextVar("timeline")
_MACHINE = Real(1.0)


def begin(timeline: Timeline) -> None:
    """Work on this line from here on."""
    _timeline.set(timeline)


def now() -> int:
    """The time of the line of work this is called on; `relaylens.instrument(clock=now)` writes it on the spans."""
    return _timeline.get(_MACHINE).read()


async def pause(seconds: float) -> None:
    """Let time pass."""
    await _timeline.get(_MACHINE).pause(seconds)


async def together(works: Sequence[Awaitable[T]]) -> list[T]:
    """Do several works side by side, each with the time of its own, and wait for all."""
    here = _timeline.get(_MACHINE)
    lines = here.fork(len(works))

    async def on(line: Timeline, work: Awaitable[T]) -> T:
        begin(line)
        try:
            return await work
        finally:
            line.leave()

    done = await asyncio.gather(*(on(line, work) for line, work in zip(lines, works, strict=True)))
    here.join(lines)
    return list(done)
