"""The catalogue of detectors, read from the headers of `sql/findings/*.sql`, and what a user sets of them.

A file is one detector and carries its name. It opens with what it means, then says about itself, one line each:

    -- id: L1                                   its place in the taxonomy (docs/detectors.md)
    -- layer: run                               run, agents, past or declared: what it compares
    -- reads: structure, content                what it needs: spans alone, captured texts, or a baseline of past runs
    -- on: yes                                  yes, no, or measured: held back until its false alarms here are known to be few
    -- parameter: least_times = 3, how often    any number: a TOML value and its meaning; SQL reads getvariable('DETECTOR_least_times')
    -- exempt: polling tools                    any number: what it leaves alone on purpose
    -- needs: repeated_calls                    as in every file of settling

The query gives the columns of `sql/staging/finding_shape.sql`, those it has.
A file `detectors.toml` in the store's folder switches detectors on and off and sets parameters; it outlives a rebuild,
which applies it to all runs.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from relaylens_analytics.errors import DetectorFileError, DetectorSettingsError
from relaylens_analytics.stages import detector_feature

Value = bool | int | float | str | list[str]
"""What a parameter may be."""

SETTINGS_FILE: Final = "detectors.toml"
GENERAL: Final = "measured"
"""The table of that file that says when detectors that are held back are shown."""

_FOLDER: Final = files("relaylens_analytics") / "sql" / "findings"
_LINE: Final = re.compile(r"-- (id|layer|reads|on|parameter|exempt): (.+)")
_PARAMETER: Final = re.compile(r"(?P<name>[a-z_]+) = (?P<value>\[[^\]]*\]|\"[^\"]*\"|[^,]+), (?P<meaning>.+)")
_HEADERS: Final = ("id", "layer", "reads", "on")


class Layer(StrEnum):
    """What a detector compares."""

    RUN = "run"
    """A run with itself."""
    AGENTS = "agents"
    """Agents with each other."""
    PAST = "past"
    """A run with the deployment's own past."""
    DECLARED = "declared"
    """A run with the network as it is declared (`relaylens_analytics.specification`)."""


class Reads(StrEnum):
    """What a detector needs to find anything."""

    STRUCTURE = "structure"
    """Spans, their order, names and states."""
    CONTENT = "content"
    """Texts of messages and tools, where they are captured."""
    BASELINE = "baseline"
    """Past runs of the same deployment."""


class On(StrEnum):
    """Whether a detector's findings are shown."""

    YES = "yes"
    NO = "no"
    MEASURED = "measured"
    """Its findings are hints until its false alarms on this deployment's good runs are known to be few."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, text, list or yes/no that a detector asks for."""

    name: str
    default: Value
    meaning: str


@dataclass(frozen=True, slots=True)
class Detector:
    """What a detector's file says about it."""

    id: str
    name: str
    meaning: str
    layer: Layer
    reads: tuple[Reads, ...]
    on: On
    parameters: tuple[Parameter, ...] = ()
    exempt: tuple[str, ...] = ()

    def variable(self, parameter: Parameter) -> str:
        """The variable of DuckDB that holds a parameter while settling."""
        return f"{self.name}_{parameter.name}"


MEASURED: Final = (
    Parameter(
        "most_false_alarms", 0.02, "upper end of the 95 % interval of a detector's false-alarm rate up to which its findings are shown"
    ),
    Parameter("least_good_runs", 30, "good runs of a deployment without which no rate is known"),
)
"""When the findings of a measured detector are shown."""


@dataclass(frozen=True)
class Setup:
    """What is on in a store, and the value of every parameter."""

    on: Mapping[str, On] = field(default_factory=dict)
    """By detector."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """By variable."""

    def features(self) -> set[str]:
        """What settling's files may need: each detector that is on, and into which table its rows go."""
        enabled = {name: on for name, on in self.on.items() if on is not On.NO}
        into = {f"{'found' if on is On.YES else 'held_back'} {name}" for name, on in enabled.items()}
        return into | {detector_feature(name) for name in enabled}

    def variables(self) -> dict[str, Value]:
        """What settling's queries read with `getvariable`."""
        enabled = [name for name, on in sorted(self.on.items()) if on is not On.NO]
        return {**self.values, "enabled": enabled, "held_back": [name for name in enabled if self.on[name] is On.MEASURED]}


@cache
def catalogue() -> tuple[Detector, ...]:
    """All detectors, by name."""
    entries = sorted((entry for entry in _FOLDER.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(read(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in entries)


def read(name: str, text: str) -> Detector:
    """Read the header of a detector's file."""
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if (found := _LINE.fullmatch(line)) is not None:
            said.setdefault(found[1], []).append(found[2])
    if any(len(said.get(header, ())) != 1 for header in _HEADERS):
        detail = f"{name}.sql has to say each of {', '.join(_HEADERS)} once."
        raise DetectorFileError(detail)
    try:
        return Detector(
            id=said["id"][0],
            name=name,
            meaning=text.partition("\n")[0].removeprefix("-- "),
            layer=Layer(said["layer"][0]),
            reads=tuple(Reads(word) for word in said["reads"][0].split(", ")),
            on=On(said["on"][0]),
            parameters=tuple(_parameter(line) for line in said.get("parameter", ())),
            exempt=tuple(said.get("exempt", ())),
        )
    except ValueError as error:
        detail = f"{name}.sql: {error}."
        raise DetectorFileError(detail) from error


def setup(folder: Path | None = None) -> Setup:
    """Read what a store's folder sets, else the defaults; raises DetectorSettingsError, naming what is wrong in the file."""
    given = {} if folder is None else _given(folder / SETTINGS_FILE)
    on: dict[str, On] = {}
    values: dict[str, Value] = {}
    for parameter in MEASURED:
        values[f"{GENERAL}_{parameter.name}"] = parameter.default
    for detector in catalogue():
        on[detector.name] = detector.on
        values.update({detector.variable(parameter): parameter.default for parameter in detector.parameters})
    for name, key, value in given:
        if name == GENERAL:
            values[f"{GENERAL}_{key}"] = _checked(name, key, value, {parameter.name: parameter for parameter in MEASURED})
            continue
        detector = _named(name)
        if key == "on":
            on[name] = _on(name, value)
        else:
            known = {parameter.name: parameter for parameter in detector.parameters}
            values[f"{name}_{key}"] = _checked(name, key, value, known)
    return Setup(on, values)


def _parameter(line: str) -> Parameter:
    """Read `name = value, meaning`."""
    found = _PARAMETER.fullmatch(line)
    if found is None:
        message = f"parameter {line!r} is not of the form 'name = value, meaning'"
        raise ValueError(message)
    return Parameter(found["name"], tomllib.loads(f"value = {found['value']}")["value"], found["meaning"])


def _given(file: Path) -> Iterator[tuple[str, str, object]]:
    """The settings of a file, if it is there: detector, key and value."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        detail = f"{file}: {error}."
        raise DetectorSettingsError(detail) from error
    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        detail = f"{file}: {error}."
        raise DetectorSettingsError(detail) from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            detail = f"{file}: {name} has to be a table, such as [{name}] with a line on = true."
            raise DetectorSettingsError(detail)
        for key, value in table.items():
            yield name, key, value


def _named(name: str) -> Detector:
    """The detector of a table."""
    found = next((detector for detector in catalogue() if detector.name == name), None)
    if found is None:
        near = difflib.get_close_matches(name, [*(detector.name for detector in catalogue()), GENERAL], n=3, cutoff=0.5)
        meant = f"Perhaps {' or '.join(near)} is meant; " if near else ""
        detail = f"There is no detector {name!r}. {meant}`relaylens detectors` lists all, and [{GENERAL}] sets those that are held back."
        raise DetectorSettingsError(detail)
    return found


def _on(name: str, value: object) -> On:
    """Read `on`."""
    match value:
        case bool():
            return On.YES if value else On.NO
        case "measured":
            return On.MEASURED
    detail = f'[{name}] on has to be true, false or "measured", found {value!r}.'
    raise DetectorSettingsError(detail)


def _checked(name: str, key: str, value: object, known: Mapping[str, Parameter]) -> Value:
    """The value of a parameter, of the kind its default is."""
    parameter = known.get(key)
    if parameter is None:
        detail = f"[{name}] has no parameter {key!r}; it has {', '.join(['on', *known] if name != GENERAL else known)}."
        raise DetectorSettingsError(detail)
    default = parameter.default
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool | int | float | str) and type(value) is type(default):
        return value
    if isinstance(default, list) and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    detail = f"[{name}] {key} has to be like {default!r}, found {value!r}."
    raise DetectorSettingsError(detail)
