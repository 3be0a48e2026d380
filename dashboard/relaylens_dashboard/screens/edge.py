"""Handoffs from one agent to another: how much comes how far, why the rest does not, and what was sent and received."""

from datetime import datetime
from typing import Final

import streamlit as st

from relaylens_analytics.metric import Unit
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours, figures
from relaylens_dashboard.charts.figures import Point
from relaylens_dashboard.screens import address, edges, frame, links, payloads, reading, tables, tiles
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row
from relaylens_dashboard.screens.tiles import tile

_EXAMPLES: Final = 50
_BOUNCES: Final = 6
_ALL: Final = "all"
_SHOWN: Final = {"all": "All", "failed": "Failed", "succeeded": "Succeeded"}


def body() -> None:
    """Draw the screen: every edge, or the one that is chosen."""
    found = [row for row in reading.rows("network_edges", **address.window().params(), limit=200) if row["kind"] == "handoff"]
    if not found:
        frame.empty(f"No work was handed over in {address.range_in_words()}.")
        return
    source = address.value("from_agent")
    if source is None:
        st.caption("Choose who hands over to whom.")
        edges.show(found, key="edges")
        return
    _one(source, address.value("to_agent"))


def _one(source: str, target: str | None) -> None:
    edge = {**address.window().params(), "from_agent": source, "to_agent": target}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        links.show(("← All handoffs", address.link("edge")), key="edge.back")
        st.text(
            f"{tables.name(source, limit=80)} → {tables.name(target, 'unknown', limit=80)}",
            width="content",
        )
    funnel = reading.row("edge_funnel", **edge)
    if funnel is None or not funnel["offered"]:
        frame.empty(f"Nothing was handed over here in {address.range_in_words()}.")
        return
    _tiles(funnel, reading.row("edge_payload", **edge))
    left, middle, right = st.columns([0.36, 0.3, 0.34], gap="medium")
    with left:
        st.markdown("##### How far it comes")
        _funnel(funnel)
    with middle:
        st.markdown("##### Why it does not succeed")
        _reasons(source, target)
    with right:
        st.markdown("##### Wait until accepted")
        _waits(edge)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### Success over time")
        _over_time(source, target, funnel)
    with right:
        st.markdown("##### Work that came back")
        _bounces(edge)
    _examples(edge)


def _tiles(funnel: Record, payload: Record | None) -> None:
    decided = funnel["succeeded"] + funnel["failed"]
    rate = funnel["succeeded"] / decided if decided else None
    shown = [
        tile("Succeeded", wording.share(rate), f"{funnel['succeeded']:,} of {decided:,} decided", colours.rate(rate)),
        tile("Not decided yet", f"{funnel['undecided']:,}", f"of {funnel['offered']:,} offered"),
        tile("Wait, median", wording.lasted(funnel["p50_wait_ms"]), f"p95 {wording.lasted(funnel['p95_wait_ms'])}"),
        tile("Runs", f"{funnel['runs']:,}", f"last {wording.ago(funnel['last_at'], address.now())}"),
    ]
    if funnel["p50_held_ms"] is not None:
        shown.append(tile("Held, median", wording.lasted(funnel["p50_held_ms"]), f"p95 {wording.lasted(funnel['p95_held_ms'])}"))
    if payload is not None and payload["sent"]:
        sent, received = wording.compact(payload["p50_sent"]), payload["p50_received"]
        basis = "received not recorded" if received is None else f"{wording.compact(received)} received"
        shown.append(tile("Characters sent, median", sent, basis))
        lost = payload["context_lost"]
        shown.append(tile("Context lost", f"{lost:,}", "values missing on arrival", colours.BAD if lost else None))
    tiles.show(shown, key="edge.tiles")


def _funnel(funnel: Record) -> None:
    stages = (
        ("offered", "handed over"),
        ("accepted", "the target began"),
        ("progressed", "it did a useful step"),
        ("closed", "its result was used, or control came back"),
    )
    offered = funnel["offered"]
    rows = []
    for name, meaning in stages:
        share = funnel[name] / offered
        cell: dict[str, object] = {"text": wording.share(share), "share": share, "low": None, "high": None, "colour": colours.GOOD}
        rows.append(Row([tables.text(name, under=meaning), cell, f"{funnel[name]:,}"]))
    tables.show([Column("", width="42%"), Column(""), Column("", right=True)], rows, key="edge.funnel", says="How far handoffs come")


def _reasons(source: str, target: str | None) -> None:
    found = reading.metric("handoff_failure_reasons", address.window(), by="total", from_agent=source, to_agent=target)
    if not found:
        st.caption("All that is decided succeeded.")
        return
    rows = [
        Row(
            [
                tables.chip(row["part"], {row["part"]: colours.BAD}),
                {"text": wording.share(row["value"]), "share": row["value"], "low": row["low"], "high": row["high"], "colour": colours.BAD},
                f"{row['numerator']:,.0f}",
            ]
        )
        for row in sorted(found, key=lambda row: (-row["numerator"], row["part"]))
    ]
    tables.show([Column("", width="44%"), Column(""), Column("", right=True)], rows, key="edge.reasons", says="Reasons of failure")


def _waits(edge: Record) -> None:
    waits = [row["wait_ms"] for row in reading.own("edge_waits", **edge, limit=reading.MOST_ROWS)]
    if not waits:
        st.caption("No handoff here was accepted.")
        return
    st.plotly_chart(figures.spread(waits), config=figures.CONFIG, key="edge.waits")


def _over_time(source: str, target: str | None, funnel: Record) -> None:
    window = address.window()
    first = window.since or funnel["first_at"]
    bucket = address.bucket_s(first, window.until or address.now())
    found = reading.metric("handoff_success_rate", window, by="time", bucket_s=bucket, from_agent=source, to_agent=target)
    points = [
        Point(
            datetime.fromisoformat(row["key"]),
            row["value"],
            row["low"],
            row["high"],
            f"{row['key']}\n{wording.share(row['value'])}, {row['numerator']:,.0f} of {row['denominator']:,.0f}",
        )
        for row in found
        if row["key"] is not None and row["value"] is not None
    ]
    figure = figures.over_time(points, Unit.RATIO, ends=address.ends(first, bucket))
    st.plotly_chart(figure, config=figures.CONFIG, key="edge.time")


def _bounces(edge: Record) -> None:
    """List the work that the target handed back to where it came from."""
    found = reading.rows("edge_bounces", **edge, limit=_BOUNCES)
    if not found:
        st.caption("Nothing came back from here.")
        return
    columns = [
        Column("When", nowrap=True),
        Column("", width="130px"),
        Column("Handoffs in between", right=True),
        Column("After", right=True),
    ]
    rows = [
        Row(
            [
                tables.text(wording.clock(row["offered_at"]), quiet=True),
                tables.chip(row["reason"], {row["reason"]: colours.BAD}) if row["reason"] else "",
                f"{row['hops'] - 1:,}",
                wording.lasted(row["back_after_ms"]),
            ],
            address.link("run", run=row["run"], conversation=row["conversation"], view="handoffs", handoff=row["handoff"]),
        )
        for row in found
    ]
    tables.show(columns, rows, key="edge.bounces", says="Work that came back")


def _examples(edge: Record) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### Examples", width="content")
        which = frame.switch("Which", "show", _SHOWN, otherwise=_ALL)
    failed = None if which == _ALL else which == "failed"
    found = reading.rows("edge_examples", **edge, failed=failed, limit=_EXAMPLES)
    if failed is False:
        found = [row for row in found if row["succeeded"]]
    if not found:
        frame.empty("There is no such handoff.", wider=False)
        return
    selected = address.value("handoff") or found[0]["handoff"]
    columns = [
        Column("When", nowrap=True),
        Column("", width="130px"),
        Column("Came as far as"),
        Column("Wait", right=True),
        Column("Sent"),
        Column("Received"),
    ]
    tables.show(columns, [_example(row, selected) for row in found[:12]], key="edge.examples", says="Examples of handoffs")
    chosen = next((row for row in found if row["handoff"] == selected), found[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### What was sent, and what was received", width="content")
        if chosen["run"]:
            run = {"run": chosen["run"], "conversation": chosen["conversation"], "handoff": chosen["handoff"]}
            links.show(("Open the run →", address.link("run", view="handoffs", **run)), key="edge.run")
    payloads.show(chosen)


def _example(row: Record, selected: str) -> Row:
    cells = [
        tables.text(wording.clock(row["offered_at"]), quiet=True),
        payloads.verdict(row),
        wording.word(row["state"]),
        wording.lasted(row["wait_ms"]),
        tables.text(row["sent"] if row["sent"] is not None else "not recorded", quiet=row["sent"] is None),
        tables.text(row["received"] if row["received"] is not None else "not recorded", quiet=row["received"] is None),
    ]
    return Row(cells, address.here(handoff=row["handoff"]), row["handoff"] == selected)


if __name__ == "__main__":
    frame.show("edge", "Handoffs", body)
