"""Places agents in layers from left to right: no force, no chance, so that the same network always gives the same picture.

The steps are Sugiyama's: break cycles, put each agent one layer after those who hand work to it, order each layer for few crossings,
then spread the layers from top to bottom.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 8
"""Passes over the layers; more do not change networks of a size that a person can read."""


@dataclass(frozen=True, slots=True)
class Link:
    """Work that goes from one to another."""

    source: str
    target: str
    weight: int


@dataclass(frozen=True, slots=True)
class Bend:
    """Where a link crosses a layer between its ends."""

    link: Link
    layer: int


Item = str | Bend
"""What stands in a layer: an agent, or a link passing by."""

Distance = Callable[[Item, Item], float]
"""How far two neighbours of a layer must stand apart."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far neighbours of a layer stand apart."""

    agents: float
    bends: float


@dataclass(frozen=True, slots=True)
class Layers:
    """Each agent's and each bend's place."""

    columns: tuple[tuple[Item, ...], ...]
    """From left to right, each from top to bottom."""

    heights: Mapping[Item, float]
    """Distance from the top, in the unit of the gaps given."""

    loners: tuple[str, ...]
    """Agents without any link, in no layer."""

    def layer_of(self, item: Item) -> int:
        """Give the number of the layer that an item stands in."""
        return next(number for number, column in enumerate(self.columns) if item in column)

    def way(self, link: Link) -> tuple[Item, ...]:
        """Give what a link passes, from its source to its target."""
        start, end = self.layer_of(link.source), self.layer_of(link.target)
        between = range(min(start, end) + 1, max(start, end))
        bends = [Bend(link, layer) for layer in (between if start < end else reversed(between))]
        return (link.source, *bends, link.target)


def arrange(names: Iterable[str], links: Sequence[Link], *, entries: Mapping[str, int], last: Iterable[str], gaps: Gaps) -> Layers:
    """Place agents so that work mostly goes from left to right.

    `entries` counts the runs that begin at an agent; those of `last` stand in the last layer.
    """
    everyone = sorted(set(names))
    real = [link for link in links if link.source != link.target]
    linked = {end for link in real for end in (link.source, link.target)}
    people = set(last) & linked
    agents = [name for name in everyone if name in linked and name not in people]
    rank = _by_flow(agents, [link for link in real if not {link.source, link.target} & people], entries)
    layer = _layer_of_each(agents, real, rank)
    end = max(layer.values(), default=-1) + 1
    layer |= dict.fromkeys(sorted(people), end)
    columns = _columns(layer, real, rank)
    ordered = _with_few_crossings(columns, _chains(real, layer))
    return Layers(
        columns=tuple(tuple(column) for column in ordered),
        heights=_spread(ordered, _chains(real, layer), gaps=gaps),
        loners=tuple(name for name in everyone if name not in linked),
    )


def _by_flow(names: Sequence[str], links: Sequence[Link], entries: Mapping[str, int]) -> dict[str, int]:
    """Rank agents so that the weight of the links that point backward is small (Eades, Lin and Smyth's greedy order)."""
    left, front, back = set(names), list[str](), list[str]()
    while left:
        given, taken = defaultdict[str, int](int, {name: entries.get(name, 0) for name in left}), defaultdict[str, int](int)
        for link in links:
            if link.source in left and link.target in left:
                given[link.source] += link.weight
                taken[link.target] += link.weight
        sinks = sorted(name for name in left if given[name] - entries.get(name, 0) == 0)
        sources = sorted(name for name in left if taken[name] == 0 and name not in sinks)
        if sources:
            front.append(sources[0])
        elif sinks:
            back.append(sinks[-1])
        else:
            front.append(min(left, key=lambda name: (taken[name] - given[name], name)))
        left -= {*front, *back}
    return {name: place for place, name in enumerate([*front, *reversed(back)])}


def _layer_of_each(names: Sequence[str], links: Sequence[Link], rank: Mapping[str, int]) -> dict[str, int]:
    """Put each agent one layer behind the last of those before it; a link that points backward is taken the other way round."""
    layer = dict.fromkeys(names, 0)
    forward = [link for link in links if link.source in rank and link.target in rank]
    for name in sorted(names, key=rank.__getitem__):
        for link in forward:
            if link.source == name and rank[link.target] > rank[name]:
                layer[link.target] = max(layer[link.target], layer[name] + 1)
            elif link.target == name and rank[link.source] > rank[name]:
                layer[link.source] = max(layer[link.source], layer[name] + 1)
    return layer


def _chains(links: Sequence[Link], layer: Mapping[str, int]) -> list[tuple[Item, ...]]:
    """Give what each link passes from left to right."""
    chains = list[tuple[Item, ...]]()
    for link in links:
        low, high = sorted((link.source, link.target), key=layer.__getitem__)
        chains.append((low, *(Bend(link, number) for number in range(layer[low] + 1, layer[high])), high))
    return chains


def _columns(layer: Mapping[str, int], links: Sequence[Link], rank: Mapping[str, int]) -> list[list[Item]]:
    columns: list[list[Item]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in sorted(layer, key=lambda name: (rank.get(name, len(rank)), name)):
        columns[layer[name]].append(name)
    for link in sorted(links, key=lambda link: (link.source, link.target)):
        low, high = sorted((layer[link.source], layer[link.target]))
        for number in range(low + 1, high):
            columns[number].append(Bend(link, number))
    return columns


def _with_few_crossings(columns: list[list[Item]], chains: Sequence[tuple[Item, ...]]) -> list[list[Item]]:
    """Sweep forth and back, each layer in the order of the mean place of its neighbours; the best order seen is kept."""
    before, after = _neighbours(chains)
    best, fewest = columns, _crossings(columns, after)
    current = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        numbers = range(1, len(current)) if forth else range(len(current) - 2, -1, -1)
        near = before if forth else after
        for number in numbers:
            place = {item: index for index, item in enumerate(current[number - 1 if forth else number + 1])}
            current[number] = _by_mean_place(current[number], near, place)
        crossings = _crossings(current, after)
        if crossings < fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _by_mean_place(column: Sequence[Item], near: Mapping[Item, Sequence[Item]], place: Mapping[Item, int]) -> list[Item]:
    def mean(index: int) -> float:
        places = [place[item] for item in near.get(column[index], ()) if item in place]
        return sum(places) / len(places) if places else float(index)

    return [column[index] for index in sorted(range(len(column)), key=lambda index: (mean(index), index))]


def _neighbours(chains: Sequence[tuple[Item, ...]]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    before, after = defaultdict[Item, list[Item]](list), defaultdict[Item, list[Item]](list)
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
            after[left].append(right)
    return before, after


def _crossings(columns: Sequence[Sequence[Item]], after: Mapping[Item, Sequence[Item]]) -> int:
    total = 0
    for left, right in pairwise(columns):
        place = {item: index for index, item in enumerate(right)}
        ends = [(start, place[item]) for start, source in enumerate(left) for item in after.get(source, ()) if item in place]
        total += sum(1 for one, a in enumerate(ends) for b in ends[one + 1 :] if (a[0] - b[0]) * (a[1] - b[1]) < 0)
    return total


def _spread(columns: Sequence[Sequence[Item]], chains: Sequence[tuple[Item, ...]], *, gaps: Gaps) -> dict[Item, float]:
    """Give each item its height: near its neighbours, never nearer to the next one than the gap."""
    before, after = _neighbours(chains)

    def distance(upper: Item, lower: Item) -> float:
        return (_half(upper, gaps) + _half(lower, gaps)) / 2

    heights = dict[Item, float]()
    for column in columns:
        height = 0.0
        for index, item in enumerate(column):
            height += distance(column[index - 1], item) if index else 0.0
            heights[item] = height
        for item in column:
            heights[item] -= height / 2
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else list(reversed(columns)):
            wanted = [_mean([heights[near] for near in (*before.get(item, ()), *after.get(item, ()))], heights[item]) for item in column]
            _settle(column, wanted, heights, distance)
    return _without_empty_bands(heights, gaps.agents)


def _without_empty_bands(heights: Mapping[Item, float], gap: float) -> dict[Item, float]:
    """Begin at zero, and leave no band across all layers empty that is higher than the gap."""
    closed = dict[Item, float]()
    shift, previous = -min(heights.values(), default=0.0), min(heights.values(), default=0.0)
    for item in sorted(heights, key=lambda item: heights[item]):
        shift -= max(heights[item] - previous - gap, 0.0)
        previous = heights[item]
        closed[item] = round(heights[item] + shift, 2)
    return closed


def _half(item: Item, gaps: Gaps) -> float:
    return gaps.bends if isinstance(item, Bend) else gaps.agents


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _settle(column: Sequence[Item], wanted: Sequence[float], heights: dict[Item, float], distance: Distance) -> None:
    """Move a layer's items toward where they want to be, in order, then centre what had to give way."""
    down, up = list(wanted), list(wanted)
    for index in range(1, len(column)):
        down[index] = max(down[index], down[index - 1] + distance(column[index - 1], column[index]))
    for index in range(len(column) - 2, -1, -1):
        up[index] = min(up[index], up[index + 1] - distance(column[index], column[index + 1]))
    for index, item in enumerate(column):
        heights[item] = (down[index] + up[index]) / 2
