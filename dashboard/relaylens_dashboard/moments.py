"""Moments as people write them: ISO 8601, or how long ago."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_AGO: Final = re.compile(r"(\d+)\s*([smhdw])")
_UNIT: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """Read a moment: ISO 8601 (UTC where it names no zone), or how long ago, such as `24h` or `7d`; raises ValueError."""
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            return datetime.now(UTC) - timedelta(**{_UNIT[ago[2]]: int(ago[1])})
        parsed = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        detail = f"{text!r} is neither ISO 8601, such as 2026-03-01T12:00, nor a time ago, such as 24h or 7d"
        raise ValueError(detail) from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
