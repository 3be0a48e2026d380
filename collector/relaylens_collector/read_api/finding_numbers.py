"""How many findings a store holds, for Prometheus: counted when settling has gone on, not at every scrape."""

import threading
from dataclasses import dataclass, field
from typing import Final

import duckdb

from relaylens_collector.errors import NotReadyError
from relaylens_collector.ingest import Ingest
from relaylens_collector.store.statements import read_statement

MOST_SERVICES: Final = 100
"""Services with a name of their own; a sender chooses names, and each costs Prometheus memory. All others are `other`."""

_HAS_FINDINGS: Final = read_statement("has_findings")
_COUNT_FINDINGS: Final = read_statement("count_findings")

Kind = tuple[str, str, str]
"""Detector, severity and service."""


@dataclass(slots=True)
class _Counted:
    settled_seq: int = -1
    findings: dict[Kind, int] = field(default_factory=dict)


class FindingNumbers:
    """Remembers of each project what was counted last.

    A later span may take a finding back, and an erasure removes some: a counter must not fall, so each keeps the most it was.
    """

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._counted: dict[str, _Counted] = {}
        self._lock = threading.Lock()

    def of(self, project: str, ingest: Ingest, settled_seq: int) -> dict[Kind, int]:
        """Give the findings by kind, as of the last time that something was settled."""
        with self._lock:
            counted = self._counted.setdefault(project, _Counted())
            if settled_seq != counted.settled_seq and (found := _count(ingest)) is not None:
                counted.settled_seq = settled_seq
                for kind, count in found.items():
                    counted.findings[kind] = max(count, counted.findings.get(kind, 0))
            return dict(counted.findings)


def _count(ingest: Ingest) -> dict[Kind, int] | None:
    """Count them; None while the database is closed, or where nothing settles."""
    try:
        with ingest.reading() as cursor:
            if cursor.execute(_HAS_FINDINGS).fetchone() != (True,):
                return None
            rows = cursor.execute(_COUNT_FINDINGS, {"services": MOST_SERVICES}).fetchall()
    except (NotReadyError, duckdb.Error):
        return None
    return {(detector, severity, service): count for detector, severity, service, count in rows}
