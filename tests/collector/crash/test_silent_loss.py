"""Whatever is cut from or changed in a file of the store, somebody says so: the next start, or `relaylens verify`."""

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.collector.crash.damaging import FILES, KINDS, Case, Ending, try_case
from tests.collector.crash.killed_store import leave_killed_store

_WAYS = [(file, kind) for file in FILES for kind in KINDS]


def _cases(number: int, folder: Path, seed: int, ways: Sequence[tuple[str, str]]) -> Iterator[Case]:
    """Damage each file in each way in turn, until so many damages had an effect."""
    store = folder / "store"
    names = leave_killed_store(store)
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not cryptography
    effects = 0
    while effects < number:
        file, kind = ways[effects % len(ways)]
        case = try_case(store, folder, file, kind, chance, names)
        effects += case.ending is not Ending.NO_EFFECT
        yield case


def _figures(cases: list[Case]) -> list[str]:
    """Each ending and how often it came, by file."""
    rows = Counter((case.file.partition(".")[2] or case.file, case.ending) for case in cases)
    return [f"{file:14} {ending.value:70} {count:5,}" for (file, ending), count in sorted(rows.items())]


def test_a_damage_of_each_kind_is_told(tmp_path: Path) -> None:
    """G03, the short form: each file damaged in one or two ways."""
    ways = _WAYS[::2]
    cases = list(_cases(len(ways), tmp_path, 3, ways))

    assert [] == [case for case in cases if case.ending is Ending.SILENT]


@pytest.mark.crash
@pytest.mark.timeout(0)
def test_hundreds_of_damages_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """G03, the long form, by `make crash`; the variable DAMAGES says how many."""
    cases = list(_cases(int(os.environ.get("DAMAGES", "200")), tmp_path, 4, _WAYS))
    with capsys.disabled():
        print("", *_figures(cases), sep="\n")  # noqa: T201 - the figures are what it is run for

    assert [] == [case for case in cases if case.ending is Ending.SILENT]
