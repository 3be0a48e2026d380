"""Whatever is thrown at the collector: no crash, no hang, no 500, no success that is not in the store, no bad request asked for again.

`FUZZ=` sets how many inputs; `make fuzz` throws many more.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.fuzz.__main__ import run
from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.inputs import draw
from tests.collector.fuzz.target import Target

INPUTS = int(os.environ.get("FUZZ", "20000"))
_PARTS = 4
_PART = -(-INPUTS // _PARTS)


@pytest.mark.timeout(max(120, INPUTS // 20))
@pytest.mark.parametrize("part", range(_PARTS))
def test_seeded_inputs(tmp_path: Path, part: int) -> None:
    """The inputs of a seed: always the same ones, so that what is found is found again."""
    found: list[str] = []

    target = run(range(part * _PART, (part + 1) * _PART), 4, tmp_path, found)

    assert [] == found
    assert _PART == target.counts.total()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One collector for all examples; at the end its store holds what it said."""
    one = Target(tmp_path_factory.mktemp("fuzz"))
    yield one
    try:
        one.check_store()
    finally:
        one.close()


@settings(max_examples=500)
@given(st.binary(max_size=400))
def test_inputs_that_hypothesis_chooses(target: Target, data: bytes) -> None:
    """The same inputs, drawn by hypothesis, which finds the smallest that fails."""
    assert target.throw(draw(Choices(data))) != 500
