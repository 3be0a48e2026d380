"""Plotly figures: a number over time, by something, or spread out. Plotly reads a few tags in its texts, so every text is escaped."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import plotly.graph_objects as go

from relaylens_analytics.metric import Unit
from relaylens_dashboard import hostile, numerals
from relaylens_dashboard.charts import colours

CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "scrollZoom": False}
"""Plotly's own settings: no buttons, and no logo that leads outside."""

_HEIGHT: Final = 230
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a moment or of a name, with its interval and what to say of it."""

    at: datetime | str
    value: float | None
    low: float | None = None
    high: float | None = None
    says: str = ""


def over_time(points: Sequence[Point], unit: Unit, *, ends: tuple[datetime, datetime] | None = None) -> go.Figure:
    """Draw a number over time, with the 95 % interval of a rate as a band; the axis shows the whole window."""
    colour = colours.GOOD
    figure = _figure(unit)
    with_interval = [point for point in points if point.low is not None and point.high is not None]
    if with_interval:
        times = [point.at for point in with_interval]
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_trace(go.Scatter(x=times, y=[point.high for point in with_interval], **band))
        figure.add_trace(go.Scatter(x=times, y=[point.low for point in with_interval], fill="tonexty", fillcolor=_pale(colour), **band))
    figure.add_trace(
        go.Scatter(
            x=[point.at for point in points],
            y=[_scaled(point.value, unit) for point in points],
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            text=[_text(point.says) for point in points],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_xaxes(showgrid=False, title=None, range=ends)
    return figure


def by_name(points: Sequence[Point], unit: Unit, *, hues: Sequence[str]) -> go.Figure:
    """Draw a number by name as bars, the first on top, with the 95 % interval of a rate."""
    figure = _figure(None, height=44 + 26 * len(points))
    shown = list(reversed(points))
    figure.add_trace(
        go.Bar(
            x=[_scaled(point.value, unit) for point in shown],
            y=list(range(len(shown))),
            orientation="h",
            marker={"color": list(reversed(hues))},
            error_x=_interval(shown),
            text=[_text(point.says) for point in shown],
            hovertemplate="%{text}<extra></extra>",
            textposition="none",
            showlegend=False,
        )
    )
    names = [_text(_name(point.at)) for point in shown]
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=names, range=[-0.6, len(shown) - 0.4], showgrid=False, automargin=True)
    figure.update_xaxes(**_axis(unit))
    figure.update_layout(bargap=0.35)
    return figure


def spread(values: Sequence[float], *, colour: str = colours.GOOD) -> go.Figure:
    """Draw how waiting times spread, in classes that double: a wait is a matter of its order of magnitude."""
    classes = dict[int, int]()
    for value in values:
        number = math.floor(math.log2(max(value, 1.0)))
        classes[number] = classes.get(number, 0) + 1
    numbers = range(min(classes), max(classes) + 1) if classes else range(0)
    figure = _figure(Unit.COUNT, height=190)
    names = [f"{numerals.duration(2.0**number)}" for number in numbers]
    counts = [classes.get(number, 0) for number in numbers]
    says = [f"{numerals.duration(2.0**n)} to {numerals.duration(2.0 ** (n + 1))}: {classes.get(n, 0):,}" for n in numbers]
    figure.add_trace(
        go.Bar(x=names, y=counts, marker={"color": colour}, text=says, hovertemplate="%{text}<extra></extra>", textposition="none")
    )
    figure.update_layout(bargap=0.08)
    figure.update_xaxes(type="category", title=None)
    return figure


def _figure(unit: Unit | None, *, height: int = _HEIGHT) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(height=height, margin={"l": 4, "r": 8, "t": 8, "b": 4}, hoverlabel={"align": "left"})
    figure.update_yaxes(title=None, **({} if unit is None else _axis(unit)))
    return figure


def _axis(unit: Unit) -> dict[str, Any]:
    match unit:
        case Unit.RATIO:
            return {"tickformat": ".0%", "rangemode": "tozero", "range": [0, 1.04]}
        case Unit.MILLISECONDS:
            return {"ticksuffix": " s", "rangemode": "tozero"}
        case Unit.USD:
            return {"tickprefix": "$", "rangemode": "tozero"}
        case _:
            return {"rangemode": "tozero"}


def _scaled(value: float | None, unit: Unit) -> float | None:
    """Draw times in seconds; all else is drawn as it is."""
    return value / 1000 if value is not None and unit is Unit.MILLISECONDS else value


def _interval(points: Sequence[Point]) -> dict[str, Any] | None:
    if not any(point.low is not None for point in points):
        return None
    above = [0.0 if point.high is None or point.value is None else point.high - point.value for point in points]
    below = [0.0 if point.low is None or point.value is None else point.value - point.low for point in points]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.2, "width": 3, "color": colours.UNKNOWN}


def _name(value: datetime | str) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def _text(text: str) -> str:
    """Escape what Plotly would take for a tag; a line break is the one that is wanted."""
    return hostile.for_html(text).replace("\n", "<br>")


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
