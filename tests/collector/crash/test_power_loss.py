"""The power goes at any moment: the collector starts by itself on what the disk then holds, and has every acknowledged span, once."""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from tests.collector.crash.power import Start, run

_NEEDED = "strace is not installed; on Debian: apt-get install strace"

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason=_NEEDED)


def _figures(starts: list[Start]) -> list[str]:
    """A row for each model."""
    kinds: dict[str, list[Start]] = defaultdict(list)
    for start in starts:
        kinds[start.kind].append(start)
    return [
        "| model | images | acknowledged spans lost | spans twice | started by itself | database made anew |",
        "|---|---|---|---|---|---|",
    ] + [
        f"| {kind} | {len(ones)} | {sum(one.lost for one in ones)} | {sum(one.doubled for one in ones)} "
        f"| {sum(not one.problem for one in ones)} | {sum(one.rebuilt for one in ones)} |"
        for kind, ones in kinds.items()
    ]


def _bad(starts: list[Start]) -> list[Start]:
    return [start for start in starts if start.problem or start.lost or start.doubled]


@needs_strace
def test_power_that_goes_costs_nothing_acknowledged(tmp_path: Path) -> None:
    """G02, the short form: a few images of each model, and a few checkpoints torn."""
    starts = run(tmp_path, requests=15, number=9, torn=3, seed=5)

    assert [] == _bad(starts)
    assert 12 == len(starts)
    assert max(start.acknowledged for start in starts) > 0


@needs_strace
@pytest.mark.crash
@pytest.mark.timeout(0)
def test_hundreds_of_power_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """G02, the long form, by `make crash`; the variables IMAGES and TORN say how many."""
    images, torn = int(os.environ.get("IMAGES", "300")), int(os.environ.get("TORN", "50"))
    starts = run(tmp_path, requests=60, number=images, torn=torn, seed=6)
    with capsys.disabled():
        print("", *_figures(starts), sep="\n")  # noqa: T201 - the figures are what it is run for

    assert [] == _bad(starts)
    assert images + torn == len(starts)
