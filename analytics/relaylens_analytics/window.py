"""The part of the record a question is about: a span of time and, if wanted, one service."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from relaylens_analytics.values import Value


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`; None is an open end."""

    since: datetime | None = None
    until: datetime | None = None
    service: str | None = None

    def params(self) -> dict[str, Value]:
        """Give the values that every metric and list takes."""
        return {"since": self.since, "until": self.until, "service": self.service}

    def previous(self) -> Self | None:
        """Give the window of the same length just before, to compare with; None when this one has no beginning."""
        if self.since is None:
            return None
        since = as_utc(self.since)
        until = as_utc(self.until) if self.until is not None else datetime.now(UTC)
        return replace(self, since=since - (until - since), until=since)

    @classmethod
    def last(cls, length: timedelta, *, service: str | None = None, now: datetime | None = None) -> Self:
        """Give the window that ends now."""
        until = now or datetime.now(UTC)
        return cls(until - length, until, service)


def as_utc(moment: datetime) -> datetime:
    """Read a moment without a zone as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
