"""The map's layout: from left to right, without chance, and apart enough to be read."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relaylens_dashboard.charts import layers, network_map
from relaylens_dashboard.charts.layers import Gaps, Layers, Link
from relaylens_dashboard.charts.network_map import Agent, Edge

GAPS = Gaps(100, 40)
NAMES = ["a", "b", "c", "d", "e", "f"]
LINKS = st.lists(st.builds(Link, st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 9)), max_size=14)


def arranged(*links: Link, names: str = "", last: str = "") -> Layers:
    """Lay out links between agents named by a letter."""
    return layers.arrange([*names, *(end for link in links for end in (link.source, link.target))], links, entries={}, last=last, gaps=GAPS)


def test_work_goes_from_left_to_right() -> None:
    """A chain stands in as many layers as it has agents, in the order of the work."""
    assert (("a",), ("b",), ("c",)) == arranged(Link("a", "b", 1), Link("b", "c", 1)).columns


def test_the_weaker_way_of_a_cycle_goes_back() -> None:
    """Of two agents that hand work to and fro, the one that gives more stands first."""
    assert (("b",), ("a",)) == arranged(Link("a", "b", 1), Link("b", "a", 5)).columns


def test_a_person_stands_last() -> None:
    """Who is asked is on the right, also when a later agent follows the one who asks."""
    laid_out = arranged(Link("a", "p", 9), Link("a", "b", 1), Link("b", "c", 1), last="p")

    assert ("p",) == laid_out.columns[-1]


def test_an_agent_without_a_handoff_is_left_out_of_the_layers() -> None:
    """Loners are named apart, so that they can stand in a row of their own."""
    assert ("x", "y") == arranged(Link("a", "b", 1), names="xy").loners


def test_a_way_past_a_layer_bends_there() -> None:
    """A link over two layers passes one place between its ends, and comes back by the same kind of way."""
    laid_out = arranged(Link("a", "b", 5), Link("b", "c", 5), Link("a", "c", 5))
    way = laid_out.way(Link("a", "c", 5))

    assert ("a", "c", 1) == (way[0], way[-1], len(way[1:-1]))


@given(LINKS)
def test_nobody_stands_on_another(links: list[Link]) -> None:
    """In each layer, agents keep their distance; every agent of a link stands in exactly one layer."""
    laid_out = arranged(*links)
    for column in laid_out.columns:
        agents = [laid_out.heights[item] for item in column if isinstance(item, str)]
        assert all(lower - upper >= GAPS.agents - 0.1 for upper, lower in pairwise(agents))
    ends = {end for link in links if link.source != link.target for end in (link.source, link.target)}
    assert sorted(ends) == sorted(item for column in laid_out.columns for item in column if isinstance(item, str))


@given(LINKS, st.randoms())
def test_the_order_of_the_data_does_not_matter(links: list[Link], chance: object) -> None:
    """The same edges in another order give the same picture."""
    edges = {(link.source, link.target): Edge(link.source, link.target, link.weight, 0.5) for link in links}
    agents = [Agent(name, name, is_person=False, tasks=3, rate=1.0, entries=0) for name in NAMES]
    other_edges, other_agents = list(edges.values()), list(agents)
    chance.shuffle(other_edges)  # type: ignore[attr-defined]
    chance.shuffle(other_agents)  # type: ignore[attr-defined]

    assert network_map.draw(agents, list(edges.values())) == network_map.draw(other_agents, other_edges)


@given(LINKS)
def test_every_edge_is_drawn_between_its_ends(links: list[Link]) -> None:
    """A curve begins beside its source and ends beside its target."""
    edges = {(link.source, link.target): Edge(link.source, link.target, link.weight, None) for link in links}
    drawn = network_map.draw([Agent(name, name, is_person=False, tasks=1, rate=None, entries=0) for name in NAMES], list(edges.values()))
    places = {agent["name"]: (agent["share"], agent["y"], agent["radius"]) for agent in drawn["agents"]}  # type: ignore[attr-defined]
    for edge in drawn["edges"]:  # type: ignore[attr-defined]
        for end, point in ((edge["source"], edge["points"][0]), (edge["target"], edge["points"][-1])):
            share, height, radius = places[end]
            assert abs(point[0] - share) < 0.001
            assert abs(point[2] - height) <= radius + 10


def test_labels_do_not_cover_each_other() -> None:
    """Work that goes to and fro has two labels at two places."""
    edges = [Edge("a", "b", 40, 0.9), Edge("b", "a", 7, 0.1)]
    drawn = network_map.draw([Agent(name, name, is_person=False, tasks=40, rate=1.0, entries=0) for name in "ab"], edges)
    first, second = (edge["label"]["at"] for edge in drawn["edges"])  # type: ignore[attr-defined]

    assert abs(first[2] - second[2]) >= 16 or abs(first[0] - second[0]) * 900 >= 60
