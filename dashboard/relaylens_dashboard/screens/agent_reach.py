"""What each version of an agent has touched."""

import streamlit as st

from relaylens_dashboard import wording
from relaylens_dashboard.screens import address, reading, tables
from relaylens_dashboard.screens.tables import Column, Row


def show(agent: str) -> None:
    """Show how far each version has reached: for when one of them turns out to be faulty."""
    found = reading.rows("agent_touched", **address.window().params(), agent=agent, limit=20)
    if not found:
        return
    st.markdown("##### What each version has touched")
    columns = [
        Column("Version"),
        Column("Since"),
        Column("Runs", right=True),
        Column("Lost", right=True, says="Runs that failed or were abandoned"),
        Column("Blamed in", right=True, says="Runs with a finding that began at this agent"),
        Column("Agents after it", width="28%"),
        Column("Users", right=True),
        Column("People asked", right=True, says="Questions to people after its turn, and those that are open"),
        Column("Last run", right=True),
    ]
    rows = [
        Row(
            [
                tables.text(one["agent_version"] or "not recorded", quiet=one["agent_version"] is None),
                wording.clock(one["first_at"]),
                f"{one['runs']:,}",
                f"{one['lost_runs']:,}",
                f"{one['runs_with_findings']:,}",
                tables.text(
                    ", ".join(str(reading.called(agent)) for agent in one["agents"]) or wording.NOTHING,
                    says=", ".join(tables.name(name) for name in one["answered_by"]) or None,
                ),
                f"{one['users']:,}",
                f"{one['escalations']:,}" + (f" ({one['open_escalations']:,} open)" if one["open_escalations"] else ""),
                wording.clock(one["last_at"]),
            ],
            address.link("run", run=one["last_run"], conversation=one["last_conversation"]) if one["last_run"] else None,
        )
        for one in found
    ]
    tables.show(columns, rows, key="agent.touched", says="What each version has touched")
