"""Small pictures of a report as SVG text: bars with their intervals, and columns over time.

They stand in the page itself, need no script and print well. Numbers are ours; text goes through `hostile.for_html`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relaylens_dashboard import hostile
from relaylens_dashboard.charts import colours

_RATE_WIDTH: Final = 120
_RATE_HEIGHT: Final = 14
_CHART_WIDTH: Final = 720
_CHART_HEIGHT: Final = 160
_LABEL_HEIGHT: Final = 18
_AXIS_WIDTH: Final = 36
_FEWEST_PIXELS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a column."""

    label: str
    value: float
    colour: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column over time: its label and its blocks, from below."""

    label: str
    parts: tuple[Part, ...]

    @property
    def height(self) -> float:
        """Sum of its blocks."""
        return sum(part.value for part in self.parts)


def rate_bar(value: float | None, low: float | None, high: float | None, *, colour: str | None = None) -> str:
    """Draw a rate as a bar from 0 to 1, with its interval as a line across its end."""
    if value is None:
        return ""
    middle = _RATE_HEIGHT / 2
    shapes = [
        f'<rect width="{_RATE_WIDTH}" height="{_RATE_HEIGHT}" fill="#eef1f4"/>',
        f'<rect width="{value * _RATE_WIDTH:.1f}" height="{_RATE_HEIGHT}" fill="{colour or colours.rate(value)}"/>',
    ]
    if low is not None and high is not None:
        left, right = low * _RATE_WIDTH, high * _RATE_WIDTH
        shapes.append(
            f'<path d="M{left:.1f} {middle}H{right:.1f}M{left:.1f} 3v8M{right:.1f} 3v8" stroke="#1c2430" stroke-width="1.2" fill="none"/>'
        )
    label = f"{value:.1%}"
    return svg(_RATE_WIDTH, _RATE_HEIGHT, label, shapes)


def columns(data: Sequence[Column], label: str) -> str:
    """Draw stacked columns over time, with the largest value and the first and last label at the axes."""
    top = max((column.height for column in data), default=0)
    if top <= 0:
        return ""
    inner = _CHART_HEIGHT - _LABEL_HEIGHT
    step = (_CHART_WIDTH - _AXIS_WIDTH) / len(data)
    shapes = [f'<path d="M{_AXIS_WIDTH} {inner}H{_CHART_WIDTH}M{_AXIS_WIDTH} 8H{_CHART_WIDTH}" stroke="#dfe4ea"/>']
    for place, column in enumerate(data):
        left, bottom = _AXIS_WIDTH + place * step + step * 0.1, float(inner)
        for part in column.parts:
            height = part.value / top * (inner - 8)
            if height < _FEWEST_PIXELS:
                continue
            bottom -= height
            title = hostile.for_html(f"{column.label}: {part.value:,.0f} {part.label}")
            shapes.append(
                f'<rect x="{left:.1f}" y="{bottom:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}" fill="{part.colour}">'
                f"<title>{title}</title></rect>"
            )
    shapes += [_text(_AXIS_WIDTH - 6, 12, f"{top:,.0f}", "end"), _text(_AXIS_WIDTH - 6, inner, "0", "end")]
    shapes.append(_text(_AXIS_WIDTH, _CHART_HEIGHT - 4, data[0].label, "start"))
    if len(data) > 1:
        shapes.append(_text(_CHART_WIDTH, _CHART_HEIGHT - 4, data[-1].label, "end"))
    return svg(_CHART_WIDTH, _CHART_HEIGHT, label, shapes)


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Draw a legend of label and colour."""
    dots = (f"<span>{svg(10, 10, '', [_square(colour)])} {hostile.for_html(label)}</span>" for label, colour in entries)
    return f'<p class="legend">{" ".join(dots)}</p>'


def _square(colour: str) -> str:
    return f'<rect width="10" height="10" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{hostile.for_html(text)}</text>'


def svg(width: float, height: float, label: str, shapes: Sequence[str]) -> str:
    """Put shapes into a picture with a label for who does not see it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{hostile.for_html(label)}">{"".join(shapes)}</svg>'
    )
