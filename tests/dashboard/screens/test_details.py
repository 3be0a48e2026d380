"""Edge, Agents, Run, Metrics and SQL: one thing in full, and equal to the truth."""

from collections import Counter

import pytest

from relaylens_analytics.catalog import METRICS

from .conftest import LONG_STEPS, Open, Store


def test_an_edge_counts_how_far_its_handoffs_come(open_screen: Open, store: Store) -> None:
    """Offered and succeeded are the network's own, and the reasons are why the rest failed."""
    made = [handoff for handoff in store.handoffs() if (handoff["from"], handoff["to"]) == ("retriever", "drafter")]
    screen = open_screen("edge", from_agent="retriever", to_agent="drafter")
    reasons = Counter(handoff["reason"].replace("_", " ") for handoff in made if handoff["reason"])

    assert str(len(made)) == screen.table("How far handoffs come")[0]["2"]
    assert f"{sum(handoff['succeeded'] for handoff in made)} of {len(made)} decided" == screen.tiles()["Succeeded"][1]
    assert {reason: str(count) for reason, count in reasons.items()} == {row["0"]: row["2"] for row in screen.table("Reasons of failure")}


def test_an_edge_shows_what_was_sent_and_received(open_screen: Open) -> None:
    """Of a handoff whose context was lost, both sides stand beside each other, and they differ."""
    screen = open_screen("edge", from_agent="retriever", to_agent="drafter", show="failed")
    lost = next(row for row in screen.table("Examples of handoffs") if row["1"] == "context lost")

    assert lost["Sent"] != lost["Received"]
    assert {"Sent", "Received"} <= set(screen.texts)


def test_an_edge_lists_the_work_that_came_back(open_screen: Open, store: Store) -> None:
    """Where work was played to and fro, what came back is listed with how soon, and leads to its run."""
    looped = {run["run"] for run in store.truth if run["fault"] == "ping_pong"}
    tables = open_screen("edge", from_agent="retriever", to_agent="drafter").components["table"]
    bounces = next(data for data in tables if data["says"] == "Work that came back")["rows"]

    assert {row["link"].partition("run=")[2].partition("&")[0] for row in bounces} <= looped
    assert bounces


def test_the_scorecard_lists_every_agent(open_screen: Open, store: Store) -> None:
    """Steps and tokens of each agent are what it counted itself."""
    steps: Counter[str] = Counter()
    for run in store.truth:
        for agent, counts in run["agents"].items():
            steps[agent] += counts["steps"]

    assert {agent: f"{count:,}" for agent, count in steps.items()} == {
        row["Agent"]: row["Steps"] for row in open_screen("agents").table("Scorecard of the agents")
    }


def test_an_agent_opens_in_full(open_screen: Open) -> None:
    """Its tiles, its course, its evidence, edges, versions and tools."""
    screen = open_screen("agents", agent="retriever")

    assert {"Completed steps", "Escalations", "Latency p95", "Cost per completed step"} <= set(screen.tiles())
    assert ["search_documents", "search_tickets"] == sorted(row["Tool"] for row in screen.table("Tools of this agent"))
    assert ["stated", "graded", "rule", "inferred"] == [row["0"] for row in screen.table("Evidence")]


def test_a_run_has_a_lane_for_each_agent_and_an_arrow_for_each_handoff(open_screen: Open, store: Store) -> None:
    """Lanes are the agents that took part, arrows the handoffs, in their order."""
    run = next(run for run in store.truth if run["fault"] == "ping_pong")
    lanes = open_screen("run", run=run["run"]).components["lanes"][0]

    assert {agent for agent, counts in run["agents"].items() if counts["steps"]} == {lane["agent"] for lane in lanes["lanes"]}
    assert [handoff["reason"] or "" for handoff in run["handoffs"]] == [
        arrow["reason"].replace(" ", "_") for arrow in lanes["arrows"] if not arrow["back"]
    ]


def test_a_run_tells_what_was_said_in_order(open_screen: Open, store: Store) -> None:
    """The transcript holds every turn, model call, tool call, handoff, question and answer, by time."""
    run = next(run for run in store.truth if run["escalations"] and run["escalations"][0]["state"] == "edited")
    entries = open_screen("run", run=run["run"]).components["transcript"][0]["entries"]
    kinds = Counter(entry["kind"] for entry in entries)
    counted: Counter[str] = Counter()
    for counts in run["agents"].values():
        counted.update(counts)

    assert counted["steps"] == kinds["turn"]
    assert counted["model_calls"] == kinds["model"]
    assert counted["tool_calls"] == kinds["tool"]
    assert len(run["handoffs"]) == kinds["handoff"]
    assert (1, 1) == (kinds["question"], kinds["answer"])
    assert all(any(block["text"] for block in entry["blocks"]) for entry in entries if entry["kind"] == "model")


def test_a_finding_stands_at_its_place(open_screen: Open, store: Store) -> None:
    """The finding is pinned on the lanes and told in the transcript, after what it is about."""
    run = next(run for run in store.truth if "swallowed_tool_error" in run["findings"])
    screen = open_screen("run", run=run["run"])
    kinds = [entry["kind"] for entry in screen.components["transcript"][0]["entries"]]

    assert 1 == len(screen.components["lanes"][0]["pins"])
    assert kinds.index("finding") > kinds.index("tool")


@pytest.mark.parametrize(("view", "says"), [("handoffs", "Handoffs of this run"), ("spans", "Spans of this run, each below its parent")])
def test_the_views_of_a_run(open_screen: Open, store: Store, view: str, says: str) -> None:
    """Handoffs and spans are tables of their own, each in the address."""
    run = max(store.truth, key=lambda run: len(run["handoffs"]))

    assert open_screen("run", run=run["run"], view=view).table(says)


def test_a_span_shows_all_it_holds(open_screen: Open, store: Store) -> None:
    """Chosen from the tree, a span shows its attributes, resource and scope."""
    run = store.truth[0]["run"]
    spans = open_screen("run", run=run, view="spans").components["table"][-1]["rows"]
    span = spans[-1]["link"].partition("span=")[2].partition("&")[0].replace("%3A", ":")
    screen = open_screen("run", run=run, view="spans", span=span)

    assert "relaylens.run.id" in [row["0"] for row in screen.table("Attributes")]
    assert "service.name" in [row["0"] for row in screen.table("Resource")]


def test_a_long_run_is_shown_slice_by_slice(open_screen: Open) -> None:
    """Of hundreds of steps forty are drawn, the strip offers the others, and the next slice goes on where the first ends."""
    first, last = open_screen("run", run="long-run"), open_screen("run", run="long-run", slice="4")

    assert LONG_STEPS // 40 == len(first.components["strip"][0]["slices"])
    assert (40, 40) == (len(first.components["lanes"][0]["turns"]), len(last.components["lanes"][0]["turns"]))
    assert f"Steps 1 to 40 of {LONG_STEPS}" in first.texts
    assert f"Steps 161 to {LONG_STEPS} of {LONG_STEPS}" in last.texts
    assert "turn 161" == last.components["transcript"][0]["entries"][0]["what"]


def test_a_run_that_is_not_there_is_named(open_screen: Open) -> None:
    """A link to a run of another store says what is missing."""
    assert "There is no run nowhere in the store." in open_screen("run", run="nowhere").texts


@pytest.mark.parametrize("name", [entry.name for entry in METRICS])
def test_every_metric_opens(open_screen: Open, name: str) -> None:
    """Each metric shows its question and the SQL that makes it."""
    entry = next(entry for entry in METRICS if entry.name == name)
    screen = open_screen("metrics", metric=name)

    assert "This screen could not be drawn." not in screen.texts
    assert entry.question in screen.texts
    assert any(text.startswith(f"-- {entry.question}") for text in screen.texts)


def test_the_overview_has_every_metric(open_screen: Open) -> None:
    """All titles of the catalog are there, in its order."""
    titles = [row["Metric"] for row in open_screen("metrics").table("Every metric")]

    assert [entry.title for entry in METRICS] == [title for title in titles if title]


def test_sql_answers_one_select(open_screen: Open, store: Store) -> None:
    """The question stands in the address, and its answer below it."""
    screen = open_screen("sql", q="SELECT count(*) AS runs FROM runs WHERE service_name = 'support'")

    assert [{"runs": str(len(store.truth))}] == screen.table("Answer")


@pytest.mark.parametrize("question", ["SELEC 1", "DROP TABLE runs", "SELECT 1; SELECT 2", "SELECT * FROM read_text('/etc/passwd')"])
def test_sql_says_plainly_what_it_refuses(open_screen: Open, question: str) -> None:
    """A mistake, a write, two statements and a file outside are refused with the reason, and nothing breaks."""
    screen = open_screen("sql", q=question)

    assert "##### The store refused this" in screen.texts
    assert "table" not in screen.components


def test_a_run_says_where_it_began(open_screen: Open, store: Store) -> None:
    """Of corrupted context the first suspect is who fed it, with the way back, what took from it, and that it spread."""
    run = next(run for run in store.truth if run["fault"] == "corrupted_context")
    screen = open_screen("run", run=run["run"], view="began")
    (first, *_) = screen.table("Suspects")

    assert (run["blamed_agent"], "1") == (first["Agent"], first["0"])
    assert ["symptom", "origin"] == [row["0"] for row in screen.table("The way back to the suspect")]
    assert {"drafter", "approver"} <= {row["Who"] for row in screen.table("What took from this step")}
    assert "spread" in {row["0"] for row in screen.table("What became of each failure")}


def test_a_chosen_suspect_has_its_own_way_back(open_screen: Open, store: Store) -> None:
    """A click on another suspect shows the way to that one; every row leads to spans."""
    run = next(run for run in store.truth if run["fault"] == "corrupted_context")
    suspects = open_screen("run", run=run["run"], view="began").components["table"]
    rows = next(data for data in suspects if data["says"] == "Suspects")["rows"]
    step = rows[1]["link"].partition("suspect=")[2].partition("&")[0].replace("%3A", ":")
    chosen = open_screen("run", run=run["run"], view="began", suspect=step).components["table"]

    assert [True, False] == [rows[0]["marked"], rows[1]["marked"]]
    assert [False, True] == [row["marked"] for row in next(data for data in chosen if data["says"] == "Suspects")["rows"]][:2]
    assert all("span=" in row["link"] for row in next(data for data in chosen if data["says"] == "The way back to the suspect")["rows"])


def test_a_run_in_which_all_went_well_claims_nothing(open_screen: Open, store: Store) -> None:
    """No symptom is shown, and the screen says so."""
    run = next(run for run in store.truth if run["kind"] == "support" and not run["fault"] and run["outcome"] == "completed")
    screen = open_screen("run", run=run["run"], view="began")

    assert "What is wrong with this run" not in {data["says"] for data in screen.components["table"]}
    assert any(text.startswith("Nothing is recorded as wrong with this run.") for text in screen.texts)


def test_an_agent_shows_what_each_version_has_touched(open_screen: Open, store: Store) -> None:
    """Runs and the agents that came after it are those of the truth."""
    runs = [run for run in store.truth if run["agents"].get("retriever", {}).get("steps")]
    (version,) = open_screen("agents", agent="retriever").table("What each version has touched")

    assert ("8", f"{len(runs):,}") == (version["Version"], version["Runs"])
    assert {"drafter", "approver"} <= set(version["Agents after it"].split(", "))


def test_a_run_says_how_unusual_each_step_is(open_screen: Open, store: Store) -> None:
    """Of a run of the network every step stands with how unusual it is, beside how many good runs it was compared with."""
    run = next(run for run in store.truth if run["kind"] == "support" and run["outcome"] == "completed" and run["fault"] is None)
    screen = open_screen("run", run=run["run"], view="unusual")
    steps = screen.table("How unusual each step is")

    assert sum(counts["steps"] for counts in run["agents"].values()) == len(steps)
    assert any(text.startswith("Compared with ") and " good runs of support" in text for text in screen.texts)
    assert all(float(row["How unusual"]) < 1 for row in steps if row["What is unusual"] == "nothing")


def test_a_run_alone_has_not_enough_history(open_screen: Open) -> None:
    """The long run is the only one of its deployment: nothing is said of it but that."""
    screen = open_screen("run", run="long-run", view="unusual")

    assert any("There are 0 other good runs of this deployment that differ, and 12 are needed." in text for text in screen.texts)
