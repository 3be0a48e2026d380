"""Which programs the tests play, and the stage on which each is played once for all its tests."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from tests.frameworks.flows import Truth
from tests.frameworks.observing import complaints
from tests.frameworks.programs import programs
from tests.frameworks.running import Performance, Variant, perform

_SEEDS: Final = range(1, 10)
_USUAL: Final = "langgraph,autogen,crewai"
_WANTED: Final = os.environ.get("RELAYLENS_TEST_FRAMEWORKS", _USUAL)
"""Names of folders or of programs, or `all`; read here, since tests see none of our variables."""


def chosen() -> list[object]:
    """The programs to play, each in a group of its framework, so that one worker plays it."""
    return [pytest.param(name, id=name, marks=pytest.mark.xdist_group(programs()[name].folder)) for name in _names()]


def flows(variant: Variant) -> list[object]:
    """The flows to play with a variant."""
    if variant == "launched" and _WANTED == _USUAL:
        return []
    return [
        pytest.param(name, flow, id=f"{name}-{flow}", marks=pytest.mark.xdist_group(programs()[name].folder))
        for name in _names()
        for flow in programs()[name].played
    ]


def _names() -> list[str]:
    # Of the usual ones only the main program: a test run has to stay short.
    return [name for name, program in programs().items() if wanted(name, *([] if _WANTED == _USUAL else [program.folder]))]


def wanted(*names: str) -> bool:
    """Whether one of these names of folders or programs is to be played."""
    asked = {word.strip() for word in _WANTED.split(",")}
    return bool({"all", *names} & asked)


@dataclass
class Stage:
    """Plays each program once with each variant."""

    folder: Path
    performances: dict[tuple[str, Variant], Performance | Exception] = field(default_factory=dict)

    def play(self, program: str, variant: Variant) -> Performance:
        """The performance, or the error that ended it, for every test that asks."""
        key = (program, variant)
        if key not in self.performances:
            try:
                self.performances[key] = self._performance(program, variant)
            except RuntimeError as error:
                self.performances[key] = error
        played = self.performances[key]
        if isinstance(played, Exception):
            raise played
        return played

    def _performance(self, program: str, variant: Variant) -> Performance:
        """Play it; where it is to be broken, with the first seed that breaks a block which its flows reach: some reach only one or two."""
        for seed in _SEEDS:
            performance = perform(programs()[program], variant, self.folder / f"{program}-{variant}", seed=seed)
            if variant != "broken" or complaints(performance.output):
                break
        return performance

    def truth(self, program: str, flow: str) -> Truth:
        """What has to be seen."""
        return programs()[program].truth(flow)
