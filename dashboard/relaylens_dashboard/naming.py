"""What agents and people are called wherever they are shown: as on the map, by the name that the framework writes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Self

from relaylens.semconv import HUMAN
from relaylens_analytics import Reader
from relaylens_analytics.queries import agents
from relaylens_dashboard.tabular import Cell, Rows

PERSON: Final = "Person"
"""Whoever answers a question, where no name is known."""

_EDGE: Final = " -> "
AGENT_GROUPS: Final = frozenset({"agent", "from_agent", "to_agent"})
"""What a metric can be split by or narrowed to that is an agent's key."""

_SENTENCES: Final = frozenset({"message", "last_message"})
_KEYS: Final = re.compile(r"\b\w*_\w*\b")
_COLUMNS: Final = AGENT_GROUPS | {"from", "to", "blamed_agent", "answered_by"}


class Names:
    """The name of each agent, by its key; the key stands behind a name that several have."""

    def __init__(self, display_names: Mapping[str, str]) -> None:
        """Take the names as they are stored."""
        shared = Counter(display_names.values())
        self._shown = {key: name if shared[name] == 1 else f"{name} ({key})" for key, name in display_names.items()} | {HUMAN: PERSON}
        self._keys = {name.casefold(): key for key, name in reversed(self._shown.items())}

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str]]) -> Self:
        """Take rows of the query `agent_names`."""
        return cls({row["agent"]: row["display_name"] for row in rows})

    @classmethod
    def ask(cls, reader: Reader) -> Self:
        """Ask the store."""
        return cls.from_rows(agents.names(reader).to_pylist())

    def of(self, key: str | None) -> str | None:
        """Give the name of an agent; one that had no turn is called by its key."""
        return None if key is None else self._shown.get(key, key)

    def key(self, name: str | None) -> str | None:
        """Give the key of what somebody calls an agent: its key, or its name."""
        return name if name is None or name in self._shown else self._keys.get(name.casefold(), name)

    def in_words(self, sentence: str) -> str:
        """Put names in the place of keys in a sentence of ours; a key of one word stays, since it could be any other word."""
        return _KEYS.sub(lambda found: self._shown.get(found[0], found[0]), sentence)

    def in_rows(self, rows: Rows) -> Rows:
        """Put names in the place of keys, in the columns that hold agents or sentences about them."""
        named = (tuple(map(self._cell, rows.columns, row)) for row in rows.values)
        return Rows(rows.columns, tuple(named))

    def _cell(self, column: str, cell: Cell) -> Cell:
        if not isinstance(cell, str):
            return cell
        return self.of(cell) if column in _COLUMNS else self.in_words(cell) if column in _SENTENCES else cell

    def in_groups(self, by: str, rows: Rows) -> Rows:
        """Put names in the place of keys, in the groups of a metric."""
        key = rows.columns.index("key")
        named = ((*row[:key], self.of_group(by, str(row[key])) if row[key] is not None else None, *row[key + 1 :]) for row in rows.values)
        return Rows(rows.columns, tuple(named))

    def of_group(self, by: str, key: str | None) -> str | None:
        """Give the name of a group of a metric, such as an agent, an edge, or an agent's version."""
        if key is None:
            return None
        if by == "edge":
            return _EDGE.join(self._shown.get(end, end) for end in key.split(_EDGE))
        if by == "agent_version":
            agent, blank, version = key.partition(" ")
            return f"{self._shown.get(agent, agent)}{blank}{version}"
        return self.of(key) if by in AGENT_GROUPS else key
