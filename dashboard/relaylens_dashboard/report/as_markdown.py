"""A report as markdown: for a ticket, a chat or a repository."""

from relaylens_dashboard import hostile
from relaylens_dashboard.report import template
from relaylens_dashboard.report.content import Report


def write(report: Report) -> str:
    """Write the report as markdown."""
    return template.render("report.md", report, hostile.for_markdown)
