"""Which deployments have gone silent, for Prometheus: judged by the clock, since nothing comes from them, and not at every scrape."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import duckdb

from relaylens_collector.errors import NotReadyError
from relaylens_collector.ingest import Ingest
from relaylens_collector.read_api.finding_numbers import MOST_SERVICES
from relaylens_collector.store.statements import read_statement

AT_MOST_EVERY_S: Final = 60.0
"""A silence that is told is ten minutes long at least."""

_KNOWS_SILENCES: Final = read_statement("knows_silences")
_LIST_SILENCES: Final = read_statement("list_silences")


@dataclass(slots=True)
class _Judged:
    at: float = float("-inf")
    silent: dict[str, bool] = field(default_factory=dict)


class SilenceNumbers:
    """Remembers of each project how its deployments were judged last."""

    def __init__(self) -> None:
        """Nothing is judged yet."""
        self._judged: dict[str, _Judged] = {}
        self._lock = threading.Lock()

    def of(self, project: str, ingest: Ingest) -> dict[str, bool]:
        """Say of each deployment whose rhythm is known whether it has gone silent, as of a minute ago at the most."""
        with self._lock:
            judged = self._judged.setdefault(project, _Judged())
            if time.monotonic() - judged.at >= AT_MOST_EVERY_S and (found := _judge(ingest)) is not None:
                judged.at, judged.silent = time.monotonic(), found
            return dict(judged.silent)


def _judge(ingest: Ingest) -> dict[str, bool] | None:
    """Judge them; None while the database is closed, or where nothing settles."""
    try:
        with ingest.reading() as cursor:
            if cursor.execute(_KNOWS_SILENCES).fetchone() != (True,):
                return None
            rows = cursor.execute(_LIST_SILENCES, {"now": datetime.now(UTC), "services": MOST_SERVICES}).fetchall()
    except (NotReadyError, duckdb.Error):
        return None
    return dict(rows)
