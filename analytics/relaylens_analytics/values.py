"""What a parameter of a query may be, and how it travels: the same way into a file and over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

Value = None | bool | int | float | str | datetime | Sequence[str]
"""A value for a `$parameter`; a datetime without zone is UTC."""

WireValue = None | bool | int | float | str | list[str]
"""A value as JSON can carry it."""


def timestamp_text(moment: datetime) -> str:
    """Write a moment in UTC without a zone, as the store keeps it."""
    utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
    return utc.isoformat(sep="T")


def to_wire(values: Mapping[str, Value] | None) -> dict[str, WireValue]:
    """Turn parameters into what JSON can carry, so that a file and a collector see the same types."""
    return {name: _to_wire(value) for name, value in (values or {}).items()}


def _to_wire(value: Value) -> WireValue:
    if isinstance(value, datetime):
        return timestamp_text(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return [str(item) for item in value]
