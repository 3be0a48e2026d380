"""Inputs of a seed: always the same ones, so that what is found is found again."""

import random

from tests.collector.fuzz.throwing import Run


def choices_of(seed: int, number: int) -> bytes:
    """Return the bytes by which one input is drawn."""
    source = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated
    return source.randbytes(source.choice((20, 60, 200, 600)))


def throw_all(run: Run, inputs: range, seed: int) -> None:
    """Throw the inputs of these numbers."""
    for number in inputs:
        if run.is_over:
            return
        run.throw(choices_of(seed, number), f"input {number} of seed {seed}")
