"""Findings: what went wrong without an error, by kind and agent, each with its evidence and the way to its run."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from relaylens.semconv import Detector
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, exports, frame, reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

_PAGE: Final = 40
_MOST_GROUPS: Final = 100
_FEW_GROUPS: Final = 10
_SEVERITIES: Final = {"all": "All", "high": "High", "medium": "Medium", "low": "Low"}
_RUNS: Final = {"all": "All runs", "silent": "Completed runs only"}


def body() -> None:
    """Draw the screen: the inbox, and the findings themselves below it."""
    groups = reading.rows("findings_inbox", **address.window().params(), limit=_MOST_GROUPS)
    if not groups:
        frame.empty(f"Nothing was found in {address.range_in_words()}.", "Every run is checked as it arrives; silence here is good news.")
        return
    st.markdown("##### By kind and agent")
    every = address.value("groups") == "all"
    _inbox(groups if every else groups[:_FEW_GROUPS])
    if len(groups) > _FEW_GROUPS and st.button(f"Show the first {_FEW_GROUPS}" if every else f"Show all {len(groups):,}", type="tertiary"):
        address.write(groups=None if every else "all")
        st.rerun()
    _list()


def _inbox(groups: Sequence[Record]) -> None:
    detector, agent = address.value("detector"), address.value("agent")
    columns = [
        Column("Finding", width="190px"),
        Column("Agent"),
        Column("Findings", right=True),
        Column("Runs", right=True),
        Column("Silent", right=True, says="Completed runs with such a finding: failures that nobody would have seen"),
        Column("Last", right=True, nowrap=True),
        Column("The last one", width="44%"),
    ]
    rows = [
        Row(
            [
                tables.chip(
                    row["detector"],
                    {row["detector"]: colours.SEVERITIES.get(row["severity"], colours.UNKNOWN)},
                    says=f"severity {row['severity']}",
                ),
                tables.text(row["agent"]),
                f"{row['findings']:,}",
                f"{row['runs']:,}",
                f"{row['silent_runs']:,}",
                wording.ago(row["last_found_at"], address.now()),
                tables.text(row["last_message"], quiet=True),
            ],
            address.here(detector=row["detector"], agent=row["agent"], page=None),
            row["detector"] == detector and row["agent"] == agent,
        )
        for row in groups
    ]
    tables.show(columns, rows, key="inbox", says="Kinds of finding")


def _list() -> None:
    bar = st.container(horizontal=True, vertical_alignment="center", key="filters")
    with bar:
        st.markdown("##### Findings", width="content")
        st.space("small")
        severity = frame.switch("Severity", "severity", _SEVERITIES, otherwise="all")
        runs = frame.switch("Runs", "runs", _RUNS, otherwise="all")
        frame.pick("Kind", "detector", list(Detector), words={name: wording.word(name) for name in Detector}, every="Any kind")
        agents = [row["agent"] for row in reading.own("agent_names", limit=300)]
        frame.pick("Agent", "agent", agents, every="Any agent")
    asked = {
        **address.window().params(),
        "detector": address.value("detector"),
        "agent": address.value("agent"),
        "severity": None if severity == "all" else severity,
        "silent": runs == "silent",
    }
    found = reading.rows("findings", **asked, limit=_PAGE, offset=address.number("page") * _PAGE)
    if not found:
        frame.empty("No finding fits these filters.")
        return
    with bar:
        exports.offer("findings", lambda: reading.fresh("findings", **asked, limit=reading.MOST_ROWS, offset=0), found[0]["total"])
    columns = [
        Column("When", nowrap=True),
        Column("Finding", width="180px"),
        Column("What", width="40%"),
        Column("Shows at"),
        Column("Began at"),
        Column("Certainty"),
        Column("Run ended"),
    ]
    tables.show(columns, [_row(row) for row in found], key="findings", says="Findings")
    frame.pager(found[0]["total"], _PAGE)


def _row(row: Record) -> Row:
    cells = [
        tables.text(wording.clock(row["found_at"]), quiet=True),
        tables.chip(
            row["detector"], {row["detector"]: colours.SEVERITIES.get(row["severity"], colours.UNKNOWN)}, says=f"severity {row['severity']}"
        ),
        tables.text(row["message"], under=row["evidence"]),
        tables.text(row["agent"]),
        tables.text(row["blamed_agent"]),
        row["certainty"],
        tables.chip(row["run_outcome"], colours.OUTCOMES) if row["run_outcome"] else "",
    ]
    filters = {"run": row["run"], "conversation": row["conversation"], "finding": row["finding"]}
    return Row(cells, address.link("run", **filters) if row["run"] else None)


if __name__ == "__main__":
    frame.show("findings", "Findings", body)
