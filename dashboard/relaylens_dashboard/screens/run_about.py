"""What is known of a run beyond its course: its names, its outcome and why, and what people said of it."""

from collections.abc import Mapping

import streamlit as st

from relaylens.semconv import Outcome
from relaylens_analytics.metric import Unit
from relaylens_dashboard import numerals, wording
from relaylens_dashboard.screens import reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row


def show(run: Record, key: Mapping[str, str]) -> None:
    """Draw the facts, and what was said of the run later."""
    facts = {
        "Run": run["run"],
        "Conversation": run["conversation"],
        "First trace": run["trace_id"],
        "Traces": f"{run['traces']:,}",
        "Service": run["service_name"],
        "User": run["user_id"],
        "Began": f"{wording.clock(run['started_at'])} UTC",
        "Ended": f"{wording.clock(run['ended_at'])} UTC" if run["outcome"] != Outcome.RUNNING else wording.NOTHING,
        "Outcome": f"{wording.word(run['outcome'])}, {run['outcome_evidence']} by the rule {run['outcome_rule']}",
        "Reason": run["outcome_reason"],
        "Retries": f"{run['retries']:,}",
        "Sent back": f"{run['rework']:,}",
        "Spans": f"{run['spans']:,}",
    }
    columns = [Column("", width="160px"), Column("")]
    rows = [
        Row([tables.text(name, quiet=True), tables.text(value, mono=name in {"Run", "Conversation", "First trace"})])
        for name, value in facts.items()
    ]
    tables.show(columns, rows, key="run.about", says="What is known of this run")
    _labels(key)


def _labels(key: Mapping[str, str]) -> None:
    labels = reading.rows("run_labels", **key, limit=200)
    st.markdown("##### What was said of it")
    if not labels:
        st.caption("No label and no feedback yet. `relaylens label` attaches one.")
        return
    columns = [Column("Name"), Column("Value"), Column("Score", right=True), Column("By"), Column("Comment"), Column("When", right=True)]
    rows = [
        Row(
            [
                tables.text(row["name"]),
                tables.text(row["value"]),
                wording.NOTHING if row["score"] is None else numerals.written(row["score"], Unit.SCORE),
                tables.text(row["source"]),
                tables.text(row["comment"]),
                wording.clock(row["said_at"]),
            ]
        )
        for row in labels
    ]
    tables.show(columns, rows, key="run.labels", says="Labels and feedback")
