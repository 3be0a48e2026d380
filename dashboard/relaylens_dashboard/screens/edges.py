"""Who hands work to whom, as a table: a click opens the edge, or the questions that go to a person."""

from collections.abc import Sequence

from relaylens.semconv import HUMAN
from relaylens_dashboard import wording
from relaylens_dashboard.screens import address, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row


def show(edges: Sequence[Record], *, key: str) -> None:
    """Draw the edges, the busiest first."""
    columns = [
        Column("From"),
        Column("To"),
        Column(
            "Succeeded", width="26%", says="Of the handoffs that are decided, with the 95 % interval; of questions, how many were answered"
        ),
        Column("Handoffs", right=True),
        Column("Why not"),
        Column("Wait p50", right=True),
        Column("p95", right=True),
        Column("Runs", right=True),
    ]
    tables.show(columns, [_row(row) for row in edges], key=key, says="Handoffs between agents")


def _row(row: Record) -> Row:
    reasons = sorted(dict(row["reasons"]).items(), key=lambda one: (-one[1], one[0]))
    to_person = row["target_type"] == HUMAN
    if to_person:  # a question that waits is not answered; its interval would be that of the answers only
        rate = tables.rate(row["succeeded"] / row["handoffs"], None, None, of=row["handoffs"], counted=row["succeeded"])
    else:
        rate = tables.rate(row["success"], row["low"], row["high"], of=row["decided"], counted=row["succeeded"])
    cells = [
        tables.agent(row["from_agent"]),
        tables.agent(row["to_agent"], "unknown"),
        rate,
        f"{row['handoffs']:,}",
        tables.text(", ".join(f"{wording.word(reason)} {times:,}" for reason, times in reasons), quiet=True),
        wording.lasted(row["p50_wait_ms"]),
        wording.lasted(row["p95_wait_ms"]),
        f"{row['runs']:,}",
    ]
    if to_person:
        return Row(cells, address.link("escalations", agent=row["from_agent"]))
    return Row(cells, address.link("edge", from_agent=row["from_agent"], to_agent=row["to_agent"]))
