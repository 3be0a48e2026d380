"""Throws many inputs at the collector: `python -m tests.collector.fuzz --inputs 1000000`; writes what came of it."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.inputs import draw
from tests.collector.fuzz.target import BrokenPromiseError, Target

EVERY = 2_500
"""Inputs between two looks at the store."""
A_STORE = 20_000
"""Inputs for one store."""


def choices_of(seed: int, number: int) -> bytes:
    """Return the bytes by which one input is drawn."""
    source = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated
    return source.randbytes(source.choice((20, 60, 200, 600)))


def run(inputs: range, seed: int, folder: Path, found: list[str]) -> Target:
    """Throw the inputs of these numbers at one collector; what it did that it never may is added to `found`."""
    target = Target(folder)
    try:
        for number in inputs:
            try:
                target.throw(draw(Choices(choices_of(seed, number))))
                if number % EVERY == EVERY - 1 or number == inputs[-1]:
                    target.check_store()
            except BrokenPromiseError as error:
                found.append(f"input {number} of seed {seed}: {error}")
    finally:
        target.close()
    return target


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    found: list[str] = []
    slowest, told = 0.0, 0
    began, processor = time.monotonic(), time.process_time()
    for first in range(given.first, given.first + given.inputs, A_STORE):
        numbers = range(first, min(first + A_STORE, given.first + given.inputs))
        with tempfile.TemporaryDirectory() as folder:
            target = run(numbers, given.seed, Path(folder), found)
        counts += target.counts
        slowest = max(slowest, target.slowest)
        for broken in found[told:]:
            sys.stderr.write(f"{broken}\n")
        told = len(found)
        sys.stderr.write(f"{numbers.stop - given.first} inputs, {time.monotonic() - began:.0f} s\n")
    for name, count in sorted(counts.items()):
        print(f"{count:9,}  {name}")
    seconds = f"{time.monotonic() - began:.0f} s ({time.process_time() - processor:.0f} s of processor)"
    print(f"{counts.total():9,}  inputs of seed {given.seed} in {seconds}")
    print(f"slowest input: {slowest:.2f} s")
    print(f"promises broken: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
