"""Moments, ages and counts in words, as the screens write them. All moments are UTC."""

from datetime import UTC, date, datetime

from relaylens_dashboard.numerals import duration

NOTHING = "-"
"""What stands where there is nothing to say."""


def compact(count: float) -> str:
    """Write a count in at most four letters: 940, 1.2k, 35k, 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            scaled = count / size
            return f"{scaled:.1f}{letter}" if abs(scaled) < 10 else f"{scaled:.0f}{letter}"  # noqa: PLR2004 - two digits are enough
    return f"{count:,.0f}"


def clock(moment: datetime | None, *, today: date | None = None) -> str:
    """Write a moment to the second, with its day where that is not today."""
    if moment is None:
        return NOTHING
    utc = as_utc(moment)
    if utc.date() == (today or datetime.now(UTC).date()):
        return f"{utc:%H:%M:%S}"
    return f"{utc:%Y-%m-%d %H:%M:%S}"


def ago(moment: datetime | None, now: datetime) -> str:
    """Write how long ago a moment was."""
    if moment is None:
        return NOTHING
    milliseconds = (as_utc(now) - as_utc(moment)).total_seconds() * 1000
    return "now" if milliseconds < 1000 else f"{whole(milliseconds)} ago"  # noqa: PLR2004 - a second


def whole(milliseconds: float) -> str:
    """Write an age without fractions: 4 min, 3 h, 2 d."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if milliseconds >= size:
            return f"{milliseconds // size:.0f} {unit}"
    return "under 1 ms" if 0 < milliseconds < 1 else f"{milliseconds:.0f} ms"


def lasted(milliseconds: float | None) -> str:
    """Write a length of time, or a dash."""
    return NOTHING if milliseconds is None else duration(milliseconds)


def share(value: float | None) -> str:
    """Write a share in per cent: without decimals, except where that would claim all or none."""
    if value is None:
        return NOTHING
    rough = f"{value:.0%}"
    exact = rough not in {"0%", "100%"} or value in {0, 1}
    return (rough if exact else f"{value:.1%}").replace("%", " %")


def count(number: float | None, one: str, many: str | None = None) -> str:
    """Write a number with its noun: 1 run, 12 runs."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{number or 0:,.0f} {noun}"


def word(name: str | None) -> str:
    """Write a name of the vocabulary as words: `swallowed_tool_error` as `swallowed tool error`."""
    return NOTHING if not name else name.replace("_", " ")


def evidence(grade: str, rule: str) -> str:
    """Say how sure an outcome is and by which rule, once where both are the same word: `inferred: answered`, `stated`."""
    return word(grade) if grade == rule else f"{word(grade)}: {word(rule)}"


def as_utc(moment: datetime) -> datetime:
    """Take a moment without a zone as UTC, as the store keeps them."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
