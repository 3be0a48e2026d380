"""The map of the network as a still picture: the places and colours of the screens, drawn as SVG text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from relaylens_dashboard import hostile
from relaylens_dashboard.charts import network_map
from relaylens_dashboard.charts.network_map import Agent, Edge
from relaylens_dashboard.naming import Names
from relaylens_dashboard.report import drawing
from relaylens_dashboard.report.content import Report, Row

_WIDTH: Final = 1000
_LONGEST_NAME: Final = 22
_LETTER: Final = 5.8
_LETTER_OF_NAME: Final = 7.8
_PALE: Final = "#dfe4ea"


def draw(report: Report) -> str:
    """Draw who hands work to whom; nothing where nobody does."""
    if not report.edges:
        return ""
    layout: dict[str, Any] = network_map.draw([_agent(row, report.names) for row in report.agents], _edges(report.edges))
    shapes = [_edge_shape(edge, layout["margin"]) for edge in layout["edges"]]
    between = (_WIDTH - 2 * layout["margin"]) / max(layout["layers"] - 1, 1)
    shapes += [_agent_shape(agent, layout["margin"], between) for agent in layout["agents"]]
    legend = drawing.legend([(entry["says"], entry["colour"]) for entry in layout["legend"] if entry["colour"] is not None])
    return drawing.svg(_WIDTH, layout["height"], layout["says"], shapes) + legend


def _agent(row: Row, names: Names) -> Agent:
    return Agent(row["agent"], str(names.of(row["agent"])), row["kind"] == "human", row["tasks"], row["completion"], entries=0)


def _edges(rows: Sequence[Row]) -> list[Edge]:
    """Take handoffs and questions between the same two as one line."""
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["to_agent"] is not None:
            pairs.setdefault((row["from_agent"], row["to_agent"]), []).append(row)
    edges = []
    for (source, target), both in pairs.items():
        count, decided, succeeded = (sum(row[name] for row in both) for name in ("handoffs", "decided", "succeeded"))
        to_person = any(row["target_type"] == "human" for row in both)
        of = count if to_person else decided  # a question that waits is not answered; a handoff that goes on counts neither way
        edges.append(Edge(source, target, count, succeeded / of if of else None, to_person))
    return edges


def _x(point: Sequence[float], margin: float) -> float:
    """Turn a share of the width and a distance from it into a place."""
    return margin + point[0] * (_WIDTH - 2 * margin) + point[1]


def _edge_shape(edge: Mapping[str, Any], margin: float) -> str:
    points = [(_x(point, margin), point[2]) for point in edge["points"]]
    start, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="6 4"' if edge["person"] else ""
    line = f'<path d="M{start}C{" ".join(rest)}" fill="none" stroke="{edge["colour"]}" stroke-width="{edge["width"]}"{dashes}/>'
    x, y, label = _x(edge["label"]["at"], margin), edge["label"]["at"][2], edge["label"]["text"]
    wide = len(label) * _LETTER + 6
    ground = f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="16" rx="3" fill="#fff" fill-opacity="0.85"/>'
    return line + _arrow(points[-2], points[-1], edge) + ground + _text(x, y + 4, label, "label")


def _arrow(before: tuple[float, float], end: tuple[float, float], edge: Mapping[str, Any]) -> str:
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    cosine, sine, half = math.cos(angle), math.sin(angle), 3.5 + edge["width"] / 2
    corners = [
        f"{end[0] + along * cosine - beside * sine:.1f},{end[1] + along * sine + beside * cosine:.1f}"
        for along, beside in ((8, 0), (-2, half), (-2, -half))
    ]
    return f'<polygon points="{" ".join(corners)}" fill="{edge["colour"]}"/>'


def _agent_shape(agent: Mapping[str, Any], margin: float, between: float) -> str:
    """Draw one; its name stays within half of the way to its neighbours, and within the picture."""
    x, y, radius = _x((agent["share"], 0), margin), agent["y"], agent["radius"]
    ring = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius - 2.5:.1f}"'
    shapes = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="#fff"/>']
    if agent["person"]:
        shapes.append(f'<circle {ring} fill="none" stroke="{agent["colour"]}" stroke-width="2" stroke-dasharray="5 3"/>')
    else:
        shapes.append(f'<circle {ring} fill="none" stroke="{_PALE}" stroke-width="5"/>')
        if agent["rate"] is not None:
            dashes = f'pathLength="100" stroke-dasharray="{agent["rate"] * 100:.1f} 100" transform="rotate(-90 {x:.1f} {y:.1f})"'
            shapes.append(f'<circle {ring} fill="none" stroke="{agent["colour"]}" stroke-width="5" {dashes}/>')
        shapes.append(_text(x, y + 4, agent["inside"], "inside"))
    letters = min(_LONGEST_NAME, max(int(min(between, 2 * x, 2 * (_WIDTH - x)) / _LETTER_OF_NAME), 8))
    name = hostile.one_line(agent["shown"])
    name = name if len(name) <= letters else f"{name[: letters - 1]}…"
    return "".join(shapes) + _text(x, y + radius + 16, name, "name") + _text(x, y + radius + 30, agent["below"], "quiet")


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" class="{style}">{hostile.for_html(hostile.one_line(text))}</text>'
