"""Every query is a file: its name, its question and its parameters are read from the file itself."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from relaylens_analytics.errors import UnknownParameterError, UnknownQueryError
from relaylens_analytics.values import Value

METRICS: Final = "metrics"
"""Folder of the metrics."""

QUERIES: Final = "queries"
"""Folder of the named queries of screens and commands."""

_COMMENT_OR_TEXT: Final = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_PARAMETER: Final = re.compile(r"\$([a-z_]+)")
_NAME: Final = re.compile(r"[a-z_]+/[a-z_]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One file of SQL."""

    name: str
    """Folder and file without its ending, such as `metrics/run_latency`."""

    question: str
    """The file's first line: what it answers."""

    text: str
    """The SQL."""

    parameters: frozenset[str]
    """Names of the values it binds."""

    def bind(self, values: dict[str, Value] | None = None) -> dict[str, Value]:
        """Give each parameter its value, NULL where none is given; a value for no parameter is a mistake."""
        given = values or {}
        unknown = sorted(set(given) - self.parameters)
        if unknown:
            detail = f"{self.name} does not know {', '.join(unknown)}; it has {', '.join(sorted(self.parameters))}."
            raise UnknownParameterError(detail)
        return {name: given.get(name) for name in self.parameters}


@cache
def read(name: str) -> Statement:
    """Read a file of SQL by its name, such as `queries/runs`."""
    source = files("relaylens_analytics") / "sql" / f"{name}.sql"
    if _NAME.fullmatch(name) is None or not source.is_file():
        detail = f"Asked for {name!r}."
        raise UnknownQueryError(detail)
    text = source.read_text(encoding="utf-8")
    question = text.split("\n", maxsplit=1)[0].removeprefix("--").strip()
    return Statement(name, question, text, frozenset(_PARAMETER.findall(_COMMENT_OR_TEXT.sub("", text))))


def names(folder: str) -> list[str]:
    """List the queries of a folder, such as `metrics`."""
    entries = (files("relaylens_analytics") / "sql" / folder).iterdir()
    return sorted(f"{folder}/{entry.name.removesuffix('.sql')}" for entry in entries if entry.name.endswith(".sql"))
