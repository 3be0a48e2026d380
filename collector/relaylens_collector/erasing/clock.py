"""The time by which age is judged: never ahead of the machine's clock, and never far ahead of what it was a moment ago."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

CLOCK_FILE: Final = "retention-clock"
FASTEST: Final = 24
"""A day in an hour: a store that was stopped for a month catches up in one day and a bit, a clock set ten years ahead in half a year."""


def believed_time(store: Path, newest: datetime | None, elapsed: timedelta) -> datetime:
    """Return the time to judge age by, and note it: the machine's, as far as it may have moved in the time that passed since last asked.

    `newest` is when the last request came: the first time is judged by that.
    """
    path = store / CLOCK_FILE
    now = datetime.now(UTC)
    before = newest or now
    with contextlib.suppress(OSError, ValueError):
        before = datetime.fromisoformat(path.read_text().strip())
    believed = min(now, before + FASTEST * elapsed)
    new = path.with_name(f"{CLOCK_FILE}.new")
    new.write_text(f"{believed.isoformat()}\n")
    new.replace(path)
    return believed
