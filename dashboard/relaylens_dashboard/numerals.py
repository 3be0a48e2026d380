"""Values written for people, each in the way of its unit."""

from relaylens_analytics.catalog import Unit

_STEPS_OF_TIME = ((1.0, "ms"), (1_000.0, "s"), (60_000.0, "min"), (3_600_000.0, "h"), (86_400_000.0, "d"))
_NONE = "-"
_SMALL_USD = 0.00005
"""Below it four decimals would say that nothing was paid."""


def written(value: float | None, unit: Unit) -> str:
    """Write a value: 0.824 of a ratio as 82.4 %, 1234 ms as 1.2 s; a dash where there is nothing to count."""
    if value is None:
        return _NONE
    match unit:
        case Unit.RATIO:
            return f"{value:.1%}".replace("%", " %")
        case Unit.MILLISECONDS:
            return duration(value)
        case Unit.USD:
            if abs(value) >= 1:
                return f"${value:,.2f}"
            return f"${value:.6f}" if 0 < abs(value) < _SMALL_USD else f"${value:.4f}"
        case _:
            return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def duration(milliseconds: float) -> str:
    """Write a length of time in the largest unit of which there is, as it is rounded, at least one: 999.7 ms is 1 s."""
    rounded = [(float(f"{milliseconds / size:.3g}"), unit) for size, unit in reversed(_STEPS_OF_TIME)]
    number, unit = next((step for step in rounded if abs(step[0]) >= 1), rounded[-1])
    return f"{number:,.0f} {unit}" if abs(number) >= 1000 else f"{number:.3g} {unit}"  # noqa: PLR2004 - what :.3g would write as 1e+03


def basis(numerator: float | None, denominator: float | None, unit: Unit) -> str:
    """Write what a value is made of: `108 of 131` for a rate, `n = 131` for what is not counted out of a whole."""
    if denominator is None:
        return ""
    if unit is Unit.RATIO and numerator is not None and numerator.is_integer():
        return f"{numerator:,.0f} of {denominator:,.0f}"
    return f"n = {denominator:,.0f}"


def interval(low: float | None, high: float | None, unit: Unit) -> str:
    """Write the 95 % interval of a rate: 79.1 to 91.7 %."""
    if low is None or high is None:
        return ""
    return f"{low * 100:.1f} to {written(high, unit)}" if unit is Unit.RATIO else f"{written(low, unit)} to {written(high, unit)}"


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """Write how a value moved: in percentage points for a rate, in per cent of what it was otherwise."""
    if now is None or before is None:
        return ""
    if unit is Unit.RATIO:
        return f"{(now - before) * 100:+.1f} pp"
    return "" if before == 0 else f"{now / before - 1:+.0%}".replace("%", " %")
