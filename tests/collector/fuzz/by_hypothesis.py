"""Inputs that hypothesis draws; in a run of many nothing stops it, so that it does not shrink what it finds."""

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.collector.fuzz.throwing import Run

_AT_ONCE = 10_000


def throw_all(run: Run, inputs: int, first_seed: int) -> None:
    """Throw so many; hypothesis keeps what it has tried, so that they are drawn in parts."""
    part = first_seed
    while run.thrown < inputs and not run.is_over:
        _throw(run, min(_AT_ONCE, inputs - run.thrown), part)
        part += 1


def _throw(run: Run, inputs: int, part: int) -> None:
    @seed(part)
    @settings(max_examples=inputs, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=600))
    def one(data: bytes) -> None:
        if not run.is_over:
            run.throw(data, "hypothesis")

    one()
