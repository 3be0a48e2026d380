"""The network as it is meant to be: what `network.toml` in a store's folder says of agents, handoffs, tools and approvals.

    [support]                                    # a service.name; `services = [...]` where one network spans several
    agents = ["triage", "retriever", "drafter", "approver"]
    handoffs = ["triage -> retriever", "retriever -> drafter", "drafter -> approver", "approver -> human"]
    approval = ["refund_order"]                  # tools that work only after a person's yes

    [support.required]                           # whose turn a run of a workflow has to have; "*" is every run
    "support ticket" = ["approver"]

    [support.tools]                              # the tools of an agent
    retriever = ["search_documents"]

What a table leaves out is not checked. Settling holds the runs of these services to it by the detectors of the layer `declared`, and
keeps what the file says in the table `specification`, where screens and queries find it. `written` makes such a file of what good
runs did.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa

from relaylens.semconv import SpecificationPart
from relaylens_analytics.errors import SpecificationError
from relaylens_analytics.stages import specified_feature, statement

SPECIFICATION_FILE: Final = "network.toml"

_ARROW: Final = "->"
_LISTS: Final = {"agents": SpecificationPart.AGENT, "approval": SpecificationPart.APPROVAL}
_TABLES: Final = {"required": SpecificationPart.REQUIRED, "tools": SpecificationPart.TOOL}
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that TOML takes without quotes."""
_MARKS: Final = frozenset('"\\')
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Controls, characters that format what is around them, and line ends."""
_KEYS: Final = ("services", *_LISTS, "handoffs", *_TABLES)
_SCHEMA: Final = pa.schema([(name, pa.string()) for name in ("service_name", "part", "name", "target")])


class Row(NamedTuple):
    """One thing that is declared of a service."""

    service_name: str
    part: SpecificationPart
    name: str
    """An agent, or the tool that needs an approval, or the workflow that requires a turn."""
    target: str | None = None
    """To whom the agent may hand work, which tool it may use, or whose turn the workflow requires."""


def read(folder: Path | None) -> tuple[Row, ...]:
    """Read what a store's folder declares, nothing where there is no file; raises SpecificationError, naming what is wrong in it."""
    if folder is None:
        return ()
    file = folder / SPECIFICATION_FILE
    try:
        tables: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        detail = f"{file}: {error}."
        raise SpecificationError(detail) from error
    return tuple(sorted({row for name, table in tables.items() for row in _rows(f"{file}: [{name}]", name, table)}, key=repr))


def store(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row]) -> None:
    """Replace what the table `specification` says of services of which something else is declared now."""
    wanted, found = set(rows), {Row(*row) for row in connection.execute(statement("specification/held.sql")).fetchall()}
    changed = sorted({row.service_name for row in wanted ^ found})
    if not changed:
        return
    table = pa.Table.from_pylist([row._asdict() for row in wanted if row.service_name in changed], schema=_SCHEMA)
    connection.execute("BEGIN")
    try:
        connection.register("declared_rows", table)
        connection.execute(statement("specification/forget.sql"), {"services": changed})
        connection.execute(statement("specification/hold.sql"))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.unregister("declared_rows")


def features(rows: Iterable[Row]) -> set[str]:
    """What settling's files may need of the specification."""
    return {specified_feature(row.part) for row in rows}


def written(rows: Iterable[Row]) -> str:
    """Write rows as a file that reads back as the same."""
    services: dict[str, list[Row]] = {}
    for row in sorted(rows, key=repr):
        services.setdefault(row.service_name, []).append(row)
    return "\n".join(_table(service, found) for service, found in services.items())


def _rows(where: str, name: str, table: object) -> Iterator[Row]:
    """What one table of the file declares, for each of its services."""
    if not isinstance(table, dict):
        detail = f"{where} has to be a table of what is declared of the service, such as [{name}] with a line agents = [...]."
        raise SpecificationError(detail)
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        detail = f"{where} has no {unknown[0]!r}; it may have {', '.join(_KEYS)}."
        raise SpecificationError(detail)
    for service in _names(f"{where} services", table.get("services", [name])):
        for key, part in _LISTS.items():
            yield from (Row(service, part, one) for one in _names(f"{where} {key}", table.get(key, [])))
        yield from (
            Row(service, SpecificationPart.HANDOFF, *_ends(where, one)) for one in _names(f"{where} handoffs", table.get("handoffs", []))
        )
        for key, part in _TABLES.items():
            for owner, targets in _lists(f"{where} {key}", table.get(key, {})):
                yield from (Row(service, part, owner, one) for one in targets)


def _names(where: str, value: object) -> list[str]:
    """A list of names."""
    if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
        return value
    detail = f'{where} has to be a list of names, such as ["triage", "drafter"], found {value!r}.'
    raise SpecificationError(detail)


def _lists(where: str, value: object) -> Iterator[tuple[str, list[str]]]:
    """Lists of names by name."""
    if not isinstance(value, Mapping):
        detail = f"{where} has to be a table of lists, found {value!r}."
        raise SpecificationError(detail)
    for owner, names in value.items():
        yield owner, _names(f"{where}, {owner!r}", names)


def _ends(where: str, handoff: str) -> tuple[str, str]:
    """The two ends of `from -> to`."""
    source, arrow, target = (part.strip() for part in handoff.partition(_ARROW))
    if not (source and arrow and target) or _ARROW in target:
        detail = f'{where} handoffs have the form "triage -> drafter", found {handoff!r}.'
        raise SpecificationError(detail)
    return source, target


def _table(service: str, rows: Iterable[Row]) -> str:
    """One service as TOML."""
    found: dict[SpecificationPart, list[Row]] = {part: [] for part in SpecificationPart}
    for row in rows:
        found[row.part].append(row)
    lines = [f"[{_key(service)}]"]
    lines += [f"{key} = {_list(row.name for row in found[part])}" for key, part in _LISTS.items() if found[part]]
    if handoffs := found[SpecificationPart.HANDOFF]:
        lines += ["handoffs = [", *(f"    {_quoted(f'{row.name} {_ARROW} {row.target}')}," for row in handoffs), "]"]
    for key, part in _TABLES.items():
        by_name: dict[str, list[str]] = {}
        for row in found[part]:
            by_name.setdefault(row.name, []).append(row.target or "")
        if by_name:
            lines += ["", f"[{_key(service)}.{key}]", *(f"{_key(name)} = {_list(targets)}" for name, targets in by_name.items())]
    return "\n".join([*lines, ""])


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """A basic string of TOML in which nothing steers a terminal or hides."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _MARKS:
        return f"\\{character}"
    return f"\\U{ord(character):08x}" if unicodedata.category(character) in _UNSEEN else character
