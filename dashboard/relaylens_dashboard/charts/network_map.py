"""The map of agents and handoffs: what is drawn where; `network_map.js` only draws it.

Across, places are a share of the width and a distance from it in pixels, so that the map fits any screen while text and circles keep
their size; down, they are pixels.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.charts.layers import Gaps, Item, Layers, Link, arrange

Point = tuple[float, float, float]
"""Share of the width, pixels beside it, pixels from the top."""

_GAP: Final = 118.0
_BEND_GAP: Final = 46.0
_MARGIN_TOP: Final = 52.0
_MARGIN_BOTTOM: Final = 42.0
_SMALLEST: Final = 15.0
_LARGEST: Final = 34.0
_THINNEST: Final = 1.5
_THICKEST: Final = 9.0
_ARROW: Final = 9.0
_NOMINAL_WIDTH: Final = 900.0
_MARGIN_SIDE: Final = 70.0
_LABEL_HEIGHT: Final = 16.0
_LETTER: Final = 6.4
_PER_ROW: Final = 8
_UNDECLARED: Final = "not declared"
_UNUSED: Final = "not used"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent or a person on the map."""

    name: str
    shown: str
    is_person: bool
    tasks: int
    """Steps; of a person, questions."""
    rate: float | None
    """Share of ended steps that completed."""
    entries: int
    """Runs that begin here."""
    waiting: int = 0
    """Open questions to a person."""
    findings: int = 0
    undeclared: bool = False
    """The network is declared, and without it."""
    says: str = ""
    """What is shown when the pointer rests on it."""
    link: str = ""
    """The address that a click opens."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Handoffs from one to another."""

    source: str
    target: str
    count: int
    rate: float | None
    """Share of decided handoffs that succeeded."""
    to_person: bool = False
    undeclared: bool = False
    """The network is declared, and without it."""
    says: str = ""
    link: str = ""


def draw(agents: Sequence[Agent], edges: Sequence[Edge]) -> dict[str, object]:
    """Lay out the map; the answer is what the component of the same name takes."""
    known = {agent.name for agent in agents}
    drawn = sorted((edge for edge in edges if {edge.source, edge.target} <= known), key=lambda edge: (edge.source, edge.target))
    layers = arrange(
        known,
        [Link(edge.source, edge.target, edge.count) for edge in drawn],
        entries={agent.name: agent.entries for agent in agents},
        last=[agent.name for agent in agents if agent.is_person],
        gaps=Gaps(_GAP, _BEND_GAP),
    )
    places = _places(layers)
    most = max((agent.tasks for agent in agents), default=0)
    radius = {agent.name: _between(_SMALLEST, _LARGEST, agent.tasks, most) for agent in agents}
    busiest = max((edge.count for edge in drawn), default=0)
    ports = _ports(drawn, layers, places, radius)
    lines = {edge: _line(edge, layers, places, radius, ports) for edge in drawn}
    bottom = max((height + (radius[item] if isinstance(item, str) else 0.0) for item, (_, height) in places.items()), default=0.0)
    labels = _labels(lines, [(share, height, radius[name]) for name, (share, height) in places.items() if isinstance(name, str)])
    return {
        "height": round(bottom + _MARGIN_BOTTOM, 1),
        "margin": _MARGIN_SIDE,
        "layers": max(len(layers.columns), min(len(layers.loners), _PER_ROW)),
        "legend": _legend(undeclared=any(agent.undeclared for agent in agents) or any(edge.undeclared for edge in drawn)),
        "says": f"{len(agents)} agents and people, {len(drawn)} ways that work takes between them",
        "agents": [_agent(agent, places[agent.name], radius[agent.name]) for agent in sorted(agents, key=lambda agent: agent.name)],
        "edges": [_edge(edge, lines[edge], labels[edge], busiest) for edge in drawn],
    }


def _legend(*, undeclared: bool) -> list[dict[str, object]]:
    rates: list[dict[str, object]] = [{"colour": colour, "says": says} for _, colour, says in colours.RATES]
    return [
        {"colour": None, "says": "Handoffs that succeeded:"},
        *rates,
        {"colour": colours.UNKNOWN, "says": "not decided yet"},
        {"colour": colours.PERSON, "dashed": True, "says": "questions to a person, and how many were answered"},
        *([{"colour": colours.BAD, "dashed": True, "says": "seen, and not declared"}] if undeclared else []),
        {"colour": None, "says": "Size: steps. Ring: completed. Width: handoffs."},
    ]


def _between(low: float, high: float, count: int, most: int) -> float:
    """Give a size whose area grows with the count."""
    return round(low + (high - low) * math.sqrt(count / most), 1) if most else low


def _places(layers: Layers) -> dict[Item, tuple[float, float]]:
    """Give each item its share of the width and its height; agents without a handoff stand in a row of their own below."""
    places = dict[Item, tuple[float, float]]()
    last = max(len(layers.columns) - 1, 1)
    for number, column in enumerate(layers.columns):
        share = number / last if len(layers.columns) > 1 else 0.5
        for item in column:
            places[item] = (share, layers.heights[item] + _MARGIN_TOP)
    row = max((height for _, height in places.values()), default=_MARGIN_TOP - _GAP) + _GAP
    for index, name in enumerate(layers.loners):
        in_row = min(_PER_ROW, len(layers.loners) - index // _PER_ROW * _PER_ROW)
        places[name] = ((index % _PER_ROW + 0.5) / in_row, row + index // _PER_ROW * _GAP)
    return places


Ports = Mapping[tuple[Edge, str], float]
"""How far above or below the middle of an agent an edge leaves or reaches it."""


def _ports(edges: Sequence[Edge], layers: Layers, places: Mapping[Item, tuple[float, float]], radius: Mapping[str, float]) -> Ports:
    """Spread the edges on each side of an agent, in the order of where they go to."""
    sides = dict[tuple[str, bool], list[tuple[float, bool, Edge]]]()
    for edge in edges:
        if edge.source == edge.target:
            continue
        way = layers.way(Link(edge.source, edge.target, edge.count))
        for end, near in ((edge.source, way[1]), (edge.target, way[-2])):
            right = places[near][0] > places[end][0]
            forward = places[edge.target][0] > places[edge.source][0]
            sides.setdefault((end, right), []).append((places[near][1], not forward, edge))
    ports = dict[tuple[Edge, str], float]()
    for (end, _), met in sides.items():
        met.sort(key=lambda one: (one[0], one[1], one[2].source, one[2].target))
        step = min(21.0, 1.4 * radius[end] / max(len(met) - 1, 1))
        for index, (_, _, edge) in enumerate(met):
            ports[edge, end] = (index - (len(met) - 1) / 2) * step
    return ports


def _line(edge: Edge, layers: Layers, places: Mapping[Item, tuple[float, float]], radius: Mapping[str, float], ports: Ports) -> list[Point]:
    """Give the edge as a cubic Bezier curve: its start, and three points for each piece."""
    if edge.source == edge.target:
        return _loop(places[edge.source], radius[edge.source])
    way = layers.way(Link(edge.source, edge.target, edge.count))
    ahead = 1.0 if places[edge.target][0] > places[edge.source][0] else -1.0
    out, into = ports[edge, edge.source], ports[edge, edge.target]
    stations: list[Point] = [(places[edge.source][0], ahead * (_side(radius[edge.source], out) + 2), places[edge.source][1] + out)]
    stations += [(places[bend][0], 0.0, places[bend][1]) for bend in way[1:-1]]
    stations.append((places[edge.target][0], -ahead * (_side(radius[edge.target], into) + _ARROW), places[edge.target][1] + into))
    points = [stations[0]]
    for start, end in pairwise(stations):
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        points += [(*middle, start[2]), (*middle, end[2]), end]
    return points


def _loop(place: tuple[float, float], radius: float) -> list[Point]:
    """Give the curve of handoffs to oneself: out of the top and back."""
    share, height = place
    top = height - radius
    return [(share, -8.0, top + 1), (share, -26.0, top - 34), (share, 26.0, top - 34), (share, 8.0, top - _ARROW + 2)]


def _side(radius: float, port: float) -> float:
    """Give how far the edge of a circle is from its middle, at a height."""
    return math.sqrt(max(radius * radius - port * port, 0.0))


def _at(points: Sequence[Point], part: float) -> Point:
    """Give the point at a part of the way, counted in pieces of the curve."""
    pieces = (len(points) - 1) // 3
    number = min(int(part * pieces), pieces - 1)
    t = part * pieces - number
    ends = points[3 * number : 3 * number + 4]
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)

    def mix(which: Callable[[Point], float]) -> float:
        return round(sum(weight * which(point) for weight, point in zip(weights, ends, strict=True)), 4)

    return mix(lambda point: point[0]), mix(lambda point: point[1]), mix(lambda point: point[2])


def _labels(lines: Mapping[Edge, Sequence[Point]], circles: Sequence[tuple[float, float, float]]) -> dict[Edge, Point]:
    """Put each label on its edge where it covers no other label and no agent; the busiest edge chooses first."""
    taken = [(_across((share, 0, 0)), height, 2 * size, 2 * size) for share, height, size in circles]
    taken += [(_across((share, 0, 0)), height + size + 16, 84.0, 30.0) for share, height, size in circles]
    labels = dict[Edge, Point]()
    for edge in sorted(lines, key=lambda edge: (-edge.count, edge.source, edge.target)):
        width = len(label_of(edge)) * _LETTER + 8
        spots = [_at(lines[edge], part) for part in (0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.2, 0.8)]
        spot = min(spots, key=lambda spot: _overlap((_across(spot), spot[2], width, _LABEL_HEIGHT), taken))
        labels[edge] = spot
        taken.append((_across(spot), spot[2], width, _LABEL_HEIGHT))
    return labels


def _across(point: Point) -> float:
    return point[0] * _NOMINAL_WIDTH + point[1]


def _overlap(box: tuple[float, float, float, float], others: Sequence[tuple[float, float, float, float]]) -> float:
    """Give the area that a box (middle and size) shares with others."""
    area = 0.0
    for other in others:
        wide = (box[2] + other[2]) / 2 - abs(box[0] - other[0])
        high = (box[3] + other[3]) / 2 - abs(box[1] - other[1])
        area += max(wide, 0.0) * max(high, 0.0)
    return area


def label_of(edge: Edge) -> str:
    """Say how many of how many handoffs succeeded."""
    if not edge.count:
        return _UNUSED
    return f"{'?' if edge.rate is None else wording.share(edge.rate)} · {edge.count:,}"


def _agent(agent: Agent, place: tuple[float, float], radius: float) -> dict[str, object]:
    return {
        "name": agent.name,
        "shown": agent.shown,
        "person": agent.is_person,
        "share": round(place[0], 4),
        "y": round(place[1], 1),
        "radius": radius,
        "rate": agent.rate,
        "colour": colours.PERSON if agent.is_person else colours.BAD if agent.undeclared else colours.rate(agent.rate),
        "inside": wording.compact(agent.tasks),
        "below": _below(agent),
        "badge": _badge(agent),
        "undeclared": agent.undeclared,
        "says": agent.says,
        "link": agent.link,
    }


def _below(agent: Agent) -> str:
    if agent.is_person:
        return f"{agent.tasks:,} asked"
    if agent.undeclared:
        return _UNDECLARED
    return "no turn seen" if not agent.tasks else "running" if agent.rate is None else f"{wording.share(agent.rate)} completed"


def _badge(agent: Agent) -> dict[str, str] | None:
    """Point out open questions to a person, and an agent's findings."""
    if agent.waiting:
        return {"text": f"{agent.waiting:,} open", "colour": colours.WEAK}
    return {"text": f"{agent.findings:,} !", "colour": colours.BAD} if agent.findings else None


def _colour(edge: Edge) -> str:
    if edge.undeclared:
        return colours.BAD
    return colours.PERSON if edge.to_person else colours.rate(edge.rate)


def _edge(edge: Edge, line: Sequence[Point], label: Point, busiest: int) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "points": [[round(value, 4) for value in point] for point in line],
        "width": _between(_THINNEST, _THICKEST, edge.count, busiest),
        "colour": _colour(edge),
        "person": edge.to_person,
        "undeclared": edge.undeclared,
        "label": {"at": list(label), "text": label_of(edge)},
        "says": edge.says,
        "link": edge.link,
    }
