"""Agents: how each one does, in everything we measure, and one of them in full."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from relaylens.semconv import DeclaredState, Evidence, SpecificationPart
from relaylens_analytics.metric import Unit
from relaylens_dashboard import components, numerals, wording
from relaylens_dashboard.charts import colours, figures
from relaylens_dashboard.charts.figures import Point
from relaylens_dashboard.screens import address, agent_drift, agent_reach, edges, frame, links, reading, tables, tiles
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row
from relaylens_dashboard.screens.tiles import tile

_MOST: Final = 200
_SORTS: Final = ("steps", "completion", "escalations", "findings", "errors", "p95_ms", "tokens", "cost_usd")
_EVIDENCE: Final[Mapping[str, str]] = {
    "stated": Evidence.STATED,
    "graded": Evidence.GRADED,
    "by_rule": Evidence.RULE,
    "inferred": Evidence.INFERRED,
}
"""The columns of the scorecard that count outcomes by their grade of evidence."""

_CHARTS: Final = {"completion": "Completion", "p95_ms": "Latency p95", "steps": "Steps", "tokens": "Tokens", "cost_usd": "Cost"}
_UNITS: Final = {"completion": Unit.RATIO, "p95_ms": Unit.MILLISECONDS, "steps": Unit.COUNT, "tokens": Unit.TOKENS, "cost_usd": Unit.USD}


def body() -> None:
    """Draw the screen: the scorecard, or the agent that is chosen."""
    agent = address.value("agent")
    found = reading.rows("agents", **address.window().params(), agent=agent, limit=_MOST)
    if not found:
        what = f"The agent {tables.plain(agent, limit=80)} was not" if agent else "No agent was"
        frame.empty(f"{what} at work in {address.range_in_words()}.")
        return
    if agent is None:
        _scorecard(found)
    else:
        _one(found[0])


def _scorecard(agents: Sequence[Record]) -> None:
    by, descending = tables.sorting(_SORTS, "steps")
    ordered = sorted(agents, key=lambda row: (_key(row, by) is None, (_key(row, by) or 0) * (-1 if descending else 1), row["agent"]))
    columns = [
        Column("Agent"),
        Column("Completed steps", sort="completion", width="21%", says="Share of ended steps that completed, with its 95 % interval"),
        Column("Evidence", width="9%", says="How well the outcomes are known: stated, graded, by a rule, inferred"),
        Column("Steps", sort="steps", right=True),
        Column("Escalations", sort="escalations", right=True),
        Column("Findings", sort="findings", right=True),
        Column("Errors", sort="errors", right=True),
        Column("p50", right=True),
        Column("p95", sort="p95_ms", right=True),
        Column("Tokens", sort="tokens", right=True),
        Column("Cost", sort="cost_usd", right=True),
        Column("Version", width="11%", says="What the agent calls itself; each version that was at work"),
    ]
    undeclared = _undeclared()
    rows = [_row(row, undeclared=row["agent"] in undeclared) for row in ordered]
    tables.show(columns, rows, key="agents", says="Scorecard of the agents", sort=(by, descending))
    _evidence_legend()


def _undeclared() -> set[str]:
    """Name the agents that had a turn in a service that declares its agents, and not this one."""
    found = reading.rows("declared_network", **address.window().params(), parts=[SpecificationPart.AGENT.value], limit=_MOST)
    return {row["name"] for row in found if row["state"] == DeclaredState.UNDECLARED}


def _key(row: Record, by: str) -> float | None:
    if by == "tokens":
        return float(_tokens(row))
    value = row[by]
    return None if value is None else float(value)


def _tokens(row: Record) -> int:
    return (row["input_tokens"] or 0) + (row["output_tokens"] or 0)


def _row(row: Record, *, undeclared: bool) -> Row:
    cells = [
        tables.agent(row["agent"], under=", ".join([*(["not declared"] if undeclared else []), *row["models"]])),
        tables.rate(row["completion"], row["completion_low"], row["completion_high"], of=row["ended"], counted=row["completed"]),
        _evidence(row),
        f"{row['steps']:,}",
        tables.text(f"{row['escalations']:,}", under=f"{row['escalations_pending']:,} open" if row["escalations_pending"] else None),
        tables.text(
            f"{row['findings']:,}",
            says="\n".join(f"{wording.word(name)}: {times:,}" for name, times in sorted(dict(row["detectors"]).items())),
        ),
        f"{row['errors'] + row['soft_errors']:,}",
        wording.lasted(row["p50_ms"]),
        wording.lasted(row["p95_ms"]),
        wording.compact(_tokens(row)),
        wording.NOTHING if row["cost_usd"] is None else numerals.written(row["cost_usd"], Unit.USD),
        tables.text(", ".join(row["versions"]) or "not recorded", quiet=not row["versions"]),
    ]
    return Row(cells, address.link("agents", agent=row["agent"]))


def _evidence(row: Record) -> tables.Cell:
    ended = row["ended"] or 1
    parts = [
        {
            "share": row[column] / ended,
            "colour": colours.EVIDENCE[grade],
            "says": f"{wording.word(grade)}: {row[column]:,} of {row['ended']:,}",
        }
        for column, grade in _EVIDENCE.items()
        if row[column]
    ]
    return {"stack": parts}


def _evidence_legend() -> None:
    entries = [{"colour": colours.EVIDENCE[grade], "says": wording.word(grade)} for grade in _EVIDENCE.values()]
    components.mount("legend", {"entries": [{"colour": None, "says": "Evidence for the outcome:"}, *entries]}, key="evidence")


def _one(row: Record) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        links.show(("← All agents", address.link("agents")), key="agent.back")
        st.text(tables.name(row["agent"], limit=100), width="content")
        st.space("stretch")
        name = row["agent"]
        links.show(("Its runs", address.link("runs", agent=name)), ("Its findings", address.link("findings", agent=name)), key="agent.ways")
    _tiles(row)
    left, right = st.columns([0.62, 0.38], gap="medium")
    with left:
        _over_time(row)
    with right:
        st.markdown("##### Evidence for its outcomes")
        _grades(row)
        st.markdown("##### Findings")
        _detectors(row)
    _edges(row)
    versions = _versions(row)
    _tools(row)
    agent_drift.show(row["agent"], versions)


def _tiles(row: Record) -> None:
    cost = row["cost_per_completed_step"]
    basis = f"{row['completed']:,} of {row['ended']:,}"
    interval = f"{basis}\n95 % interval: {wording.share(row['completion_low'])} to {wording.share(row['completion_high'])}"
    shown = [
        tile("Completed steps", wording.share(row["completion"]), basis, colours.rate(row["completion"]), says=interval),
        tile("Steps", f"{row['steps']:,}", f"in {wording.count(row['runs'], 'run')}"),
        tile(
            "Escalations",
            f"{row['escalations']:,}",
            f"{row['escalations_pending']:,} open, in {wording.count(row['escalated_runs'], 'run')}",
        ),
        tile("Findings", f"{row['findings']:,}", f"{row['empty_outputs']:,} empty answers", colours.BAD if row["findings"] else None),
        tile("Errors", f"{row['errors'] + row['soft_errors']:,}", f"{row['soft_errors']:,} soft errors"),
        tile("Latency p95", wording.lasted(row["p95_ms"]), f"median {wording.lasted(row['p50_ms'])}"),
        tile(
            "Tokens",
            wording.compact(_tokens(row)),
            f"{wording.compact(row['input_tokens'] or 0)} in, {wording.compact(row['output_tokens'] or 0)} out",
        ),
        tile("Cost per completed step", numerals.written(cost, Unit.USD), f"{numerals.written(row['cost_usd'], Unit.USD)} in all"),
        tile("Sent back", f"{row['sent_back']:,}", f"of {row['judged']:,} judged"),
    ]
    tiles.show(shown, key="agent.tiles")


def _over_time(row: Record) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### Over time", width="content")
        which = frame.switch("What", "chart", _CHARTS, otherwise="completion")
    window = address.window()
    bucket = address.bucket_s(window.since or row["first_seen_at"], window.until or address.now())
    found = reading.rows("agent_over_time", **window.params(), agent=row["agent"], bucket=bucket, limit=400)
    points = [
        Point(
            one["began_at"],
            one[which],
            one["low"] if which == "completion" else None,
            one["high"] if which == "completion" else None,
            f"{wording.clock(one['began_at'])}\n{numerals.written(one[which], _UNITS[which])}, {wording.count(one['steps'], 'step')}",
        )
        for one in found
    ]
    ends = address.ends(row["first_seen_at"], bucket)
    st.plotly_chart(figures.over_time(points, _UNITS[which], ends=ends), config=figures.CONFIG, key="agent.chart")


def _grades(row: Record) -> None:
    ended = row["ended"]
    if not ended:
        st.caption("No step has ended.")
        return
    rows = [
        Row(
            [
                wording.word(grade),
                {"text": wording.share(row[column] / ended), "share": row[column] / ended, "colour": colours.EVIDENCE[grade]},
                f"{row[column]:,}",
            ]
        )
        for column, grade in _EVIDENCE.items()
    ]
    tables.show([Column("", width="30%"), Column(""), Column("", right=True)], rows, key="agent.evidence", says="Evidence")


def _detectors(row: Record) -> None:
    found = sorted(dict(row["detectors"]).items(), key=lambda one: (-one[1], one[0]))
    if not found:
        st.caption("Nothing was found.")
        return
    rows = [
        Row([wording.word(name), f"{times:,}"], address.link("findings", agent=row["agent"], detector=name)) for name, times in found[:6]
    ]
    tables.show([Column(""), Column("", right=True)], rows, key="agent.findings", says="Findings by kind")


def _edges(row: Record) -> None:
    ways = reading.rows("network_edges", **address.window().params(), limit=_MOST)
    name = row["agent"]
    mine = [edge for edge in ways if name in {edge["from_agent"], edge["to_agent"]}]
    if not mine:
        return
    st.markdown("##### Handoffs")
    edges.show(mine, key="agent.edges")


def _versions(row: Record) -> list[str]:
    """Draw the versions, and give those that have a name."""
    found = reading.rows("agent_versions", **address.window().params(), agent=row["agent"], limit=50)
    st.markdown("##### Versions")
    columns = [
        Column("Version"),
        Column("Models"),
        Column("Completed steps", width="30%"),
        Column("Steps", right=True),
        Column("Median", right=True),
        Column("First seen", right=True),
        Column("Last seen", right=True),
    ]
    rows = [
        Row(
            [
                tables.text(one["agent_version"] or "not recorded", quiet=one["agent_version"] is None),
                tables.text(", ".join(one["models"] or [])),
                tables.rate(one["completion"], one["low"], one["high"], of=one["ended"], counted=one["completed"]),
                f"{one['steps']:,}",
                wording.lasted(one["p50_ms"]),
                wording.clock(one["first_seen_at"]),
                wording.clock(one["last_seen_at"]),
            ]
        )
        for one in found
    ]
    tables.show(columns, rows, key="agent.versions", says="Versions of this agent")
    agent_reach.show(row["agent"])
    return [one["agent_version"] for one in found if one["agent_version"] is not None]


def _tools(row: Record) -> None:
    called = reading.rows("agent_tools", **address.window().params(), agent=row["agent"], limit=50)
    found = [one for one in called if one["tool_name"] is not None]
    if not found:
        return
    st.markdown("##### Tools")
    columns = [
        Column("Tool"),
        Column("Calls", right=True),
        Column("Errors", right=True),
        Column("Soft errors", right=True),
        Column("Median", right=True),
        Column("p95", right=True),
        Column("Last called", right=True),
    ]
    rows = [
        Row(
            [
                tables.text(one["tool_name"]),
                f"{one['calls']:,}",
                f"{one['errors']:,}",
                f"{one['soft_errors']:,}",
                wording.lasted(one["p50_ms"]),
                wording.lasted(one["p95_ms"]),
                wording.clock(one["last_called_at"]),
            ]
        )
        for one in found
    ]
    tables.show(columns, rows, key="agent.tools", says="Tools of this agent")


if __name__ == "__main__":
    frame.show("agents", "Agents", body)
