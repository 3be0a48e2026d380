"""The named queries over the network of conftest.py."""

import inspect
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import duckdb
import pytest

from relaylens_analytics import Reader, Window, open_store, statements
from relaylens_analytics.errors import UnknownSortError
from relaylens_analytics.queries import agents, headlines, limits, lists, network, runs, spans, transcript
from relaylens_analytics.queries.lists import FindingFilter, HandoffFilter
from relaylens_analytics.queries.runs import RunFilter, RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_analytics.queries.transcript import EntryKind

DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - the store keeps UTC without a zone
ALL = Window()
R1 = RunKey("r1")


def names(reader: Reader, wanted: RunFilter = runs.ANY_RUN, window: Window = ALL, **page: Any) -> list[str]:  # noqa: ANN401 - any control
    """Give the names of the runs of a page."""
    return [row["run"] for row in runs.page(reader, window, wanted, **page).to_pylist()]


def one(table: Any) -> dict[str, Any]:  # noqa: ANN401 - an Arrow table
    """Give the only row of an answer."""
    (row,) = table.to_pylist()
    return dict(row)


def test_runs_come_latest_first(reader: Reader) -> None:
    """That is what one looks at first."""
    assert ["r6", "r5", "r4", "r3", "r2", "r1"] == names(reader)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RunFilter(outcomes=("completed",)), ["r3", "r1"]),
        (RunFilter(outcomes=("failed", "abandoned")), ["r6", "r2"]),
        (RunFilter(agent="drafter"), ["r3", "r1"]),
        (RunFilter(detector="failed_handoff"), ["r6", "r2"]),
        (RunFilter(escalated=True), ["r5", "r4", "r3"]),
        (RunFilter(escalated=False), ["r6", "r2", "r1"]),
        (RunFilter(conversation="c2"), ["r2"]),
        (RunFilter(workflow="other"), ["r5"]),
        (RunFilter(user="u1"), ["r1"]),
        (RunFilter(min_ms=4000), ["r3", "r1"]),
        (RunFilter(search="PARCEL"), ["r3"]),
        (RunFilter(search="invoice 17"), ["r1"]),
        (RunFilter(search="50% off"), ["r2"]),
        (RunFilter(search="50%_off"), []),
        (RunFilter(outcomes=("completed",), agent="docs"), ["r1"]),
    ],
    ids=lambda value: ",".join(f"{name}={given}" for name, given in asdict(value).items() if given) if isinstance(value, RunFilter) else "",
)
def test_runs_are_filtered(reader: Reader, wanted: RunFilter, expected: list[str]) -> None:
    """Each filter leaves the runs it names; a searched text is a text and no pattern."""
    assert expected == names(reader, wanted)


def test_a_search_looks_into_the_turns_of_the_latest_runs(reader: Reader) -> None:
    """Of the runs before them what was asked and answered is searched, and the answer says from when on all is."""
    everything = runs.page(reader, Window()).to_pylist()

    assert [None] * len(everything) == [row["searched_since"] for row in everything]
    for searched in (1, 2):
        found = {
            row["run"]: row["searched_since"] for row in runs.page(reader, Window(), RunFilter(search="e"), searched=searched).to_pylist()
        }
        assert {everything[searched - 1]["started_at"]} == set(found.values())
    assert [] == names(reader, RunFilter(search="needle in no turn"))


def test_a_search_finds_long_texts_too(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """A text kept by reference is searched as the whole it is."""
    folder, connection = new_store
    run = {"run": "long", "conversation": "c", "started_at": DAY}
    insert_row(connection, "runs", **run, trace_id="t", outcome="completed", outcome_evidence="rule")
    for number, text in enumerate(["a long beginning, ne", "edle, and a long end"]):
        insert_row(connection, "texts", text_id=number, text_hash=UUID(int=number), text=text)
    insert_row(connection, "steps", **run, step="s", trace_id="t", span_id="s", agent="a", input="\x010,1")
    connection.close()

    with open_store(folder) as reader:
        assert ["long"] == names(reader, RunFilter(search="needle"))
        assert ["a long beginning, needle, and a long end"] == [row["input"] for row in runs.steps(reader, RunKey("long")).to_pylist()]


@pytest.mark.parametrize("sort", runs.SORTS)
def test_runs_can_be_sorted_both_ways(reader: Reader, sort: str) -> None:
    """Sorting orders by the column named, and runs without a value come last both ways."""

    def key(row: dict[str, Any]) -> Any:  # noqa: ANN401 - any sortable value
        if sort == "tokens":
            return (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
        return row["errors"] + row["soft_errors"] if sort == "errors" else row[sort]

    for descending in (True, False):
        found = [key(row) for row in runs.page(reader, ALL, sort=sort, descending=descending).to_pylist()]
        known = [value for value in found if value is not None]

        assert sorted(known, reverse=descending) + [None] * (len(found) - len(known)) == found


def test_an_unknown_sort_is_refused(reader: Reader) -> None:
    """It would else be no sort at all, without a word."""
    with pytest.raises(UnknownSortError, match="duration_ms"):
        runs.page(reader, ALL, sort="run; DROP TABLE runs")


def test_pages_follow_each_other_and_know_the_total(reader: Reader) -> None:
    """Two runs a page make three pages of six."""
    pages = [names(reader, limit=2, offset=offset) for offset in (0, 2, 4, 6)]

    assert [["r6", "r5"], ["r4", "r3"], ["r2", "r1"], []] == pages
    assert {6} == set(runs.page(reader, ALL, limit=2)["total"].to_pylist())


def test_a_run_knows_its_detectors(reader: Reader) -> None:
    """The list of runs shows what was found without another question."""
    found = {row["run"]: row["detectors"] for row in runs.page(reader, ALL).to_pylist()}

    assert (["failed_handoff", "llm_error"], None) == (found["r2"], found["r1"])


def test_one_run(reader: Reader) -> None:
    """Its row, steps, tools, spans and labels are its own."""
    assert "completed" == one(runs.one(reader, R1))["outcome"]
    assert 0 == runs.one(reader, RunKey("r1", "another conversation")).num_rows
    assert ["triage", "docs", "drafter"] == runs.steps(reader, R1)["agent"].to_pylist()
    assert ["search_docs"] == runs.tool_calls(reader, R1)["tool_name"].to_pylist()
    assert ["llm_error", "failed_handoff"] == runs.findings(reader, RunKey("r2"))["detector"].to_pylist()
    assert ["rejected", "passed", "passed"] == [
        row["verdict"] for row in runs.events(reader, RunKey("r3")).to_pylist() if row["kind"] == "verdict"
    ]
    assert [("accuracy", "label"), ("accuracy", "label"), ("stars", "label")] == [
        (row["name"], row["given"]) for row in runs.labels(reader, R1).to_pylist()
    ]
    assert [("stars", "feedback"), ("accuracy", "label")] == [
        (row["name"], row["given"]) for row in runs.labels(reader, RunKey("r3")).to_pylist()
    ]


def test_texts_are_cut_where_asked(reader: Reader) -> None:
    """A list of steps stays small, however long the prompts are."""
    assert ["My inv", "find t", "write "] == runs.steps(reader, R1, text_limit=6)["input"].to_pylist()


def test_the_spans_of_a_run_make_a_tree(reader: Reader) -> None:
    """Children stand below their parent; a span whose parent is not there is a root and marked."""
    branches = spans.tree(runs.spans(reader, R1))

    assert [("r151", 0, False), ("a1", 1, False), ("a2", 0, True), ("a3", 0, True)] == [
        (branch.row["name"], branch.depth, branch.orphan) for branch in branches
    ]


def test_spans_that_are_each_others_parents_do_not_hang(
    new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]
) -> None:
    """Hostile spans are shown, at the end."""
    folder, connection = new_store
    for ordinal, (span_id, parent) in enumerate((("a", "b"), ("b", "a"), ("c", "c"))):
        insert_row(connection, "spans", ordinal=ordinal, trace_id="t", span_id=span_id, parent_span_id=parent, name=span_id)
        insert_row(connection, "span_facts", ordinal=ordinal, trace_id="t", span_id=span_id, conversation="c", run="r", span_class="chain")
    connection.close()

    with open_store(folder) as reader:
        assert [("a", True), ("b", True), ("c", True)] == [
            (branch.row["name"], branch.orphan) for branch in spans.tree(runs.spans(reader, RunKey("r")))
        ]


def test_handoffs_come_in_time_order_with_the_columns_of_the_command(reader: Reader) -> None:
    """Returns are marked, and a limit leaves the latest."""
    table = lists.handoffs(reader, ALL)

    assert {
        "conversation",
        "run",
        "trace_id",
        "from",
        "to",
        "ok",
        "succeeded",
        "reason",
        "mode",
        "rule",
        "return",
        "state",
        "offered_at",
    } <= set(table.column_names)
    assert sorted(table["offered_at"].to_pylist()) == table["offered_at"].to_pylist()
    assert [("docs", "triage")] == [(row["from"], row["to"]) for row in table.to_pylist() if row["return"]]
    assert 7 == lists.handoffs(reader, ALL, HandoffFilter(returns=False)).num_rows
    assert ["triage", "docs"] == lists.handoffs(reader, ALL, limit=2)["from"].to_pylist()
    assert ["refused"] == lists.handoffs(reader, ALL, HandoffFilter(reason="refused"))["reason"].to_pylist()
    assert 8 == lists.handoffs(reader, ALL, limit=None).num_rows


def test_open_escalations_have_an_age(reader: Reader) -> None:
    """An answered one has the time it took, an open one the time so far."""
    table = lists.escalations(reader, ALL, now=DAY + timedelta(hours=12, seconds=2))

    assert [("approved", 5000, False), ("pending", 1_800_000, True), ("requested", 0, True)] == [
        (row["state"], row["pending_ms"], row["open"]) for row in table.to_pylist()
    ]
    assert ["pending"] == lists.escalations(reader, ALL, states=("pending",))["state"].to_pylist()


def test_findings(reader: Reader) -> None:
    """They are listed latest first, filtered, and grouped for the inbox with how many runs they left looking completed."""
    assert ["f5", "f4", "f3", "f1", "f2"] == lists.findings(reader, ALL)["finding"].to_pylist()
    assert ["f4", "f3"] == lists.findings(reader, ALL, FindingFilter(silent=True))["finding"].to_pylist()
    assert ["f3", "f1", "f2"] == lists.findings(reader, ALL, FindingFilter(agent="triage"))["finding"].to_pylist()
    inbox = {
        (row["detector"], row["agent"]): (row["findings"], row["runs"], row["silent_runs"])
        for row in lists.findings_inbox(reader, ALL).to_pylist()
    }
    assert {
        ("empty_output", "drafter"): (1, 1, 1),
        ("empty_output", "triage"): (1, 1, 1),
        ("failed_handoff", "docs"): (1, 1, 0),
        ("failed_handoff", "triage"): (1, 1, 0),
        ("llm_error", "triage"): (1, 1, 0),
    } == inbox
    assert "llm_error" == lists.findings_inbox(reader, ALL)["detector"].to_pylist()[-1]


def test_conversations_and_what_the_store_holds(reader: Reader) -> None:
    """A conversation shows how its last run stands."""
    assert ["abandoned", "running", "escalated", "completed", "failed", "completed"] == lists.conversations(reader, ALL)[
        "last_outcome"
    ].to_pylist()
    assert [("support", 5), ("sales", 1)] == [(row["service_name"], row["runs"]) for row in lists.services(reader).to_pylist()]
    extent = one(lists.extent(reader))
    assert (6, 7, 3, 5, 9, 4) == tuple(extent[name] for name in ("runs", "handoffs", "escalations", "findings", "spans", "agents"))


def test_the_agents_of_the_network(reader: Reader) -> None:
    """A name that work was offered to and that nobody saw is there and marked; a person's tasks are the questions put to them."""
    found = {row["agent"]: row for row in network.agents(reader, ALL).to_pylist()}

    assert {"triage", "docs", "drafter", "approver", "billing", "human"} == set(found)
    assert (False, True) == (found["billing"]["seen"], found["docs"]["seen"])
    assert ("human", 3, 1, 1) == tuple(found["human"][name] for name in ("kind", "tasks", "ended", "completed"))
    assert (4, 3, 2, 1) == tuple(found["triage"][name] for name in ("tasks", "ended", "completed", "running"))
    assert ("Triage", ["support"], 3) == tuple(found["triage"][name] for name in ("display_name", "services", "findings"))


def test_the_edges_of_the_network(reader: Reader) -> None:
    """Handoffs and questions that no handoff shows are edges; an answered question is a success, an open one undecided."""
    found = {
        (row["kind"], row["from_agent"], row["to_agent"]): (row["handoffs"], row["decided"], row["succeeded"])
        for row in network.edges(reader, ALL).to_pylist()
    }

    assert {
        ("handoff", "triage", "docs"): (2, 1, 1),
        ("handoff", "docs", "drafter"): (1, 1, 1),
        ("handoff", "triage", "billing"): (1, 1, 0),
        ("handoff", "triage", "drafter"): (1, 1, 1),
        ("handoff", "drafter", "human"): (1, 1, 1),
        ("handoff", "docs", "triage"): (1, 1, 0),
        ("escalation", "approver", "human"): (1, 0, 0),
        ("escalation", "triage", "human"): (1, 0, 0),
    } == found
    reasons = {row["from_agent"]: dict(row["reasons"]) for row in network.edges(reader, ALL).to_pylist() if row["reasons"]}
    assert {"docs": {"refused": 1}, "triage": {"unknown_target": 1}} == reasons


def test_one_edge(reader: Reader) -> None:
    """The funnel narrows, the payload is measured, and examples show what was sent and received."""
    funnel = one(network.edge_funnel(reader, ALL, "triage", "docs"))

    assert (2, 1, 1, 1, 1, 0, 1) == tuple(
        funnel[name] for name in ("offered", "accepted", "progressed", "closed", "succeeded", "failed", "undecided")
    )
    assert (1, 22, 10) == tuple(
        one(network.edge_payload(reader, ALL, "triage", "docs"))[name] for name in ("sent", "p50_sent", "p50_received")
    )
    assert [(None, None), ("invoice 17, customer 5", "invoice 17")] == [
        (row["sent"], row["received"]) for row in network.edge_examples(reader, ALL, "triage", "docs").to_pylist()
    ]
    assert ["refused"] == network.edge_examples(reader, ALL, "docs", "triage", failed=True)["reason"].to_pylist()
    assert 0 == network.edge_examples(reader, ALL, "docs", "triage", failed=False).num_rows
    assert ["refused"] == network.edge_reasons(reader, ALL, "docs", "triage")["part"].to_pylist()
    assert ["2026-11-02T12:00:00Z"] == network.edge_over_time(reader, ALL, "docs", "triage")["key"].to_pylist()


def test_work_that_comes_back(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """The first handoff back after each one there is its bounce, however many lie in between."""
    folder, connection = new_store
    for position, edge_name in enumerate(["ba", "ab", "bc", "ca", "ab", "ba", "ba"], start=1):
        offered = DAY + timedelta(seconds=position)
        edge = {"from_agent": edge_name[0], "to_agent": edge_name[1], "offered_at": offered, "position": position}
        insert_row(connection, "handoffs", handoff=f"h{position}", conversation="c", run="r", trace_id="t", **edge)
    connection.close()

    with open_store(folder) as reader:
        assert [("h5", "h6", 1, 1000), ("h2", "h6", 4, 4000)] == [
            (row["handoff"], row["back_handoff"], row["hops"], row["back_after_ms"])
            for row in network.edge_bounces(reader, ALL, "a", "b").to_pylist()
        ]


def test_scorecards(reader: Reader) -> None:
    """One row an agent says everything measured about it."""
    card = one(agents.scorecards(reader, ALL, agent="triage"))

    assert (4, 3, 2) == tuple(card[name] for name in ("steps", "ended", "completed"))
    assert (1, 0, 1, 1) == tuple(card[name] for name in ("stated", "graded", "by_rule", "inferred"))
    assert (["v1", "v2"], ["gpt-5-mini"], ["support"]) == tuple(card[name] for name in ("versions", "models", "services"))
    assert (4, pytest.approx(2 / 3), 1, 0) == tuple(
        card[name] for name in ("handed_out", "handed_out_success", "handed_in", "handed_in_success")
    )
    assert (1, 1, 3) == tuple(card[name] for name in ("escalations", "escalations_pending", "findings"))
    drafter = one(agents.scorecards(reader, ALL, agent="drafter"))
    assert (2, 1, 2) == tuple(drafter[name] for name in ("judged", "sent_back", "empty_outputs"))


def test_an_agent_over_time_by_version_and_by_tool(reader: Reader) -> None:
    """A scorecard has its history."""
    history = agents.over_time(reader, ALL, "triage").to_pylist()

    assert [(DAY + timedelta(hours=10), 2, 1), (DAY + timedelta(hours=11), 1, 1), (DAY + timedelta(hours=12), 1, 0)] == [
        (row["began_at"], row["steps"], row["completed"]) for row in history
    ]
    assert [("v1", 2), (None, 1), ("v2", 1)] == [
        (row["agent_version"], row["steps"]) for row in agents.versions(reader, ALL, "triage").to_pylist()
    ]
    assert [("search_docs", 1, 0), ("transfer_to_triage", 1, 0)] == [
        (row["tool_name"], row["calls"], row["errors"]) for row in agents.tools(reader, ALL, "docs").to_pylist()
    ]


def test_a_span_in_full(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """Attributes of span, resource and scope, events, links and log records come as text, references resolved."""
    folder, connection = new_store
    insert_row(connection, "texts", text_id=7, text_hash=UUID(int=7), text="a long text")
    insert_row(connection, "resources", resource=UUID(int=1), batch=1, attributes={"service.name": "support"}, attribute_types="s")
    insert_row(connection, "scopes", scope=UUID(int=1), batch=1, name="relaylens", version="1")
    event = {
        "time_unix_nano": 1_000_000_000,
        "name": "exception",
        "attributes": {"message": "\x017"},
        "attribute_types": "s",
        "dropped_attributes_count": 0,
    }
    link = {
        "trace_id": "o",
        "span_id": "p",
        "trace_state": "",
        "attributes": {},
        "attribute_types": "",
        "dropped_attributes_count": 0,
        "flags": 0,
    }
    insert_row(connection, "spans", trace_id="t", span_id="s", name="work", attributes={"big": "\x017", "n": "1"}, attribute_types="si",
               events=[event], links=[link])  # fmt: skip
    insert_row(connection, "logs", batch=1, ordinal=0, trace_id="t", span_id="s", event_name="gen_ai.choice", body="\x017", body_type="s",
               attributes={"k": "v"}, resource=UUID(int=1), scope=UUID(int=1))  # fmt: skip
    connection.close()
    key = SpanKey("t", "s")

    with open_store(folder) as reader:
        assert ("work", "relaylens") == tuple(one(spans.one(reader, key))[name] for name in ("name", "scope_name"))
        assert [("span", "big", "s", "a long text"), ("span", "n", "i", "1"), ("resource", "service.name", "s", "support")] == [
            tuple(row.values()) for row in spans.attributes(reader, key).to_pylist()
        ]
        assert ("exception", '{"message":"a long text"}') == tuple(
            one(spans.events(reader, [key]))[name] for name in ("name", "attributes")
        )
        assert ("o", False) == tuple(one(spans.links(reader, key))[name] for name in ("trace_id", "stored"))
        assert ("a long text", '{"k":"v"}') == tuple(one(spans.logs(reader, [key]))[name] for name in ("body", "attributes"))
        assert 0 == spans.one(reader, SpanKey("t", "none")).num_rows


def test_a_transcript_tells_the_run_in_order(reader: Reader) -> None:
    """What was given, asked, called, handed over and produced follow each other as they happened."""
    told = transcript.transcript(reader, R1)
    expected = [
        (EntryKind.TURN, "triage"),
        (EntryKind.MODEL, "triage"),
        (EntryKind.HANDOFF, "triage"),
        (EntryKind.TURN, "docs"),
        (EntryKind.MODEL, "docs"),
        (EntryKind.TOOL, "docs"),
        (EntryKind.HANDOFF, "docs"),
        (EntryKind.TURN, "drafter"),
    ]

    assert expected == [(entry.kind, entry.row["agent"]) for entry in told.entries]
    assert ["My invoice is wrong"] == [message.text for message in told.entries[1].messages]
    assert ('{"query": "invoice"}', "invoice 17") == (told.entries[5].row["said"], told.entries[5].row["came_back"])
    assert (8, 0) == (told.total, told.calls_too_large)
    assert told.entries[6:] == transcript.transcript(reader, R1, limit=2, offset=6).entries


def test_a_transcript_holds_what_people_were_asked(reader: Reader) -> None:
    """Questions, answers, verdicts and findings stand at their place."""
    kinds = [entry.kind for entry in transcript.transcript(reader, RunKey("r3")).entries]

    assert {EntryKind.QUESTION: 1, EntryKind.ANSWER: 1, EntryKind.VERDICT: 3, EntryKind.FINDING: 2} == {
        kind: kinds.count(kind) for kind in (EntryKind.QUESTION, EntryKind.ANSWER, EntryKind.VERDICT, EntryKind.FINDING)
    }
    assert kinds.index(EntryKind.QUESTION) < kinds.index(EntryKind.ANSWER)


def test_a_model_call_shows_only_what_is_new(new_store: tuple[Path, duckdb.DuckDBPyConnection], insert_row: Callable[..., None]) -> None:
    """A model is told the whole conversation again on each call; the transcript says so once, and counts the rest."""
    folder, connection = new_store
    said = ["Hello", "yes", "yes"]
    for number in range(1, 4):
        history = [f'{{"role":"user","content":"{text}"}}' for text in said[:number]]
        insert_row(connection, "spans", trace_id="t", span_id=f"s{number}", started_at=DAY + timedelta(seconds=number),
                   attributes={"gen_ai.input.messages": f"[{','.join(history)}]"}, attribute_types="s")  # fmt: skip
        insert_row(connection, "span_facts", trace_id="t", span_id=f"s{number}", conversation="c", run="r", agent="a", span_class="llm",
                   is_leaf_llm=True, started_at=DAY + timedelta(seconds=number))  # fmt: skip
    connection.close()

    with open_store(folder) as reader:
        told = transcript.transcript(reader, RunKey("r"))

    assert [(("Hello",), 0), (("yes",), 1), (("yes",), 2)] == [
        (tuple(message.text for message in entry.messages), entry.repeated) for entry in told.entries
    ]


def test_headlines_compare_with_the_window_before(reader: Reader) -> None:
    """From 11:00 to 12:00 one of two ended runs is completed, in the hour before one of two; escalations rose from none to both."""
    window = Window(DAY + timedelta(hours=11), DAY + timedelta(hours=12))
    found = {line.metric.name: line for line in headlines.headlines(reader, window)}

    assert (0.5, 0.5, 0.0, None) == tuple(
        getattr(found["task_completion_rate"], name) for name in ("value", "before", "change", "improved")
    )
    assert (1.0, 0.0, 1.0, None) == tuple(getattr(found["escalation_rate"], name) for name in ("value", "before", "change", "improved"))
    assert (1.0, 0.0, False) == tuple(getattr(found["silent_failure_rate"], name) for name in ("value", "before", "improved"))
    assert found["handoff_success_rate"].improved
    assert 2 / 3 == pytest.approx(found["handoff_success_rate"].before)


def test_a_window_without_beginning_has_nothing_before(reader: Reader) -> None:
    """Then a headline has no change, rather than a change of everything."""
    assert {None} == {line.change for line in headlines.headlines(reader, ALL)}


@pytest.mark.parametrize("module", [agents, lists, network, runs, spans], ids=lambda module: module.__name__)
def test_every_list_is_limited(module: ModuleType) -> None:
    """No question of a screen brings the whole store unless it is told to."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        limit = inspect.signature(function).parameters.get("limit")

        assert limit is None or (isinstance(limit.default, int) and 0 < limit.default <= limits.SPANS), name


def test_every_query_has_a_function_and_a_limit() -> None:
    """A file of SQL that nothing asks for would rot, and one that lists without a limit would hurt."""
    asked = "\n".join(inspect.getsource(module) for module in (agents, lists, network, runs, spans))
    single = {"run", "span", "span_attributes", "extent", "edge_funnel", "edge_payload", "run_verdict"}
    for name in statements.names(statements.QUERIES):
        statement = statements.read(name)

        assert f'"{name}"' in asked
        assert ("limit" in statement.parameters) is (name.removeprefix("queries/") not in single)
