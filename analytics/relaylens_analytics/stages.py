"""The stages of settling: what a file or a folder of rules becomes as a statement, and without what it is left out."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Self

import duckdb

SQL: Final = files("relaylens_analytics") / "sql"

FIRST_MATCH: Final = {"work_classes": "span, arg_min(span_class, priority) AS span_class, arg_min(rule, priority) AS rule"}
"""Tables of rules in which only the first match of each span is kept."""

_NEEDS: Final = "-- needs: "
_NOTHING: Final = "nothing"
"""Never there: what needs it only gives a table its columns."""
_OCCURS: Final = re.compile(r"\boccurs\('([^']+)'\)")
_ATTRIBUTE: Final = re.compile(r"(?<!\b[ls]\.)\battributes\['([^']+)'\]")
"""Read of a span at work; `s` and `l` are spans and logs as they are stored."""
_PREFIX: Final = re.compile(r"\bstarts_with\((?:e\.key|k), '([^']+)'\)")
_CREATED_OTHERWISE: Final = {"work_macros"}
"""Files that are no query: a macro among the stages."""


@dataclass(frozen=True, slots=True)
class Query:
    """A file: its text, and what it gives no row without."""

    name: str
    text: str
    needs: tuple[frozenset[str], ...]
    is_detector: bool = False
    """Whether it can be switched off."""

    def is_needed(self, present: AbstractSet[str]) -> bool:
        """Whether it may give a row: of each line of needs, one is there."""
        return all(not alternatives.isdisjoint(present) for alternatives in self.needs)

    def is_for(self, table: str, present: AbstractSet[str]) -> bool:
        """Whether its rows belong into a table: those of a detector that is on are either shown or held back."""
        return not self.is_detector or f"{table} {self.name}" in present


def detector_feature(name: str) -> str:
    """What is there while a detector is on; staging that serves it alone asks for it with `-- needs: detector NAME`."""
    return f"detector {name}"


def specified_feature(part: str) -> str:
    """What is there while anything of a kind is declared of the network: what is held to it asks for it with `-- needs: specified PART`."""
    return f"specified {part}"


@cache
def statement(path: str) -> str:
    """The text of an SQL file below `sql/`."""
    return (SQL / path).read_text(encoding="utf-8")


@cache
def parsed(text: str) -> duckdb.Statement:
    """A statement that is run again and again: a sixth of a small settling would go into reading its words anew."""
    (one,) = duckdb.extract_statements(text)
    return one


def one_number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query answers; 0 for none."""
    ((value,),) = connection.execute(query).fetchall()
    return int(value or 0)


def _query(entry: Traversable, *, is_detector: bool = False) -> Query:
    """Read a file."""
    text = entry.read_text(encoding="utf-8")
    lines = [line.removeprefix(_NEEDS) for line in text.splitlines() if line.startswith(_NEEDS)]
    return Query(entry.name.removesuffix(".sql"), text, tuple(frozenset(line.split(" | ")) for line in lines), is_detector)


@cache
def _folder(path: str) -> tuple[Query, ...]:
    """The files of a folder in order."""
    entries = sorted((SQL / path).iterdir(), key=lambda entry: entry.name)
    return tuple(_query(entry, is_detector=path == "findings") for entry in entries if entry.name.endswith(".sql"))


@dataclass(frozen=True, slots=True)
class Stage:
    """One table that settling fills, from one query or from all rules of a folder."""

    table: str
    queries: tuple[Query, ...]
    is_folder: bool

    @classmethod
    @cache
    def named(cls, name: str) -> Self:
        """The stage of a name: a file of `sql/staging`, `marts:NOUN`, `rules:FOLDER:TABLE` or `findings:TABLE`."""
        match name.split(":"):
            case ["marts", noun]:
                return cls(f"new_{noun}", (_query(SQL / "marts" / f"{noun}.sql"),), is_folder=False)
            case ["rules", folder, table]:
                return cls(table, _folder(f"rules/{folder}"), is_folder=True)
            case ["findings", table]:
                shape = _query(SQL / "staging" / "finding_shape.sql")
                return cls(table, (shape, *_folder("findings")), is_folder=True)
        return cls(name, (_query(SQL / "staging" / f"{name}.sql"),), is_folder=False)

    def create(self) -> str:
        """What creates its table, empty."""
        if self.table in _CREATED_OTHERWISE:
            return self.queries[0].text
        # the columns of a table of findings are those of the shape, which is the first: planning all detectors takes long
        kinds = self.queries[:1] if any(query.is_detector for query in self.queries) else self.queries
        return f"CREATE OR REPLACE TEMP TABLE {self.table} AS\n{self._select(frozenset(kinds))}\nWITH NO DATA"

    def insert(self, present: AbstractSet[str], into: str | None = None) -> str | None:
        """What fills its table, or another one, or nothing where it would stay empty."""
        needed = frozenset(query for query in self.queries if query.is_for(self.table, present) and query.is_needed(present))
        if not needed or self.table in _CREATED_OTHERWISE:
            return None
        return f"INSERT INTO {into or self.table} BY NAME\n{self._select(needed)}"

    def _select(self, needed: frozenset[Query]) -> str:
        """One query over those needed; of rules with `rule` and `priority` beside their columns."""
        if not self.is_folder:
            return self.queries[0].text
        union = "\nUNION ALL BY NAME\n".join(
            f"SELECT *{_named(query.name, place)} FROM (\n{query.text}\n)"  # noqa: S608 - our own files and their names
            for place, query in enumerate(self.queries)
            if query in needed
        )
        columns = FIRST_MATCH.get(self.table)
        return f"SELECT {columns} FROM (\n{union}\n) GROUP BY span" if columns else union  # noqa: S608 - our own text


def _named(name: str, place: int) -> str:
    """The rule's name and place, of a file whose name begins with a number; detectors have none and say who they are."""
    number, _, rule = name.partition("_")
    return f", '{rule}' AS rule, {place} AS priority" if number.isdecimal() else ""


def _all_queries() -> tuple[Query, ...]:
    """All files of settling."""
    folders = ("staging", "marts", "findings", *(f"rules/{entry.name}" for entry in (SQL / "rules").iterdir()))
    return tuple(query for folder in folders for query in _folder(folder))


@cache
def asked_attributes() -> frozenset[str]:
    """The attributes that files read of the spans at work by their key: only spans that have one of them keep theirs there."""
    return frozenset(key for query in _all_queries() for key in _ATTRIBUTE.findall(query.text))


@cache
def asked_prefixes() -> frozenset[str]:
    """The beginnings of the numbered attributes that files read: where one occurs, all spans keep their attributes."""
    return frozenset(prefix for query in _all_queries() for prefix in _PREFIX.findall(query.text))


@cache
def needed_features() -> list[str]:
    """All that files of settling say they need, or ask for."""
    needs = {one for query in _all_queries() for needs in query.needs for one in needs}
    occurring = {feature for query in _all_queries() for feature in _OCCURS.findall(query.text)}
    needs = {need for need in needs - {_NOTHING} if not need.startswith((detector_feature(""), specified_feature("")))}
    return sorted(needs | occurring | asked_attributes() | asked_prefixes())
