"""The fault laboratory: twins of recorded runs, one broken and one not, with the truth about each.

Every clean run becomes a deployment of its own: a history of untouched runs with other entities on the days before, then one untouched twin
and a broken one for each fault. Twins have trace ids and sessions of their own and the times of the recording. The same seed gives the same
twins.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.faults.breaking import Chance, Fault, untouched
from tests.faults.catalogue import FAULTS, NEGATIVES, Negative
from tests.faults.places import Places, places
from tests.faults.planting import Planted, entity, plant
from tests.faults.recordings import Key, Recording
from tests.faults.sources import Source

DAY: Final = 86_400 * 10**9
LARGEST: Final = 200
"""Spans; a longer recording is left out, since each is copied many times."""


@dataclass(frozen=True)
class Twin:
    """A run with what is known about it: broken by a fault, or untouched."""

    recording: Recording
    deployment: str
    framework: str
    fault: str | None = None
    blamed_agent: str | None = None
    span: Key | None = None
    is_history: bool = False
    look_alike: str | None = None
    """What a careless rule would take it for, though nothing is wrong."""

    @property
    def name(self) -> str:
        """The recording that it was made of."""
        return self.recording.name

    @property
    def traces(self) -> frozenset[str]:
        """The traces of the run."""
        return frozenset(span.trace_id.hex() for span in self.recording.spans())


@dataclass
class Laboratory:
    """All twins, and how often a fault had no place."""

    twins: list[Twin] = field(default_factory=list)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By fault and framework."""


def build(
    sources: Sequence[Planted], *, seed: int = 1, history: int = 12, faults: Iterable[str] = tuple(FAULTS), look_alikes: bool = True
) -> Laboratory:
    """Make the twins of runs whose texts are marked."""
    laboratory = Laboratory()
    for planted in sources:
        name = planted.recording.name
        for day in range(history, 0, -1):
            laboratory.twins.append(_untouched(planted, f"{seed} {name} day {day}", days=day))
        laboratory.twins.append(_untouched(planted, f"{seed} {name} untouched", days=0))
        for fault in faults:
            twin = _broken(planted, fault, FAULTS[fault], f"{seed} {name} {fault}")
            if twin is None:
                laboratory.skipped[fault, planted.recording.framework] += 1
            else:
                laboratory.twins.append(twin)
        for look_alike, make in NEGATIVES.items() if look_alikes else ():
            alike = _look_alike(planted, look_alike, make, f"{seed} {name} {look_alike}")
            if alike is None:
                laboratory.skipped[look_alike, planted.recording.framework] += 1
            else:
                laboratory.twins.append(alike)
    # What came on the days before is settled before what came today, as it would have been.
    laboratory.twins.sort(key=lambda twin: not twin.is_history)
    return laboratory


def prepare(sources: Sequence[Source]) -> list[Planted]:
    """The clean sources with marks in their texts."""
    recordings: list[Recording] = []
    for source in sources:
        if source.clean and len(source.recording.spans()) <= LARGEST:
            recording = source.recording.copy()
            recording.renew(f"source {recording.name}")
            recording.belong_to(_deployment(recording))
            recordings.append(recording)
    nouns: list[Places] = places(recordings)
    return [plant(recording, found) for recording, found in zip(recordings, nouns, strict=True)]


def _untouched(planted: Planted, salt: str, *, days: int) -> Twin:
    recording = untouched(planted, _chance(salt))
    recording.move(-days * DAY)
    recording.renew(salt)
    return Twin(recording, _deployment(planted.recording), planted.recording.framework, is_history=days > 0)


def _look_alike(planted: Planted, name: str, make: Negative, salt: str) -> Twin | None:
    recording = make(planted, _chance(salt))
    if recording is None:
        return None
    recording.renew(salt)
    return Twin(recording, _deployment(planted.recording), planted.recording.framework, look_alike=name)


def _broken(planted: Planted, name: str, fault: Fault, salt: str) -> Twin | None:
    injected = fault(planted, _chance(salt))
    if injected is None:
        return None
    renamed = injected.recording.renew(salt)
    return Twin(
        injected.recording,
        _deployment(planted.recording),
        planted.recording.framework,
        fault=name,
        blamed_agent=injected.blamed_agent,
        span=renamed(injected.span),
    )


def _chance(salt: str) -> Chance:
    rng = random.Random(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:8]))  # noqa: S311 - seeded chance, not cryptography
    return Chance(rng, entity(rng), salt)


def _deployment(recording: Recording) -> str:
    """Runs of the example network are one deployment; each capture is one of its own."""
    return "lab__demo" if recording.framework == "demo" else f"lab__{recording.name}"
