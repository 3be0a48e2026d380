"""The collector's log: one record a line on standard error, as text or as JSON, and repeated refusals counted, not repeated.

Records name what happened by fields, never by what was sent: no content, no token.
"""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

FORMATS: Final = ("text", "json")

_FIELDS: Final = "fields"
_REPEAT_SECONDS: Final = 60.0
_MOST_KINDS: Final = 1000
_OF_CLIENTS: Final = ("ExecuteBatchError raised in core", "Invalid encoding on", "'utf-8' codec can't decode")
"""How the sentences of gRPC's library begin that are about a client alone."""


def log_to_stderr(form: str, level: int) -> None:
    """Write every record of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler])


def fields(**values: object) -> dict[str, Mapping[str, object]]:
    """Give a record its fields: `logger.warning("...", extra=fields(project="..."))`."""
    return {_FIELDS: values}


class JsonLines(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message and fields; a traceback is one of them."""
        written: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            written["exception"] = self.formatException(record.exc_info)
        return json.dumps(written, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """A record as one line for people; a line break within is written as two characters, so that none can be forged."""

    def format(self, record: logging.LogRecord) -> str:
        """Write level, logger, message and fields."""
        said = "".join(f" {name}={value}" for name, value in getattr(record, _FIELDS, {}).items())
        line = f"{record.levelname} {record.name}: {record.getMessage()}{said}".replace("\r", "\\r").replace("\n", "\\n")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Repeats:
    """Lets the first of its kind through and then one a minute, with how many there were between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was seen yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[object, tuple[float, int]] = {}

    def __call__(self, kind: object) -> int | None:
        """Return how many of a kind were held back since the last that was let through, or None when this one is."""
        now = self._clock()
        with self._lock:
            last, held_back = self._seen.get(kind, (None, 0))
            if last is not None and now - last < _REPEAT_SECONDS:
                self._seen[kind] = last, held_back + 1
                return None
            if len(self._seen) >= _MOST_KINDS:
                self._seen.clear()
            self._seen[kind] = now, 0
            return held_back


def without_clients(record: logging.LogRecord) -> bool:
    """Drop what gRPC's library logs, each time with a traceback, of clients that hang up or send headers that are no text."""
    return not record.getMessage().startswith(_OF_CLIENTS)
