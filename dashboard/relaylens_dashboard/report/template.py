"""Renders a report's template; every text that is not ours is escaped on the way, without the template having to ask."""

from collections.abc import Callable
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from relaylens_analytics.catalog import AUDIT_CHECKS, Unit
from relaylens_dashboard import numerals
from relaylens_dashboard.report import wording
from relaylens_dashboard.report.content import Report

FOLDER: Final = files("relaylens_dashboard.report") / "templates"


def render(name: str, report: Report, escape: Callable[[str], str], **more: object) -> str:
    """Fill a template; `escape` makes a text harmless where the template puts it, `Markup` is what is so already."""

    def finalize(value: object) -> object:
        return Markup(escape(value)) if isinstance(value, str) and not isinstance(value, Markup) else value  # noqa: S704 - escaped here

    environment = Environment(
        autoescape=True,  # of what `finalize` has not seen, such as the output of a block
        finalize=finalize,
        loader=FunctionLoader(lambda template: (FOLDER / template).read_text(encoding="utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers = (numerals.basis, numerals.change, numerals.interval, numerals.written)
    words = (wording.count, wording.day, wording.extra, wording.when)
    environment.filters.update({function.__name__: _ours(function) for function in (*numbers, *words)})
    names = report.names
    environment.filters.update(
        short=wording.short, ours=Markup, called=names.of, named=names.in_words, called_group=lambda key, by: names.of_group(by, key)
    )
    return environment.get_template(name).render(
        report=report,
        window=wording.window(report),
        sentences=wording.sentences(report),
        breakdowns={metric.name: [one for one in report.breakdowns if one.metric is metric] for metric in report.metrics},
        audit_checks=AUDIT_CHECKS,
        Unit=Unit,
        **more,
    )


def _ours(write: Callable[..., str]) -> Callable[..., Markup]:
    """Let pass what we write from numbers and times."""
    return lambda *values: Markup(write(*values))  # noqa: S704 - numbers, units and times
