"""A report as one HTML file: no script, no request to anywhere, fit to print."""

from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from relaylens_analytics import metrics
from relaylens_analytics.catalog import AUDIT_CHECKS, METRICS, Unit
from relaylens_dashboard import hostile, numerals
from relaylens_dashboard.charts import colours
from relaylens_dashboard.report import drawing, wording
from relaylens_dashboard.report.content import Report
from relaylens_dashboard.report.drawing import Column, Part

MOST_ROWS: Final = 50
"""Rows of a metric's table."""

_TEMPLATES: Final = files("relaylens_dashboard.report") / "templates"
_COMPLETED, _ENDED_OTHERWISE = "completed", "ended otherwise"


def write(report: Report) -> str:
    """Write the report as HTML."""
    environment = Environment(
        autoescape=True,
        finalize=_visible,
        loader=FunctionLoader(lambda name: (_TEMPLATES / name).read_text(encoding="utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        bar=lambda value, low, high: Markup(drawing.rate_bar(value, low, high)),  # noqa: S704 - drawn from numbers
        basis=numerals.basis,
        change=numerals.change,
        count=wording.count,
        day=wording.day,
        extra=wording.extra,
        interval=numerals.interval,
        short=wording.short,
        when=wording.when,
        written=numerals.written,
    )
    return environment.get_template("report.html").render(
        report=report,
        window=wording.window(report),
        sentences=wording.sentences(report),
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        outcomes=Markup(_outcomes(report)),  # noqa: S704 - drawn from numbers and times
        map=Markup(""),
        metrics=METRICS,
        breakdowns={metric.name: [one for one in report.breakdowns if one.metric is metric] for metric in METRICS},
        sql={metric.name: metrics.statement_of(metric).text for metric in METRICS},
        audit_checks=AUDIT_CHECKS,
        most_rows=MOST_ROWS,
        Unit=Unit,
    )


def _visible(value: object) -> object:
    """Show control characters of text that a trace may hold; what is markup already stays."""
    return hostile.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
