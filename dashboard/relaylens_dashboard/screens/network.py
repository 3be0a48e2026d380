"""Network: who works with whom, how well it goes, and what needs a person now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from relaylens.semconv import HUMAN, OPEN_ESCALATIONS, DeclaredState
from relaylens_analytics import Window
from relaylens_analytics.catalog import Better, Metric, metric
from relaylens_analytics.metric import Unit
from relaylens_analytics.queries.network import DRAWN
from relaylens_dashboard import components, numerals, wording
from relaylens_dashboard.charts import colours, network_map
from relaylens_dashboard.charts.network_map import Agent, Edge
from relaylens_dashboard.screens import address, edges, frame, reading, silences, tables, tiles
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

HEADLINES: Final[tuple[tuple[str, str], ...]] = (
    ("task_completion_rate", "value"),
    ("handoff_success_rate", "value"),
    ("escalation_rate", "value"),
    ("silent_failure_rate", "value"),
    ("run_latency", "p95"),
    ("cost_per_completed_run", "value"),
    ("audit_completeness", "value"),
)
"""The numbers on top: a metric and its column."""

CONFORMANCE: Final = ("conformance_rate", "value")
"""One more where a network is declared."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Where the network that was seen and the declared one differ: agents as (name, None), ways as (from, to)."""

    only_seen: frozenset[tuple[str, str | None]]
    only_declared: frozenset[tuple[str, str | None]]
    anything: bool

    def names(self) -> set[str]:
        """The agents that are declared and were not seen, with the ends of such ways."""
        return {end for ends in self.only_declared for end in ends if end is not None}

    def ways(self) -> set[tuple[str, str]]:
        """The ways that are declared and were not used."""
        return {(source, target) for source, target in self.only_declared if target is not None}


_ENOUGH: Final = 10
"""Cases that the window before must have for a change to be shown; fewer would only show chance."""

_MOST_AGENTS: Final = 60
_MOST_EDGES: Final = 200
_MOST_ALERTS: Final = 3


def body() -> None:
    """Draw the screen."""
    window = address.window()
    agents = reading.rows("network_agents", **window.params(), limit=_MOST_AGENTS)
    ways = reading.rows("network_edges", **window.params(), limit=_MOST_EDGES)
    waiting = reading.rows("escalations", **window.params(), states=list(OPEN_ESCALATIONS), now=address.now(), limit=200)
    silences.show()
    if not agents:
        _nothing(window)
        return
    declared = _declared(window)
    _headlines(window, [*HEADLINES, CONFORMANCE] if declared.anything else HEADLINES)
    _attention(window, waiting)
    _map(agents, ways, len(waiting), declared)
    if ways:
        st.markdown("##### Handoffs")
        edges.show(ways, key="edges")


def _nothing(window: Window) -> None:
    extent = reading.row("extent")
    if extent is None or not extent["runs"]:
        frame.begin()
        return
    service = f" in {wording.word(window.service)}" if window.service else ""
    frame.empty(
        f"No agent was at work in {address.range_in_words()}{service}.",
        f"The newest run began {wording.ago(extent['last_started_at'], address.now())}.",
    )


def _headlines(window: Window, headlines: Sequence[tuple[str, str]]) -> None:
    before = address.window_before()
    shown = [_tile(metric(name), column, window, before) for name, column in headlines]
    tiles.show(shown, key="headlines")


def _tile(entry: Metric, column: str, window: Window, before: Window | None) -> dict[str, object]:
    now, then = _whole(entry, window), _whole(entry, before) if before is not None else None
    value, was = (None if row is None else row[column] for row in (now, then))
    enough = then is not None and (then["denominator"] or 0) >= _ENOUGH
    change = _change(value, was, entry.unit) if enough else ""
    title = f"{entry.title}, {column}" if column != "value" else entry.title
    says = [entry.question, entry.formula.replace("`", ""), *_interval(now, entry.unit)]
    if was is not None and then is not None:
        basis = numerals.basis(then["numerator"], then["denominator"], entry.unit)
        few = "" if enough else "; too few to compare with"
        says.append(f"In the window before: {numerals.written(was, entry.unit)} ({basis}){few}")
    return {
        "link": address.link("metrics", metric=entry.name),
        "title": title,
        "value": numerals.written(value, entry.unit),
        "change": change,
        "colour": _direction(value, was, entry.better) if change else None,
        "basis": "" if now is None else numerals.basis(now["numerator"], now["denominator"], entry.unit),
        "says": "\n".join(says),
    }


def _whole(entry: Metric, window: Window) -> Record | None:
    """Compute a metric over the whole window; the parts of one that has several are added up."""
    found = reading.metric(entry.name, window, by="total")
    if len(found) <= 1:
        return found[0] if found else None
    numerator, denominator = (sum(row[name] or 0 for row in found) for name in ("numerator", "denominator"))
    return {
        "value": numerator / denominator if denominator else None,
        "numerator": numerator,
        "denominator": denominator,
        "low": None,
        "high": None,
    }


def _interval(row: Record | None, unit: Unit) -> list[str]:
    interval = "" if row is None else numerals.interval(row["low"], row["high"], unit)
    return [f"95 % interval: {interval}"] if interval else []


def _change(value: float | None, was: float | None, unit: Unit) -> str:
    """Say how a number moved; a move that its own rounding hides is none."""
    change = numerals.change(value, was, unit)
    return "" if not any(digit in change for digit in "123456789") else change.replace("-", "\N{MINUS SIGN}")


def _direction(value: float | None, was: float | None, better: Better) -> str | None:
    if value is None or was is None or value == was or better is Better.NEITHER:
        return None
    return colours.GOOD if (value > was) == (better is Better.HIGHER) else colours.BAD


def _attention(window: Window, waiting: Sequence[Record]) -> None:
    """Point out what waits for a person, the oldest first, and what was found last."""
    found = reading.rows("findings", **window.params(), limit=_MOST_ALERTS, offset=0)
    if not waiting and not found:
        return
    left, right = st.columns(2)
    with left:
        st.markdown(f"##### Waiting for a person: {len(waiting):,}")
        rows = [_question(row) for row in waiting[:_MOST_ALERTS]]
        _short_list(rows, "attention.waiting", "Questions to people that wait for an answer", "Nobody is waiting for an answer.")
    with right:
        st.markdown(f"##### Newest findings: {found[0]['total'] if found else 0:,}")
        rows = [_finding(row) for row in found]
        _short_list(rows, "attention.findings", "The newest findings", "Nothing was found.")


def _short_list(rows: Sequence[Row], key: str, says: str, none: str) -> None:
    if not rows:
        st.caption(none)
        return
    tables.show([Column("", nowrap=True), Column("", elastic=True), Column("", right=True, nowrap=True)], rows, key=key, says=says)


def _question(row: Record) -> Row:
    text = f"{reading.called(row['agent'], 'An agent')} asks: {row['question'] or row['tool_name'] or 'for approval'}"
    cells = [
        tables.chip(row["state"], colours.ESCALATIONS),
        tables.text(text),
        tables.text(wording.whole(row["pending_ms"] or 0), quiet=True),
    ]
    run = address.link("run", run=row["run"], conversation=row["conversation"], finding=row["escalation"])
    return Row(cells, run if row["run"] else address.link("escalations"))


def _finding(row: Record) -> Row:
    cells = [
        tables.chip(row["detector"], {row["detector"]: colours.SEVERITIES.get(row["severity"], colours.UNKNOWN)}),
        tables.text(reading.in_words(row["message"])),
        tables.text(wording.ago(row["found_at"], address.now()), quiet=True),
    ]
    run = address.link("run", run=row["run"], conversation=row["conversation"], finding=row["finding"])
    return Row(cells, run if row["run"] else address.link("findings", detector=row["detector"]))


def _declared(window: Window) -> Declared:
    """Ask what is declared of the network; services that declare nothing are not held to anything."""
    found = reading.rows("declared_network", **window.params(), parts=[str(part) for part in DRAWN], limit=_MOST_EDGES)
    states = dict[tuple[str, str | None], set[str]]()
    for row in found:
        states.setdefault((row["name"], row["target"]), set()).add(row["state"])
    return Declared(
        frozenset(key for key, of in states.items() if of == {DeclaredState.UNDECLARED}),
        frozenset(key for key, of in states.items() if of == {DeclaredState.NOT_SEEN}),
        any(of != {DeclaredState.NOT_HELD} for of in states.values()),
    )


def _map(agents: Sequence[Record], ways: Sequence[Record], waiting: int, declared: Declared) -> None:
    people = {row["agent"] for row in agents if row["kind"] == "human"}
    drawn = [_agent(row, waiting, len(people), undeclared=(row["agent"], None) in declared.only_seen) for row in agents]
    drawn += [_unseen(name) for name in sorted(declared.names() - {row["agent"] for row in agents})]
    edges = _merged(ways, people, declared)
    between = {(edge.source, edge.target) for edge in edges}
    edges += [_unused(*ends) for ends in sorted(declared.ways() - between)]
    components.mount("network_map", network_map.draw(drawn, edges), key="map")


def _unseen(name: str) -> Agent:
    """Draw an agent that is declared and had no turn."""
    shown = tables.name(name, limit=80)
    says = f"{shown}\nDeclared, and not seen in {address.range_in_words()}"
    return Agent(name, shown, is_person=name == HUMAN, tasks=0, rate=None, entries=0, says=says, link=address.link("agents"))


def _unused(source: str, target: str) -> Edge:
    """Draw a way that is declared and that no work took."""
    says = f"{tables.name(source, limit=60)} to {tables.name(target, limit=60)}\nDeclared, and not used in {address.range_in_words()}"
    return Edge(source, target, 0, None, target == HUMAN, says=says, link=address.link("edge", from_agent=source, to_agent=target))


def _agent(row: Record, waiting: int, people: int, *, undeclared: bool) -> Agent:
    person = row["kind"] == "human"
    return Agent(
        name=row["agent"],
        shown=tables.name(row["agent"], limit=80),
        is_person=person,
        tasks=row["tasks"],
        rate=row["completion"],
        entries=0,
        waiting=waiting if person and people == 1 else 0,
        findings=0 if person else row["findings"],
        undeclared=undeclared,
        says=_about(row, person=person) + ("\nNot declared" if undeclared else ""),
        link=address.link("escalations") if person else address.link("agents", agent=row["agent"]),
    )


def _about(row: Record, *, person: bool) -> str:
    if person:
        lines = [
            wording.count(row["tasks"], "question"),
            f"{row['completed']:,} answered, {row['running']:,} open",
            f"Median wait {wording.lasted(row['p50_ms'])}",
        ]
    else:
        lines = [
            f"{wording.count(row['tasks'], 'step')} in {wording.count(row['runs'], 'run')}",
            f"Completed {wording.share(row['completion'])} ({row['completed']:,} of {row['ended']:,})",
            f"Latency p50 {wording.lasted(row['p50_ms'])}, p95 {wording.lasted(row['p95_ms'])}",
            ", ".join(wording.count(row[f"{noun}s"], noun) for noun in ("escalation", "finding", "error")),
        ]
    return "\n".join([tables.name(row["agent"], limit=80), *lines])


def _merged(ways: Sequence[Record], people: set[str], declared: Declared) -> list[Edge]:
    """Take handoffs and questions between the same two as one edge of the map."""
    pairs = dict[tuple[str, str], list[Record]]()
    for row in ways:
        if row["to_agent"] is not None:
            pairs.setdefault((row["from_agent"], row["to_agent"]), []).append(row)
    drawn = [_edge(source, target, rows, to_person=target in people) for (source, target), rows in pairs.items()]
    return [
        replace(edge, undeclared=True, says=f"{edge.says}\nNot declared") if (edge.source, edge.target) in declared.only_seen else edge
        for edge in drawn
    ]


def _edge(source: str, target: str, rows: Sequence[Record], *, to_person: bool) -> Edge:
    count, decided, succeeded = (sum(row[name] for row in rows) for name in ("handoffs", "decided", "succeeded"))
    # A question that waits is not answered; a handoff that goes on counts neither way.
    of, verb, still = (count, "answered", "waiting") if to_person else (decided, "succeeded", "not decided yet")
    lines = [
        f"{tables.name(source, limit=60)} to {tables.name(target, limit=60)}",
        f"{succeeded:,} of {of:,} {verb}",
    ]
    lines += [f"{wording.count(count - decided, 'is', 'are')} {still}"] if count > decided else []
    reasons = [f"{wording.word(reason)}: {times:,}" for row in rows for reason, times in sorted(dict(row["reasons"]).items())]
    waits = [f"Wait p50 {wording.lasted(row['p50_wait_ms'])}, p95 {wording.lasted(row['p95_wait_ms'])}" for row in rows[:1]]
    return Edge(
        source,
        target,
        count,
        succeeded / of if of else None,
        to_person,
        says="\n".join([*lines, *reasons, *waits]),
        link=address.link("escalations", agent=source) if to_person else address.link("edge", from_agent=source, to_agent=target),
    )


if __name__ == "__main__":
    frame.show("network", "Network", body)
