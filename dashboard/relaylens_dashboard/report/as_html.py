"""A report as one HTML file: no script, no request to anywhere, fit to print."""

from typing import Final

from markupsafe import Markup

from relaylens_analytics import metrics
from relaylens_dashboard import hostile
from relaylens_dashboard.charts import colours
from relaylens_dashboard.report import drawing, network_picture, template
from relaylens_dashboard.report.content import Report
from relaylens_dashboard.report.drawing import Column, Part

MOST_ROWS: Final = 50
"""Rows of a metric's table."""

_COMPLETED, _ENDED_OTHERWISE = "completed", "ended otherwise"


def write(report: Report) -> str:
    """Write the report as HTML."""
    return template.render(
        "report.html",
        report,
        hostile.for_html,
        style=Markup((template.FOLDER / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        outcomes=Markup(_outcomes(report)),  # noqa: S704 - drawn from numbers and times
        map=Markup(network_picture.draw(report)),  # noqa: S704 - escaped where it is drawn
        bar=lambda value, low, high: Markup(drawing.rate_bar(value, low, high)),  # noqa: S704 - drawn from numbers
        sql={metric.name: metrics.statement_of(metric).text for metric in report.metrics},
        most_rows=MOST_ROWS,
    )


def _minute(key: str) -> str:
    """Shorten the beginning of a bucket, written as in RFC 3339."""
    return key[:16].replace("T", " ")


def _outcomes(report: Report) -> str:
    """Draw how many runs ended in each bucket of time, and how many of them completed."""
    colour_of = {_COMPLETED: colours.GOOD, _ENDED_OTHERWISE: colours.BAD}
    columns = []
    for row in report.rows("task_completion_rate", "time"):
        completed, ended = row["numerator"], row["denominator"]
        values = ((_COMPLETED, completed), (_ENDED_OTHERWISE, ended - completed))
        columns.append(Column(_minute(row["key"]), tuple(Part(label, value, colour_of[label]) for label, value in values)))
    if not columns:
        return ""
    return drawing.columns(columns, "Runs that ended, by the time they began") + drawing.legend(list(colour_of.items()))
