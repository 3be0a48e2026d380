"""One run of many inputs, whoever draws them: seeds, hypothesis or libFuzzer."""

import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.inputs import Drawn, draw, draw_over_grpc
from tests.collector.fuzz.target import Target

_EVERY: Final = 2_500
"""Inputs between two looks at the store."""
_A_STORE: Final = 20_000
"""Inputs for one store."""


class Run:
    """Throws inputs at one collector after the other, and gathers what came of it."""

    def __init__(self, tell: Callable[[str], object] = lambda _: None, *, over_grpc: bool = False, seconds: float = math.inf) -> None:
        """Begin; what is found and how far it is will be told at once."""
        self._tell = tell
        self._only = "--grpc " if over_grpc else ""
        self._draw: Callable[[Choices], Drawn] = draw_over_grpc if over_grpc else draw
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._target: Target | None = None
        self._began, self._processor = time.monotonic(), time.process_time()
        self._until = self._began + seconds
        self._slowest = 0.0
        self.counts: Counter[str] = Counter()
        self.found: list[str] = []
        self.thrown = 0

    def __enter__(self) -> Self:
        """Nothing is opened before the first input."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Look at the store once more, and close it."""
        self._close()

    @property
    def is_over(self) -> bool:
        """Whether it has had its time."""
        return time.monotonic() > self._until

    def throw(self, data: bytes, name: str = "") -> None:
        """Throw the input of these bytes; what was done that never may be is added to `found`."""
        if self._target is None:
            self._folder = tempfile.TemporaryDirectory()
            self._target = Target(Path(self._folder.name))
        self.thrown += 1
        try:
            self._target.throw(self._draw(Choices(data)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on
            self._note(f"{name} {self._only}--replay {data.hex()}: {error!r}")
        if self.thrown % _A_STORE == 0:
            self._close()
        elif self.thrown % _EVERY == 0:
            self._look()

    def report(self) -> str:
        """Say what came of it."""
        counts = [f"{count:9,}  {name}" for name, count in sorted(self.counts.items())]
        seconds = f"{time.monotonic() - self._began:.0f} s ({time.process_time() - self._processor:.0f} s of processor)"
        ends = [f"{self.thrown:9,}  inputs in {seconds}", f"slowest input: {self._slowest:.2f} s", f"promises broken: {len(self.found)}"]
        return "\n".join([*counts, *ends])

    def _look(self) -> None:
        assert self._target is not None
        try:
            self._target.check_store()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on
            self._note(f"the store after {self.thrown} inputs: {error!r}")

    def _close(self) -> None:
        if self._target is None or self._folder is None:
            return
        self._look()
        self._target.close()
        self._folder.cleanup()
        self.counts += self._target.counts
        self._slowest = max(self._slowest, self._target.slowest)
        self._target = self._folder = None
        self._tell(f"{self.thrown} inputs, {time.monotonic() - self._began:.0f} s")

    def _note(self, what: str) -> None:
        self.found.append(what)
        self._tell(what)
