"""Network: the map and the headline numbers are what the example network says it did."""

from collections import Counter
from pathlib import Path

from .conftest import Open, Store


def test_every_agent_and_the_person_stand_on_the_map(open_screen: Open, store: Store) -> None:
    """Each agent has its number of steps; the person has the questions."""
    drawn = {agent["name"]: agent["inside"] for agent in open_screen("network").components["network_map"][0]["agents"]}
    steps: Counter[str] = Counter()
    for run in store.truth:
        for agent, counts in run["agents"].items():
            steps[agent] += counts["steps"]
    asked = sum(len(run["escalations"]) for run in store.truth)

    assert {agent: str(count) for agent, count in steps.items()} | {"human": str(asked)} == drawn


def test_every_edge_has_its_count(open_screen: Open, store: Store) -> None:
    """The map draws each pair of agents that handed work over, with how often."""
    edges = open_screen("network").components["network_map"][0]["edges"]
    drawn = {(edge["source"], edge["target"]): edge["label"]["text"].rpartition(" · ")[2] for edge in edges if not edge["person"]}
    made = Counter((handoff["from"], handoff["to"]) for handoff in store.handoffs())

    assert {edge: f"{count:,}" for edge, count in made.items()} == drawn


def test_the_headlines_are_the_truth(open_screen: Open, store: Store) -> None:
    """Completion, handoff success and escalation rate are made of exactly the runs and handoffs that were."""
    tiles = open_screen("network").tiles()
    ended = [run for run in store.truth if run["outcome"] != "running"]
    handoffs = store.handoffs()

    assert {
        "Task completion": f"{sum(run['outcome'] == 'completed' for run in ended)} of {len(ended)}",
        "Handoff success": f"{sum(handoff['succeeded'] for handoff in handoffs)} of {len(handoffs)}",
        "Escalation rate": f"{sum(bool(run['escalations']) for run in ended)} of {len(ended)}",
    } == {title: tiles[title][1] for title in ("Task completion", "Handoff success", "Escalation rate")}


def test_what_waits_for_a_person_is_pointed_out(open_screen: Open, store: Store) -> None:
    """The questions without an answer are counted above the map."""
    states = [escalation["state"] for run in store.truth for escalation in run["escalations"]]
    waiting = sum(state in {"requested", "pending"} for state in states)

    assert f"##### Waiting for a person: {waiting:,}" in open_screen("network").texts


def test_the_same_data_give_the_same_picture(open_screen: Open) -> None:
    """Two visits draw the same map to the pixel."""
    assert open_screen("network").components["network_map"] == open_screen("network").components["network_map"]


def test_a_window_without_work_says_so_and_offers_the_whole_record(open_screen: Open) -> None:
    """An empty window is a sentence and a button, and the button widens the window."""
    screen = open_screen("network", since="2020-01-01T00:00:00+00:00", until="2020-01-02T00:00:00+00:00")
    assert any(text.startswith("No agent was at work in the time from 2020-01-01 00:00 to 2020-01-02 00:00") for text in screen.texts)

    screen.button("Show the whole record").click()
    screen.app.run()

    assert {"range": "all"} == dict(screen.app.query_params)
    assert "network_map" in screen.components


def test_a_service_filter_leaves_the_others_out(open_screen: Open) -> None:
    """Only agents of the service in the address are drawn."""
    drawn = open_screen("network", range="all", service="patience").components["network_map"][0]["agents"]

    assert ["answerer", "asker"] == [agent["name"] for agent in drawn]


def test_an_empty_store_says_how_to_begin(open_screen: Open, tmp_path: Path) -> None:
    """A store without a run tells on every screen where to send spans to, and calls nothing good news."""
    from relaylens_analytics.settle import settle  # noqa: PLC0415 - only here
    from relaylens_collector.ingest import Ingest  # noqa: PLC0415 - only here

    with Ingest(tmp_path, settle) as ingest:
        ingest.flush()

    for screen in ("network", "edge", "agents", "runs", "findings", "escalations"):
        texts = open_screen(screen, url=tmp_path).texts
        assert "No agent has sent anything yet." in texts
        assert f"relaylens up --store {tmp_path}" in "\n".join(texts)
        assert not [text for text in texts if "good news" in text]
