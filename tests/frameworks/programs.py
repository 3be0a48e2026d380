"""The programs there are: each framework's folder declares its own in truth.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.frameworks.actions import Script
from tests.frameworks.flows import SCRIPTS, TRUTHS, Mode, Truth

FOLDER: Final = Path(__file__).parent


class But:
    """Where a program's truth differs from the flow's, and why: `But("the SDK raises", outcome=Outcome.FAILED)`."""

    def __init__(self, why: str, /, **fields: Any) -> None:  # noqa: ANN401 - the fields of Truth
        """Keep the reason beside the fields it is about."""
        self.why = why
        self.fields = fields


@dataclass(frozen=True)
class Program:
    """A program of a framework: which flows it runs, and what has to be seen of them."""

    file: str = "program.py"
    mode: Mode = "peer"
    flows: tuple[str, ...] = ()
    """Empty: all flows of the mode."""

    missing: Mapping[str, str] = field(default_factory=dict)
    """Flows that the framework has no way to do, with the reason."""

    but: Mapping[str, But] = field(default_factory=dict)
    """Flows whose truth differs, with the reason."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    """Flows that need another script, and more flows of its own."""

    truths: Mapping[str, Truth] = field(default_factory=dict)
    """The truth of more flows of its own."""

    arguments: tuple[str, ...] = ()
    """More words for the command line of the program, such as `--stream`."""

    label: str = ""
    """Tells two programs apart that are the same file with other arguments."""

    folder: str = ""
    """The framework's folder; filled in when it is found."""

    @property
    def name(self) -> str:
        """The framework, and the program's own name where it has several."""
        own = self.label or Path(self.file).stem.removeprefix("program").removeprefix("_")
        return f"{self.folder}.{own}" if own else self.folder

    @property
    def path(self) -> Path:
        """The program itself."""
        return FOLDER / self.folder / self.file

    @property
    def played(self) -> tuple[str, ...]:
        """The flows it runs."""
        named = self.flows or tuple(dict.fromkeys([*SCRIPTS[self.mode], *self.truths]))
        return tuple(flow for flow in named if flow not in self.missing)

    def script(self, flow: str) -> Script:
        """What the model says in a flow."""
        return self.scripts.get(flow) or SCRIPTS[self.mode][flow]

    def truth(self, flow: str) -> Truth:
        """What has to be seen of a flow."""
        plain = self.truths.get(flow) or TRUTHS[self.mode][flow]
        return replace(plain, **self.but[flow].fields) if flow in self.but else plain


@cache
def programs() -> dict[str, Program]:
    """Every program by its name."""
    found = {}
    for file in sorted(FOLDER.glob("*/truth.py")):
        declared: tuple[Program, ...] = import_module(f"tests.frameworks.{file.parent.name}.truth").PROGRAMS
        for program in declared:
            here = replace(program, folder=file.parent.name)
            found[here.name] = here
    return found
