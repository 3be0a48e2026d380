"""`relaylens report`: one file for people who do not open a dashboard."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import progress, write


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


_SUFFIXES: Final = {".html": ReportFormat.HTML, ".md": ReportFormat.MARKDOWN, ".csv": ReportFormat.CSV, ".json": ReportFormat.JSON}

Form = Annotated[ReportFormat | None, typer.Option("--format", help="How to write it; else by the name of --out, or HTML.")]


def report(
    *,
    form: Form = None,
    out: options.Out = None,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Writes a report: headlines, handoffs, agents, open questions, findings, gaps in the record, and every metric with its formula.

    HTML is one file without scripts or requests to anywhere; CSV and JSON hold every number by every dimension.
    """
    from relaylens_dashboard.report import as_csv, as_html, as_json, as_markdown
    from relaylens_dashboard.report.content import gather

    writers = {
        ReportFormat.HTML: as_html.write,
        ReportFormat.MARKDOWN: as_markdown.write,
        ReportFormat.CSV: as_csv.write,
        ReportFormat.JSON: as_json.write,
    }
    chosen = form or _by_name(out)
    with options.reader(store, url, token) as reader, progress() as bar:
        task = bar.add_task("asking", total=None)
        content = gather(
            reader,
            options.window(since, until, service),
            on_step=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
        )
    write(writers[chosen](content), out)


def _by_name(out: Path | None) -> ReportFormat:
    """Give the format that the name of the file says; a name that says none of ours is a mistake, not HTML."""
    if out is None:
        return ReportFormat.HTML
    chosen = _SUFFIXES.get(out.suffix.lower())
    if chosen is None:
        detail = f"{out}: the name of a report ends in {', '.join(_SUFFIXES)}; or say how to write it with --format"
        raise typer.BadParameter(detail)
    return chosen
